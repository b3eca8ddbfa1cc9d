"""What an agency declares about one source: its table, its columns, what is checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from commonweal.records.condition import Condition as Condition

ColumnType = Literal["text", "integer", "number", "boolean", "date"]
Policy = Literal["error", "quarantine", "warn"]
STRUCTURE = ("record_id", "event_id", "entity_id", "role", "occurred_on", "known_on")
UNTIL = "known_until"
"""Beside `STRUCTURE` where rows are versions: the day something newer was known, null if none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a source.

    Parameters
    ----------
    type
        What every value must be. Dates are written ``YYYY-MM-DD``.
    min, max
        Smallest and largest value, both allowed (numbers only).
    allowed
        The only values allowed, as text.
    required
        Whether a missing value is a mistake.
    decided_on
        The date column on which this value is decided, where that is later than the record
        itself (a finding, a disposition). Before that day it is missing. A date may name
        itself: a closing day is known once it has come.
    covers_from
        First day from which the column was recorded; windows reaching before it are missing.
    """

    type: ColumnType = "text"
    min: float | None = None
    max: float | None = None
    allowed: tuple[str, ...] = ()
    required: bool = False
    decided_on: str | None = None
    covers_from: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """Columns brought in from a second table with one row a key.

    Parameters
    ----------
    table
        File of the second table. The entity may stand in it too, where the first table lacks
        it: an index of whose record is whose. A record without a row in it is then nobody's, and
        is quarantined even where ``checks.missing_partner`` warns.
    on
        Key column, of the same name in both tables.
    """

    table: str
    on: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """What happens to a row that fails a check.

    ``error`` stops the run and names the row; ``quarantine`` sets the row aside and counts it;
    ``warn`` keeps it, mended in the most cautious way, and counts it.

    Parameters
    ----------
    type
        A value that is not of its column's type (under ``warn`` it becomes missing).
    range
        A number outside min and max, or a text that is not allowed (``warn``: missing).
    missing
        A required value that is missing, or a text such as ``NULL`` that stands for one
        (``warn``: missing). The entity, the dates and what identifies a record always are
        required, and a row without them is quarantined even under ``warn``.
    duplicate
        A second row with the same record id, or equal in every column where there is none.
    impossible_date
        A date before 1900, or a decision dated before its record was known (``warn``: the
        value becomes missing; occurred_on and known_on are quarantined).
    future_date
        An event known, or occurring, on or after the day of extraction.
    known_before_occurred
        A record known before it happened (``warn``: kept as occurring on the day it was known).
    missing_partner
        A key with no row in the joined table.
    unsafe_text
        Text a spreadsheet or browser could execute. Output is always escaped.
    """

    type: Policy = "error"
    range: Policy = "error"
    missing: Policy = "error"
    duplicate: Policy = "error"
    impossible_date: Policy = "error"
    future_date: Policy = "error"
    known_before_occurred: Policy = "error"
    missing_partner: Policy = "error"
    unsafe_text: Policy = "warn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One kind of event and the table that holds it.

    Parameters
    ----------
    table
        File in the agency's data folder: ``.csv``, ``.parquet``, or ``.duckdb#table``; or a table
        or view, where the data are a database.
    entity
        Column that says whom the record is about. None where that is found by linkage: every
        record is then somebody's of its own until it is linked.
    event
        Column shared by all records of one incident; the record itself where there is none.
    record
        Columns that together identify a row; its contents where there are none.
    occurred_on
        Date column: when it happened.
    known_on
        Date column: the first day the agency could see it.
    role
        The entity's part in the event, the same for every row of the source.
    where
        Rows that are events at all; the others are left out, and counted.
    columns
        Further columns, by name.
    groups
        Named, possibly overlapping groups of events, such as ``force`` or ``sustained``.
    join
        A second table to bring columns from.
    covers_from
        First day from which the source was recorded; windows reaching before it are missing.
    checks
        What happens to rows that fail a check.
    """

    table: str
    occurred_on: str
    known_on: str
    entity: str | None = None
    event: str | None = None
    record: tuple[str, ...] = ()
    role: str = "subject"
    where: tuple[Condition, ...] = ()
    columns: Mapping[str, Column] = field(default_factory=dict)
    groups: Mapping[str, Condition] = field(default_factory=dict)
    join: Join | None = None
    covers_from: date | None = None
    checks: Checks = field(default_factory=Checks)

    def starts(self, *columns: str) -> date | None:
        """Return the first day covered by the source and all of `columns`."""
        starts = [self.covers_from] + [self.columns[c].covers_from for c in columns]
        known = [day for day in starts if day is not None]
        return max(known) if known else None

    def identifiers(self) -> tuple[str, ...]:
        """Return the columns that say who and which: entity, event and record, each once."""
        named = [column for column in (self.entity, self.event) if column is not None]
        return tuple(dict.fromkeys((*named, *self.record)))

    def dates(self) -> tuple[str, ...]:
        """Return the columns that are read as dates: occurred, known, decided, each once."""
        decided = (spec.decided_on for _, spec in sorted(self.columns.items()))
        return tuple(
            dict.fromkeys((self.occurred_on, self.known_on, *(c for c in decided if c is not None)))
        )

    def in_events(self, column: str) -> str | None:
        """Return what a column of the table is called in the source's events; None if nothing.

        The day of a decision is ``<column>__known_on`` of a column it decides.
        """
        named = {self.occurred_on: "occurred_on", self.known_on: "known_on"}
        if column in named or column in self.columns:
            return named.get(column, column)
        decides = (f"{c}__known_on" for c in self.decided() if self.columns[c].decided_on == column)
        return next(decides, None)

    def decided(self) -> tuple[str, ...]:
        """Return the columns whose values are decided later, in order of name."""
        return tuple(sorted(c for c, spec in self.columns.items() if spec.decided_on))


def declared_columns(source: Source) -> dict[str, ColumnType]:
    """Return every raw column a source reads, with its type."""
    columns: dict[str, ColumnType] = dict.fromkeys(source.identifiers(), "text")
    columns[source.occurred_on] = columns[source.known_on] = "date"
    for name, spec in sorted(source.columns.items()):
        columns.setdefault(name, spec.type)
        if spec.decided_on:
            columns[spec.decided_on] = "date"
    return columns
