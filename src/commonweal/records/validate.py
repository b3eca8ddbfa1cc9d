"""The checks on a source's rows; each returns the rows with what it found, mended as declared."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from commonweal.core.dates import day_number
from commonweal.records.cast import Mask
from commonweal.records.rows import KNOWN, OCCURRED, Rows, blank, days, mask
from commonweal.records.spec import Column, Policy, Source

_EARLIEST = day_number(date(1900, 1, 1))
# Formulas (a sign only where a call, a pipe or a sheet follows), markup, control characters, and
# characters that cannot be seen, turn text around or stand for damaged ones.
_UNSAFE = (
    r"^[=@\t\r\x{FF1D}\x{FF20}]|^[+\-][^\s\d.\-+]|^[+\-].*[(|!]|<[A-Za-z/!?]"
    r"|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x{200B}\x{2060}\x{FEFF}\x{FFFD}]"
    r"|[\x{202A}-\x{202E}\x{2066}-\x{2069}]"
)


def validated(rows: Rows, source: Source, extracted_on: date) -> Rows:
    """Return the rows after every check of values, text and dates."""
    rows = _missing(rows, source)
    rows = _ranges(rows, source)
    rows = _unsafe_text(rows, source)
    extracted = day_number(extracted_on)
    rows = _dates(rows, source, extracted)
    for column in source.decided():
        rows = _decision(rows, source, column, extracted)
    return rows


def _never_kept(policy: Policy) -> Policy:
    """Return the policy for what no row can do without: a warning would keep the row."""
    return "quarantine" if policy == "warn" else policy


def _missing(rows: Rows, source: Source) -> Rows:
    """Note required values; a cell that is there but wrong is not reported as missing too."""
    policy = source.checks.missing
    whom = () if source.entity is None else (source.entity,)
    indispensable = (*whom, source.occurred_on, source.known_on, *source.record)
    required = dict.fromkeys(indispensable, _never_kept(policy))
    for column, spec in source.columns.items():
        if spec.required:
            required.setdefault(column, policy)
    join = source.join
    alone = (
        rows.failing(join.on, "missing_partner") if join else np.zeros(rows.count, dtype=np.bool_)
    )
    for column, what_then in required.items():
        values = rows.columns[column]
        empty = mask(values.is_null()) & ~rows.failing(column, "type", "placeholder")
        if rows.partner is not None and column in rows.partner.columns:
            empty &= ~alone
            if column == source.entity and what_then == "error":
                # Whoever lets records without a partner pass has nobody to set them down to.
                nobody = empty & (rows.partner.rows < 0)
                if not (empty & ~nobody).any():
                    what_then = "quarantine"
                else:
                    empty &= ~nobody
        rows = rows.noted("missing", column, what_then, empty, values)
    return rows


def _ranges(rows: Rows, source: Source) -> Rows:
    for column, spec in source.columns.items():
        values = rows.columns[column]
        outside = _outside(values, spec, rows.count)
        rows = rows.noted("range", column, source.checks.range, outside, values)
        if source.checks.range == "warn":
            rows = rows.blanked(column, outside)
    return rows


def _outside(values: pa.Array, spec: Column, count: int) -> Mask:
    outside = np.zeros(count, dtype=np.bool_)
    if spec.min is not None:
        outside |= mask(pc.less(values, spec.min))
    if spec.max is not None:
        outside |= mask(pc.greater(values, spec.max))
    if spec.allowed:
        known = pc.is_in(values.cast(pa.string()), pa.array(spec.allowed))
        outside |= mask(pc.and_(values.is_valid(), pc.invert(known)))
    return outside


def _unsafe_text(rows: Rows, source: Source) -> Rows:
    """Text that a spreadsheet or browser could run, or that does not look like what it is."""
    for column, values in rows.columns.items():
        if pa.types.is_string(values.type):
            encoded = values.dictionary_encode()
            unsafe = pc.match_substring_regex(encoded.dictionary, _UNSAFE).take(encoded.indices)
            rows = rows.noted(
                "unsafe_text", column, source.checks.unsafe_text, mask(unsafe), values
            )
    return rows


def _dates(rows: Rows, source: Source, extracted: int) -> Rows:
    """Impossible and future dates, and records known before they occurred."""
    checks = source.checks
    for column in dict.fromkeys((source.occurred_on, source.known_on)):
        values = rows.columns[column]
        there, day = mask(values.is_valid()), days(values)
        policy = _never_kept(checks.impossible_date)
        rows = rows.noted("impossible_date", column, policy, there & (day < _EARLIEST), values)
        policy = _never_kept(checks.future_date)
        rows = rows.noted("future_date", column, policy, there & (day >= extracted), values)
    occurred, known = rows.columns[source.occurred_on], rows.columns[source.known_on]
    upside_down = mask(pc.less(known, occurred))
    policy = checks.known_before_occurred
    rows = rows.noted("known_before_occurred", source.occurred_on, policy, upside_down, occurred)
    # Cautious either way: what is known was known on known_on, so it happened by then.
    mended = pc.if_else(pa.array(upside_down), known, occurred)
    return rows.having(**{OCCURRED: mended, KNOWN: known})


def _decision(rows: Rows, source: Source, column: str, extracted: int) -> Rows:
    """Give a column decided later the day it was known; without a sound day it stays missing."""
    decided_on, checks = source.columns[column].decided_on, source.checks
    assert decided_on is not None
    decided, known = rows.columns[decided_on], rows.columns[KNOWN]
    there = mask(decided.is_valid())
    early = mask(pc.less(decided, known))
    rows = rows.noted("impossible_date", decided_on, checks.impossible_date, early, decided)
    future = there & (days(decided) >= extracted)
    policy = _never_kept(checks.future_date)
    rows = rows.noted("future_date", decided_on, policy, future, decided)
    values = rows.columns[column]
    undated = mask(values.is_valid()) & ~there & ~rows.failing(decided_on, "type")
    rows = rows.noted("undated_decision", column, "warn", undated, values)
    rows = rows.blanked(column, early | ~there)
    return rows.having(**{f"{column}__known_on": blank(decided, early)})


def duplicates(rows: Rows, source: Source, record_id: pa.Array, contents: pa.Array) -> Rows:
    """Mark every row but the first of each record id, first by contents: no row order matters."""
    nameless = np.zeros(rows.count, dtype=np.bool_)
    for column in source.record:
        nameless |= mask(rows.columns[column].is_null())
    unsound = ~rows.keep | rows.set_aside() | nameless
    table = pa.table({
        "unsound": pa.array(unsound), "id": record_id, "contents": contents,
        "place": pa.array(np.arange(rows.count)),
    })  # fmt: skip
    table = table.sort_by([(name, "ascending") for name in table.column_names])
    ids = table["id"].combine_chunks().dictionary_encode().indices.to_numpy()
    order = table["place"].to_numpy()
    again = np.zeros(rows.count, dtype=np.bool_)
    again[order[1:]] = ids[1:] == ids[:-1]
    again &= ~unsound
    column = " + ".join(source.record) if source.record else "(all columns)"
    return rows.noted("duplicate", column, source.checks.duplicate, again, record_id)
