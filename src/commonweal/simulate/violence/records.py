"""From what happened to what the police department's tables hold.

Arrests carry a fingerprint number, which is not to be trusted before 2010; victims, people shot
and people killed carry none. Names, birth dates, ages, sex and race are as officers put them
down: one person's records contradict each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from commonweal.core.dates import day_number
from commonweal.core.seeds import stream
from commonweal.simulate.columns import Ints, Mask, dates, numbered, words
from commonweal.simulate.sink import Sink
from commonweal.simulate.violence.codes import (
    ARREST_CODES,
    ARREST_STYLE,
    FELONY,
    HARM_CODES,
    KILLED,
    SHOT,
)
from commonweal.simulate.violence.events import Events
from commonweal.simulate.violence.knobs import Knobs
from commonweal.simulate.violence.names import Identity, Vocabulary, spelt
from commonweal.simulate.violence.offences import Happened
from commonweal.simulate.violence.people import FIRST_DAY, RACES, YEAR, Population

SHOOTINGS_FROM = date(2010, 1, 1)
"""First day from which shootings are recorded (paper C, A.1)."""
_TRUSTED = day_number(date(2010, 1, 1)) - FIRST_DAY
_SEXES = ("M", "F")
_GANGS, _GANG_ARRESTS = 58, 0.35
_SECOND_CHARGE = 0.4
# Shootings that are nobody's crime, or the police's: in the records, not in the outcome.
CIRCUMSTANCES = ("assault", "self-inflicted", "by police")
_CIRCUMSTANCE = np.array([0.955, 0.020, 0.025])


@dataclass(frozen=True, slots=True)
class Scene:
    """What the tables are made from.

    Parameters
    ----------
    city, identity, happened
        Who there is, what they are called, what happened.
    words
        Every spelling of every name.
    knobs, seed
        How well records are kept.
    """

    city: Population
    identity: Identity
    happened: Happened
    words: Vocabulary
    knobs: Knobs
    seed: int


@dataclass(frozen=True, slots=True)
class Written:
    """Whose record is whose, in one table.

    Parameters
    ----------
    table
        Its name.
    record, person
        Record ids and the person of each.
    fingerprint
        The fingerprint number's person, -1 where there is none to be trusted.
    """

    table: str
    record: Ints
    person: Ints
    fingerprint: Ints


def write_arrests(scene: Scene, sink: Sink, incidents: Ints) -> Written:
    """Write arrests, and their charges: one row an arrest, and one a charge."""
    rng = stream(scene.seed, "violence", "records", "arrests")
    events = scene.happened.arrests.only(scene.happened.arrests_recorded)
    events = events.only(_in_order(events, rng))
    count = events.day.size
    record = numbered(count, scene.seed, "arrests")
    felony = rng.random(count, dtype=np.float32) < FELONY[events.code]
    gang, marked = _gangs(scene.city, events, rng)
    own, printed = _fingerprints(scene, events, rng)
    sink.put("arrests", pa.table({
        "record_id": record,
        "ir_number": own,
        "incident_id": incidents[events.incident],
        "incident_on": dates(events.day + FIRST_DAY),
        "arrested_on": dates(events.day + events.lag + FIRST_DAY),
        "charge": words(events.code, ARREST_CODES),
        "level": words(felony, ("misdemeanor", "felony")),
        "beat": pa.array(events.beat + 111),
        "gang": words(gang, [f"GANG {number:02d}" for number in range(_GANGS)], ~marked),
        **_described(scene, events, rng, 0.0),
    }))  # fmt: skip
    second = np.flatnonzero(rng.random(count, dtype=np.float32) < _SECOND_CHARGE)
    edges = np.cumsum(ARREST_STYLE[2] / ARREST_STYLE[2].sum())
    other = np.searchsorted(edges, rng.random(second.size), side="right")
    other = np.minimum(other, len(ARREST_CODES) - 1)
    sink.put("charges", pa.table({
        "record_id": np.concatenate([record, record[second]]),
        "place": np.repeat(np.array([1, 2], np.int8), [count, second.size]),
        "charge": words(np.concatenate([events.code, other]), ARREST_CODES),
        "level": words(np.concatenate([
            felony, rng.random(second.size) < FELONY[other]]), ("misdemeanor", "felony")),
    }))  # fmt: skip
    return Written("arrests", record, events.person, np.where(printed, events.person, -1))


def write_victims(scene: Scene, sink: Sink, incidents: Ints) -> tuple[Written, ...]:
    """Write victimizations, and of these shootings (from 2010 on) and homicides as their own."""
    rng = stream(scene.seed, "violence", "records", "victims")
    events = scene.happened.harms.only(scene.happened.harms_recorded)
    events = events.only(_in_order(events, rng))
    record = numbered(events.day.size, scene.seed, "victimizations")
    missing = scene.knobs.birth_missing
    described = _described(scene, events, rng, missing)
    sink.put("victimizations", pa.table({
        **_when(record, events, incidents),
        "crime": words(events.code, HARM_CODES),
        "beat": pa.array(events.beat + 111),
        **described,
    }))  # fmt: skip
    killed = np.isin(events.incident, scene.happened.without_gun)
    shot = np.isin(events.code, (SHOT, KILLED)) & ~killed
    return (
        Written("victimizations", record, events.person, np.full(record.size, -1)),
        _write_shootings(scene, sink, incidents, events.only(shot)),
        _write_homicides(scene, sink, incidents, events),
    )


def _write_shootings(scene: Scene, sink: Sink, incidents: Ints, events: Events) -> Written:
    rng = stream(scene.seed, "violence", "records", "shootings")
    events = events.only(events.day >= _TRUSTED)
    record = numbered(events.day.size, scene.seed, "shootings")
    how = rng.choice(3, record.size, p=_CIRCUMSTANCE)
    sink.put("shootings", pa.table({
        **_when(record, events, incidents),
        "circumstance": words(np.where(events.code == KILLED, 0, how), CIRCUMSTANCES),
        "fatal": pa.array(events.code == KILLED),
        "beat": pa.array(events.beat + 111),
        **_described(scene, events, rng, scene.knobs.birth_missing / 4),
    }))  # fmt: skip
    return Written("shootings", record, events.person, np.full(record.size, -1))


def _write_homicides(scene: Scene, sink: Sink, incidents: Ints, events: Events) -> Written:
    """Write everybody killed, by a gun or otherwise."""
    rng = stream(scene.seed, "violence", "records", "homicides")
    dead = np.flatnonzero(events.code == KILLED)
    kept = events.only(dead)
    record = numbered(kept.day.size, scene.seed, "homicides")
    sink.put("homicides", pa.table({
        **_when(record, kept, incidents),
        "weapon": words(np.isin(kept.incident, scene.happened.without_gun), ("gun", "other")),
        "beat": pa.array(kept.beat + 111),
        **_described(scene, kept, rng, scene.knobs.birth_missing / 8),
    }))  # fmt: skip
    return Written("homicides", record, kept.person, np.full(record.size, -1))


def _when(record: Ints, events: Events, incidents: Ints) -> dict[str, pa.Array]:
    return {
        "record_id": pa.array(record),
        "incident_id": pa.array(incidents[events.incident]),
        "occurred_on": dates(events.day + FIRST_DAY),
        "reported_on": dates(events.day + events.lag + FIRST_DAY),
    }


def _in_order(events: Events, rng: np.random.Generator) -> Ints:
    """Return rows by the day they became known; within a day the order means nothing."""
    day = (events.day + events.lag).astype(np.int32)
    key = (day << 16) | rng.integers(0, 1 << 16, day.size, dtype=np.int32)
    return np.argsort(key, kind="stable")


def _described(
    scene: Scene, events: Events, rng: np.random.Generator, missing: float
) -> dict[str, pa.Array]:
    """Return who officers took the people of some records to be."""
    knobs, city, who, day = scene.knobs, scene.city, events.person, events.day
    own = scene.identity
    given = spelt(own.given[who], knobs.nicknames, knobs.typos, rng)
    renamed, moved = day >= own.renamed[who], day >= own.moved[who]
    surname = np.where(renamed, own.new_surname[who], own.surname[who])
    race, sex = _seen(city, who, knobs, rng)
    born = _born(own.birth[who], knobs.birth_errors, rng)
    unborn = rng.random(who.size, dtype=np.float32) < missing
    age = np.floor((day - own.birth[who]) / np.float32(YEAR)).astype(np.int16)
    off = rng.random(who.size, dtype=np.float32) < knobs.age_errors * unborn
    age[off] += rng.choice(np.array([-2, -1, 1, 2], np.int16), int(off.sum()))
    year = np.where(unborn, 1999 + (day + 212) // 365 - age, 1970 + (born + FIRST_DAY) // YEAR)
    return {
        "first_name": words(given, scene.words.given),
        "last_name": words(spelt(surname, 0.0, knobs.typos, rng), scene.words.surname),
        "birth_date": dates(born + FIRST_DAY, unborn),
        "age": pa.array(np.clip(age, 0, 110)),
        "birth_year": pa.array(np.clip(year, 1890, 2019).astype(np.int16)),
        "sex": words(sex, _SEXES),
        "race": words(race, RACES),
        "house_number": pa.array(np.where(moved, own.new_house[who], own.house[who])),
        "street": words(np.where(moved, own.new_street[who], own.street[who]), scene.words.street),
    }


def _seen(
    city: Population, who: Ints, knobs: Knobs, rng: np.random.Generator
) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
    """Return race and sex as recorded; race -1 where it was left out."""
    race, sex = city.race[who], city.woman[who].astype(np.int8)
    drawn = rng.random(who.size, dtype=np.float32)
    other = drawn < knobs.race_conflicts
    race[other] = (race[other] + rng.integers(1, 4, int(other.sum()))) % 4
    race[drawn >= 1 - knobs.race_missing] = -1
    sex ^= rng.random(who.size, dtype=np.float32) < knobs.sex_conflicts
    return race, sex


def _born(birth: NDArray[np.int32], share: float, rng: np.random.Generator) -> NDArray[np.int32]:
    """Return birth dates with some mistaken by a day, a month or a year."""
    wrong = np.flatnonzero(rng.random(birth.size, dtype=np.float32) < share)
    by = rng.choice(np.array([-365, -30, -1, 1, 30, 365]), wrong.size)
    found = birth.copy()
    found[wrong] += by
    return found


def _fingerprints(scene: Scene, events: Events, rng: np.random.Generator) -> tuple[pa.Array, Mask]:
    """Return fingerprint numbers, and which are the person's own; early ones may not be."""
    number = numbered(scene.city.count, scene.seed, "fingerprints")
    early = events.day + events.lag < _TRUSTED
    wrong = early & (rng.random(early.size, dtype=np.float32) < scene.knobs.early_id_errors)
    stray = np.max(number) + 1 + numbered(int(wrong.sum()), scene.seed, "stray")
    own = number[events.person]
    own[wrong] = stray
    return pa.array(own), ~wrong


def _gangs(
    city: Population, events: Events, rng: np.random.Generator
) -> tuple[NDArray[np.int16], Mask]:
    """Return the gang officers name at some arrests of people in crews."""
    crew = city.crew[events.person]
    gang = (city.beat[events.person].astype(np.int32) // 5 + crew % 3) % _GANGS
    marked = (crew >= 0) & (rng.random(crew.size, dtype=np.float32) < _GANG_ARRESTS)
    return gang.astype(np.int16), marked
