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

from commonweal.records.spec import ColumnType

Mask = NDArray[np.bool_]
ARROW: dict[ColumnType, pa.DataType] = {
    "text": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
}
_INTEGER = re.compile(r"[+-]?\d{1,18}\Z")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}\Z")
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
        or infinite is bad: a missing value is written as missing.
    """
    raw = column.combine_chunks()
    if isinstance(raw, pa.ChunkedArray):
        raw = pa.concat_arrays(raw.chunks) if raw.num_chunks else pa.array([], raw.type)
    if pa.types.is_dictionary(raw.type):
        raw = raw.dictionary_decode()
    if pa.types.is_string(raw.type) or pa.types.is_large_string(raw.type):
        text = pc.utf8_trim_whitespace(raw.cast(pa.string()))
        text = pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)
        if kind == "text":
            return text, np.zeros(len(text), dtype=np.bool_)
        cast_array = _parse(text, _PARSERS[kind], ARROW[kind])
        return cast_array, _lost(text, cast_array)
    try:
        cast_array = _convert(raw, kind)
    except pa.ArrowInvalid:  # a value too large for the type: no cell can be trusted
        cast_array = pa.nulls(len(raw), ARROW[kind])
    return cast_array, _lost(raw, cast_array)


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
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and "_" not in text else None


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
    nothing = pa.nulls(len(raw), ARROW[kind])
    if pa.types.is_null(raw.type):
        return nothing
    if pa.types.is_decimal(raw.type):
        raw = raw.cast(pa.float64())
    is_float, is_int = pa.types.is_floating(raw.type), pa.types.is_integer(raw.type)
    is_bool, is_time = pa.types.is_boolean(raw.type), pa.types.is_temporal(raw.type)
    if is_float:
        finite = pc.is_finite(raw)
        raw = pc.if_else(finite, raw, pa.scalar(None, raw.type))
        if kind in ("integer", "text"):
            whole = pc.equal(pc.floor(raw), raw)
            raw = pc.if_else(whole, raw, pa.scalar(None, raw.type)).cast(pa.int64())
            return raw.cast(ARROW[kind])
    if kind == "text" and (is_int or is_bool):
        return raw.cast(pa.string())
    if kind in ("integer", "number") and (is_int or is_float):
        return raw.cast(ARROW[kind])
    if kind == "boolean" and is_bool:
        return raw
    if kind == "boolean" and is_int:
        return pc.if_else(pc.is_in(raw, pa.array([0, 1], raw.type)), raw, None).cast(pa.bool_())
    if kind == "date" and is_time and not pa.types.is_time(raw.type):
        return raw.cast(pa.timestamp("us")).cast(pa.date32(), safe=False)
    return nothing
