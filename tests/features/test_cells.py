"""Cells in order, on disk and as dense rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonweal.core.errors import DataError
from commonweal.features import cells as module
from commonweal.features.cells import BATCH, CellFile, Cells, Layout, dense, exact, write_cells
from commonweal.features.kernels import present

NAN = float("nan")
# Two runs of three nested windows, a value that may be missing, and an indicator.
LAYOUT = Layout(
    np.array([0, 0, 0, 0, 0, 0, NAN, 0], np.float32),
    np.array([3, 3, 3, 6, 6, 6, 7, 8], np.int32),
    {10: np.array([0, 3], np.int32)},
)
loose = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 7), st.integers(1, 50)), max_size=40)


def by_hand(entries: list[tuple[int, int, int]], days: np.ndarray) -> np.ndarray:
    out = np.tile(LAYOUT.fill, (7, 1))
    for row, column, value in entries:
        for c in range(column, LAYOUT.end[column]):
            out[row, c] = value if np.isnan(out[row, c]) else out[row, c] + value
    for row, day in enumerate(days):
        out[row, LAYOUT.unseen.get(int(day), np.zeros(0, np.int32))] = np.nan
    return out


def made(entries: list[tuple[int, int, int]]) -> Cells:
    row, column, value = (np.array([e[i] for e in entries], np.int64) for i in range(3))
    return Cells.of(row, column, value, 7, LAYOUT.columns)


@settings(deadline=None)  # compiles at first
@given(loose)
def test_dense_rows_equal_adding_up_by_hand(entries: list[tuple[int, int, int]]) -> None:
    days = np.array([9, 9, 10, 10, 10, 11, 11], np.int32)
    out = np.empty((7, 8), np.float32)
    dense(made(entries), LAYOUT, np.arange(7), days, out)
    assert np.array_equal(out, by_hand(entries, days), equal_nan=True)


@settings(deadline=None)  # compiles at first
@given(loose, st.randoms())
def test_the_order_of_loose_cells_does_not_matter(entries: list[tuple[int, int, int]], rng) -> None:  # type: ignore[no-untyped-def]
    one = made(entries)
    mixed = list(entries)
    rng.shuffle(mixed)
    other = made(mixed)
    for name in ("start", "column", "value"):
        assert np.array_equal(getattr(one, name), getattr(other, name))
    for row in range(7):
        columns = one.column[one.start[row] : one.start[row + 1]]
        assert (np.diff(columns) > 0).all()


@settings(deadline=None)  # compiles at first
@given(loose)
def test_rows_that_hold_something_are_counted_once_a_column(
    entries: list[tuple[int, int, int]],
) -> None:
    cells = made(entries)
    found, told = np.zeros(8, np.int64), np.zeros(8, np.int64)
    largest = present(cells.start, cells.column, cells.value, LAYOUT.end, found, told)
    out = by_hand(entries, np.zeros(7, np.int32))
    assert largest == np.nan_to_num(out).max()
    assert found.tolist() == (np.nan_to_num(out) != 0).sum(axis=0).tolist()
    assert told[6] == (~np.isnan(out[:, 6])).sum()


def test_a_count_that_float32_cannot_hold_is_refused() -> None:
    assert exact(np.array([2.0**24])).tolist() == [2.0**24]
    with pytest.raises(DataError, match="16,777,217 is more than 16,777,216"):
        exact(np.array([2.0**24 + 1]))
    with pytest.raises(DataError, match="is an id shared by many people"):
        Cells.of(np.zeros(2, int), np.zeros(2, int), np.full(2, 2**23 + 1), 1, 1)


def test_a_file_does_not_depend_on_the_parts_it_was_written_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BATCH", 4)
    rng = np.random.default_rng(1)
    size, rows = 60, 23
    row, column = rng.integers(0, rows, size), rng.integers(0, 8, size)
    value, days = rng.integers(1, 9, size), rng.integers(9, 12, rows).astype(np.int32)
    whole = Cells.of(row, column, value, rows, 8)
    for name, ends in (
        ("one", [rows]),
        ("many", [1, 2, 9, 20, rows]),
        ("rows", range(1, rows + 1)),
    ):
        parts, first = [], 0
        for last in ends:
            here = (row >= first) & (row < last)
            parts.append(Cells.of(row[here] - first, column[here], value[here], last - first, 8))
            first = last
        write_cells(parts, days, tmp_path / name)
    assert len({(tmp_path / name).read_bytes() for name in ("one", "many", "rows")}) == 1
    read = CellFile.open(tmp_path / "one")
    assert read.days.tolist() == days.tolist()
    assert len(read.batches) == 6
    wanted = np.array([0, 3, 4, 5, 11, 12, 22])
    out, straight = np.empty((7, 8), np.float32), np.empty((rows, 8), np.float32)
    read.dense(LAYOUT, wanted, out, np.arange(8, dtype=np.int32))
    dense(whole, LAYOUT, np.arange(rows), days, straight)
    assert np.array_equal(out, straight[wanted], equal_nan=True)


def test_a_file_says_what_it_holds(tmp_path: Path) -> None:
    write_cells([made([(0, 2, 5), (0, 6, 7)])], np.arange(7, dtype=np.int32), tmp_path / "c")
    table = pa.ipc.open_file(pa.memory_map(str(tmp_path / "c"))).read_all()
    assert table.column_names == ["as_of", "cells"]
    assert table["cells"][0].as_py() == [{"column": 2, "value": 5.0}, {"column": 6, "value": 7.0}]
    assert table["cells"][1].as_py() == []
    assert BATCH == 65_536  # part of the format


def test_a_layout_is_read_as_it_was_written() -> None:
    read = Layout.read(LAYOUT.record())
    assert np.array_equal(read.fill, LAYOUT.fill, equal_nan=True)
    assert np.array_equal(read.end, LAYOUT.end)
    assert {day: c.tolist() for day, c in read.unseen.items()} == {10: [0, 3]}
