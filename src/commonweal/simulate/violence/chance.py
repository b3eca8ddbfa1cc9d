"""The true chance of being shot, from the state of the world on a day and nothing after it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from commonweal.core.dates import day_number
from commonweal.core.tables import read_table
from commonweal.simulate.columns import Floats, Ints
from commonweal.simulate.violence.danger import ADULT
from commonweal.simulate.violence.people import YEAR

OUTCOME = "shooting"


def chance(
    folder: Path, outcome: str, people: Ints, as_of: date, until: date
) -> NDArray[np.float64] | None:
    """Return each person's chance of being shot in [as_of, until).

    The state is who is on the street, how dangerous that is for them at their age, and which
    crews feud. From it the expected hazard is integrated: time left on the street and in a feud
    is exponential, feuds of crews at peace begin at the rate their members' danger gives them.
    Who first comes to the street later, and birthdays within the window, are left out: they are
    not part of the state, or of little weight.

    Parameters
    ----------
    folder
        The truth.
    outcome
        ``shooting``; None is returned for anything else.
    people
        Person numbers, -1 for nobody.
    as_of, until
        The window.
    """
    if outcome != OUTCOME:
        return None
    day, years = day_number(as_of), (until - as_of).days / YEAR
    everyone = read_table(folder / "people.parquet")
    young = _days(everyone["birth_date"]) > day - ADULT * YEAR
    rate = np.where(young, _numbers(everyone, "background_young"),
                    _numbers(everyone, "background_old"))  # fmt: skip
    hazard = rate * years
    street = read_table(folder / "street.parquet")
    there = (_days(street["from"]) <= day) & (_days(street["until"]) > day)
    street = street.filter(pa.array(there))
    who = street["person"].to_numpy()
    danger = np.where(young[who], _numbers(street, "street_young"), _numbers(street, "street_old"))
    ends = _numbers(street, "ends_a_year")
    time = _lasting(ends, years) + _heat(folder, street, danger, ends, day, years)
    hazard[who] += danger * time
    died = everyone["died_on"]
    gone = died.is_valid().to_numpy() & (_days(died) < day)
    hazard[gone] = 0.0
    found = -np.expm1(-hazard)
    return np.where(people >= 0, found[people], 0.0)


def _heat(
    folder: Path, street: pa.Table, danger: Floats, ends: Floats, day: int, years: float
) -> Floats:
    """Return the expected time in a feud, on the street, times what a feud adds."""
    law = {name: column[0].as_py() for name, column in
           zip(*_columns(read_table(folder / "feuding.parquet")), strict=True)}  # fmt: skip
    feuds = read_table(folder / "feuds.parquet")
    now = (_days(feuds["from"]) <= day) & (_days(feuds["until"]) > day)
    crew = street["crew"].to_numpy()
    some = int(crew.max(initial=0)) + 2
    hot = np.zeros(some)
    hot[feuds["crew"].to_numpy()[now & (feuds["crew"].to_numpy() < some)]] = 1.0
    together = np.bincount(crew[crew >= 0], danger[crew >= 0], some)
    starts = law["starts_a_year"] + law["sparks_a_shooting"] * together
    turn = starts + law["ends_a_year"]
    share = (starts / turn)[crew]
    later = _lasting(ends + turn[crew], years)
    time = share * (_lasting(ends, years) - later) + hot[crew] * later
    return np.where(crew >= 0, law["heat"] * time, 0.0)


def _lasting(rate: Floats, years: float) -> Floats:
    """Return the expected part of a time that ends at a constant rate."""
    return np.asarray(-np.expm1(-rate * years) / rate)


def _columns(table: pa.Table) -> tuple[list[str], list[pa.ChunkedArray]]:
    return table.column_names, table.columns


def _days(column: pa.ChunkedArray) -> Ints:
    days: Ints = column.cast(pa.int32()).fill_null(0).to_numpy().astype(np.int64)
    return days


def _numbers(table: pa.Table, name: str) -> Floats:
    found: Floats = table[name].to_numpy().astype(np.float64)
    return found
