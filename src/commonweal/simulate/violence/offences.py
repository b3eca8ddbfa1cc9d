"""What people did and suffered, day by day, and which incident it belongs to."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from commonweal.core.seeds import stream
from commonweal.simulate.columns import Floats, Ints, Mask
from commonweal.simulate.violence.codes import (
    ARREST_STYLE,
    ARRESTS,
    DISCRETIONARY,
    HARM_OF,
    HARM_STYLE,
    HARMS,
    KILLED,
    MURDERER,
    REPORTED,
    SHOOTER,
    SHOT,
)
from commonweal.simulate.violence.danger import Shootings
from commonweal.simulate.violence.people import (
    CAREER,
    DAYS,
    ONCE,
    REPEAT,
    SINGLE,
    YEAR,
    Population,
)

_EARLY_UNTIL = 3653
# Arrests a year on the street, by kind, and how much more there were before 2009-08 (a guess).
_ARRESTS = np.array([0.0, 0.0, 0.31, 3.05])
_EARLY_ARRESTS = 1.35
# Victimizations a year on the street, and around it (people arrested once are also harmed).
_HARMS = np.array([0.0, 3.4, 0.8, 1.2])
_AROUND = np.array([0.0, 0.0, 2.2, 1.5])
_AGAIN = 0.28
_REPEAT_EXTRA = 1.5
# Shares: career arrests with company, arrests that come from an incident with a victim, a
# shooting that leads to an arrest, and a killing that does.
_COMPANY, _FROM_HARM, _SHOOTING_SOLVED, _KILLING_SOLVED = 0.50, 0.5, 0.08, 0.30
_SAME_INCIDENT = 0.06
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


@dataclass(frozen=True, slots=True)
class Happened:
    """Everything that happened.

    Parameters
    ----------
    arrests, harms
        Events; the code indexes `ARRESTS` and `HARMS`.
    arrests_recorded, harms_recorded
        Whether each is in the agency's records.
    incidents
        Number of incidents.
    without_gun
        Incidents in which somebody was killed otherwise than by a gun.
    """

    arrests: Events
    harms: Events
    arrests_recorded: Mask
    harms_recorded: Mask
    incidents: int
    without_gun: Ints


def happen(city: Population, shootings: Shootings, contact: float, seed: int) -> Happened:
    """Draw offences and harm, put them into incidents, and say which are recorded.

    Parameters
    ----------
    city
        Everyone.
    shootings
        Who was shot: each is a harm of its own, always recorded.
    contact
        Share of discretionary offences of White people that lead to an arrest, where 1 is that
        of Black people's; Hispanic people's lies halfway.
    seed
        The one seed.
    """
    harms = _harms(city, shootings, seed)
    leads = _leads(city, seed)
    arrests = _company(city, _from_harm(leads, harms, seed), seed)
    solved = _solved(city, shootings, harms, seed)
    killed = harms.incident[harms.day.size - shootings.day.size :][~shootings.gun]
    arrests = _joined(arrests, solved)
    alive = _until_death(city, shootings)
    keep = (arrests.day + arrests.lag < alive[arrests.person]) & (arrests.day + arrests.lag < DAYS)
    arrests = arrests.only(keep)
    is_shot = np.isin(harms.code, (SHOT, KILLED))
    keep = (is_shot | (harms.day < alive[harms.person])) & (harms.day + harms.lag < DAYS)
    reported = _reported(city, harms, seed)[keep]
    harms = harms.only(keep)
    return Happened(
        arrests,
        harms,
        _arrested(city, arrests, contact, seed),
        reported,
        int(max(arrests.incident.max(), harms.incident.max())) + 1,
        killed,
    )


def _arrested(city: Population, arrests: Events, contact: float, seed: int) -> Mask:
    """Return which offences lead to an arrest: discretionary ones by police contact."""
    share = np.array([1.0, (1.0 + contact) / 2, contact, contact])[city.race[arrests.person]]
    share = np.where(DISCRETIONARY[arrests.code], share, 1.0)
    found: Mask = stream(seed, "violence", "contact").random(share.size) < share
    return found


def _reported(city: Population, harms: Events, seed: int) -> Mask:
    """Return which harm is reported; what brings people into the records always is."""
    drawn = stream(seed, "violence", "reported").random(harms.day.size)
    found: Mask = drawn < REPORTED[harms.code]
    found[: int(np.isin(city.kind, (SINGLE, REPEAT)).sum())] = True
    return found


def _until_death(city: Population, shootings: Shootings) -> Ints:
    """Return the day each person dies of a shooting, or one after the end."""
    died = np.full(city.count, DAYS + 1, np.int64)
    died[shootings.person[shootings.fatal]] = shootings.day[shootings.fatal]
    return died


def _poisson_days(
    rate: Floats, start: Ints, end: Ints, rng: np.random.Generator
) -> tuple[Ints, Ints]:
    """Draw Poisson events within half-open intervals; the rate is per day. Rows and days."""
    length = np.clip(end - start, 0, None)
    row = np.repeat(np.arange(rate.size), rng.poisson(rate * length))
    return row, (start[row] + np.floor(rng.random(row.size) * length[row])).astype(np.int64)


def _inside(city: Population, who: Ints) -> tuple[Ints, Ints]:
    return (
        np.clip(city.entry[who], 0, DAYS).astype(np.int64),
        np.clip(city.end[who], 0, DAYS).astype(np.int64),
    )


def _harms(city: Population, shootings: Shootings, seed: int) -> Events:
    """Draw who is harmed when, and how; every shooting is among them."""
    rng = stream(seed, "violence", "harms")
    people, days = [], []

    def add(who: Ints, when: Ints) -> None:
        people.append(who)
        days.append(when)

    first = np.flatnonzero((city.kind == SINGLE) | (city.kind == REPEAT))
    add(first, city.entry[first].astype(np.int64))
    again = np.flatnonzero(city.kind == SINGLE)
    again = again[rng.random(again.size) < _AGAIN]
    add(again, rng.integers(0, DAYS, again.size))
    for kind in (REPEAT, ONCE, CAREER):
        who = np.flatnonzero(city.kind == kind)
        low, high = _inside(city, who)
        rate = np.full(who.size, _HARMS[kind] / YEAR) * rng.gamma(1.5, 1 / 1.5, who.size)
        row, when = _poisson_days(rate, low, high, rng)
        add(who[row], when)
        if kind == REPEAT:
            extra = np.repeat(np.arange(who.size), rng.poisson(_REPEAT_EXTRA, who.size) + 1)
            gap = rng.exponential(0.4 * YEAR, extra.size).astype(np.int64)
            add(who[extra], low[extra] + 1 + gap)
        else:
            around = np.repeat(np.arange(who.size), rng.poisson(_AROUND[kind], who.size))
            shift = rng.normal(0.0, 3.0 * YEAR, around.size).astype(np.int64)
            add(who[around], low[around] + shift)
    person, day = np.concatenate(people), np.concatenate(days)
    inside = (day >= 0) & (day < DAYS)
    person, day = person[inside], day[inside]
    street = np.isin(city.kind[person], (ONCE, CAREER))
    style = np.where(street, 2, np.where(city.woman[person], 0, 1))
    code = _coded(HARM_STYLE, style, rng)
    shot = np.where(shootings.fatal, KILLED, SHOT).astype(np.int8)
    person = np.concatenate([person, shootings.person])
    day = np.concatenate([day, shootings.day])
    code = np.concatenate([code, shot])
    beat = _nearby(city.beat[person], city.hardship.size, rng)
    lag = _lags(person.size, rng)
    lag[-shot.size :] = rng.integers(0, 2, shot.size)
    return _shared(Events(person, day, code, beat, np.arange(person.size), lag), shot.size, rng)


def _shared(harms: Events, shot: int, rng: np.random.Generator) -> Events:
    """Put some harm of one code, beat and day or so into one incident with the one before."""
    plain = harms.day.size - shot
    order = np.argsort(_key(harms.beat[:plain], harms.code[:plain], harms.day[:plain]))
    key = _key(harms.beat[order], harms.code[order], harms.day[order])
    same = (np.diff(key, prepend=-10) <= 1) & (rng.random(plain) < 4 * _SAME_INCIDENT)
    head = np.maximum.accumulate(np.where(same, 0, np.arange(plain)))
    incident, day = harms.incident.copy(), harms.day.copy()
    incident[order] = harms.incident[order[head]]
    day[order] = harms.day[order[head]]
    return replace(harms, incident=incident, day=day)


def _leads(city: Population, seed: int) -> Events:
    """Draw what people are arrested for of their own doing."""
    rng = stream(seed, "violence", "arrests")
    once = np.flatnonzero(city.kind == ONCE)
    people, days = [once], [city.entry[once].astype(np.int64)]
    for kind in (ONCE, CAREER):
        who = np.flatnonzero(city.kind == kind)
        start, end = _inside(city, who)
        lively = np.exp(0.5 * city.frailty[who] + rng.normal(0.0, 0.5, who.size) - 0.2)
        rate = _ARRESTS[kind] / YEAR * lively
        for factor, low, high in (
            (_EARLY_ARRESTS, start, np.minimum(end, _EARLY_UNTIL)),
            (1.0, np.maximum(start, _EARLY_UNTIL), end),
        ):
            row, when = _poisson_days(rate * factor, low, high, rng)
            people.append(who[row])
            days.append(when)
    person, day = np.concatenate(people), np.concatenate(days)
    inside = (day >= 0) & (day < DAYS)
    person, day = person[inside], day[inside]
    career = city.kind[person] == CAREER
    armed = career & (rng.random(person.size) < 1 / (1 + np.exp(1.0 - 1.3 * city.frailty[person])))
    armed |= ~career & (rng.random(person.size) < 0.10 * np.exp(city.frailty[person]))
    style = np.where(armed, 3, np.where(career, 2, np.where(city.woman[person], 0, 1)))
    code = _coded(ARREST_STYLE, style, rng)
    beat = _nearby(city.beat[person], city.hardship.size, rng)
    return Events(person, day, code, beat, np.full(person.size, -1), _lags(person.size, rng))


def _from_harm(leads: Events, harms: Events, seed: int) -> Events:
    """Let some arrests come from an incident on record: same harm, beat, and a week or so."""
    rng = stream(seed, "violence", "matching")
    order = np.argsort(_key(harms.beat, harms.code, harms.day))
    keys = _key(harms.beat[order], harms.code[order], harms.day[order])
    harm = HARM_OF[leads.code]
    tried = np.flatnonzero((harm >= 0) & (rng.random(harm.size) < _FROM_HARM))
    wanted = _key(leads.beat[tried], harm[tried], leads.day[tried])
    place = np.minimum(np.searchsorted(keys, wanted), keys.size - 1)
    found = order[place]
    near = (keys[place] - wanted <= 14) & (keys[place] >= wanted)
    near &= harms.person[found] != leads.person[tried]
    tried, found = tried[near], found[near]
    incident, day, lag = leads.incident.copy(), leads.day.copy(), leads.lag.copy()
    incident[tried], day[tried] = harms.incident[found], harms.day[found]
    lag[tried] += harms.lag[found]
    alone = np.flatnonzero(incident < 0)
    incident[alone] = harms.incident.size + np.arange(alone.size)
    return replace(leads, incident=incident, day=day, lag=lag)


def _company(city: Population, leads: Events, seed: int) -> Events:
    """Add the crew mates arrested with somebody, where they were on the street that day."""
    rng = stream(seed, "violence", "company")
    crew = city.crew[leads.person]
    parts = [leads]
    for share in (_COMPANY, _COMPANY / 2):
        rows = np.flatnonzero((crew >= 0) & (rng.random(crew.size) < share))
        mate = city.mates(crew[rows], rng)
        fit = city.on_street(mate, leads.day[rows]) & (mate != leads.person[rows])
        rows, mate = rows[fit], mate[fit]
        parts.append(replace(leads.only(rows), person=mate))
    found = _joined(*parts)
    pair = found.incident * city.count + found.person
    _, once = np.unique(pair, return_index=True)
    return found.only(np.sort(once))


def _solved(city: Population, shootings: Shootings, harms: Events, seed: int) -> Events:
    """Arrest somebody of a crew nearby for a few of the shootings."""
    rng = stream(seed, "violence", "solved")
    first = harms.day.size - shootings.day.size
    share = np.where(shootings.fatal, _KILLING_SOLVED, _SHOOTING_SOLVED)
    rows = np.flatnonzero(rng.random(share.size) < share)
    by_beat = np.argsort(city.beat[city.members], kind="stable")
    there = city.beat[city.members[by_beat]]
    low = np.searchsorted(there, harms.beat[first + rows])
    high = np.searchsorted(there, harms.beat[first + rows], side="right")
    pick = low + (rng.random(rows.size) * np.maximum(high - low, 1)).astype(np.int64)
    who = city.members[by_beat[np.minimum(pick, by_beat.size - 1)]].astype(np.int64)
    fit = city.on_street(who, shootings.day[rows]) & (who != shootings.person[rows])
    rows, who = rows[fit], who[fit]
    code = np.where(shootings.fatal[rows], MURDERER, SHOOTER).astype(np.int8)
    lag = np.minimum(rng.exponential(40.0, rows.size), 2000).astype(np.int16)
    own = harms.only(first + rows)
    return replace(own, person=who, code=code, lag=lag)


def _coded(
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


def _nearby(beat: NDArray[np.int16], beats: int, rng: np.random.Generator) -> NDArray[np.int16]:
    """Return the home beat mostly, else one close by."""
    moved = (rng.random(beat.size, dtype=np.float32) < 0.35) * rng.integers(-3, 4, beat.size)
    return ((beat + moved) % beats).astype(np.int16)


def _lags(count: int, rng: np.random.Generator) -> NDArray[np.int16]:
    """Return days until something is known: mostly none, one in 25 weeks."""
    days = np.maximum(rng.integers(-4, 4, count, dtype=np.int16), 0)
    late = rng.random(count, dtype=np.float32) < 0.04
    days[late] = rng.integers(7, 61, int(late.sum()), dtype=np.int16)
    return days


def _key(beat: NDArray[np.integer], code: NDArray[np.integer], day: Ints) -> Ints:
    most = max(len(ARRESTS), len(HARMS)) + 1
    return (beat.astype(np.int64) * most + code) * _DAY + day


def _joined(*parts: Events) -> Events:
    fields = ("person", "day", "code", "beat", "incident", "lag")
    return Events(*(np.concatenate([getattr(part, name) for part in parts]) for name in fields))
