"""Spells: what begins on a day, lasts so many days and is told by a record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from commonweal.records.cast import Mask
from commonweal.records.codes import Floats, Ints, coded, day_numbers
from commonweal.records.conditions import holds
from commonweal.records.derived_spec import DerivedSpec
from commonweal.records.spec import Source


@dataclass(frozen=True, slots=True)
class Spells:
    """The records of a source that count, by person and then by the day they begin.

    Parameters
    ----------
    events
        The records.
    person
        Number of each record's entity, ascending.
    begins
        Day the spell begins, in days since 1970-01-01.
    length
        Days it lasts; missing is not a number.
    known
        Day from which all of that is known.
    undated
        Records that count but do not say when they begin; they are left out.
    """

    events: pa.Table
    person: Ints
    begins: Ints
    length: Floats
    known: Ints
    undated: int

    @property
    def missing(self) -> Mask:
        """Where the length is missing."""
        return np.isnan(self.length)

    def latest(self, length: Floats) -> Ints:
        """Return the place of each person's latest spell; of equal days, of the longest."""
        order = np.lexsort((np.nan_to_num(length, nan=-1.0), self.begins, self.person))
        last = np.ones(order.size, dtype=np.bool_)
        last[:-1] = np.diff(self.person[order]) > 0
        return order[last]


def spells(spec: DerivedSpec, source: Source, events: pa.Table, before: date) -> Spells:
    """Gather the records that count and are known before a day.

    Parameters
    ----------
    spec
        What is derived.
    source
        Declaration of the source it is derived from.
    events
        Its events.
    before
        Records known, or decided, on or after this day do not exist.
    """
    begins, length = _named(source, spec.begins), _named(source, spec.days)
    needs = [begins, length, *(c.column for c in spec.where)]
    known = known_day(events, needs)
    kept = known < (before - date(1970, 1, 1)).days
    for condition in spec.where:
        kept &= holds(condition, events[condition.column].combine_chunks())
    dated = np.asarray(events[begins].is_valid())
    undated = int((kept & ~dated).sum())
    rows = np.flatnonzero(kept & dated)
    part = events.take(pa.array(rows))
    start = day_numbers(part[begins])
    person = coded(part["entity_id"])[0]
    record = coded(part["record_id"])[0]
    order = np.lexsort((record, known[rows], start, person))
    part = part.take(pa.array(order))
    values = part[length].cast(pa.float64()).to_numpy()
    return Spells(part, person[order], start[order], values, known[rows][order], undated)


def known_day(events: pa.Table, columns: Sequence[str]) -> Ints:
    """Return the day from which some columns of each event are known, themselves included."""
    known = day_numbers(events["known_on"])
    for name in columns:
        decided = name if name.endswith("__known_on") else f"{name}__known_on"
        if decided in events.column_names:
            known = np.maximum(known, day_numbers(events[decided]))
    return known


def first_known(
    events: Mapping[str, pa.Table], sources: Mapping[str, Source], place: str, people: pa.Array
) -> tuple[pa.Array, Ints, Ints]:
    """Return each person's first known value in another source, with its days.

    Parameters
    ----------
    events, sources
        Source -> its events and its declaration.
    place
        ``SOURCE.COLUMN``.
    people
        Entities asked for, each once.

    Returns
    -------
    tuple
        The value, missing where there is none; the day from which it is known and the day it
        occurred, both far in the future where there is none.
    """
    name, _, column = place.partition(".")
    table = events[name]
    known = known_day(table, [column])
    table = table.append_column("__known", pa.array(known))
    table = table.select(["entity_id", "record_id", "occurred_on", column, "__known"])
    table = table.filter(table[column].is_valid())
    table = table.sort_by([(c, "ascending") for c in ("entity_id", "__known", "record_id")])
    ids = coded(table["entity_id"])[0]
    new = np.ones(ids.size, dtype=np.bool_)
    new[1:] = np.diff(ids) != 0
    table = table.filter(pa.array(new)).combine_chunks()
    at = pc.index_in(people, value_set=table["entity_id"].combine_chunks())
    taken = table.take(at)
    far = 10**7
    when = np.asarray(pc.fill_null(taken["__known"], far)).astype(np.int64)
    there = np.asarray(at.is_valid())
    occurred = np.where(there, day_numbers(taken["occurred_on"]), far)
    return taken[column].combine_chunks(), when, occurred


def _named(source: Source, column: str) -> str:
    found = source.in_events(column)
    assert found is not None
    return found
