"""Least squares: the textbook's fitted values, whatever the columns say twice."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from commonweal.models.data import Sample
from commonweal.models.design import describe
from commonweal.models.ols import OlsModel, fit_ols
from commonweal.models.registry import fit, load
from commonweal.models.spec import OlsSpec
from models.memory import InMemory
from models.test_models import NAMES, data, drawn, sample, saved, values_of

SPEC = OlsSpec(kind="ols")


def test_fitted_values_are_those_of_least_squares() -> None:
    both = data().together()
    model = fit_ols(both, ())
    design = describe(both, ()).design(both)
    with_one = np.column_stack([np.ones(len(design)), design])
    solution, *_ = np.linalg.lstsq(with_one, both.labels.astype(np.float64), rcond=None)
    assert model.predict(values_of(both)) == pytest.approx(with_one @ solution, abs=1e-9)


def test_a_column_that_stands_twice_changes_no_fitted_value() -> None:
    values, labels = drawn(0, 300, missing=0)
    twice = np.column_stack([values, values[:, 0]])
    one, two = (
        fit_ols(Sample(InMemory(v, tuple("abcde"[: v.shape[1]])), np.arange(300), labels), ())
        for v in (values, twice)
    )
    assert two.predict(twice) == pytest.approx(one.predict(values), abs=1e-8)
    assert two.slope[0] == pytest.approx(two.slope[4], abs=1e-9)


def test_categories_are_their_rates() -> None:
    codes = np.repeat([0, 1, 2], [100, 100, 200]).astype(np.float32)[:, None]
    labels = np.tile([0, 0, 0, 1], 100).astype(np.int8)
    labels[:100] = 1
    rows = Sample(InMemory(codes, ("kind",), ("kind",)), np.arange(400), labels)
    model = fit_ols(rows, (0,))
    found = model.predict(np.array([[0], [1], [2]], np.float32))
    assert found == pytest.approx([1, 0.25, 0.25], abs=1e-9)


def test_saved_and_read_again(tmp_path: Path) -> None:
    model = fit(SPEC, data(), 7, 1)
    files = saved(model, tmp_path / "a")
    again = load(SPEC, tmp_path / "a", NAMES)
    assert isinstance(again, OlsModel)
    assert not again.probability
    values = values_of(sample(2))
    assert again.predict(values).tobytes() == model.predict(values).tobytes()
    assert saved(again, tmp_path / "b") == files == saved(fit(SPEC, data(), 7, 2), tmp_path / "c")
    moved = again.contributions(values).sum(axis=1)
    assert np.ptp(again.predict(values) - moved) < 1e-12
    assert again.importance().argmax() == 0
