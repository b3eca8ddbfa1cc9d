"""The town's people: where they live, whom they know, and how their risk moves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from commonweal.core.seeds import stream

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

FIRST_YEAR = 2010
QUARTERS = 40
RACES = ("A", "B", "C")
_PEOPLE_A_BEAT = 700
_CREW_SIZE = 8
_FATAL = 0.16
# Most offences anyone leads in a quarter, on average, as a logarithm.
_MOST = 1.1
# How strongly the person's temper, their own drift and their crew's mood vary (log scale), and
# how much of a drift or a mood is left a quarter later.
_TEMPER, _DRIFT, _MOOD, _KEPT = 0.9, 0.9, 0.9, 0.92
# Heat: what a shooting adds for the victim's crew and for its rival, what is left of it a
# quarter later, and the most there can be (a feud left unbounded would consume a small town).
_HEAT_OWN, _HEAT_RIVAL, _HEAT_KEPT, _HEAT_MOST = 0.6, 0.35, 0.75, 2.0


def draws(seed: int, *names: str) -> np.random.Generator:
    """One of the town's random streams."""
    return stream(seed, "city", *names)


@dataclass(frozen=True, slots=True)
class Population:
    """Everyone in the town, numbered from 0.

    Parameters
    ----------
    race, woman, birth_year, beat
        Of each person; race indexes `RACES`.
    hardship
        Of each beat, on the log scale of offending.
    temper
        The lasting part of each person's log risk.
    crew
        Crew of each person, -1 for most.
    members, start, size
        People in crews, ordered by crew, and where each crew stands in that list.
    rival
        The crew each crew feuds with.
    circle, place
        Everyone in an order in which neighbours know each other, and each person's place in it.
    """

    race: Ints
    woman: Mask
    birth_year: Ints
    beat: Ints
    hardship: Floats
    temper: Floats
    crew: Ints
    members: Ints
    start: Ints
    size: Ints
    rival: Ints
    circle: Ints
    place: Ints

    def acquaintances(self, who: Ints, rng: np.random.Generator) -> Ints:
        """Return someone each of `who` knows from the beat: one of a lasting few."""
        step = rng.integers(1, 4, who.size) * rng.choice(np.array([-1, 1]), who.size)
        near: Ints = self.circle[(self.place[who] + step) % self.circle.size]
        return near

    def companions(self, who: Ints, rng: np.random.Generator) -> Ints:
        """Return whom each of `who` goes about with: mostly crew, where there is one."""
        crew = self.crew[who]
        known, mates = self.acquaintances(who, rng), self.crew_members(crew, rng)
        return np.where((crew >= 0) & (rng.random(who.size) < 0.85), mates, known)

    def crew_members(self, crew: Ints, rng: np.random.Generator) -> Ints:
        """Return one member of each crew; for crew -1, whoever."""
        offset = (rng.random(crew.size) * self.size[crew]).astype(np.int64)
        member: Ints = self.members[self.start[crew] + offset]
        return member


