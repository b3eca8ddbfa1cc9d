"""A simulated city: arrests, victimizations and shootings of people whose risk is known.

The latent risk is heavy-tailed, moves slowly and spreads along co-offending groups. Group B is
arrested more than its behaviour explains; shootings are recorded alike for everybody.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from commonweal.core.dates import day_number
from commonweal.core.errors import CommonwealError, Problem
from commonweal.core.seeds import stream
from commonweal.core.tables import write_table
from commonweal.simulate.incidents import (
    CHARGES,
    CRIMES,
    KILLED,
    SHOT,
    Incidents,
    Records,
    all_incidents,
)
from commonweal.simulate.people import RACES, Ints, Population, draw_population, live
from commonweal.simulate.seal import write_seal

WORLD = "city"
EXTRACTED_ON = date(2020, 1, 1)
FEWEST = 500
_DISPOSITIONS = ("convicted", "dismissed", "acquitted")


@dataclass(frozen=True, slots=True)
class SimulatedCity:
    """The tables written.

    Parameters
    ----------
    folder
        Where they are.
    people, seed
        What the city was simulated with.
    rows
        Table name -> number of rows.
    """

    folder: Path
    people: int
    seed: int
    rows: Mapping[str, int]

    def sentence(self) -> str:
        """Say what was written."""
        counts = {table: f"{count:,}" for table, count in self.rows.items()}
        return (
            f"A simulated city of {self.people:,} people (seed {self.seed}): "
            f"{counts['arrests']} arrests, {counts['victimizations']} victimizations and "
            f"{counts['shootings']} shooting victims; {counts['registrations']} people have a "
            f"record before {EXTRACTED_ON}."
        )


def simulate_city(people: int, seed: int, out: Path | str) -> SimulatedCity:
    """Simulate a city and write its tables and their seal.

    Parameters
    ----------
    people
        How many people live there, with a record or without.
    seed
        The one seed; the same seed writes the same bytes.
    out
        Folder to write into; made where there is none.

    Returns
    -------
    SimulatedCity
        What was written: ``arrests``, ``victimizations``, ``shootings`` and ``registrations``,
        each a Parquet file.

    Raises
    ------
    CommonwealError
        If the city would be too small for every table to hold rows.
    """
    if people < FEWEST:
        what, mend = f"{people} people are too few", f"simulate {FEWEST} or more"
        raise CommonwealError([Problem("simulate city: people", what, mend)])
    city = draw_population(people, seed)
    incidents = all_incidents(city, live(city, seed), seed)
    tables = _tables(city, incidents, seed)
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        partial = out / f".tmp-{name}.parquet"
        write_table(table, partial)
        os.replace(partial, out / f"{name}.parquet")
    write_seal(out, WORLD, seed, people, [f"{name}.parquet" for name in tables])
    rows = {name: int(table.num_rows) for name, table in tables.items()}
    return SimulatedCity(folder=out, people=people, seed=seed, rows=rows)


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


def _tables(city: Population, incidents: Incidents, seed: int) -> dict[str, pa.Table]:
    """Return the tables by name."""
    names = _Names(
        person=_shuffled_ids("P", city.temper.size, seed),
        incident=_shuffled_ids("I", incidents.day.size, seed),
        beat=_shuffled_ids("", city.hardship.size, seed),
    )
    victims = incidents.victims
    shot = victims.only(np.isin(victims.code, (SHOT, KILLED)))
    arrests = _seen("arrest", incidents.arrests, incidents.day, seed)
    victimizations = _seen("victimization", victims, incidents.day, seed)
    shootings = _seen("shooting", shot, incidents.day, seed)
    crime = pa.array(CRIMES).take(pa.array(victimizations.records.code))
    where = {
        seen.kind: {"beat": names.beat.take(pa.array(incidents.beat[seen.records.incident]))}
        for seen in (arrests, victimizations)
    }
    return {
        "arrests": _table(arrests, names, _charged(arrests, seed) | where["arrest"], seed),
        "victimizations": _table(
            victimizations, names, {"crime": crime} | where["victimization"], seed
        ),
        "shootings": _table(
            shootings, names, {"fatal": pa.array(shootings.records.code == KILLED)}, seed
        ),
        "registrations": _registrations(city, (arrests, victimizations, shootings), names),
    }


def _seen(kind: str, records: Records, day: Ints, seed: int) -> _Seen:
    """Date the records; what is reported only after the day of extraction is left out.

    Most are reported within days, one in 25 only weeks later.
    """
    rng = stream(seed, "city", "reports", kind)
    occurred = day[records.incident]
    days = rng.choice(4, occurred.size, p=[0.55, 0.25, 0.12, 0.08])
    weeks = rng.integers(7, 61, occurred.size)
    known = occurred + np.where(rng.random(occurred.size) < 0.04, weeks, days)
    seen = known < day_number(EXTRACTED_ON)
    return _Seen(kind, records.only(seen), occurred[seen], known[seen])


def _table(seen: _Seen, names: _Names, further: dict[str, pa.Array], seed: int) -> pa.Table:
    """Return one row a record, in the order of ids that mean nothing."""
    key = f"{seen.kind}_id"
    columns = {
        key: _shuffled_ids(seen.kind[0].upper(), seen.known.size, seed, seen.kind),
        "incident_id": names.incident.take(pa.array(seen.records.incident)),
        "person_id": names.person.take(pa.array(seen.records.person)),
        "occurred_on": _dates(seen.occurred),
        "known_on": _dates(seen.known),
    }
    return pa.table(columns | further).sort_by(key)


def _charged(arrests: _Seen, seed: int) -> dict[str, pa.Array]:
    """Return charge, level and disposition; what is not decided by extraction is missing."""
    rng = stream(seed, "city", "dispositions")
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
        "disposed_on": pa.array(decided.astype(np.int32), pa.int32(), mask=pending).cast(
            pa.date32()
        ),
    }


def _registrations(city: Population, sources: tuple[_Seen, ...], names: _Names) -> pa.Table:
    """Return who people are, dated on the day their first record became known."""
    first = np.full(city.temper.size, np.iinfo(np.int64).max)
    for seen in sources:
        np.minimum.at(first, seen.records.person, seen.known)
    who = np.flatnonzero(first < day_number(EXTRACTED_ON))
    return pa.table(
        {
            "person_id": names.person.take(pa.array(who)),
            "registered_on": _dates(first[who]),
            "race": pa.array(RACES).take(pa.array(city.race[who])),
            "gender": pa.array(["M", "F"]).take(pa.array(city.woman[who].astype(np.int64))),
            "birth_year": pa.array(city.birth_year[who]),
        }
    ).sort_by("person_id")


def _shuffled_ids(prefix: str, count: int, seed: int, kind: str = "") -> pa.Array:
    """Return `count` ids of one width whose order says nothing about what they name."""
    order = stream(seed, "city", "ids", prefix, kind).permutation(count)
    digits = pc.utf8_lpad(pa.array(order).cast(pa.string()), len(str(count - 1)), "0")
    return pc.binary_join_element_wise(prefix, digits, "")


def _dates(days: Ints) -> pa.Array:
    return pa.array(days.astype(np.int32), pa.int32()).cast(pa.date32())
