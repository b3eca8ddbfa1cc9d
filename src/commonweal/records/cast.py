"""Raw columns to declared types, with a mask of the cells that would not go."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from commonweal.core.dates import day_number
from commonweal.records.spec import ColumnType

Mask = NDArray[np.bool_]
ARROW: dict[ColumnType, pa.DataType] = {
    "text": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
}
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}\Z")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\Z")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_EXACT = 2**53
_TRUE = {"true", "yes", "1", "t", "y"}
_FALSE = {"false", "no", "0", "f", "n"}


def cast(column: pa.ChunkedArray, kind: ColumnType) -> tuple[pa.Array, Mask]:
    """Cast a raw column.

    Returns
    -------
    array
        Of the declared type; a cell that would not go is null. Text is trimmed and an empty
        text is null.
    bad
        True where a value was present but is not of the declared type. A number that is NaN
        or infinite is bad: a missing value is written as missing. So is a time of day where a
        date belongs: which day it was depends on the clock it was read from.
    """
    raw = _plain(column)
    if _is_text(raw.type):
        text = pc.utf8_trim_whitespace(raw.cast(pa.string()))
        text = pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)
        if kind == "text":
            return text, np.zeros(len(text), dtype=np.bool_)
        cast_array = _parse(text, _PARSERS[kind], ARROW[kind])
        return cast_array, _lost(text, cast_array)
    cast_array = _convert(raw, kind)
    return cast_array, _lost(raw, cast_array)


def _plain(column: pa.ChunkedArray) -> pa.Array:
    """Return a column as one array without a dictionary or an extension type around it."""
    raw = column.combine_chunks()
    if isinstance(raw, pa.ChunkedArray):
        raw = pa.concat_arrays(raw.chunks) if raw.num_chunks else pa.array([], raw.type)
    if pa.types.is_dictionary(raw.type):
        raw = raw.dictionary_decode()
    return raw.storage if isinstance(raw, pa.ExtensionArray) else raw


def _is_text(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    )


def _lost(before: pa.Array, after: pa.Array) -> Mask:
    lost = pc.and_(before.is_valid(), after.is_null())
    return np.asarray(lost.to_numpy(zero_copy_only=False), dtype=np.bool_)


def _parse(text: pa.Array, parser: Callable[[str], Any], kind: pa.DataType) -> pa.Array:
    """Parse each distinct value once."""
    encoded = text.dictionary_encode()
    values = pa.array([parser(value) for value in encoded.dictionary.to_pylist()], kind)
    return values.take(encoded.indices)


def _integer(text: str) -> int | None:
    return int(text) if _INTEGER.match(text) else None


def _number(text: str) -> float | None:
    if not _NUMBER.match(text):
        return None
    value = float(text)
    return value if math.isfinite(value) else None


def _boolean(text: str) -> bool | None:
    lower = text.lower()
    return True if lower in _TRUE else False if lower in _FALSE else None


def _date(text: str) -> date | None:
    if not _DATE.match(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


_PARSERS: dict[ColumnType, Callable[[str], Any]] = {
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "date": _date,
}


def _convert(raw: pa.Array, kind: ColumnType) -> pa.Array:
    """Convert a typed (not textual) column; what cannot be converted exactly is null."""
    if pa.types.is_decimal(raw.type) or pa.types.is_floating(raw.type):
        return _from_number(raw, kind)
    if pa.types.is_integer(raw.type):
        return _from_integer(raw, kind)
    if pa.types.is_boolean(raw.type) and kind in ("boolean", "text"):
        return raw.cast(ARROW[kind])
    if pa.types.is_date(raw.type) and kind == "date":
        return _within_calendar(raw.cast(pa.date32()))
    if pa.types.is_timestamp(raw.type) and kind == "date":
        # The day on the clock of the column's own time zone, and only if it is a day.
        local = pc.local_timestamp(raw) if raw.type.tz else raw
        midnight = pc.equal(pc.floor_temporal(local, unit="day"), local)
        return _within_calendar(pc.if_else(midnight, local.cast(pa.date32(), safe=False), None))
    return pa.nulls(len(raw), ARROW[kind])


def _within_calendar(dates: pa.Array) -> pa.Array:
    """Drop days that no calendar date can be: before year 1 or after year 9999."""
    numbers = dates.cast(pa.int32())
    low, high = day_number(date.min), day_number(date.max)
    inside = pc.and_(pc.greater_equal(numbers, low), pc.less_equal(numbers, high))
    return pc.if_else(inside, dates, None)


def _from_integer(raw: pa.Array, kind: ColumnType) -> pa.Array:
    if pa.types.is_uint64(raw.type):
        raw = pc.if_else(pc.less_equal(raw, pa.scalar(2**63 - 1, raw.type)), raw, None)
    if kind == "boolean":
        raw = pc.if_else(pc.is_in(raw, pa.array([0, 1], raw.type)), raw, None)
    if kind == "number":  # beyond 2**53 not every whole number has a float of its own
        raw = raw.cast(pa.int64())
        exact = pc.and_(pc.less_equal(raw, _EXACT), pc.greater_equal(raw, -_EXACT))
        raw = pc.if_else(exact, raw, None)
    return pa.nulls(len(raw), ARROW[kind]) if kind == "date" else raw.cast(ARROW[kind])


def _from_number(raw: pa.Array, kind: ColumnType) -> pa.Array:
    """Whole numbers may be ids or counts; decimals keep all their digits."""
    if pa.types.is_floating(raw.type):
        raw = raw.cast(pa.float64())
        raw = pc.if_else(pc.is_finite(raw), raw, None)
    if kind == "number":
        return raw.cast(pa.float64())
    if kind in ("boolean", "date"):
        return pa.nulls(len(raw), ARROW[kind])
    most = _EXACT if pa.types.is_floating(raw.type) else 10**18
    small = pc.and_(pc.less_equal(raw, most), pc.greater_equal(raw, -most))
    raw = pc.if_else(pc.and_(small, pc.equal(pc.floor(raw), raw)), raw, None)
    return raw.cast(pa.int64()).cast(ARROW[kind])
