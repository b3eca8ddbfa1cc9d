from __future__ import annotations

import math
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonweal.records.cast import ARROW, cast
from commonweal.records.spec import ColumnType

KINDS: tuple[ColumnType, ...] = ("text", "integer", "number", "boolean", "date")


def tried(values: pa.Array, kind: ColumnType) -> tuple[list[Any], list[bool]]:
    array, bad = cast(pa.chunked_array([values]), kind)
    assert array.type == ARROW[kind]
    assert len(array) == len(bad) == len(values)
    return array.to_pylist(), bad.tolist()


TEXTS: list[tuple[ColumnType, list[str], list[Any], list[str]]] = [
    ("text", [" a ", "b\u00a0", "nan"], ["a", "b", "nan"], []),
    ("integer", ["1", "-2", " +3 ", "007"], [1, -2, 3, 7],
     ["1.0", "1e3", "x", "1_000", "٣", "9" * 19, "0x1", "nan", "--1", "1 2"]),
    ("number", ["1", "-2.5", "1e3", ".5", "5.", "+1E-2"], [1.0, -2.5, 1000.0, 0.5, 5.0, 0.01],
     ["nan", "inf", "-Infinity", "1e400", "1,5", "1_0", "12%", "٣", "0x1p3", "."]),
    ("boolean", ["true", "NO", "1", "0", "t", "N", "Yes"],
     [True, False, True, False, True, False, True],
     ["maybe", "2", "on", "-1", "nan"]),
    ("date", ["2020-02-29", " 1999-12-31"], [date(2020, 2, 29), date(1999, 12, 31)],
     ["2020-02-30", "20200101", "01/02/2020", "2020-1-2", "2020-01-01T00:00:00", "2020-01-01 10:00",
      "0000-01-01", "2020-W01-1", "\uff12020-01-01", "nan", "42005"]),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "good", "values", "bad"), TEXTS)
def test_text_is_parsed_strictly(
    kind: ColumnType, good: list[str], values: list[Any], bad: list[str]
) -> None:
    for text_type in (pa.string(), pa.large_string(), pa.string_view()):
        assert tried(pa.array(good, text_type), kind) == (values, [False] * len(good))
    assert tried(pa.array(good).dictionary_encode(), kind) == (values, [False] * len(good))
    assert tried(pa.array(bad, pa.string()), kind) == ([None] * len(bad), [True] * len(bad))
    blanks = pa.array(["", "  ", "\u3000", "\t", None], pa.string())
    assert tried(blanks, kind) == ([None] * 5, [False] * 5)


TYPED: list[tuple[pa.Array, ColumnType, list[Any], list[bool]]] = [
    (pa.array([1, None, 2**63 - 1]), "text", ["1", None, str(2**63 - 1)], [False] * 3),
    (pa.array([1, 2**53 + 1]), "number", [1.0, None], [False, True]),
    (pa.array([1, 2**64 - 1], pa.uint64()), "integer", [1, None], [False, True]),
    (pa.array([0, 1, 2], pa.int8()), "boolean", [False, True, None], [False, False, True]),
    (pa.array([5]), "date", [None], [True]),
    (pa.array([1.0, 2.5, math.nan, 1e300, math.inf, None]), "integer",
     [1, None, None, None, None, None], [False, True, True, True, True, False]),
    (pa.array([1.0, math.nan]), "text", ["1", None], [False, True]),
    (pa.array([1.5, math.nan, -math.inf]), "number", [1.5, None, None], [False, True, True]),
    (pa.array([1.0]), "boolean", [None], [True]),
    (pa.array([1.5], pa.float16()), "number", [1.5], [False]),
    (pa.array([Decimal("1.00"), Decimal("1.50")]), "integer", [1, None], [False, True]),
    (pa.array([Decimal(10**30), Decimal(7)], pa.decimal128(38, 0)), "text", [None, "7"],
     [True, False]),
    (pa.array([Decimal("1.50")]), "number", [1.5], [False]),
    (pa.array([True, None]), "text", ["true", None], [False, False]),
    (pa.array([True]), "integer", [None], [True]),
    (pa.array([date(2020, 1, 2)]), "date", [date(2020, 1, 2)], [False]),
    (pa.array([date(2020, 1, 2)], pa.date64()), "date", [date(2020, 1, 2)], [False]),
    (pa.array([date(2020, 1, 2)]), "text", [None], [True]),
    (pa.array([2**31 - 1, -(2**31)], pa.int32()).cast(pa.date32()), "date", [None, None],
     [True, True]),
    (pa.array([datetime(2020, 1, 2), datetime(2020, 1, 2, 0, 1)]), "date",
     [date(2020, 1, 2), None], [False, True]),
    (pa.array([1, 2**62], pa.timestamp("s")), "date", [None, None], [True, True]),
    # Midnight in Chicago is 06:00 in UTC: it is that day, not the day UTC says.
    (pa.array([datetime(2020, 1, 2, 6)], pa.timestamp("us", "America/Chicago")), "date",
     [date(2020, 1, 2)], [False]),
    (pa.array([datetime(2020, 1, 2)], pa.timestamp("us", "America/Chicago")), "date", [None],
     [True]),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "kind", "values", "bad"), TYPED)
def test_typed_columns_are_converted_exactly_or_not_at_all(
    raw: pa.Array, kind: ColumnType, values: list[Any], bad: list[bool]
) -> None:
    assert tried(raw, kind) == (values, bad)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "raw",
    [
        pa.array([[1], None]), pa.array([{"a": 1}, None]), pa.array([b"a", None]),
        pa.array([1, None], pa.time32("s")), pa.array([1, None], pa.duration("s")),
        pa.array([(1, 2, 3), None], pa.month_day_nano_interval()),
        pa.array([b"0123456789abcdef", None], pa.binary(16)),
    ],
    ids=lambda raw: str(raw.type),
)  # fmt: skip
def test_a_type_that_fits_nothing_is_wrong_in_every_cell(raw: pa.Array, kind: ColumnType) -> None:
    assert tried(raw, kind) == ([None, None], [True, False])


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_nothing(kind: ColumnType) -> None:
    assert tried(pa.nulls(3), kind) == ([None] * 3, [False] * 3)
    assert tried(pa.array([], pa.int64()), kind) == ([], [])
    array, bad = cast(pa.chunked_array([], pa.string()), kind)
    assert (len(array), len(bad)) == (0, 0)


@given(st.lists(st.none() | st.text(max_size=12), max_size=20), st.sampled_from(KINDS))
def test_no_text_is_lost_unseen(texts: list[str | None], kind: ColumnType) -> None:
    values, bad = tried(pa.array(texts, pa.string()), kind)
    for text, value, wrong in zip(texts, values, bad, strict=True):
        blank = text is None or not text.strip()
        assert wrong == (value is None and not blank) or kind == "text"
        if kind == "text":
            assert not wrong
    # pieces make no difference
    pieces = pa.chunked_array([pa.array([t], pa.string()) for t in texts], pa.string())
    array, again = cast(pieces, kind)
    assert (array.to_pylist(), again.tolist()) == (values, bad)


@given(st.lists(st.integers(-(10**17), 10**17)), st.lists(st.floats(allow_nan=False, width=32)))
def test_what_was_written_is_read(integers: list[int], floats: list[float]) -> None:
    finite = [f for f in floats if math.isfinite(f)]
    assert tried(pa.array([str(i) for i in integers], pa.string()), "integer")[0] == integers
    assert tried(pa.array([repr(f) for f in finite], pa.string()), "number")[0] == finite
