"""The scorecard in scikit-learn's clothes, and what it reaches on COMPAS."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import brier_score_loss, roc_auc_score
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import parametrize_with_checks

import commonweal.api as cw
from models.scorecard.printed import by_hand

COMPAS = Path(__file__).resolve().parents[4] / "shared" / "data" / "compas" / "binary54.parquet"


@parametrize_with_checks([cw.Scorecard(), cw.Scorecard(items=3, max_points=3, min_rows=5)])
def test_it_is_a_classifier(estimator, check) -> None:  # type: ignore[no-untyped-def]
    check(estimator)


def frame(n: int = 800) -> tuple[pd.DataFrame, pd.Series]:
    rng = np.random.default_rng(0)
    X = pd.DataFrame({
        "priors": rng.poisson(2, n), "age": rng.integers(18, 70, n),
        "kind": rng.integers(0, 3, n), "note": rng.normal(size=n),
    })  # fmt: skip
    odds = -1 + 0.5 * X["priors"] - 0.05 * (X["age"] - 40) + (X["kind"] == 2)
    return X, pd.Series(np.where(rng.random(n) < 1 / (1 + np.exp(-odds)), "again", "never"))


def test_a_table_in_points_and_classes_out() -> None:
    X, y = frame()
    model = cw.Scorecard(categorical=["kind"], positive=["priors"], without_columns=["note"])
    assert model.fit(X, y) is model
    assert model.classes_.tolist() == ["again", "never"]
    points, chance = model.points(X), model.predict_proba(X)
    assert points.dtype == np.int64
    assert chance.sum(axis=1) == pytest.approx(1.0)
    assert (model.predict(X) == np.where(chance[:, 1] > 0.5, "never", "again")).all()
    assert (np.diff(chance[np.argsort(points, kind="stable"), 1]) >= 0).all()
    assert {item.column for item in model.card_.items} <= {"priors", "age", "kind"}
    assert "kind: category 2" in model.text()
    assert model.score(X, y) > 0.65
    assert cross_val_score(model, X, y, scoring="roc_auc").mean() > 0.66
    piped = make_pipeline(FunctionTransformer(), cw.Scorecard(items=4)).fit(X, y)
    assert piped.predict(X).shape == (800,)


def test_wrong_arguments_are_named() -> None:
    X, y = frame(100)
    with pytest.raises(ValueError, match="categorical names 'kinds'"):
        cw.Scorecard(categorical=["kinds"]).fit(X, y)
    with pytest.raises(ValueError, match="leave no column"):
        cw.Scorecard(columns=["priors"], without_columns=["*"]).fit(X, y)
    with pytest.raises(ValueError, match="one class"):
        cw.Scorecard().fit(X, ["again"] * 100)
    with pytest.raises(ValueError, match="one class"):
        cw.Scorecard().fit(X, y, sample_weight=(y == "never").astype(float))


@pytest.mark.parametrize(("wrong", "says"), [
    ({"items": 0}, "items is 0"), ({"items": 64}, "items is 64: it lies between 1 and 30"),
    ({"max_points": 0}, "max_points is 0"), ({"thresholds": None}, "thresholds is None"),
    ({"min_rows": 0}, "min_rows is 0"), ({"positive": ["prior"]}, "positive names 'prior'"),
    ({"without_columns": ["notes*"]}, "without_columns names 'notes"),
])  # fmt: skip
def test_arguments_out_of_their_range(wrong: dict[str, Any], says: str) -> None:
    X, y = frame(100)
    with pytest.raises(ValueError, match=says):
        cw.Scorecard(**wrong).fit(X, y)


def test_numbers_larger_than_32_bits_hold_are_refused() -> None:
    X, y = frame(100)
    with pytest.raises(ValueError, match="32 bits"):
        cw.Scorecard().fit(X.assign(note=1e39), y)


@pytest.fixture(scope="module")
def compas() -> pd.DataFrame:
    if not COMPAS.is_file():
        pytest.skip(f"the COMPAS table is not at {COMPAS}")
    return pd.read_parquet(COMPAS)


def test_ten_items_on_compas(compas: pd.DataFrame) -> None:
    X, y = compas.drop(columns=["two_year_recid", "train"]), compas["two_year_recid"]
    train = compas["train"]
    model = cw.Scorecard(items=10).fit(X[train], y[train])
    chance = model.predict_proba(X[~train])[:, 1]
    auc, brier = roc_auc_score(y[~train], chance), brier_score_loss(y[~train], chance)
    print(f"COMPAS, 10 items: test AUC {auc:.4f}, Brier {brier:.4f}")
    assert len(model.card_.items) <= 10
    assert auc >= 0.72
    assert brier <= 0.21
    people = X[~train].head(1000)
    printed = model.text()
    hands = [by_hand(printed, dict(row)) for row in people.astype(float).to_dict("records")]
    assert hands == model.points(people).tolist()
