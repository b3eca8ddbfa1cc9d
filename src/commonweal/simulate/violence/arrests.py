"""Who was arrested, when, for what, with whom, and out of whose incident."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from commonweal.core.seeds import stream
from commonweal.simulate.columns import Mask
from commonweal.simulate.violence.codes import (
    ARREST_STYLE,
    DISCRETIONARY,
    HARM_OF,
    MURDERER,
    SHOOTER,
)
from commonweal.simulate.violence.danger import Shootings
from commonweal.simulate.violence.events import (
    EARLY_UNTIL,
    Events,
    drawn_codes,
    joined,
    lags,
    meeting_key,
    nearby,
    on_street_days,
    poisson_days,
)
from commonweal.simulate.violence.people import CAREER, DAYS, ONCE, YEAR, Population

# Arrests a year on the street, by kind, and how much more there were before 2009-08 (a guess).
_ARRESTS = np.array([0.0, 0.0, 0.31, 3.05])
_EARLY_ARRESTS = 1.35
# Shares: career arrests with company, arrests that come from an incident with a victim, a
# shooting that leads to an arrest, and a killing that does.
_COMPANY, _FROM_HARM, _SHOOTING_SOLVED, _KILLING_SOLVED = 0.50, 0.5, 0.08, 0.30


def all_arrests(city: Population, harms: Events, shootings: Shootings, seed: int) -> Events:
    """Draw offences: people's own, out of others' harm, in company, and for shootings."""
    own = _company(city, _from_harm(_leads(city, seed), harms, seed), seed)
    return joined(own, _solved(city, shootings, harms, seed))


def _leads(city: Population, seed: int) -> Events:
    """Draw what people are arrested for of their own doing."""
    rng = stream(seed, "violence", "arrests")
    once = np.flatnonzero(city.kind == ONCE)
    people, days = [once], [city.entry[once].astype(np.int64)]
    for kind in (ONCE, CAREER):
        who = np.flatnonzero(city.kind == kind)
        start, end = on_street_days(city, who)
        lively = np.exp(0.5 * city.frailty[who] + rng.normal(0.0, 0.5, who.size) - 0.2)
        rate = _ARRESTS[kind] / YEAR * lively
        for factor, low, high in (
            (_EARLY_ARRESTS, start, np.minimum(end, EARLY_UNTIL)),
            (1.0, np.maximum(start, EARLY_UNTIL), end),
        ):
            row, when = poisson_days(rate * factor, low, high, rng)
            people.append(who[row])
            days.append(when)
    person, day = np.concatenate(people), np.concatenate(days)
    inside = (day >= 0) & (day < DAYS)
    person, day = person[inside], day[inside]
    career = city.kind[person] == CAREER
    armed = career & (rng.random(person.size) < 1 / (1 + np.exp(1.0 - 1.3 * city.frailty[person])))
    armed |= ~career & (rng.random(person.size) < 0.10 * np.exp(city.frailty[person]))
    style = np.where(armed, 3, np.where(career, 2, np.where(city.woman[person], 0, 1)))
    code = drawn_codes(ARREST_STYLE, style, rng)
    beat = nearby(city.beat[person], city.hardship.size, rng)
    return Events(person, day, code, beat, np.full(person.size, -1), lags(person.size, rng))


def _from_harm(leads: Events, harms: Events, seed: int) -> Events:
    """Let some arrests come from an incident on record: same harm, beat, and a week or so."""
    rng = stream(seed, "violence", "matching")
    order = np.argsort(meeting_key(harms.beat, harms.code, harms.day))
    keys = meeting_key(harms.beat[order], harms.code[order], harms.day[order])
    harm = HARM_OF[leads.code]
    tried = np.flatnonzero((harm >= 0) & (rng.random(harm.size) < _FROM_HARM))
    wanted = meeting_key(leads.beat[tried], harm[tried], leads.day[tried])
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
    found = joined(*parts)
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


def arrested(city: Population, arrests: Events, contact: float, seed: int) -> Mask:
    """Return which offences lead to an arrest: discretionary ones by police contact."""
    share = np.array([1.0, (1.0 + contact) / 2, contact, contact])[city.race[arrests.person]]
    share = np.where(DISCRETIONARY[arrests.code], share, 1.0)
    found: Mask = stream(seed, "violence", "contact").random(share.size) < share
    return found
