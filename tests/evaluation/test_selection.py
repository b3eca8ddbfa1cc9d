"""Stepwise residualization: the naive procedure's steps, from products alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonweal.evaluation import gram
from commonweal.evaluation.gram import products
from commonweal.evaluation.selection import Selection, select
from commonweal.features.cells import Values
from commonweal.models import data
from commonweal.models.data import Labels, Sample
from evaluation.naive import expanded, naive
from models.memory import sample_of


def drawn(seed: int) -> tuple[Values, Labels, tuple[int, ...]]:
    """Draw a small data set with all that is awkward about features."""
    rng = np.random.default_rng(seed)
    rows, columns = int(rng.integers(20, 120)), int(rng.integers(1, 25))
    base = rng.normal(size=(rows, 3))
    values = rng.poisson(rng.uniform(0.05, 3, columns), (rows, columns)).astype(np.float64)
    values += (base @ rng.normal(size=(3, columns))).round(1)
    values[:, rng.random(columns) < 0.15] += 1000  # a mean far from 0
    for place in np.flatnonzero(rng.random(columns) < 0.15):
        values[:, place] = values[:, int(rng.integers(columns))] * rng.choice([1, -2, 0])
    values[:, rng.random(columns) < 0.1] = 4  # constant
    categorical = tuple(np.flatnonzero(rng.random(columns) < 0.2).tolist())
    for place in categorical:
        values[:, place] = rng.integers(0, int(rng.integers(1, 5)), rows)
    gaps = rng.random((rows, columns)) < np.where(rng.random(columns) < 0.3, 0.3, 0)
    values[gaps] = np.nan
    values[:, rng.random(columns) < 0.05] = np.nan
    labels = (base[:, 0] + rng.normal(size=rows) > 0.5).astype(np.int8)
    return values.astype(np.float32), labels, categorical


def sample(seed: int) -> Sample:
    values, labels, categorical = drawn(seed)
    names = tuple(f"x{i}" for i in range(values.shape[1]))
    return sample_of(values, labels, names, tuple(names[c] for c in categorical))


@settings(max_examples=100, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000))
def test_the_steps_are_those_of_the_naive_procedure(seed: int) -> None:
    values, labels, categorical = drawn(seed)
    found = select(sample(seed), 12)
    expected = naive(values, labels, 12, categorical)
    assert [(s.column, s.category) for s in found.steps] == [
        (f"x{column}", None if code < 0 else code) for column, code, _, _ in expected
    ]
    for step, (_, _, residualized, original) in zip(found.steps, expected, strict=True):
        assert step.residualized == pytest.approx(residualized, abs=1e-9)
        assert step.original == pytest.approx(original, abs=1e-9)


def test_products_are_those_of_the_dense_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gram, "CHUNK", 7)
    values, labels, categorical = drawn(5)
    terms, owners = expanded(values, categorical)
    found = products(sample(5))
    assert list(zip(found.terms.column, found.terms.category, strict=True)) == owners
    assert found.pairs == pytest.approx(terms.T @ terms, abs=1e-9)
    assert found.label == pytest.approx(terms.T @ (labels - labels.mean()), abs=1e-9)
    assert found.square == pytest.approx(np.square(labels - labels.mean()).sum())


def test_bits_do_not_depend_on_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gram, "CHUNK", 11)
    one, two = products(sample(6), 1), products(sample(6), 2)
    assert one.pairs.tobytes() == two.pairs.tobytes()
    assert one.label.tobytes() == two.label.tobytes()


def test_chunks_alone_are_dense() -> None:
    rng = np.random.default_rng(0)
    rows = 2 * data.CHUNK + 5
    made = sample_of(
        rng.poisson(1, (rows, 3)).astype(np.float32), rng.integers(0, 2, rows).astype(np.int8),
        ("a", "b", "c"),
    )  # fmt: skip
    select(made, 2)
    assert made.matrix.most == data.CHUNK  # type: ignore[attr-defined]


def planted() -> Selection:
    """y = a + b/2 + noise; `copy` is a with noise: strong by itself, nothing beside a."""
    rng = np.random.default_rng(1)
    a, b, other = rng.normal(size=(3, 20_000))
    labels = (a + b / 2 + rng.normal(size=20_000) > 1).astype(np.int8)
    values = np.column_stack([other, a + 0.3 * rng.normal(size=20_000), b, a])
    return select(sample_of(values.astype(np.float32), labels, ("other", "copy", "b", "a")), 4)


def test_a_strong_copy_of_a_chosen_feature_is_weak() -> None:
    found = planted()
    assert found.chosen[:2] == ("a", "b")
    assert found.steps[0].residualized == found.steps[0].original
    copy = next(s for s in found.steps if s.column == "copy")
    assert abs(copy.original) > 0.3
    assert abs(copy.residualized) < 0.03


def test_the_first_of_equal_columns_is_taken_and_the_other_is_collinear() -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(size=500)
    labels = (x + rng.normal(size=500) > 0).astype(np.int8)
    values = np.column_stack([rng.normal(size=500), x, -2 * x]).astype(np.float32)
    found = select(sample_of(values, labels, ("noise", "x", "twice")), 5)
    assert found.chosen == ("x", "noise")
    assert found.collinear == ("twice",)


def test_a_category_chooses_its_column_once() -> None:
    rng = np.random.default_rng(3)
    codes = rng.integers(0, 4, 2000)
    labels = (rng.random(2000) < np.array([0.1, 0.2, 0.6, 0.4])[codes]).astype(np.int8)
    values = np.column_stack([codes, codes == 3]).astype(np.float32)
    found = select(sample_of(values, labels, ("place", "third"), ("place",)), 5)
    assert found.chosen == ("place",)
    assert found.steps[0].category == 2
    assert found.collinear == ("third",)  # the other indicators are taken out as well


def test_columns_few_rows_differ_in_are_not_chosen() -> None:
    labels = np.array([0] * 90 + [1] * 10, np.int8)
    few = np.array([0] * 91 + [1] * 9, np.float32)
    most = 1 - few
    many = np.arange(1, 101, dtype=np.float32)
    values = np.column_stack([few, most, many])
    names = ("few", "most", "many")
    assert select(sample_of(values, labels, names), 1).chosen == ("few",)
    found = select(sample_of(values, labels, names), 3, least=11)
    assert found.chosen == ("many",)
    assert found.few == ("few", "most")


def test_nothing_is_chosen_where_nothing_tells() -> None:
    values = np.ones((10, 2), np.float32)
    found = select(sample_of(values, np.array([0, 1] * 5, np.int8), ("a", "b")), 3)
    assert found.steps == ()
    assert found.sentence() == "None of 2 features is correlated with the outcome."


def test_frame_plot_and_sentence() -> None:
    found = planted()
    frame = found.frame()
    assert list(frame["feature"]) == list(found.chosen)
    assert list(frame["place"]) == [1, 2, 3, 4]
    assert "Of 4 features a has the highest correlation" in found.sentence()
    assert found.plot().to_dict()["layer"]
