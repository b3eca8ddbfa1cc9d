"""Cells of raw tables: texts in one spelling, days and numbers, and the types they come as."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from commonweal.core.errors import CommonwealError, DataError, problem

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Whole = NDArray[np.integer[Any]]
Real = NDArray[np.floating[Any]]
Mask = NDArray[np.bool_]
NO_DAY = np.iinfo(np.int32).min
"""Stands for a missing day (days since 1970-01-01)."""


def plain_text(values: pa.Array, keep: str = "") -> pa.Array:
    """Return texts in capitals without accents, marks and outer spaces; empty ones are missing."""
    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    encoded = pc.dictionary_encode(values.cast(pa.string()))
    words = pc.utf8_upper(pc.utf8_normalize(encoded.dictionary, "NFKD"))
    words = pc.replace_substring_regex(words, rf"[^\p{{L}}\p{{N}}{keep}]", "")
    words = pc.utf8_trim_whitespace(pc.replace_substring_regex(words, " +", " "))
    words = pc.if_else(pc.equal(pc.utf8_length(words), 0), pa.scalar(None, pa.string()), words)
    return words.take(encoded.indices)


def as_days(values: pa.Array, name: str) -> Ints:
    """Return days since 1970-01-01, `NO_DAY` where there is none; `name` is the column's."""
    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    try:
        if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
            trimmed = pc.utf8_trim_whitespace(values)
            values = pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, values.type), trimmed)
        days = (
            values.cast(pa.date32(), safe=False)
            if pa.types.is_timestamp(values.type)
            else values.cast(pa.date32())
        )
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise unreadable(values, name, "date", "write YYYY-MM-DD") from error
    whole = pc.fill_null(days.cast(pa.int32()), NO_DAY).to_numpy(zero_copy_only=False)
    return np.asarray(whole, np.int64)


def numbers(values: pa.Array, name: str) -> Floats:
    """Return numbers, nan where there is none; `name` is the column's."""
    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        trimmed = pc.utf8_trim_whitespace(values)
        values = pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, values.type), trimmed)
    try:
        numbers = values.cast(pa.float64())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise unreadable(values, name, "number", "write whole years") from error
    return np.asarray(numbers.to_numpy(zero_copy_only=False), np.float64)


def unreadable(values: pa.Array, name: str, noun: str, mend: str) -> CommonwealError:
    """Name the first value that cannot be read; rows count from 1."""
    readable = date.fromisoformat if noun == "date" else float
    if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        for row, text in enumerate(values.to_pylist(), start=1):
            try:
                readable(text or "1970-01-01" if noun == "date" else text or "0")
            except ValueError:
                where = f"column {name}, row {row}"
                return problem(DataError, where, f"{text!r} is not a {noun}", mend)
    return problem(DataError, f"column {name}", f"is {values.type}, not a {noun}", mend)
