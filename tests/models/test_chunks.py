"""Rows are read a chunk at a time, and the model is the one of a single array."""

from __future__ import annotations

from pathlib import Path

import lightgbm
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from commonweal.core.errors import StudyError
from commonweal.core.seeds import seed_for
from commonweal.features.cells import Values
from commonweal.models import binned, boosted, design
from commonweal.models.binned import binning
from commonweal.models.boosted import _parameters, _without_threads, fit_boosted
from commonweal.models.data import CHUNK, Labels, Sample, TrainingData, chunks
from commonweal.models.fitted import scores
from commonweal.models.logistic import LogisticModel, fit_logistic
from commonweal.models.registry import fit
from commonweal.models.spec import (
    BaseRateSpec,
    BoostedSpec,
    CountRankSpec,
    LogisticSpec,
    ModelSpec,
    blocks_seen,
)
from models.memory import InMemory

NAMES = ("visits", "arrests", "days", "kind", "place")
CATEGORICAL = ("kind", "place")
ROWS, CUT = 2 * CHUNK + 3_000, CHUNK + 2_000
BOOSTED = BoostedSpec(kind="boosted", max_trees=15, patience=5, min_leaf=10, bags=2, leaves=7)
LOGISTIC = LogisticSpec(kind="logistic", penalties=(3.0,))


def drawn() -> tuple[Values, Labels]:
    """Counts, days that may be missing, and codes of which the even ones matter."""
    rng = np.random.default_rng(3)
    kind = rng.integers(0, 8, ROWS).astype(np.float32)
    values = np.column_stack([
        rng.poisson(0.3, ROWS), rng.poisson(2, ROWS), rng.integers(0, 2_000, ROWS), kind,
        rng.integers(0, 40, ROWS),
    ]).astype(np.float32)  # fmt: skip
    odds = -2 + 0.5 * values[:, 0] + 2.0 * (kind % 2 == 0)
    labels = (rng.random(ROWS) < 1 / (1 + np.exp(-odds))).astype(np.int8)
    values[rng.random(ROWS) < 0.3, 2] = np.nan
    values[rng.random(ROWS) < 0.1, 3] = np.nan
    return values, labels


def data(categorical: tuple[str, ...] = CATEGORICAL) -> TrainingData:
    values, labels = drawn()
    matrix, rows = InMemory(values, NAMES, categorical), np.arange(ROWS)
    return TrainingData(
        Sample(matrix, rows[:CUT], labels[:CUT]), Sample(matrix, rows[CUT:], labels[CUT:])
    )


def test_chunks_are_the_rows_in_their_order() -> None:
    sample = data().together()
    parts = list(sample.chunks())
    assert [len(part) for part in parts] == [CHUNK, CHUNK, 3_000]
    assert np.concatenate(parts).tobytes() == drawn()[0].tobytes()
    assert list(chunks(sample.matrix, np.arange(0))) == []


@pytest.mark.parametrize(
    "spec",
    [BOOSTED, LOGISTIC, CountRankSpec(kind="count_rank", feature="arrests"),
     BaseRateSpec(kind="base_rate")],
)  # fmt: skip
def test_no_model_reads_more_than_a_chunk_at_once(
    spec: ModelSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boosted, "_LITTLE", 0)  # little data is handed to LightGBM at once
    training = data()
    model = fit(spec, training, 7, 1)
    matrix = training.train.matrix
    assert isinstance(matrix, InMemory)
    rows = np.arange(ROWS)[::-1]
    found = scores(model, matrix, rows)
    assert matrix.most <= CHUNK
    assert found.tolist() == model.predict(drawn()[0][rows]).tolist()
    assert scores(model, matrix, rows[:0]).shape == (0,)


