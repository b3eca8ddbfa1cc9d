"""One source: raw rows to events that are typed, dated, checked and in one order."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from commonweal.core.errors import DataError, Problem
from commonweal.records.cast import Mask
from commonweal.records.checks import SourceReport, problems, raise_for
from commonweal.records.gather import gather
from commonweal.records.rows import KNOWN, OCCURRED, Rows
from commonweal.records.spec import Source, declared_columns
from commonweal.records.validate import duplicates, validated

_CHECKED = (
    "type",
    "placeholder",
    "missing",
    "range",
    "duplicate",
    "impossible_date",
    "future_date",
    "known_before_occurred",
    "missing_partner",
    "unsafe_text",
    "undated_decision",
)


@dataclass(frozen=True, slots=True)
class Assembled:
    """A source's events, the rows set aside, and what was counted.

    Parameters
    ----------
    events
        One row an event record: `STRUCTURE` columns, the declared columns, and
        ``<column>__known_on`` beside every column decided later. ``known_on >= occurred_on``.
        Ordered by entity, known_on, occurred_on, record, then all other columns.
    quarantine
        ``record_id``, ``check`` and ``column`` of each row set aside.
    report
        Counts.
    """

    events: pa.Table
    quarantine: pa.Table
    report: SourceReport


def assemble_source(name: str, source: Source, folder: Path, extracted_on: date) -> Assembled:
    """Assemble one source.

    Parameters
    ----------
    name
        Name of the source.
    source
        Its declaration.
    folder
        The agency's data folder.
    extracted_on
        The day the tables were drawn; nothing may be known on or after it.

    Raises
    ------
    DataError
        If a file cannot be read, or rows fail a check whose policy is ``error``; every such
        check is reported at once.
    """
    rows = validated(gather(source, folder), source, extracted_on)
    record_id, contents = _record_ids(rows, source)
    rows = duplicates(rows, source, record_id, contents)
    raise_for(rows.mistakes)
    aside = rows.set_aside()
    kept = rows.keep & ~aside
    if not kept.any():
        raise _nothing_left(rows, source)
    events = _events(name, rows, source, record_id, kept)
    report = SourceReport(
        source=name,
        table=source.table,
        rows_read=rows.count,
        rows_left_out=int((~rows.keep & ~aside).sum()),
        rows_quarantined=int(aside.sum()),
        rows_kept=events.num_rows,
        mistakes=tuple((m.code, m.column, str(m.policy), m.count) for m in rows.mistakes),
        checked=_CHECKED,
        missing={c: events[c].null_count for c in sorted(source.columns)},
        first=str(pc.min(events["occurred_on"]).as_py() or ""),
        last=str(pc.max(events["occurred_on"]).as_py() or ""),
    )
    return Assembled(events, _quarantine(rows, record_id), report)


def _nothing_left(rows: Rows, source: Source) -> DataError:
    """Say which checks set every row aside."""
    mend = "see the rows named next, and the source's `where`"
    first = Problem(source.table, "no row is left after the checks", mend)
    aside = [replace(m, policy="error") for m in rows.mistakes if m.policy == "quarantine"]
    return DataError([first, *problems(aside)])


def _record_ids(rows: Rows, source: Source) -> tuple[pa.Array, pa.Array]:
    """Return the id of every row and its contents as one text."""
    names = sorted(declared_columns(source))
    contents = _text(rows, names)
    if source.record:
        return _text(rows, list(source.record)), contents
    encoded = contents.dictionary_encode()
    digests = [
        hashlib.sha256(value.encode()).hexdigest()[:20] for value in encoded.dictionary.to_pylist()
    ]
    return pa.array(digests, pa.string()).take(encoded.indices), contents


def _text(rows: Rows, names: list[str]) -> pa.Array:
    """Join columns to one text, so that different values never give the same text."""
    parts = [pc.fill_null(rows.columns[name].cast(pa.string()), "") for name in names]
    if len(parts) > 1:
        for plain, escaped in (("\\", "\\\\"), ("|", "\\|")):
            parts = [pc.replace_substring(part, plain, escaped) for part in parts]
    return pc.binary_join_element_wise(*parts, "|")


def _events(name: str, rows: Rows, source: Source, record_id: pa.Array, kept: Mask) -> pa.Table:
    columns: dict[str, pa.Array] = {
        "record_id": record_id,
        "event_id": record_id,
        "entity_id": _entities(name, rows, source, record_id),
        "role": pa.array([source.role] * rows.count, pa.string()),
        "occurred_on": rows.columns[OCCURRED],
        "known_on": rows.columns[KNOWN],
    }
    if source.event:
        # A record of no incident is its own; its id must not pass for another's incident.
        own = pc.binary_join_element_wise(f"no incident: {name}", record_id, "|")
        columns["event_id"] = pc.coalesce(rows.columns[source.event], own)
    for column in sorted(source.columns):
        columns[column] = rows.columns[column]
        if source.columns[column].decided_on:
            columns[f"{column}__known_on"] = rows.columns[f"{column}__known_on"]
    table = pa.table(columns).filter(pa.array(kept))
    first = ["entity_id", "known_on", "occurred_on", "record_id"]
    rest = [name for name in table.column_names if name not in first]
    return table.sort_by([(name, "ascending") for name in first + rest])


def _entities(name: str, rows: Rows, source: Source, record_id: pa.Array) -> pa.Array:
    """Return whom each record is about; before linkage each is about somebody of its own."""
    if source.entity is not None:
        return rows.columns[source.entity]
    return pc.binary_join_element_wise(name, record_id, ":")


def _quarantine(rows: Rows, record_id: pa.Array) -> pa.Table:
    parts = [
        pa.table({
            "record_id": record_id.filter(pa.array(m.rows)),
            "check": pa.array([m.code] * m.count, pa.string()),
            "column": pa.array([m.column] * m.count, pa.string()),
        })
        for m in rows.mistakes
        if m.policy == "quarantine"
    ]  # fmt: skip
    schema = pa.schema([(name, pa.string()) for name in ("record_id", "check", "column")])
    table = pa.concat_tables([schema.empty_table(), *parts])
    return table.sort_by([(name, "ascending") for name in schema.names])
