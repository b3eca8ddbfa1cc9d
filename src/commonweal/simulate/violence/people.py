"""Who is in the records: people, their beats, their time on the street, their crews.

Four kinds of people, whose shares, ages and groups are guesses fitted to the paper's cohort
(Table B.3; A.4.1) and totals (A.1): people harmed once or twice in twenty years; people harmed
again and again for a while; people arrested once or a few times; and careers of many arrests.
Days are counted from `BEGIN`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from commonweal.core.dates import day_number
from commonweal.core.seeds import stream
from commonweal.simulate.columns import Floats, Ints, Mask

Short = NDArray[np.int32]
BEGIN, EXTRACTED_ON = date(1999, 8, 1), date(2019, 11, 1)
DAYS = (EXTRACTED_ON - BEGIN).days
FIRST_DAY = day_number(BEGIN)
YEAR = 365.25
RACES = ("Black", "Hispanic", "White", "Other")
BEATS, _FEWEST_BEATS, _PEOPLE_A_BEAT = 277, 8, 10_000
"""Beats of the full-size city; a smaller one has fewer, so that people still meet."""
SINGLE, REPEAT, ONCE, CAREER = range(4)
# People of each kind, of all on record.
_SHARES = np.array([0.7500, 0.0610, 0.1655, 0.0235])
# Race of each kind by sex, men first (B, H, W, O, then women).
_GROUPS = np.array([
    [0.180, 0.135, 0.155, 0.030, 0.200, 0.135, 0.140, 0.025],
    [0.183, 0.076, 0.064, 0.008, 0.464, 0.110, 0.084, 0.012],
    [0.396, 0.183, 0.117, 0.014, 0.187, 0.046, 0.049, 0.009],
    [0.668, 0.150, 0.067, 0.004, 0.082, 0.015, 0.014, 0.001],
])  # fmt: skip
# Of each kind, those who enter the records young, by group; fitted to Table B.3.
_YOUNG = np.array([
    [0.150, 0.150, 0.150, 0.150, 0.150, 0.150, 0.150, 0.150],
    [0.144, 0.166, 0.045, 0.182, 0.169, 0.192, 0.046, 0.190],
    [0.128, 0.149, 0.045, 0.182, 0.169, 0.192, 0.046, 0.190],
    [0.484, 0.529, 0.182, 0.448, 0.427, 0.462, 0.186, 0.458],
])  # fmt: skip
# How many more entered before 2009-08.
_EARLY = np.array([1.28, 1.00, 1.25, 1.00])
_CHANGE = (date(2009, 8, 1) - BEGIN).days
# Mean time on the street after the first record, in years, and the longest time before it.
LASTS = np.array([0.0, 1.1, 1.5, 6.5])
_BEFORE = np.array([0.0, 0.1, 0.25, 0.0])
_CREW_SIZE, _FRINGE = 8, 0.15


@dataclass(frozen=True, slots=True)
class Population:
    """Everyone, numbered from 0; kinds stand together, which no table shows.

    Parameters
    ----------
    kind, race, woman, birth, beat
        Of each person; `birth` is a day and may be far below 0.
    entry
        Day of the first record there could be.
    start, end
        Half-open time on the street; empty for people who never are.
    crew
        Crew of each person, -1 for most.
    members, first, size
        People in crews, ordered by crew; where each crew stands in that list, and how many it is.
    frailty
        What makes each person likelier to be shot, on the log scale, mean 0.
    hardship
        What makes each beat more dangerous, as a factor.
    """

    kind: NDArray[np.int8]
    race: NDArray[np.int8]
    woman: Mask
    birth: Short
    beat: NDArray[np.int16]
    entry: Short
    start: Short
    end: Short
    crew: Short
    members: Short
    first: Ints
    size: Ints
    frailty: NDArray[np.float32]
    hardship: Floats

    @property
    def count(self) -> int:
        """Number of people."""
        return self.kind.size

    @property
    def group(self) -> NDArray[np.int8]:
        """Race by sex: 0 to 3 men, 4 to 7 women, races in the order of `RACES`."""
        return (self.race + 4 * self.woman).astype(np.int8)

    def mates(self, crew: NDArray[np.integer], rng: np.random.Generator) -> Ints:
        """Return one member of each crew; nobody (-1) for crew -1."""
        offset = (rng.random(crew.size) * self.size[crew]).astype(np.int64)
        found = self.members[self.first[crew] + offset].astype(np.int64)
        return np.where(crew >= 0, found, -1)

    def on_street(self, who: Ints, day: Ints) -> Mask:
        """Return whether each person is on the street on a day."""
        there: Mask = (self.start[who] <= day) & (day < self.end[who]) & (who >= 0)
        return there


def draw_population(people: int, seed: int, frailty: float) -> Population:
    """Draw everyone on record.

    Parameters
    ----------
    people
        How many.
    seed
        The one seed.
    frailty
        Standard deviation of what makes people differ in danger, on the log scale.
    """
    rng = stream(seed, "violence", "people")
    kind = np.repeat(np.arange(4, dtype=np.int8), _sizes(people))
    group = np.concatenate([
        rng.choice(8, size, p=shares / shares.sum()).astype(np.int8)
        for size, shares in zip(_sizes(people), _GROUPS, strict=True)
    ])  # fmt: skip
    woman, race = group >= 4, (group % 4).astype(np.int8)
    beat, hardship = _beats(race, seed)
    start, entry, end = _time(kind, seed)
    birth = _births(kind, group, entry, start, seed)
    crew, members, first, size = _crews(kind, beat, start, entry, seed)
    return Population(
        kind=kind, race=race, woman=woman, birth=birth, beat=beat, entry=entry, start=start,
        end=end, crew=crew, members=members, first=first, size=size,
        frailty=_frailty(crew, first.size, frailty, seed), hardship=hardship,
    )  # fmt: skip


def _sizes(people: int) -> Ints:
    sizes: Ints = np.floor(_SHARES * people).astype(np.int64)
    sizes[SINGLE] += people - sizes.sum()
    return sizes


def _beats(race: NDArray[np.int8], seed: int) -> tuple[NDArray[np.int16], Floats]:
    """Return where people live, races mostly apart, and how dangerous each beat is."""
    rng = stream(seed, "violence", "beats")
    beats = min(BEATS, max(_FEWEST_BEATS, race.size // _PEOPLE_A_BEAT))
    side = rng.permutation(np.arange(beats) * 3 // beats)
    weight = np.full((4, beats), 0.06)
    for own in range(3):
        weight[own, side == own] = 1.0
    weight[3] = 0.5
    weight *= rng.gamma(4.0, 0.25, beats)
    hardship = np.exp(rng.normal(0.0, 0.40, beats) - 0.40**2 / 2)
    edges = np.cumsum(weight / weight.sum(axis=1, keepdims=True), axis=1)
    beat = np.empty(race.size, np.int16)
    for own in range(4):
        here = race == own
        drawn = rng.random(int(here.sum()), dtype=np.float32)
        beat[here] = np.minimum(np.searchsorted(edges[own], drawn), beats - 1)
    lived = np.bincount(beat, minlength=beats)
    for here in (side == own for own in range(3)):
        hardship[here] /= np.average(hardship[here], weights=lived[here] + 1)
    return beat, hardship


def _time(kind: NDArray[np.int8], seed: int) -> tuple[Short, Short, Short]:
    """Return the start of people's time on the street, their entry, and its end.

    Time left is exponential at every moment, so that what remains does not depend on what has
    passed; careers under way at the beginning are drawn as such.
    """
    rng = stream(seed, "violence", "time")
    early = _EARLY[kind] * _CHANGE
    drawn = rng.random(kind.size) * (early + DAYS - _CHANGE)
    entry = np.where(drawn < early, drawn / _EARLY[kind], drawn - early + _CHANGE)
    lasts = LASTS[kind] * YEAR
    career = kind == CAREER
    running = career & (rng.random(kind.size) < lasts / (lasts + DAYS))
    entry[running] = 0.0
    length = rng.standard_exponential(kind.size) * lasts
    before = rng.random(kind.size) * _BEFORE[kind] * YEAR
    before += np.where(running, rng.standard_exponential(kind.size) * lasts, 0.0)
    start, end = np.floor(entry - before), np.ceil(entry + length)
    start, end = np.where(kind == SINGLE, 0, start), np.where(kind == SINGLE, 0, end)
    whole = entry.astype(np.int32)
    return start.astype(np.int32), whole, np.maximum(end, start).astype(np.int32)


def _births(
    kind: NDArray[np.int8], group: NDArray[np.int8], entry: Short, start: Short, seed: int
) -> Short:
    """Return days of birth: the young enter at about 18, careers before, others at any age."""
    rng = stream(seed, "violence", "births")
    young = rng.random(kind.size) < _YOUNG[kind, group]
    early = np.clip(rng.normal(17.8, 2.6, kind.size), 12.0, 24.0)
    late = 20.0 + rng.gamma(1.9, 9.0, kind.size)
    age = np.where(young, early, np.minimum(late, 85.0))
    career = kind == CAREER
    age[career] = np.where(young, 13.0 + rng.gamma(3.0, 1.5, kind.size), late)[career]
    since = np.where(career, start, entry)
    return np.floor(since - age * YEAR).astype(np.int32)


def _crews(
    kind: NDArray[np.int8], beat: NDArray[np.int16], start: Short, entry: Short, seed: int
) -> tuple[Short, Short, Ints, Ints]:
    """Put careers of one beat that began about the same time into crews, others at their edge."""
    rng = stream(seed, "violence", "crews")
    careers = np.flatnonzero(kind == CAREER)
    order = careers[np.lexsort((start[careers], beat[careers]))]
    opens = rng.random(order.size) < 1.0 / _CREW_SIZE
    opens |= np.diff(beat[order], prepend=-1) != 0
    crew = np.full(kind.size, -1, np.int32)
    crew[order] = np.cumsum(opens) - 1
    fringe = np.flatnonzero(kind == ONCE)
    fringe = fringe[rng.random(fringe.size) < _FRINGE]
    far = 1 << 16
    key = beat[order].astype(np.int64) * far + start[order] + far // 2
    near = beat[fringe].astype(np.int64) * far + entry[fringe] - int(2 * YEAR) + far // 2
    place = np.minimum(np.searchsorted(key, near), max(order.size - 1, 0))
    known = beat[order[place]] == beat[fringe]
    crew[fringe[known]] = crew[order[place[known]]]
    inside = np.flatnonzero(crew >= 0)
    members = inside[np.argsort(crew[inside], kind="stable")].astype(np.int32)
    size = np.bincount(crew[members], minlength=int(opens.sum())).astype(np.int64)
    return crew, members, np.cumsum(size) - size, size


def _frailty(crew: Short, crews: int, spread: float, seed: int) -> NDArray[np.float32]:
    """Return people's log danger: half of its variance is their crew's, where there is one."""
    rng = stream(seed, "violence", "frailty")
    own = rng.standard_normal(crew.size, dtype=np.float32)
    shared = np.append(rng.standard_normal(crews, dtype=np.float32), np.float32(0.0))
    half = np.float32(np.sqrt(0.5))
    mixed = np.where(crew >= 0, half * (own + shared[crew]), own)
    return (np.float32(spread) * mixed).astype(np.float32)
