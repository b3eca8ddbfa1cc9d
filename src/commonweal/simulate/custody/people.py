"""The people: how often convicted, of what, how old, held where, and from when to when."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commonweal.core.seeds import stream
from commonweal.simulate.columns import Floats, Ints, Mask
from commonweal.simulate.custody.facilities import (
    FEDERAL_REST,
    GROUPS,
    IN_BINS,
    STATE_REST,
    Facilities,
)
from commonweal.simulate.custody.knobs import Knobs
from commonweal.simulate.custody.offences import LEVEL_OF, charges, convictions, weights
from commonweal.simulate.custody.published import (
    AGE_MEAN,
    AGE_SD,
    BINS,
    END,
    FACILITY,
    MALE,
    NATIONALITY,
    START,
)

_YOUNGEST = 16.0
# Share of detainers by fiscal year, the last of two months: the program was rolled out until
# 2013 and detainers fell from 2014 (guess; the paper gives no numbers by year).
_BY_YEAR = np.array([0.09, 0.13, 0.19, 0.20, 0.17, 0.13, 0.08, 0.01])
# Mean days from a detainer to the end of the sentence, by type of facility, and share of each
# type among those still imprisoned (guesses).
_DAYS_LEFT = {"county": 50.0, "federal": 300.0, "state": 300.0, "local": 30.0, "other": 60.0}
_STILL = {"county": 0.15, "federal": 0.35, "state": 0.45, "local": 0.02, "other": 0.03}
_DAYS_STILL = 600.0
# Shares of security levels low, medium, high in a system (guess).
_SECURITY = np.cumsum([0.36, 0.36, 0.28])
TYPE_OF_GROUP: Ints = np.array([1] * 3 + [2] * 6 + [1, 2, 0, 3, 4])
"""Group of facilities -> place in `facilities.TYPES`."""
NOT_CONVICTED = 4


@dataclass(frozen=True, slots=True)
class People:
    """One case a person; those of the final sample come first, then those still imprisoned.

    Parameters
    ----------
    final
        How many are in the final sample.
    convicted, crimes
        How many convictions, and how many crimes with and without one.
    kind
        Kind of every crime, person by person, convictions first; see `first`.
    first
        Where a person's crimes start in `kind`.
    level
        Guideline level 1 to 3, 4 for charged but not convicted.
    group, facility
        Where they are held when the sentence ends.
    noticed, released
        Days of the last detainer and of the end of the sentence.
    age
        Whole years when noticed.
    woman
        Gender.
    nationality
        Place in `published.NATIONALITY`.
    """

    final: int
    convicted: Ints
    crimes: Ints
    kind: Ints
    first: Ints
    level: Ints
    group: Ints
    facility: Ints
    noticed: Ints
    released: Ints
    age: Ints
    woman: Mask
    nationality: Ints

    @property
    def count(self) -> int:
        """How many people there are."""
        return self.crimes.size

    def owner(self) -> Ints:
        """Return whose each crime is."""
        return np.repeat(np.arange(self.count), self.crimes)


def draw_people(count: int, seed: int, knobs: Knobs, facilities: Facilities) -> People:
    """Draw `count` people, so many of them in the final sample as the knob leaves."""
    final = round(count * (1.0 - knobs.still_imprisoned))
    convicted, crimes = _numbers(count, final, seed)
    first = np.cumsum(crimes) - crimes
    rng = stream(seed, "custody", "kinds")
    kind = np.searchsorted(np.cumsum(weights())[:-1], rng.random(int(crimes.sum())))
    level = _levels(convicted, crimes, kind, first)
    group = _groups(final, level, convicted, seed)
    noticed, released = _days(final, TYPE_OF_GROUP[group], seed)
    rng = stream(seed, "custody", "demographics")
    shape, spread = (AGE_MEAN + 0.5 - _YOUNGEST) ** 2 / AGE_SD**2, AGE_SD**2
    older = rng.gamma(shape, spread / (AGE_MEAN + 0.5 - _YOUNGEST), count)
    return People(
        final=final,
        convicted=convicted,
        crimes=crimes,
        kind=kind,
        first=first,
        level=level,
        group=group,
        facility=send(group, facilities, stream(seed, "custody", "facility")),
        noticed=noticed,
        released=released,
        age=np.minimum(_YOUNGEST + older, 95.0).astype(np.int64),
        woman=rng.random(count) >= MALE,
        nationality=rng.choice(len(NATIONALITY), count, p=list(NATIONALITY.values())),
    )


def send(group: Ints, facilities: Facilities, rng: np.random.Generator) -> Ints:
    """Send everybody to a facility of their group, by its share, whoever they are."""
    facility = np.zeros(group.size, np.int64)
    for number in range(len(GROUPS)):
        held, there = np.flatnonzero(group == number), facilities.of(number)
        edges = np.cumsum(facilities.share[there])[:-1]
        facility[held] = there[np.searchsorted(edges, rng.random(held.size))]
    return facility


def _numbers(count: int, final: int, seed: int) -> tuple[Ints, Ints]:
    """Draw how many convictions and crimes people have; those in prison have been convicted."""
    rng = stream(seed, "custody", "numbers")
    edges = np.cumsum(convictions())
    draw = rng.random(count)
    draw[final:] = edges[0] + draw[final:] * (1.0 - edges[0])
    convicted = np.searchsorted(edges[:-1], draw)
    none, constant, slope = charges()
    more = rng.poisson(np.where(convicted == 0, none, constant + slope * convicted))
    return convicted, convicted + more + (convicted == 0)


def _levels(convicted: Ints, crimes: Ints, kind: Ints, first: Ints) -> Ints:
    """Return the gravest level among the convictions."""
    place = np.arange(kind.size) - np.repeat(first, crimes)
    counted = place < np.repeat(convicted, crimes)
    gravest: Ints = np.minimum.reduceat(np.where(counted, LEVEL_OF[kind], NOT_CONVICTED), first)
    return gravest


def _groups(final: int, level: Ints, convicted: Ints, seed: int) -> Ints:
    """Send the gravest to prisons and, of these, the gravest to the most secure.

    The score reads level, number of convictions and noise (guesses); the signal that officers
    see has no part in it.
    """
    rng = stream(seed, "custody", "classification")
    grave = np.array([0.0, 0.8, 0.2, -0.3, -1.5])[level] + 0.35 * np.log1p(convicted)
    score = grave + rng.normal(size=level.size)
    draw = rng.random((2, level.size))
    kind = np.zeros(level.size, np.int64)
    prison = FACILITY["federal"] + FACILITY["state"]
    grave_enough = score[:final] >= np.quantile(score[:final], 1.0 - prison)
    federal = draw[0, :final] < FACILITY["federal"] / prison
    jails = np.cumsum([FACILITY[name] for name in ("county", "local", "other")])
    jail = np.array([0, 3, 4])[np.searchsorted(jails[:2] / jails[2], draw[0, :final])]
    kind[:final] = np.where(grave_enough, np.where(federal, 1, 2), jail)
    edges = np.cumsum([_STILL[name] for name in FACILITY])
    kind[final:] = np.searchsorted(edges[:-1], draw[0, final:])
    again = grave + rng.normal(size=level.size)
    return _placed(kind, again, draw[1])


def _placed(kind: Ints, score: Floats, draw: Floats) -> Ints:
    """Return the group: bins by system and security in prisons, else by type."""
    group = np.array([BINS + 2, FEDERAL_REST, STATE_REST, BINS + 3, BINS + 4])[kind]
    federal = (kind == 1) & (draw < IN_BINS / FACILITY["federal"])
    state = IN_BINS / FACILITY["state"]
    systems = (federal, (kind == 2) & (draw < state), (kind == 2) & (draw >= 1.0 - state))
    for system, held in enumerate(systems):
        if held.any():
            edges = np.quantile(score[held], _SECURITY[:2])
            group[held] = 3 * system + np.searchsorted(edges, score[held])
    return group


def _days(final: int, kind: Ints, seed: int) -> tuple[Ints, Ints]:
    """Draw when people were last noticed and when the sentence ends.

    In the final sample it ends before the tables were drawn, for the others on that day or
    later: which of the two was drawn first.
    """
    rng = stream(seed, "custody", "days")
    year = rng.choice(_BY_YEAR.size, kind.size, p=_BY_YEAR)
    length = np.where(year == _BY_YEAR.size - 1, 60, 365)
    noticed = START + year * 365 + 1 + np.floor(rng.random(kind.size) * length).astype(np.int64)
    mean = np.array([_DAYS_LEFT[name] for name in FACILITY])[kind]
    left = truncated(mean, (END - 1 - noticed).astype(np.float64), rng.random(kind.size))
    released = noticed + 1 + np.floor(left).astype(np.int64)
    still = np.floor(rng.exponential(_DAYS_STILL, kind.size - final)).astype(np.int64)
    released[final:] = END + still
    return noticed, np.where(np.arange(kind.size) < final, np.minimum(released, END - 1), released)


def truncated(mean: Floats | float, most: Floats, draw: Floats) -> Floats:
    """Return exponential lengths of that mean below `most`, by the inverse of a uniform draw."""
    mean = np.asarray(mean)
    lengths: Floats = -mean * np.log1p(draw * np.expm1(-np.maximum(most, 0.0) / mean))
    return lengths
