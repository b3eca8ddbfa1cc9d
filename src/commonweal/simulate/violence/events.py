"""Events, and what is common to arrests and harm: when, where, under which code."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from commonweal.simulate.columns import Floats, Ints, Mask
from commonweal.simulate.violence.codes import ARRESTS, HARMS
from commonweal.simulate.violence.people import DAYS, Population

EARLY_UNTIL = 3653
"""First day, from `people.BEGIN`, after the years of more arrests: 2009-08-01."""
_DAY = 1 << 13


@dataclass(frozen=True, slots=True)
class Events:
    """Events of one kind: arrests, or people harmed.

    Parameters
    ----------
    person, day, code, beat
        Of each event; `day` is when it happened.
    incident
        Shared by everybody in one incident, arrests and harm alike.
    lag
        Days until the police knew.
    """

    person: Ints
    day: Ints
    code: NDArray[np.int8]
    beat: NDArray[np.int16]
    incident: Ints
    lag: NDArray[np.int16]

    def only(self, rows: Mask | Ints) -> Events:
        """Return some of the events."""
        return Events(
            self.person[rows], self.day[rows], self.code[rows], self.beat[rows],
            self.incident[rows], self.lag[rows],
        )  # fmt: skip


def poisson_days(
    rate: Floats, start: Ints, end: Ints, rng: np.random.Generator
) -> tuple[Ints, Ints]:
    """Draw Poisson events within half-open intervals; the rate is per day. Rows and days."""
    length = np.clip(end - start, 0, None)
    row = np.repeat(np.arange(rate.size), rng.poisson(rate * length))
    return row, (start[row] + np.floor(rng.random(row.size) * length[row])).astype(np.int64)


def on_street_days(city: Population, who: Ints) -> tuple[Ints, Ints]:
    """Return the first day people can be recorded on the street, and the day after the last."""
    return (
        np.clip(city.entry[who], 0, DAYS).astype(np.int64),
        np.clip(city.end[who], 0, DAYS).astype(np.int64),
    )


def drawn_codes(
    styles: Floats, style: NDArray[np.integer], rng: np.random.Generator
) -> NDArray[np.int8]:
    """Return a code for each event, by the weights of its style."""
    edges = np.cumsum(styles / styles.sum(axis=1, keepdims=True), axis=1)
    drawn = rng.random(style.size)
    code = np.empty(style.size, np.int8)
    for one in range(len(styles)):
        here = style == one
        found = np.searchsorted(edges[one], drawn[here], side="right")
        code[here] = np.minimum(found, styles.shape[1] - 1)
    return code


def nearby(beat: NDArray[np.int16], beats: int, rng: np.random.Generator) -> NDArray[np.int16]:
    """Return the home beat mostly, else one close by."""
    moved = (rng.random(beat.size, dtype=np.float32) < 0.35) * rng.integers(-3, 4, beat.size)
    return ((beat + moved) % beats).astype(np.int16)


def lags(count: int, rng: np.random.Generator) -> NDArray[np.int16]:
    """Return days until something is known: mostly none, one in 25 weeks."""
    days = np.maximum(rng.integers(-4, 4, count, dtype=np.int16), 0)
    late = rng.random(count, dtype=np.float32) < 0.04
    days[late] = rng.integers(7, 61, int(late.sum()), dtype=np.int16)
    return days


def meeting_key(beat: NDArray[np.integer], code: NDArray[np.integer], day: Ints) -> Ints:
    """Return a number that puts events of one beat and code side by side, in order of day."""
    most = max(len(ARRESTS), len(HARMS)) + 1
    return (beat.astype(np.int64) * most + code) * _DAY + day


def joined(*parts: Events) -> Events:
    """Return the events of all parts, in order."""
    fields = ("person", "day", "code", "beat", "incident", "lag")
    return Events(*(np.concatenate([getattr(part, name) for part in parts]) for name in fields))
