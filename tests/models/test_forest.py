"""Forests: scikit-learn's own scores from plain arrays, the same on any number of threads."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier

from commonweal.core.errors import StudyError
from commonweal.core.seeds import seed_for
from commonweal.models import forest
from commonweal.models.data import Sample
from commonweal.models.forest import ForestModel, forest_rows
from commonweal.models.registry import fit, fit_early
from commonweal.models.spec import ForestSpec
from models.memory import InMemory
from models.test_models import NAMES, data, sample, saved, values_of

SPEC = ForestSpec(kind="forest", trees=20, min_leaf=3, column_fraction=0.5)
SPECS = {
    "plain": SPEC,
    "shallow": replace(SPEC, max_depth=3, row_fraction=0.5),
    "sampled": replace(SPEC, rows=150, column_fraction=0.0),
}


@pytest.mark.parametrize("name", SPECS)
def test_saved_and_read_it_scores_as_scikit_learn_does(name: str, tmp_path: Path) -> None:
    spec, training = SPECS[name], data()
    fit(spec, training, 7, 2).save(tmp_path)
    mine = ForestModel.load(tmp_path, NAMES)
    values, labels = forest_rows(training.together(), spec.rows, 7)
    peer = RandomForestClassifier(
        n_estimators=spec.trees, min_samples_leaf=spec.min_leaf, max_depth=spec.max_depth or None,
        max_features=spec.column_fraction or "sqrt", random_state=seed_for(7, "forest"),
        max_samples=spec.row_fraction if spec.row_fraction < 1 else None, n_jobs=1,
    ).fit(values, labels)  # fmt: skip
    fresh = values_of(sample(2, 500, missing=0.4))
    assert np.isnan(fresh).any()
    assert mine.predict(fresh).tolist() == peer.predict_proba(fresh)[:, 1].tolist()
    assert mine.importance() == pytest.approx(peer.feature_importances_, abs=1e-12)
    assert mine.trees == 20


@pytest.mark.parametrize("name", SPECS)
def test_the_same_bytes_on_one_and_two_threads(name: str, tmp_path: Path) -> None:
    one, two = (saved(fit(SPECS[name], data(), 7, t), tmp_path / str(t)) for t in (1, 2))
    assert one == two
    assert one.keys() == {"forest.json", "trees.parquet"}
    other = saved(fit(SPECS[name], data(), 8, 1), tmp_path / "other")
    assert one["trees.parquet"] != other["trees.parquet"]


def test_contributions_add_up_to_the_score_less_the_roots() -> None:
    model = fit(SPEC, data(), 7, 1)
    assert isinstance(model, ForestModel)
    values = values_of(sample(2))
    moved = model.contributions(values).sum(axis=1)
    roots = model.value[model.starts].mean()
    assert moved + roots == pytest.approx(model.predict(values), abs=1e-12)


def test_a_missing_value_alone_carries_what_it_says() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(size=(400, 2)).astype(np.float32)
    labels = (rng.random(400) < 0.5).astype(np.int8)
    values[labels == 1, 0] = np.nan
    rows = Sample(InMemory(values, ("told", "noise")), np.arange(400), labels)
    training = replace(data(), train=rows, validation=rows)
    model = fit(SPEC, training, 7, 1)
    p = model.predict(values)
    assert p[labels == 1].min() > p[labels == 0].max()


def test_before_the_last_fit_it_knows_training_rows_only() -> None:
    training = data()
    early = fit_early(SPEC, training, 7, 1)
    blind = replace(training, validation=training.train.some(np.arange(50)))
    values = values_of(sample(2))
    assert early.predict(values).tolist() == fit_early(SPEC, blind, 7, 1).predict(values).tolist()
    assert early.predict(values).tolist() != fit(SPEC, training, 7, 1).predict(values).tolist()


def test_rows_that_do_not_fit_are_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forest, "BUDGET", 4 * 4 * 700)
    with pytest.raises(StudyError, match=r"800 rows of 4 numbers.*set `rows`"):
        fit(SPEC, data(), 7, 1)
    fit(replace(SPEC, rows=700), data(), 7, 1)
