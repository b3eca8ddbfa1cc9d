"""Events of the people one shares a household, a family or an address with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from commonweal.cohorts.history import History
from commonweal.features.cells import Cells, Ints
from commonweal.features.columns import Block
from commonweal.features.network.events import Counted, packs, read_events
from commonweal.features.network.ids import located, ranked
from commonweal.features.network.kernels import by_key, others
from commonweal.features.network.runs import Starts, Unit, count_runs, counted
from commonweal.features.network.walk import span
from commonweal.features.past import Past
from commonweal.features.runs import Runs
from commonweal.features.spec import HouseholdSpec

_WORDS: dict[Unit, str] = {
    "incidents": "Number of distinct incidents involving anyone else in the household",
    "people": "Number of others in the household involved in an incident",
}


def build_household(name: str, spec: HouseholdSpec, past: Past) -> Block:
    """Build a household block.

    Two people share a household at an as-of date when the latest value of the column known of
    each by then is the same. Per counted source and group: the number of distinct incidents that
    involve anyone else in the household, and the number of others involved.
    """
    series = counted(past.history, spec.count, spec.total)
    runs = Runs(name)
    runs.plain("household.people", "Number of other people in the household.", "people")
    words = {unit: _WORDS[unit] for unit in spec.units}
    first = count_runs(
        runs, past.history, series, "household", words, spec.windows, spec.ever
    )  # fmt: skip
    layout = runs.layout(past.rows)

    def parts() -> Iterator[Cells]:
        people = past.rows.entities
        for day in past.rows.dates:
            low, high = span(past, day)
            homes = _homes(past.history, spec, people.slice(low, high - low), day)
            yield _counts(past.history, spec, series, first, homes, layout.columns, day)

    return Block(tuple(runs.features), layout, parts, {}, past.rows.as_of)


@dataclass(frozen=True, slots=True)
class _Homes:
    """The households of the rows of a date.

    Parameters
    ----------
    people
        Ids of their members, ascending.
    first, member
        Members of each household.
    home
        Household of each member.
    rows
        Member of each row, -1 where it has no household.
    """

    people: pa.Array
    first: np.ndarray[tuple[int], np.dtype[np.int64]]
    member: Ints
    home: Ints
    rows: Ints


def _homes(history: History, spec: HouseholdSpec, rows: pa.Array, day: date) -> _Homes:
    table = _latest(history, spec, day)
    person, people = ranked(table["entity_id"])
    value, _ = ranked(table["value"])
    home = np.full(len(people), -1, np.int32)
    np.maximum.at(home, person, value)  # of several on the latest day, the larger value
    found = located(rows, people)
    here = np.unique(home[found[found >= 0]])
    kept = np.isin(home, here)
    number = np.append(np.cumsum(kept) - 1, -1).astype(np.int32)
    home = np.searchsorted(here, home[kept]).astype(np.int32)
    first, member = by_key(home, len(here), np.arange(len(home)))
    members = people.filter(pa.array(kept))
    return _Homes(members, first, member.astype(np.int32), home, number[found])


def _latest(history: History, spec: HouseholdSpec, day: date) -> pa.Table:
    """Return (entity_id, value): the values of each person's latest records that have any."""
    past = history.everyone(spec.event, [day])
    past = past.filter(past[spec.column].notnull())
    occurred = past.as_of.delta(past.occurred_on, unit="day").cast("int64")
    known = past.as_of.delta(past.known_on, unit="day").cast("int64")
    past = past.select("entity_id", value=past[spec.column], age=occurred * 1_000_000 + known)
    latest = past.group_by("entity_id").agg(age=past.age.min())
    return past.join(latest, ["entity_id", "age"]).select("entity_id", "value").to_pyarrow()


def _counts(
    history: History, spec: HouseholdSpec, series: list[Counted], first: Starts, homes: _Homes,
    columns: int, day: date,
) -> Cells:  # fmt: skip
    """Count the other members and their events."""
    rows = np.flatnonzero(homes.rows >= 0)
    member = homes.rows[rows]
    size = np.diff(homes.first)[homes.home[member]] - 1
    cells = [(rows, np.zeros(len(rows), np.int32), size)]
    row_first, order = by_key(member, len(homes.people), np.arange(len(member)))
    ages = len(spec.windows) + spec.ever
    wanted = np.flatnonzero(np.diff(homes.first)[homes.home] > 1).astype(np.int32)
    for some in packs(series):
        events = read_events(history, series[some], homes.people, wanted, day)
        bucket = events.ages(day, spec.windows)
        if not spec.ever:
            kept = bucket < ages
            events, bucket = events.narrowed(kept), bucket[kept]
        cells.append(
            others(
                row_first, rows[order].astype(np.int32), homes.first, homes.member,
                events.first, events.incident, events.mask, bucket,
                first.incidents[some], first.people[some], columns,
            )
        )  # fmt: skip
    row, column, number = (np.concatenate([part[k] for part in cells]) for k in range(3))
    kept = number != 0
    return Cells.of(row[kept], column[kept], number[kept], len(homes.rows), columns)
