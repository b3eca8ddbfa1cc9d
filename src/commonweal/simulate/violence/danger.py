"""Who is shot, when: chances that move with age and street life, and feuds that spread.

The chances by race, sex and age are fitted to Tables B.2 and B.3 of paper C: what the groups
differ in is put into these numbers, and nothing here explains why. Being shot is recorded alike
for everybody.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commonweal.core.seeds import stream
from commonweal.simulate.columns import Floats, Ints, Mask
from commonweal.simulate.violence.people import CAREER, DAYS, ONCE, REPEAT, YEAR, Population
from commonweal.simulate.violence.rates import BACKGROUND, STREET

ADULT = 23
"""Age, in years, from which the other rates hold (the median age of the paper's victims)."""
_FROM, _UNTIL = 12, 75
# Street danger of each kind, as a factor; a career's is also its crew's.
_LEVEL = np.zeros(4)
_LEVEL[[REPEAT, ONCE, CAREER]] = 0.45, 0.9, 2.1
_EARLY_DANGER, _EARLY_UNTIL = 1.20, 3806
"""Before 2010 more people were shot: that much more (a guess, fitted to 11,598 homicides)."""
FATAL = 0.155
# Of all drawn, those killed by other means than a gun (a guess: a fifth of homicides).
_OTHERWISE = 0.032
MONTH = YEAR / 12
MONTHS = int(DAYS / MONTH) + 1
# A feud: how many begin by themselves per crew and year, how many a shooting of a member brings
# on, how many end per year, and how much likelier to be shot a member is while it lasts,
# relative to the street danger.
FEUD_STARTS, FEUD_SPARKS, FEUD_ENDS, FEUD_HEAT = 0.05, 0.40, 1.6, 1.6
_TRIES = 12


@dataclass(frozen=True, slots=True)
class Danger:
    """Everyone's chances, per year.

    Parameters
    ----------
    background
        Of each person, before `ADULT` and after: shape (people, 2).
    street
        What is added on the street, likewise; a feud adds `FEUD_HEAT` times that.
    """

    background: Floats
    street: Floats


@dataclass(frozen=True, slots=True)
class Shootings:
    """Everybody shot, or killed otherwise, by day; at most one fatal each, and that the last.

    Parameters
    ----------
    person, day, fatal, gun
        Of each: whether they died, and whether it was by gunfire (who is killed otherwise is
        drawn by the same chances).
    feud_crew, feud_start, feud_end
        Feuds, half-open in days.
    """

    person: Ints
    day: Ints
    fatal: Mask
    gun: Mask
    feud_crew: Ints
    feud_start: Ints
    feud_end: Ints


def dangers(city: Population, shootings: float) -> Danger:
    """Return everyone's chances of being shot, all times `shootings`."""
    group = city.group
    place = city.hardship[city.beat] * shootings
    frail = np.exp(city.frailty - np.var(city.frailty) / 2)
    background = BACKGROUND[group] * place[:, None]
    street = STREET[group] * (place * frail * _LEVEL[city.kind])[:, None]
    return Danger(background.astype(np.float32), street.astype(np.float32))


def shoot(city: Population, danger: Danger, contagion: float, seed: int) -> Shootings:
    """Let twenty years pass.

    Background and street shootings are Poisson with rates constant between birthdays 12, 23 and
    75; feuds are then drawn month by month from the crews they hit.
    """
    rng = stream(seed, "violence", "shootings")
    turns = [city.birth + np.float32(age * YEAR) for age in (_FROM, ADULT, _UNTIL)]
    people, days = [], []
    for band in (0, 1):
        low, high = np.clip(turns[band], 0, DAYS), np.clip(turns[band + 1], 0, DAYS)
        for rate, start, end in (
            (danger.background[:, band], low, high),
            (danger.street[:, band], np.maximum(low, city.start), np.minimum(high, city.end)),
        ):
            who, when = _scatter(rate, start, end, rng)
            people.append(who)
            days.append(when)
    person, day = np.concatenate(people), np.concatenate(days)
    hot = _feuds(city, danger, person, day, contagion, seed)
    gun = np.ones(person.size + hot[0].size, np.bool_)
    gun[: person.size] = rng.random(person.size) >= _OTHERWISE
    person, day = np.concatenate([person, hot[0]]), np.concatenate([day, hot[1]])
    fatal = ~gun | (rng.random(person.size) < FATAL)
    order = np.lexsort((person, day))
    person, day, fatal, gun = person[order], day[order], fatal[order], gun[order]
    died = np.full(city.count, DAYS + 1, np.int64)
    np.minimum.at(died, person[fatal], day[fatal])
    alive = (day < died[person]) | (fatal & (day == died[person]))
    return Shootings(person[alive], day[alive], fatal[alive], gun[alive], *hot[2:])


def _scatter(
    rate: Floats, start: Floats, end: Floats, rng: np.random.Generator
) -> tuple[Ints, Ints]:
    """Draw Poisson events on everyone's interval; more of them before 2010."""
    early = np.clip(np.minimum(end, _EARLY_UNTIL) - start, 0.0, None)
    late = np.clip(end - np.maximum(start, _EARLY_UNTIL), 0.0, None)
    people, days = [], []
    for length, factor, first in (
        (early, _EARLY_DANGER, start),
        (late, 1.0, np.maximum(start, _EARLY_UNTIL)),
    ):
        sums = np.cumsum(rate * length * (factor / YEAR), dtype=np.float64)
        count = rng.poisson(sums[-1])
        who = np.searchsorted(sums, rng.random(count) * sums[-1], side="right")
        who = np.minimum(who, rate.size - 1)
        when = first[who] + rng.random(count) * length[who]
        people.append(who)
        days.append(np.floor(when).astype(np.int64))
    return np.concatenate(people), np.concatenate(days)


def _feuds(
    city: Population, danger: Danger, person: Ints, day: Ints, contagion: float, seed: int
) -> tuple[Ints, Ints, Ints, Ints, Ints]:
    """Let feuds begin, make shootings, spread by them, and end, a month at a time.

    Returns person and day of the shootings, and crew, first and last day of the feuds.
    """
    rng = stream(seed, "violence", "feuds")
    crews = city.first.size
    heat = _monthly(city, danger)
    shot = np.zeros((crews, MONTHS))
    crew, month = city.crew[person], np.minimum((day / MONTH).astype(np.int64), MONTHS - 1)
    np.add.at(shot, (crew[crew >= 0], month[crew >= 0]), 1.0)
    hot = np.zeros(crews, np.bool_)
    began = np.zeros(crews, np.int64)
    people, days, feuds = [], [], []
    for now in range(MONTHS):
        sparks = FEUD_STARTS / 12 + contagion * FEUD_SPARKS * (shot[:, now - 1] if now else 0.0)
        starts = ~hot & (rng.random(crews) < -np.expm1(-sparks * (heat[:, now] > 0)))
        ends = hot & (rng.random(crews) < -np.expm1(-FEUD_ENDS / 12))
        feuds += [(c, began[c], int(now * MONTH)) for c in np.flatnonzero(ends)]
        hot = (hot | starts) & ~ends
        began[starts] = int(now * MONTH)
        hit = np.repeat(np.arange(crews), rng.poisson(hot * heat[:, now] * FEUD_HEAT / 12))
        who = _victims(city, danger, hit, now, rng)
        hit, who = hit[who >= 0], who[who >= 0]
        np.add.at(shot, (hit, np.full(hit.size, now)), 1.0)
        people.append(who)
        days.append(np.floor((now + rng.random(who.size)) * MONTH).astype(np.int64))
    feuds += [(c, began[c], DAYS) for c in np.flatnonzero(hot)]
    table = np.array(feuds, np.int64).reshape(-1, 3)
    when = np.minimum(np.concatenate(days), DAYS - 1)
    return np.concatenate(people), when, table[:, 0], table[:, 1], table[:, 2]


def _monthly(city: Population, danger: Danger) -> Floats:
    """Return each crew's street danger, month by month: the sum of its members on the street."""
    who = city.members
    heat = np.zeros((city.first.size, MONTHS + 1))
    turn = (city.birth[who] + ADULT * YEAR).astype(np.int64)
    for band, low, high in ((0, city.start[who], turn), (1, turn, city.end[who])):
        start = np.clip(np.maximum(low, city.start[who]), 0, DAYS)
        end = np.clip(np.minimum(high, city.end[who]), start, DAYS)
        first, last = (start / MONTH).astype(np.int64), (end / MONTH).astype(np.int64)
        rate = danger.street[who, band]
        np.add.at(heat, (city.crew[who], first), rate)
        np.add.at(heat, (city.crew[who], last), -rate)
    return np.maximum(np.cumsum(heat, axis=1)[:, :MONTHS], 0.0)


def _victims(
    city: Population, danger: Danger, crew: Ints, month: int, rng: np.random.Generator
) -> Ints:
    """Choose whom each feud shooting hits, by their danger; -1 where nobody was found."""
    day = int((month + 0.5) * MONTH)
    best, weight = np.full(crew.size, -1, np.int64), np.full(crew.size, np.inf)
    for _ in range(_TRIES):
        who = city.mates(crew, rng)
        band = (day - city.birth[who] >= ADULT * YEAR).astype(np.int64)
        rate = np.where(city.on_street(who, np.full(who.size, day)), danger.street[who, band], 0.0)
        arrival = rng.standard_exponential(crew.size) / np.maximum(rate, 1e-12)
        better = (arrival < weight) & (rate > 0)
        best, weight = np.where(better, who, best), np.where(better, arrival, weight)
    return best
