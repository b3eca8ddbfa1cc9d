"""Blocks side by side, read in any order, any part, on any number of threads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from commonweal.features import cells as module
from commonweal.features.cells import CellFile, Cells, Layout, write_cells
from commonweal.features.columns import Feature
from commonweal.features.matrix import FeatureMatrix, StoredBlock

ROWS = 50


@pytest.fixture
def matrix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FeatureMatrix:
    monkeypatch.setattr(module, "BATCH", 8)
    rng = np.random.default_rng(3)
    days = np.sort(rng.integers(0, 3, ROWS)).astype(np.int32)
    blocks = {}
    for name, columns in (("a", 3), ("b", 2)):
        row, column = rng.integers(0, ROWS, 60), rng.integers(0, columns, 60)
        write_cells([Cells.of(row, column, row + 1, ROWS, columns)], days, tmp_path / name)
        fill = np.zeros(columns, np.float32)
        unseen = {1: np.array([1], np.int32)}
        layout = Layout(fill, np.full(columns, columns, np.int32), unseen)
        unit = {"a": "incidents", "b": "category"}[name]
        features = tuple(Feature(f"{name}.{i}", name, "It is.", unit) for i in range(columns))
        blocks[name] = StoredBlock(CellFile.open(tmp_path / name), layout, features)
    return FeatureMatrix(blocks)


def test_any_rows_and_columns_are_those_of_the_whole(matrix: FeatureMatrix) -> None:
    whole = matrix.take(np.arange(ROWS))
    assert whole.shape == (ROWS, 5)
    assert whole.flags.c_contiguous
    assert np.isnan(whole).any()
    rng = np.random.default_rng(4)
    rows = rng.integers(0, ROWS, 30)
    assert np.array_equal(matrix.take(rows), whole[rows], equal_nan=True)
    part = matrix.take(rows, ["b.1", "a.0"], threads=2)
    assert np.array_equal(part, whole[rows][:, [4, 0]], equal_nan=True)
    chunks = np.concatenate(list(matrix.chunks(rows, size=7)))
    assert np.array_equal(chunks, whole[rows], equal_nan=True)
    assert matrix.take(np.zeros(0, np.int64)).shape == (0, 5)


def test_names_and_categories(matrix: FeatureMatrix) -> None:
    assert matrix.names == ("a.0", "a.1", "a.2", "b.0", "b.1")
    assert matrix.categorical == ("b.0", "b.1")


def test_wide_parquet_holds_the_same(matrix: FeatureMatrix, tmp_path: Path) -> None:
    matrix.write_wide(tmp_path / "wide.parquet")
    table = pq.read_table(tmp_path / "wide.parquet")
    assert tuple(table.column_names) == matrix.names
    values = np.stack([column.to_numpy() for column in table.columns], axis=1)
    assert np.array_equal(values, matrix.take(np.arange(ROWS)), equal_nan=True)


def test_a_handle_on_some_columns_reads_them_as_the_whole_does(matrix: FeatureMatrix) -> None:
    some = matrix.only(["b.1", "a.0", "elsewhere"])
    assert some.names == ("a.0", "b.1")
    assert some.categorical == ("b.1",)
    assert some.rows == ROWS
    rows = np.array([7, 3, 3, 49])
    whole = matrix.take(rows)
    assert np.array_equal(some.take(rows), whole[:, [0, 4]], equal_nan=True)
    assert some.only(["b.1", "a.1"]).names == ("b.1",)
