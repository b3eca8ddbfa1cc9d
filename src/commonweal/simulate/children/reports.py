"""Twelve years of reports, a month at a time: services decided in one month act on the next."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from commonweal.core.seeds import stream
from commonweal.simulate.children.calendar import END, START, months
from commonweal.simulate.children.families import Families
from commonweal.simulate.children.hazard import QUICK, SLOW
from commonweal.simulate.children.knobs import Knobs
from commonweal.simulate.children.offers import EFFECTS, LASTS, Decided, decide, places
from commonweal.simulate.columns import Floats, Ints, Mask


@dataclass(frozen=True, slots=True)
class Reports:
    """Every report, in order of (source, at), with what became of it.

    Parameters
    ----------
    source
        The family or the child alone (see `Families`).
    at
        When, in days since 1970-01-01, with the time of day.
    month
        Number of the simulated month.
    eligible, wish, offered, accepted, offered_on, starts
        As in `Decided`.
    """

    source: Ints
    at: Floats
    month: Ints
    eligible: Mask
    wish: Ints
    offered: Mask
    accepted: Mask
    offered_on: Ints
    starts: Ints

    def only(self, rows: Mask | Ints) -> Reports:
        """Return some of the reports."""
        return Reports(*(getattr(self, field.name)[rows] for field in fields(self)))


def unprompted(families: Families, seed: int) -> tuple[Ints, Floats]:
    """Draw the reports that no earlier report set off, before any service."""
    rng = stream(seed, "children", "unprompted")
    opens = np.maximum(families.opens, START)
    length = np.maximum(np.minimum(families.closes, END) - opens, 0.0)
    source = np.repeat(np.arange(length.size), rng.poisson(families.rate * length))
    return source, opens[source] + length[source] * rng.random(source.size)


def simulate_reports(
    families: Families, source: Ints, at: Floats, knobs: Knobs, seed: int
) -> Reports:
    """Let the reports happen, each setting off others, and services prevent some.

    Parameters
    ----------
    families
        The families.
    source, at
        The reports that nothing set off, from `unprompted`.
    knobs, seed
        The world's.
    """
    course = _Course(families, knobs, stream(seed, "children", "reports"))
    course.await_(source, at)
    capacity = places(families, knobs)
    rng = stream(seed, "children", "offers")
    parts = []
    for month in range(months().size - 1):
        happened, when = course.month(month)
        decided = course.decide(happened, when, month, capacity[:, :, month], rng)
        parts.append(
            Reports(
                happened, when, np.full(when.size, month),
                *(getattr(decided, field.name) for field in fields(Decided)),
            )
        )  # fmt: skip
    columns: list[Any] = [
        np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Reports)
    ]
    reports = Reports(*columns)
    return reports.only(np.lexsort((reports.at, reports.source)))


class _Course:
    """The reports to come, and the services in effect, while time passes."""

    def __init__(self, families: Families, knobs: Knobs, rng: np.random.Generator) -> None:
        self.families, self.knobs, self.rng = families, knobs, rng
        self.firsts = months()
        self.waiting: list[list[tuple[Ints, Floats]]] = [[] for _ in self.firsts[1:]]
        count = families.rate.size
        self.starts, self.ends = np.full(count, np.inf), np.full(count, -np.inf)
        self.ratio = np.ones(count)

    def await_(self, source: Ints, at: Floats) -> None:
        """Put reports down for the months they may happen in."""
        month = np.searchsorted(self.firsts, at, side="right") - 1
        order = np.argsort(month, kind="stable")
        source, at, month = source[order], at[order], month[order]
        found, begins = np.unique(month, return_index=True)
        for one, begin, end in zip(found, begins, np.append(begins, month.size)[1:], strict=True):
            self.waiting[one].append((source[begin:end], at[begin:end]))

    def month(self, month: int) -> tuple[Ints, Floats]:
        """Return a month's reports in order of time; they set off others, some in the month."""
        sources, times = [np.zeros(0, dtype=np.int64)], [np.zeros(0)]
        while self.waiting[month]:
            source, at = (np.concatenate(part) for part in zip(*self.waiting[month], strict=True))
            self.waiting[month] = []
            happens = self.rng.random(at.size) < self._ratio(source, at)
            source, at = source[happens], at[happens]
            sources.append(source)
            times.append(at)
            for mean, tau in ((self.families.echo[source], SLOW), (self.knobs.follow_up, QUICK)):
                self._set_off(source, at, mean, tau)
        source, at = np.concatenate(sources), np.concatenate(times)
        order = np.argsort(at, kind="stable")
        return source[order], at[order]

    def _set_off(self, source: Ints, at: Floats, mean: Floats | float, tau: float) -> None:
        count = self.rng.poisson(mean, source.size)
        child = np.repeat(source, count)
        later = np.repeat(at, count) + self.rng.exponential(tau, child.size)
        comes = later < np.minimum(self.families.closes[child], END)
        self.await_(child[comes], later[comes])

    def _ratio(self, source: Ints, at: Floats) -> Floats:
        """Return the hazard ratio in effect: the source's own service's and its family's."""
        family = self.families.family_of(source)
        ratio = self._one(source, at)
        alone = family != source
        ratio[alone] *= self._one(family[alone], at[alone])
        return ratio

    def _one(self, source: Ints, at: Floats) -> Floats:
        within = (self.starts[source] <= at) & (at < self.ends[source])
        return np.where(within, self.ratio[source], 1.0)

    def decide(
        self, source: Ints, at: Floats, month: int, capacity: Ints, rng: np.random.Generator
    ) -> Decided:
        """Settle a month's offers when it is over; services in effect are kept."""
        families, ends = self.families, int(self.firsts[month + 1])
        first = np.zeros(source.size, dtype=np.bool_)
        first[np.unique(source, return_index=True)[1]] = True
        first &= self.ends[source] <= ends
        need = np.where(
            source < families.size,
            families.need[np.minimum(source, families.size - 1)],
            families.own_need[np.maximum(source - families.size, 0)],
        )
        unit = families.unit[families.family_of(source)]
        decided = decide(first, unit, need, capacity, ends, self.knobs, rng)
        taken = decided.accepted
        self.starts[source[taken]] = decided.starts[taken]
        self.ends[source[taken]] = decided.starts[taken] + LASTS
        self.ratio[source[taken]] = np.exp(self.knobs.effects * EFFECTS[decided.wish[taken]])
        return decided
