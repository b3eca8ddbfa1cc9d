"""Who was harmed, when, how, and together with whom."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from commonweal.core.seeds import stream
from commonweal.simulate.columns import Ints, Mask
from commonweal.simulate.violence.codes import HARM_STYLE, KILLED, REPORTED, SHOT
from commonweal.simulate.violence.danger import Shootings
from commonweal.simulate.violence.events import (
    Events,
    drawn_codes,
    lags,
    meeting_key,
    nearby,
    on_street_days,
    poisson_days,
)
from commonweal.simulate.violence.people import (
    CAREER,
    DAYS,
    ONCE,
    REPEAT,
    SINGLE,
    YEAR,
    Population,
)

# Victimizations a year on the street by kind, and around it: people arrested once are also harmed.
_HARMS = np.array([0.0, 3.4, 0.8, 1.2])
_AROUND = np.array([0.0, 0.0, 2.2, 1.5])
# People harmed once who are harmed once more, further harm of people harmed again and again, and
# harm that shares an incident with somebody else's.
_AGAIN, _REPEAT_EXTRA, _SAME_INCIDENT = 0.28, 1.5, 0.06


def all_harms(city: Population, shootings: Shootings, seed: int) -> Events:
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
        low, high = on_street_days(city, who)
        rate = np.full(who.size, _HARMS[kind] / YEAR) * rng.gamma(1.5, 1 / 1.5, who.size)
        row, when = poisson_days(rate, low, high, rng)
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
    code = drawn_codes(HARM_STYLE, style, rng)
    shot = np.where(shootings.fatal, KILLED, SHOT).astype(np.int8)
    person = np.concatenate([person, shootings.person])
    day = np.concatenate([day, shootings.day])
    code = np.concatenate([code, shot])
    beat = nearby(city.beat[person], city.hardship.size, rng)
    lag = lags(person.size, rng)
    lag[-shot.size :] = rng.integers(0, 2, shot.size)
    return _shared(Events(person, day, code, beat, np.arange(person.size), lag), shot.size, rng)


def _shared(harms: Events, shot: int, rng: np.random.Generator) -> Events:
    """Put some harm of one code, beat and day or so into one incident with the one before."""
    plain = harms.day.size - shot
    order = np.argsort(meeting_key(harms.beat[:plain], harms.code[:plain], harms.day[:plain]))
    key = meeting_key(harms.beat[order], harms.code[order], harms.day[order])
    same = (np.diff(key, prepend=-10) <= 1) & (rng.random(plain) < 4 * _SAME_INCIDENT)
    head = np.maximum.accumulate(np.where(same, 0, np.arange(plain)))
    incident, day = harms.incident.copy(), harms.day.copy()
    incident[order] = harms.incident[order[head]]
    day[order] = harms.day[order[head]]
    return replace(harms, incident=incident, day=day)


def reported(city: Population, harms: Events, seed: int) -> Mask:
    """Return which harm is reported; what brings people into the records always is."""
    drawn = stream(seed, "violence", "reported").random(harms.day.size)
    found: Mask = drawn < REPORTED[harms.code]
    found[: int(np.isin(city.kind, (SINGLE, REPEAT)).sum())] = True
    return found
