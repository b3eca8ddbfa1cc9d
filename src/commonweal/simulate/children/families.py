"""The city's families: their children, the unit that serves them, and the need no record shows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commonweal.core.seeds import stream
from commonweal.simulate.children.calendar import END, START, birthday
from commonweal.simulate.children.knobs import Knobs
from commonweal.simulate.columns import Floats, Ints, Mask

RACES = ("Black", "Hispanic", "White", "Asian", "Other")
BOROUGHS = ("Bronx", "Brooklyn", "Manhattan", "Queens", "Staten Island")
GROWN = 18
SCHOOL = 5
"""Age from which a child can be reported alone: by its school, more often than not."""

# All of these are guesses. Units by borough and the size of each; who lives where; children a
# family; years between siblings; a family's reports in a year at mean need.
_OFFICES = np.array([0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 3, 4])
_SIZES = np.array([7.5, 7.5, 7.5, 7.5, 8.5, 8.5, 8.5, 8.5, 7.5, 7.5, 9.0, 9.0, 5.0])
_LIVING = np.array(
    [
        [0.36, 0.56, 0.03, 0.02, 0.03],
        [0.46, 0.28, 0.13, 0.09, 0.04],
        [0.36, 0.50, 0.07, 0.03, 0.04],
        [0.31, 0.36, 0.10, 0.18, 0.05],
        [0.27, 0.28, 0.36, 0.06, 0.03],
    ]
)
_CHILDREN = np.array([0.33, 0.31, 0.20, 0.10, 0.04, 0.02])
_APART = (2.2, 1.5)
_RATE = 0.045 / 365.25
_FEW_NEEDIER, _NEEDIER = 0.05, 0.8
_OWN_NEED = 0.5
_NEED_MOST = 3.5
# Eldest children are born up to this many years before the simulation begins.
_EARLIEST = 38
# No family's reports may breed more than this many, on average, or they would never end.
_ECHO_MOST = 0.5


@dataclass(frozen=True, slots=True)
class Units:
    """The agency's borough offices.

    Parameters
    ----------
    borough
        Of each; indexes `BOROUGHS`.
    share
        Share of the city's families each serves.
    difficulty
        Mean need of its families, in standard deviations of need between families.
    practice
        Its own part in the log rate of reports that follow an investigation.
    """

    borough: Ints
    share: Floats
    difficulty: Floats
    practice: Floats

    def named(self) -> list[str]:
        """Return the units' names."""
        place = np.arange(self.borough.size)
        number = place - np.searchsorted(self.borough, self.borough) + 1
        return [f"{BOROUGHS[b]} {n}" for b, n in zip(self.borough, number, strict=True)]


@dataclass(frozen=True, slots=True)
class Families:
    """Every family of the city, reported or not, and every child.

    Reports come from *sources*: a family (its children all together) or one child alone. Source
    ``f`` is family f, source ``size + c`` is child c.

    Parameters
    ----------
    units
        The units.
    unit, race, need
        Of each family; need is in standard deviations.
    family, born, grown, girl, own_need
        Of each child, in order of family: its family, birth date and 18th birthday (days since
        1970-01-01), gender, and need.
    first
        Where each family's children begin; one more entry than families.
    rate, echo
        Of each source: reports a day that nothing set off, and reports within months that one
        report sets off on average.
    opens, closes
        Of each source: the days between which it can be reported.
    """

    units: Units
    unit: Ints
    race: Ints
    need: Floats
    family: Ints
    born: Ints
    grown: Ints
    girl: Mask
    own_need: Floats
    first: Ints
    rate: Floats
    echo: Floats
    opens: Floats
    closes: Floats

    @property
    def size(self) -> int:
        """Return the number of families."""
        return int(self.unit.size)

    def family_of(self, source: Ints) -> Ints:
        """Return the family of each source."""
        alone = source >= self.size
        found: Ints = source.copy()
        found[alone] = self.family[source[alone] - self.size]
        return found

    def first_of(self, count: int, source: Ints, at: Floats) -> tuple[Families, Ints, Floats]:
        """Return the first so many families, and the reports about them."""
        children, size = int(self.first[count]), self.size
        kept = np.concatenate([np.arange(count), size + np.arange(children)])
        to = np.full(size + self.born.size, -1)
        to[kept] = np.arange(kept.size)
        fewer = Families(
            units=self.units,
            **{name: getattr(self, name)[:count] for name in ("unit", "race", "need")},
            **{name: getattr(self, name)[:children] for name in _OF_CHILDREN},
            first=self.first[: count + 1],
            **{name: getattr(self, name)[kept] for name in ("rate", "echo", "opens", "closes")},
        )
        about = to[source] >= 0
        return fewer, to[source[about]], at[about]


