from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from commonweal.models.complete import complete
from commonweal.models.data import Sample, TrainingData
from commonweal.models.fitted import scores
from commonweal.models.missing import Fills, filled, learn_fills
from commonweal.models.missing_spec import MissingSpec
from commonweal.models.registry import load
from commonweal.models.spec import LogisticSpec

NAMES = ("size", "height", "kind")


@dataclass(frozen=True)
class Rows:
    values: NDArray[np.float32]
    names: tuple[str, ...] = NAMES
    categorical: tuple[str, ...] = ("kind",)

    def take(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        return self.values[rows].copy()


def _data(seed: int = 1, n: int = 3000) -> TrainingData:
    """`height` is twice `size`, `kind` says whether `size` is large; a third of both is missing."""
    rng = np.random.default_rng(seed)
    size = rng.normal(size=n)
    values = np.column_stack([size, 2 * size, size > 0.5]).astype(np.float32)
    values[rng.random((n, 3)) < [0, 1 / 3, 1 / 3]] = np.nan
    labels = (rng.random(n) < 1 / (1 + np.exp(-2 * size))).astype(np.int8)
    rows, half = np.arange(n), n // 2
    return TrainingData(*(Sample(Rows(values), r, labels[r]) for r in (rows[:half], rows[half:])))


def test_typical_values_are_those_of_the_training_rows() -> None:
    data = _data()
    fills = learn_fills(MissingSpec(columns=("height", "kind")), data.train, 1)
    known = data.train.matrix.take(data.train.rows)
    assert fills.typical[1] == np.nanmedian(known[:, 1])
    assert fills.typical[2] == 0
    later = filled(data, fills).validation
    seen = later.matrix.take(later.rows)
    raw = data.validation.matrix.take(data.validation.rows)
    assert not np.isnan(seen).any()
    assert (seen[~np.isnan(raw)] == raw[~np.isnan(raw)]).all()
    assert (seen[np.isnan(raw[:, 1]), 1] == np.float32(fills.typical[1])).all()


def test_a_model_predicts_what_is_missing_from_other_columns() -> None:
    data = _data()
    fills = learn_fills(MissingSpec(columns=("height", "kind"), by="model"), data.train, 1)
    later = filled(data, fills).validation
    seen = later.matrix.take(later.rows)
    gaps = np.isnan(data.validation.matrix.take(data.validation.rows))
    off = seen[gaps[:, 1], 1] - 2 * seen[gaps[:, 1], 0]
    assert np.median(np.abs(off)) < 0.1
    assert np.mean(seen[gaps[:, 2], 2] == (seen[gaps[:, 2], 0] > 0.5)) > 0.98


@pytest.mark.parametrize("by", ["typical", "model"])
def test_a_model_read_again_fills_alike(tmp_path: Path, by: str) -> None:
    data = _data()
    missing = MissingSpec(columns=("hei*", "kind"), by=by)  # type: ignore[arg-type]
    spec = LogisticSpec(kind="logistic", penalties=(10.0,), missing=missing)
    made = complete(spec, data, 1, 2)
    made.save(tmp_path)
    again = load(spec, tmp_path, NAMES)
    rows, matrix = data.validation.rows, data.validation.matrix
    assert (scores(again, matrix, rows) == scores(made.model, matrix, rows)).all()
    plain = complete(LogisticSpec(kind="logistic", penalties=(10.0,)), data, 1, 2).model
    assert (scores(plain, matrix, rows) != scores(made.model, matrix, rows)).any()


def test_what_is_never_known_is_filled_with_nothing(tmp_path: Path) -> None:
    values = np.full((10, 3), np.nan, np.float32)
    sample = Sample(Rows(values), np.arange(10), np.zeros(10, np.int8))
    for by in ("typical", "model"):
        fills = learn_fills(MissingSpec(columns=("*",), by=by), sample, 1)  # type: ignore[arg-type]
        fills.save(tmp_path)
        read = Fills.load(tmp_path)
        assert read is not None
        assert (read.fill(values) == 0).all()


def test_no_validation_row_and_no_label_changes_what_is_learned(tmp_path: Path) -> None:
    spec = MissingSpec(columns=("height",), by="model")
    data = _data()
    told = []
    for place, sample in enumerate((data.train, Sample(data.train.matrix, data.train.rows,
                                                       1 - data.train.labels))):  # fmt: skip
        folder = tmp_path / str(place)
        folder.mkdir()
        learn_fills(spec, sample, 1).save(folder)
        told.append([p.read_bytes() for p in sorted(folder.iterdir())])
    assert told[0] == told[1]
