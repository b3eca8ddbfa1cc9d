"""One source: raw rows to events that are typed, dated, checked and in one order."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from commonweal.core.dates import day_number
from commonweal.core.errors import DataError, problem
from commonweal.records.cast import Mask, cast
from commonweal.records.checks import Mistake, SourceReport, mistake, raise_for
from commonweal.records.conditions import holds
from commonweal.records.read import column_names, read_raw
from commonweal.records.spec import Checks, ColumnType, Policy, Source

_EARLIEST = day_number(date(1900, 1, 1))
_UNSAFE = r"^[=@\t\r]|^[+\-][^\s\d.\-+]|<[A-Za-z/!]|[\x00-\x08\x0b\x0c\x0e-\x1f]"
_CHECKED = (
    "type",
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


class _Rows:
    """The raw rows of one source with their typed columns; filled by `_load`, then read."""

    def __init__(self, table: str, count: int) -> None:
        self.table = table
        self.count = count
        self.columns: dict[str, pa.Array] = {}
        self.mistakes: list[Mistake] = []
        self.keep: Mask = np.ones(count, dtype=np.bool_)

    def note(self, code: str, column: str, policy: Policy, rows: Mask, values: pa.Array) -> Mask:
        """Record a failed check on the rows that count, and return those rows."""
        failed = rows & self.keep
        noted = any((m.code, m.column) == (code, column) for m in self.mistakes)
        if failed.any() and not noted:
            places = np.flatnonzero(failed)[:5]
            shown = {int(place): values[int(place)].as_py() for place in places}
            self.mistakes.append(mistake(code, column, policy, failed, _Lookup(shown)))
        return failed


class _Lookup(Sequence[object]):
    """The few values shown of a long column."""

    def __init__(self, values: dict[int, object]) -> None:
        self._values = values

    def __len__(self) -> int:
        return len(self._values)

    def __getitem__(self, place: object) -> object:
        return self._values[place] if isinstance(place, int) else None


def declared_columns(source: Source) -> dict[str, ColumnType]:
    """Return every raw column a source reads, with its type."""
    columns: dict[str, ColumnType] = {source.entity: "text"}
    if source.event:
        columns[source.event] = "text"
    columns.update(dict.fromkeys(source.record, "text"))
    columns[source.occurred_on] = columns[source.known_on] = "date"
    for name, spec in sorted(source.columns.items()):
        columns.setdefault(name, spec.type)
        if spec.decided_on:
            columns[spec.decided_on] = "date"
    return columns


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
    rows = _load(source, folder)
    checks = source.checks
    read = rows.count
    for condition in source.where:
        rows.keep &= holds(condition, rows.columns[condition.column])
    left_out = read - int(rows.keep.sum())
    _check_values(rows, source)
    _check_dates(rows, source, day_number(extracted_on))
    record_id, contents = _record_ids(rows, source)
    _check_duplicates(rows, checks, source, record_id, contents)
    raise_for(rows.mistakes, source.table)
    aside = np.zeros(read, dtype=np.bool_)
    for item in rows.mistakes:
        if item.policy == "quarantine":
            aside |= item.rows
    kept = rows.keep & ~aside
    if not kept.any():
        raise problem(DataError, source.table, "no row is left after the checks", "see `where`")
    events = _events(rows, source, record_id, kept)
    quarantine = _quarantine(rows, record_id)
    report = SourceReport(
        source=name,
        table=source.table,
        rows_read=read,
        rows_left_out=left_out,
        rows_quarantined=int(aside.sum()),
        rows_kept=events.num_rows,
        mistakes=tuple((m.code, m.column, str(m.policy), m.count) for m in rows.mistakes),
        checked=_CHECKED,
        missing={c: events[c].null_count for c in sorted(source.columns)},
        first=str(pc.min(events["occurred_on"]).as_py() or ""),
        last=str(pc.max(events["occurred_on"]).as_py() or ""),
    )
    return Assembled(events, quarantine, report)


def _load(source: Source, folder: Path) -> _Rows:
    """Read the table and its partner and cast every column."""
    wanted = declared_columns(source)
    partner: pa.Table | None = None
    own = list(wanted)
    if source.join:
        own, partner = _partner(source, folder, own)
    raw = read_raw(folder, source.table, own)
    rows = _Rows(source.table, raw.num_rows)
    if raw.num_rows == 0:
        raise problem(DataError, source.table, "holds no rows", "check the export")
    if source.join and partner is not None:
        raw = _joined(rows, raw, partner, source)
    for column, kind in wanted.items():
        values, bad = cast(raw[column], kind)
        rows.note("type", column, source.checks.type, bad, raw[column])
        rows.columns[column] = values
    return rows


def _partner(source: Source, folder: Path, wanted: list[str]) -> tuple[list[str], pa.Table]:
    """Split the columns between the table and its partner, and read the partner."""
    join = source.join
    assert join is not None
    names = column_names(folder, join.table)
    theirs = [c for c in wanted if c in names and c != join.on and c != source.entity]
    own = [c for c in wanted if c not in theirs]
    partner = read_raw(folder, join.table, [join.on, *theirs])
    if join.on not in own:
        own.append(join.on)
    return own, partner


def _joined(rows: _Rows, raw: pa.Table, partner: pa.Table, source: Source) -> pa.Table:
    join = source.join
    assert join is not None
    keys, _ = cast(partner[join.on], "text")
    counts = pc.value_counts(keys)
    twice = counts.filter(pc.greater(counts.field("counts"), 1))
    if len(twice):
        value = twice[0].as_py()["values"]
        place = pc.index(keys, value).as_py() + 1
        where = f"{join.table}: column {join.on}, row {place}"
        raise problem(DataError, where, f"{value!r} stands more than once", "one row a key")
    own, _ = cast(raw[join.on], "text")
    index = pc.index_in(own, keys)
    unmatched = np.asarray(index.is_null().to_numpy(zero_copy_only=False), dtype=np.bool_)
    rows.note("missing_partner", join.on, source.checks.missing_partner, unmatched, own)
    for column in partner.column_names:
        if column != join.on:
            taken = partner[column].combine_chunks().take(index)
            raw = raw.append_column(column, pa.chunked_array([taken]))
    return raw


def _check_values(rows: _Rows, source: Source) -> None:
    """Required values, ranges and text that could be executed."""
    checks = source.checks
    required: dict[str, Policy] = {
        column: "quarantine" if checks.missing == "warn" else checks.missing
        for column in (source.entity, source.occurred_on, source.known_on)
    }
    for column, spec in source.columns.items():
        if spec.required:
            required.setdefault(column, checks.missing)
    # A cell that was there but of the wrong type is reported as that, not as missing too.
    wrong = {m.column: m.rows for m in rows.mistakes if m.code == "type"}
    for column, policy in required.items():
        values = rows.columns[column]
        empty = _mask(values.is_null()) & ~wrong.get(column, np.False_)
        rows.note("missing", column, policy, empty, values)
        if checks.type == "warn" and column in wrong:
            rows.note("missing", column, policy, wrong[column], values)
    for column, spec in source.columns.items():
        values = rows.columns[column]
        outside = np.zeros(rows.count, dtype=np.bool_)
        if spec.min is not None:
            outside |= _mask(pc.less(values, spec.min))
        if spec.max is not None:
            outside |= _mask(pc.greater(values, spec.max))
        if spec.allowed:
            known = pc.is_in(values.cast(pa.string()), pa.array(spec.allowed))
            outside |= _mask(pc.and_(values.is_valid(), pc.invert(known)))
        failed = rows.note("range", column, checks.range, outside, values)
        if checks.range == "warn":
            rows.columns[column] = _blank(values, failed)
    for column, values in rows.columns.items():
        if pa.types.is_string(values.type):
            encoded = values.dictionary_encode()
            unsafe = pc.match_substring_regex(encoded.dictionary, _UNSAFE)
            rows.note(
                "unsafe_text", column, checks.unsafe_text, _mask(unsafe.take(encoded.indices)), values
            )


def _check_dates(rows: _Rows, source: Source, extracted: int) -> None:
    """Impossible and future dates, records known too early, decisions without a day."""
    checks = source.checks
    for column in dict.fromkeys((source.occurred_on, source.known_on)):
        values = rows.columns[column]
        early = _days(values) < _EARLIEST
        policy: Policy = "quarantine" if checks.impossible_date == "warn" else checks.impossible_date
        rows.note("impossible_date", column, policy, early & _mask(values.is_valid()), values)
        future = (_days(values) >= extracted) & _mask(values.is_valid())
        policy = "quarantine" if checks.future_date == "warn" else checks.future_date
        rows.note("future_date", column, policy, future, values)
    occurred, known = rows.columns[source.occurred_on], rows.columns[source.known_on]
    both = _mask(occurred.is_valid()) & _mask(known.is_valid())
    upside_down = both & (_days(known) < _days(occurred))
    failed = rows.note(
        "known_before_occurred",
        source.occurred_on,
        checks.known_before_occurred,
        upside_down,
        occurred,
    )
    # Cautious either way: what is known was known on known_on, so it happened by then.
    mended = pc.if_else(pa.array(failed), known, occurred)
    rows.columns["__occurred_on"], rows.columns["__known_on"] = mended, known
    for column in source.decided():
        _check_decision(rows, source, column, extracted)


def _check_decision(rows: _Rows, source: Source, column: str, extracted: int) -> None:
    """Give a column decided later the day it was known; without a sound day it stays missing."""
    spec, checks = source.columns[column], source.checks
    assert spec.decided_on is not None
    decided, known = rows.columns[spec.decided_on], rows.columns["__known_on"]
    there = _mask(decided.is_valid())
    early = there & _mask(known.is_valid()) & (_days(decided) < _days(known))
    early = rows.note("impossible_date", spec.decided_on, checks.impossible_date, early, decided)
    policy: Policy = "quarantine" if checks.future_date == "warn" else checks.future_date
    rows.note("future_date", spec.decided_on, policy, there & (_days(decided) >= extracted), decided)
    values = rows.columns[column]
    undated = _mask(values.is_valid()) & ~there
    undated = rows.note("undated_decision", column, "warn", undated, values)
    day = _blank(decided, early)
    rows.columns[column] = _blank(values, early | undated)
    rows.columns[f"{column}__known_on"] = day


def _record_ids(rows: _Rows, source: Source) -> tuple[pa.Array, pa.Array]:
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


def _text(rows: _Rows, names: list[str]) -> pa.Array:
    parts = [pc.fill_null(rows.columns[name].cast(pa.string()), "") for name in names]
    return pc.binary_join_element_wise(*parts, "|")


def _check_duplicates(
    rows: _Rows, checks: Checks, source: Source, record_id: pa.Array, contents: pa.Array
) -> None:
    """Mark every row but the first of each record id, first by contents: no row order matters."""
    place = pa.array(np.arange(rows.count))
    table = pa.table({"keep": pa.array(~rows.keep), "id": record_id, "contents": contents, "i": place})
    table = table.sort_by([("keep", "ascending"), ("id", "ascending"), ("contents", "ascending"),
                           ("i", "ascending")])  # fmt: skip
    ids = table["id"].combine_chunks().dictionary_encode().indices.to_numpy()
    order = table["i"].to_numpy()
    again = np.zeros(rows.count, dtype=np.bool_)
    again[order[1:]] = ids[1:] == ids[:-1]
    column = " + ".join(source.record) if source.record else "(all columns)"
    rows.note("duplicate", column, checks.duplicate, again & rows.keep, record_id)


def _events(rows: _Rows, source: Source, record_id: pa.Array, kept: Mask) -> pa.Table:
    columns: dict[str, pa.Array] = {
        "record_id": record_id,
        "event_id": rows.columns[source.event] if source.event else record_id,
        "entity_id": rows.columns[source.entity],
        "role": pa.array([source.role] * rows.count, pa.string()),
        "occurred_on": rows.columns["__occurred_on"],
        "known_on": rows.columns["__known_on"],
    }
    columns["event_id"] = pc.coalesce(columns["event_id"], record_id)
    for name in sorted(source.columns):
        columns[name] = rows.columns[name]
        if source.columns[name].decided_on:
            columns[f"{name}__known_on"] = rows.columns[f"{name}__known_on"]
    table = pa.table(columns).filter(pa.array(kept))
    first = ["entity_id", "known_on", "occurred_on", "record_id"]
    rest = [name for name in table.column_names if name not in first]
    return table.sort_by([(name, "ascending") for name in first + rest])


def _quarantine(rows: _Rows, record_id: pa.Array) -> pa.Table:
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


def _mask(values: pa.Array) -> Mask:
    return np.asarray(pc.fill_null(values, False).to_numpy(zero_copy_only=False), dtype=np.bool_)


def _days(values: pa.Array) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Days since 1970-01-01; a missing date is 0, so always test for presence beside it."""
    days = pc.fill_null(values.cast(pa.int32()), 0).to_numpy(zero_copy_only=False)
    return np.asarray(days, dtype=np.int64)


def _blank(values: pa.Array, where: Mask) -> pa.Array:
    return pc.if_else(pa.array(where), pa.scalar(None, values.type), values)