@pytest.mark.parametrize("sampled", [5_000, 1_000_000])
@pytest.mark.parametrize("categorical", [(), CATEGORICAL])
def test_boosted_is_the_model_of_one_array(
    sampled: int, categorical: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The peer makes every dataset anew for every bag, from dense arrays."""
    monkeypatch.setattr(binned, "SAMPLED", sampled)
    monkeypatch.setattr(boosted, "_LITTLE", 0)
    values, labels = drawn()
    model = fit_boosted(BOOSTED, data(categorical), 7, 2)
    places = [NAMES.index(name) for name in categorical]
    for bag in range(2):
        settings = _parameters(BOOSTED, seed_for(7, "boosted", str(bag)), 1)
        settings |= binning(seed_for(7, "boosted", "bins"))
        train = lightgbm.Dataset(
            values[:CUT], labels[:CUT], params=settings, categorical_feature=places
        )
        watched = lightgbm.Dataset(values[CUT:], labels[CUT:], params=settings, reference=train)
        stop = lightgbm.early_stopping(5, verbose=False)
        grown = lightgbm.train(settings, train, 15, valid_sets=[watched], callbacks=[stop])
        both = lightgbm.Dataset(values, labels, params=settings, categorical_feature=places)
        peer = lightgbm.train(settings, both, grown.best_iteration)
        ours = model.boosters[bag].model_to_string()
        assert _without_threads(ours) == _without_threads(peer.model_to_string())


def test_bins_are_made_once_for_all_bags(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    real = boosted.binned
    monkeypatch.setattr(boosted, "binned", lambda *a, **k: made.append(1) or real(*a, **k))
    fit_boosted(BOOSTED, data(), 7, 1)
    assert len(made) == 3, "training, validation, and both"


# Categories.


def test_boosted_splits_categories_by_sets_of_codes() -> None:
    plain, told = (fit_boosted(BOOSTED, data(c), 7, 1) for c in ((), CATEGORICAL))
    assert "cat_threshold=" in told.boosters[0].model_to_string()
    assert "cat_threshold=" not in plain.boosters[0].model_to_string()
    assert told.importance().argmax() == 3
    values = np.repeat(drawn()[0][:1], 11, axis=0)
    values[:, 3] = [*range(8), 99, np.nan, -1]
    found = told.predict(values)
    assert found[[0, 2, 4, 6]].min() > found[[1, 3, 5, 7]].max()
    assert np.isfinite(found).all()


def test_logistic_gives_each_category_a_coefficient(tmp_path: Path) -> None:
    training = data()
    model = fit_logistic(LOGISTIC, training)
    assert [(c, len(w)) for c, w in model.levels.items()] == [(3, 8), (4, 40)]
    values = np.repeat(drawn()[0][:1], 11, axis=0)
    values[:, 3] = [*range(8), 99, np.nan, -1]
    moved = model.contributions(values)[:, 3]
    assert moved[:8].tolist() == model.levels[3].tolist()
    assert moved[8:].tolist() == [0, model.missing[3], 0]
    assert moved[[0, 2, 4, 6]].min() > moved[[1, 3, 5, 7]].max()
    assert model.importance().argmax() == 3
    model.save(tmp_path)
    again = LogisticModel.load(tmp_path, NAMES)
    assert again.predict(values).tobytes() == model.predict(values).tobytes()


def test_logistic_in_chunks_is_scikit_learns_on_the_whole() -> None:
    model = fit_logistic(LOGISTIC, data())
    values, labels = drawn()
    wide = values.astype(np.float64)
    numbers = StandardScaler().fit_transform(np.log1p(wide[:, :3]))
    codes = OneHotEncoder(
        categories=[np.arange(8.0), np.arange(40.0)], handle_unknown="ignore", sparse_output=False
    ).fit_transform(np.nan_to_num(wide[:, 3:], nan=-1))
    matrix = np.column_stack([np.nan_to_num(numbers), codes, np.isnan(wide[:, 2:4])])
    peer = LogisticRegression(C=1 / 3, solver="newton-cholesky", max_iter=200)
    expected = peer.fit(matrix, labels).predict_proba(matrix)[:, 1]
    assert np.abs(model.predict(values) - expected).max() <= 1e-6


def test_a_design_too_large_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(design, "BUDGET", 1_000_000)
    with pytest.raises(StudyError, match=r"19,384 rows of 53 numbers are 0\.0 GB.*fewer blocks"):
        fit_logistic(LOGISTIC, data())


# Blocks.


def test_a_model_sees_the_blocks_it_names() -> None:
    blocks = ("a", "b", "c")
    assert blocks_seen(LOGISTIC, blocks) == blocks
    assert blocks_seen(LogisticSpec(kind="logistic", blocks=("c", "a")), blocks) == ("a", "c")
    assert blocks_seen(LogisticSpec(kind="logistic", without=("b",)), blocks) == ("a", "c")
    assert blocks_seen(BaseRateSpec(kind="base_rate"), blocks) == ()