def draw_population(people: int, seed: int) -> Population:
    """Draw the town's people; the groups differ in where they live, not in temper."""
    rng = draws(seed, "people")
    beats = max(6, people // _PEOPLE_A_BEAT)
    hardship = rng.normal(0.0, 0.35, beats)
    beat = rng.integers(0, beats, people)
    share_b = 1.0 / (1.0 + np.exp(0.7 - 2.0 * hardship[beat]))
    is_b = rng.random(people) < share_b
    race = np.where(is_b, 1, np.where(rng.random(people) < 0.65, 0, 2)).astype(np.int64)
    woman = rng.random(people) < 0.5
    # A few are far above the rest: the tail is heavier than the lognormal's.
    temper = _TEMPER * rng.normal(0.0, 1.0, people)
    temper += np.where(rng.random(people) < 0.05, rng.exponential(0.8, people), 0.0)
    temper += hardship[beat] - 0.9 * woman
    birth_year = 1950 + (57 * rng.beta(1.5, 1.1, people)).astype(np.int64)
    crew, members, start, size = _crews(temper, birth_year, beat, seed)
    band = np.floor(temper + rng.normal(0.0, 0.4, people)).astype(np.int64)
    circle = np.lexsort((rng.random(people), band, beat)).astype(np.int64)
    place = np.empty_like(circle)
    place[circle] = np.arange(people)
    return Population(
        race=race,
        woman=woman,
        birth_year=birth_year,
        beat=beat,
        hardship=hardship,
        temper=temper,
        crew=crew,
        members=members,
        start=start,
        size=size,
        rival=np.bitwise_xor(np.arange(start.size), 1) % start.size,
        circle=circle,
        place=place,
    )


def _crews(
    temper: Floats, birth_year: Ints, beat: Ints, seed: int
) -> tuple[Ints, Ints, Ints, Ints]:
    """Group some people, the riskier and younger rather, into crews within their beats."""
    rng = draws(seed, "crews")
    leaning = -3.0 + 1.2 * temper + 0.06 * (birth_year - 1975)
    joins = rng.random(temper.size) < 1.0 / (1.0 + np.exp(-leaning))
    joins[rng.integers(0, temper.size)] = True
    members = np.flatnonzero(joins)
    members = members[np.lexsort((rng.random(members.size), beat[members]))].astype(np.int64)
    opens = rng.random(members.size) < 1.0 / _CREW_SIZE
    opens |= np.diff(beat[members], prepend=-1) != 0
    number = np.cumsum(opens) - 1
    crew = np.full(temper.size, -1, dtype=np.int64)
    crew[members] = number
    start = np.flatnonzero(opens).astype(np.int64)
    return crew, members, start, np.bincount(number).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Lives:
    """What people did and suffered, by quarter, before anybody recorded it.

    Parameters
    ----------
    lead, lead_quarter
        Who led each offence, and when.
    shot, shot_quarter, shot_fatal
        Who was shot, when, and whether they died.
    """

    lead: Ints
    lead_quarter: Ints
    shot: Ints
    shot_quarter: Ints
    shot_fatal: Mask


def live(town: Population, seed: int) -> Lives:
    """Let ten years pass, a quarter at a time.

    A person's log risk is their temper, an age curve, a slow drift of their own and the mood of
    their crew. A shooting heats the victim's crew and its rival, which makes more shootings.
    """
    walks, acts = draws(seed, "walks"), draws(seed, "acts")
    people, crews = town.temper.size, town.start.size
    drift = _DRIFT * walks.normal(0.0, 1.0, people)
    # The last entry is for people of crew -1: no mood, no heat.
    mood, heat = np.zeros(crews + 1), np.zeros(crews + 1)
    mood[:-1] = _MOOD * walks.normal(0.0, 1.0, crews)
    alive = np.ones(people, dtype=np.bool_)
    in_crew = town.crew >= 0
    fresh = np.sqrt(1.0 - _KEPT**2)
    leads, shots, deaths = [], [], []
    for quarter in range(QUARTERS):
        drift = _KEPT * drift + fresh * _DRIFT * walks.normal(0.0, 1.0, people)
        mood[:-1] = _KEPT * mood[:-1] + fresh * _MOOD * walks.normal(0.0, 1.0, crews)
        risk = town.temper + drift + mood[town.crew] + _age_curve(town.birth_year, quarter)
        offences = acts.poisson(alive * np.exp(np.minimum(risk - 2.9, _MOST)))
        leads.append(np.repeat(np.arange(people), offences))
        danger = risk + heat[town.crew] + 0.8 * in_crew - 0.4 * town.woman
        shot = acts.random(people) < alive * -np.expm1(-np.exp(danger - 7.2))
        fatal = acts.random(people) < _FATAL
        shots.append(np.flatnonzero(shot))
        deaths.append(fatal[shot])
        alive &= ~(shot & fatal)
        hit = np.bincount(town.crew[shot & in_crew], minlength=crews).astype(np.float64)
        heat[:-1] = _HEAT_KEPT * heat[:-1] + _HEAT_OWN * np.log1p(hit)
        heat[:-1] += _HEAT_RIVAL * np.log1p(hit[town.rival])
        heat = np.minimum(heat, _HEAT_MOST)
    return Lives(
        lead=np.concatenate(leads),
        lead_quarter=np.repeat(np.arange(QUARTERS), [part.size for part in leads]),
        shot=np.concatenate(shots),
        shot_quarter=np.repeat(np.arange(QUARTERS), [part.size for part in shots]),
        shot_fatal=np.concatenate(deaths),
    )


def _age_curve(birth_year: Ints, quarter: int) -> Floats:
    """Log risk by age: steep up to 21, then slowly down."""
    over = FIRST_YEAR + quarter / 4.0 - birth_year - 21.0
    curve: Floats = -0.5 * np.where(over < 0.0, over / 4.0, over / 16.0) ** 2
    return np.maximum(curve, -6.0)