_OF_CHILDREN = ("family", "born", "grown", "girl", "own_need")


def draw_units(knobs: Knobs, seed: int) -> Units:
    """Draw the units; 13 of them, in five boroughs."""
    rng = stream(seed, "children", "units")
    count = _OFFICES.size
    difficulty, practice = rng.normal(0.0, 1.0, (2, count))
    return Units(
        borough=_OFFICES.astype(np.int64),
        share=_SIZES / _SIZES.sum(),
        difficulty=knobs.unit_spread * difficulty,
        practice=knobs.practice_spread * practice,
    )


def draw_families(knobs: Knobs, count: int, seed: int) -> Families:
    """Draw `count` families; some are grown up before the simulated years and have no reports."""
    units = draw_units(knobs, seed)
    rng = stream(seed, "children", "families")
    unit = _pick(units.share, rng.random(count))
    race = _race(units.borough[unit], rng.random(count))
    need = units.difficulty[unit] + rng.normal(0.0, 1.0, count)
    few = rng.random(count) < _FEW_NEEDIER
    need[few] += rng.exponential(_NEEDIER, int(few.sum()))
    need = np.minimum(need, _NEED_MOST)
    children = 1 + _pick(_CHILDREN, rng.random(count))
    first = np.concatenate([[0], np.cumsum(children)]).astype(np.int64)
    family = np.repeat(np.arange(count), children)
    born = _births(children, first, seed)
    grown = birthday(born, GROWN)
    own = need[family] + _OWN_NEED * rng.normal(0.0, 1.0, family.size)
    own = np.minimum(own, _NEED_MOST)
    reported = knobs.report_bias * np.array([1.0, 0.5, 0.0, 0.0, 0.0])[race]
    together = _RATE * np.exp(knobs.need_spread * need + reported)
    alone = knobs.alone * _RATE * np.exp(knobs.need_spread * own + reported[family])
    echo = knobs.echo * np.exp(0.5 * knobs.need_spread * need + units.practice[unit])
    last = grown[first[1:] - 1]
    return Families(
        units=units, unit=unit, race=race, need=need, family=family, born=born, grown=grown,
        girl=rng.random(family.size) < 0.49, own_need=own, first=first,
        rate=np.concatenate([together, alone]),
        echo=np.minimum(np.concatenate([echo, echo[family]]), _ECHO_MOST),
        opens=np.concatenate([born[first[:-1]], birthday(born, SCHOOL)]).astype(np.float64),
        closes=np.concatenate([last, grown]).astype(np.float64),
    )  # fmt: skip


def _births(children: Ints, first: Ints, seed: int) -> Ints:
    """Draw birth dates: the first child's, then one sibling after the other."""
    rng = stream(seed, "children", "births")
    eldest = rng.uniform(START - _EARLIEST * 365.25, END, children.size)
    shape, scale = _APART
    apart = 365.25 * (0.8 + rng.gamma(shape, scale, int(first[-1])))
    apart = np.minimum(apart, 15 * 365.25)
    apart[first[:-1]] = 0.0
    after = np.cumsum(apart)
    after -= np.repeat(after[first[:-1]], children)
    born: Ints = np.floor(np.repeat(eldest, children) + after).astype(np.int64)
    return born


def _race(borough: Ints, draw: Floats) -> Ints:
    edges = np.cumsum(_LIVING, axis=1)[:, :-1]
    found: Ints = (draw[:, None] >= edges[borough]).sum(axis=1).astype(np.int64)
    return found


def _pick(shares: Floats, draw: Floats) -> Ints:
    edges = np.cumsum(shares)[:-1]
    found: Ints = np.searchsorted(edges, draw, side="right").astype(np.int64)
    return found
