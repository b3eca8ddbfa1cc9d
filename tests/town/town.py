"""A small town: the tests' own world, with records that are linked and decisions that come late.

The latent risk is heavy-tailed, moves slowly and spreads along co-offending groups. Group B is
arrested more than its behaviour explains; shootings are recorded alike for everybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from commonweal.core.dates import day_number
from commonweal.core.tables import write_table
from commonweal.simulate.columns import dates
from commonweal.simulate.seal import write_seal
from town.incidents import CHARGES, CRIMES, KILLED, SHOT, Incidents, Records, all_incidents
from town.people import RACES, Ints, Population, draw_population, draws, live

EXTRACTED_ON = date(2020, 1, 1)
_DISPOSITIONS = ("convicted", "dismissed", "acquitted")


def simulate_town(people: int, seed: int, folder: Path) -> Mapping[str, int]:
    """Write the tables of a town of so many people, and their seal; return table -> rows.

    At least 500 people are needed for every table to hold rows.
    """
    town = draw_population(people, seed)
    tables = _tables(town, all_incidents(town, live(town, seed), seed), seed)
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        write_table(table, folder / f"{name}.parquet")
    write_seal(folder, "town", seed, people, [f"{name}.parquet" for name in tables])
    return {name: table.num_rows for name, table in tables.items()}


@dataclass(frozen=True, slots=True)
class _Seen:
    """The records of one kind that the agency has seen by the day of extraction."""

    kind: str
    records: Records
    occurred: Ints
    known: Ints


@dataclass(frozen=True, slots=True)
class _Names:
    """Ids and beats as text, by number; the numbers are shuffled first."""

    person: pa.Array
    incident: pa.Array
    beat: pa.Array


def _tables(town: Population, incidents: Incidents, seed: int) -> dict[str, pa.Table]:
    """The tables by name."""
    names = _Names(
        person=_shuffled_ids("P", town.temper.size, seed),
        incident=_shuffled_ids("I", incidents.day.size, seed),
        beat=_shuffled_ids("", town.hardship.size, seed),
    )
    victims = incidents.victims
    shot = victims.only(np.isin(victims.code, (SHOT, KILLED)))
    arrests = _seen("arrest", incidents.arrests, incidents.day, seed)
    victimizations = _seen("victimization", victims, incidents.day, seed)
    shootings = _seen("shooting", shot, incidents.day, seed)
    crime = {"crime": pa.array(CRIMES).take(pa.array(victimizations.records.code))}
    fatal = {"fatal": pa.array(shootings.records.code == KILLED)}
    beats = [
        {"beat": names.beat.take(pa.array(incidents.beat[seen.records.incident]))}
        for seen in (arrests, victimizations)
    ]
    return {
        "arrests": _table(arrests, names, _charged(arrests, seed) | beats[0], seed),
        "victimizations": _table(victimizations, names, crime | beats[1], seed),
        "shootings": _table(shootings, names, fatal, seed),
        "registrations": _registrations(town, (arrests, victimizations, shootings), names),
    }


def _seen(kind: str, records: Records, day: Ints, seed: int) -> _Seen:
    """Date the records; what is reported only after the day of extraction is left out.

    Most are reported within days, one in 25 only weeks later.
    """
    rng = draws(seed, "reports", kind)
    occurred = day[records.incident]
    days = rng.choice(4, occurred.size, p=[0.55, 0.25, 0.12, 0.08])
    weeks = rng.integers(7, 61, occurred.size)
    known = occurred + np.where(rng.random(occurred.size) < 0.04, weeks, days)
    seen = known < day_number(EXTRACTED_ON)
    return _Seen(kind, records.only(seen), occurred[seen], known[seen])


def _table(seen: _Seen, names: _Names, further: dict[str, pa.Array], seed: int) -> pa.Table:
    """One row a record, in the order of ids that mean nothing."""
    key = f"{seen.kind}_id"
    columns = {
        key: _shuffled_ids(seen.kind[0].upper(), seen.known.size, seed, seen.kind),
        "incident_id": names.incident.take(pa.array(seen.records.incident)),
        "person_id": names.person.take(pa.array(seen.records.person)),
        "occurred_on": dates(seen.occurred),
        "known_on": dates(seen.known),
    }
    return pa.table(columns | further).sort_by(key)


def _charged(arrests: _Seen, seed: int) -> dict[str, pa.Array]:
    """Charge, level and disposition; what is not decided by extraction is missing."""
    rng = draws(seed, "dispositions")
    code, count = arrests.records.code, arrests.known.size
    felony = rng.random(count) < np.array([charge.felony for charge in CHARGES])[code]
    convicted = np.where(felony, 0.55, 0.35)
    draw = rng.random(count)
    disposition = np.where(draw < convicted, 0, np.where(draw < 0.93, 1, 2))
    months = rng.lognormal(np.where(felony, 5.6, 4.6), 0.6)
    decided = arrests.known + 1 + np.floor(months).astype(np.int64)
    pending = decided >= day_number(EXTRACTED_ON)
    return {
        "charge": pa.array([charge.code for charge in CHARGES]).take(pa.array(code)),
        "level": pa.array(["misdemeanor", "felony"]).take(pa.array(felony.astype(np.int64))),
        "disposition": pa.array(_DISPOSITIONS).take(pa.array(disposition, mask=pending)),
        "disposed_on": dates(decided, pending),
    }


def _registrations(town: Population, sources: tuple[_Seen, ...], names: _Names) -> pa.Table:
    """Who people are, dated on the day their first record became known."""
    first = np.full(town.temper.size, np.iinfo(np.int64).max)
    for seen in sources:
        np.minimum.at(first, seen.records.person, seen.known)
    who = np.flatnonzero(first < day_number(EXTRACTED_ON))
    return pa.table(
        {
            "person_id": names.person.take(pa.array(who)),
            "registered_on": dates(first[who]),
            "race": pa.array(RACES).take(pa.array(town.race[who])),
            "gender": pa.array(["M", "F"]).take(pa.array(town.woman[who].astype(np.int64))),
            "birth_year": pa.array(town.birth_year[who]),
        }
    ).sort_by("person_id")


def _shuffled_ids(prefix: str, count: int, seed: int, kind: str = "") -> pa.Array:
    """So many ids of one width whose order says nothing about what they name."""
    order = draws(seed, "ids", prefix, kind).permutation(count)
    digits = pc.utf8_lpad(pa.array(order).cast(pa.string()), len(str(count - 1)), "0")
    return pc.binary_join_element_wise(prefix, digits, "")
