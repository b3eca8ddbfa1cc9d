"""Models: the same bytes on any number of threads, exact explanations, scores that survive."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from commonweal.core.errors import CommonwealError
from commonweal.features.cells import Values
from commonweal.models import boosted
from commonweal.models.baselines import BaseRateModel
from commonweal.models.data import Labels, Sample, TrainingData
from commonweal.models.fitted import Fitted, shares
from commonweal.models.logistic import LogisticModel, fit_logistic, log_loss
from commonweal.models.registry import fit, load
from commonweal.models.spec import (
    BaseRateSpec,
    BoostedSpec,
    CountRankSpec,
    ForestSpec,
    LogisticSpec,
    ModelSpec,
    OlsSpec,
    ScorecardSpec,
)
from models.memory import InMemory

NAMES = ("arrests", "visits", "age", "constant")
BOOSTED = BoostedSpec(kind="boosted", max_trees=25, patience=10, min_leaf=10, bags=2, leaves=7)
SPECS: dict[str, ModelSpec] = {
    "boosted": BOOSTED,
    "logistic": LogisticSpec(kind="logistic", penalties=(1.0, 100.0)),
    "forest": ForestSpec(kind="forest", trees=15, min_leaf=30),
    "ols": OlsSpec(kind="ols"),
    "scorecard": ScorecardSpec(kind="scorecard", min_rows=20),
    "count": CountRankSpec(kind="count_rank", feature="visits"),
    "base": BaseRateSpec(kind="base_rate"),
}


def drawn(seed: int, n: int = 400, missing: float = 0.2) -> tuple[Values, Labels]:
    rng = np.random.default_rng(seed)
    values = np.column_stack([
        rng.poisson(2, n), rng.poisson(1, n), rng.normal(40, 10, n), np.ones(n)
    ]).astype(np.float32)  # fmt: skip
    odds = -2 + 0.6 * values[:, 0] - 0.02 * values[:, 2]
    labels = (rng.random(n) < 1 / (1 + np.exp(-odds))).astype(np.int8)
    values[rng.random((n, 4)) < [missing, missing, 0, 0]] = np.nan
    return values, labels


def sample(seed: int, n: int = 400, missing: float = 0.2) -> Sample:
    values, labels = drawn(seed, n, missing)
    return Sample(InMemory(values, NAMES), np.arange(n), labels)


def values_of(sample: Sample) -> Values:
    return sample.matrix.take(sample.rows)


def data(missing: float = 0.2) -> TrainingData:
    (first, one), (second, other) = drawn(0, missing=missing), drawn(1, missing=missing)
    matrix = InMemory(np.concatenate([first, second]), NAMES)
    return TrainingData(
        Sample(matrix, np.arange(400), one), Sample(matrix, np.arange(400, 800), other)
    )


@pytest.fixture(scope="module")
def fitted() -> dict[str, Fitted]:
    return {name: fit(spec, data(), 7, 1) for name, spec in SPECS.items()}


def saved(model: Fitted, folder: Path) -> dict[str, bytes]:
    folder.mkdir(parents=True)
    model.save(folder)
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.mark.parametrize("name", SPECS)
def test_the_same_bytes_on_one_and_two_threads(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boosted, "_LITTLE", 0)  # or two threads would not be used
    one, two = (
        saved(fit(SPECS[name], data(), 7, threads), tmp_path / str(threads)) for threads in (1, 2)
    )
    assert one == two
    assert one


def test_another_seed_is_another_model(tmp_path: Path) -> None:
    first, second = (saved(fit(BOOSTED, data(), s, 1), tmp_path / str(s)) for s in (7, 8))
    assert first.keys() == second.keys() == {"booster-0.txt", "booster-1.txt"}
    assert first != second
    assert first["booster-0.txt"] != first["booster-1.txt"]


@pytest.mark.parametrize("name", SPECS)
def test_saved_and_read_again_scores_are_bit_equal(
    name: str, fitted: dict[str, Fitted], tmp_path: Path
) -> None:
    files = saved(fitted[name], tmp_path / "a")
    again = load(SPECS[name], tmp_path / "a", NAMES)
    values = values_of(sample(2))
    assert again.predict(values).tobytes() == fitted[name].predict(values).tobytes()
    assert again.contributions(values).tobytes() == fitted[name].contributions(values).tobytes()
    assert again.importance().tobytes() == fitted[name].importance().tobytes()
    assert saved(again, tmp_path / "b") == files


@pytest.mark.parametrize("name", SPECS)
def test_a_score_does_not_depend_on_the_other_rows(name: str, fitted: dict[str, Fitted]) -> None:
    values = values_of(sample(2, 50))
    together = fitted[name].predict(values)
    assert together.shape == (50,)
    assert together.dtype == np.float64
    assert not np.isnan(together).any()
    assert [fitted[name].predict(values[i : i + 1])[0] for i in range(50)] == together.tolist()
    if fitted[name].probability:
        assert ((together > 0) & (together < 1)).all()


@pytest.mark.parametrize("name", ["boosted", "logistic"])
def test_contributions_add_up_to_the_log_odds(name: str, fitted: dict[str, Fitted]) -> None:
    values = values_of(sample(2))
    p = fitted[name].predict(values)
    rest = np.log(p / (1 - p)) - fitted[name].contributions(values).sum(axis=1)
    assert np.ptp(rest) <= 1e-10  # what is left is the same for everybody
    assert np.ptp(p) > 0.05


@pytest.mark.parametrize("name", SPECS)
def test_importance_sums_to_one_or_nothing(name: str, fitted: dict[str, Fitted]) -> None:
    weights = fitted[name].importance()
    assert weights.shape == (4,)
    assert (weights >= 0).all()
    assert weights.sum() == pytest.approx(0 if name == "base" else 1, abs=1e-12)
    if name in ("boosted", "logistic"):
        assert weights.argmax() == 0
        assert weights[3] <= 1e-12


def test_shares() -> None:
    assert shares(np.array([1.0, 3.0])).tolist() == [0.25, 0.75]
    assert shares(np.zeros(2)).tolist() == [0, 0]


# Boosted.


def test_boosted_beats_the_base_rate(fitted: dict[str, Fitted]) -> None:
    test = sample(3, 2000)
    losses = {n: log_loss(test, fitted[n]) for n in ("boosted", "base")}
    assert losses["boosted"] < losses["base"]


def test_a_missing_library_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    import builtins

    real = builtins.__import__

    def broken(name: str, *rest: object, **named: object) -> object:
        if name == "lightgbm":
            raise OSError("libgomp.so.1: cannot open shared object file")
        return real(name, *rest, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", broken)
    with pytest.raises(CommonwealError, match="libgomp1"):
        boosted.lightgbm()


# Logistic.


def test_logistic_is_scikit_learns_on_complete_data() -> None:
    complete = data(missing=0)
    model = fit_logistic(LogisticSpec(kind="logistic", penalties=(10.0,)), complete)
    both = complete.together()
    peer = make_pipeline(
        FunctionTransformer(lambda x: np.sign(x) * np.log1p(np.abs(x))),
        StandardScaler(),
        LogisticRegression(C=0.1, solver="newton-cholesky", max_iter=200),
    )
    peer.fit(values_of(both).astype(np.float64), both.labels)
    values = values_of(sample(2, missing=0))
    expected = peer.predict_proba(values.astype(np.float64))[:, 1]
    assert np.abs(model.predict(values) - expected).max() <= 1e-9
    assert not model.missing.any()


def test_logistic_picks_the_penalty_with_the_least_validation_loss() -> None:
    training = data()
    penalties = (0.1, 10.0, 1000.0)
    nobody = Sample(training.train.matrix, np.arange(0), training.train.labels[:0])
    alone = TrainingData(training.train, nobody)
    losses = {}
    for penalty in penalties:
        model = fit_logistic(LogisticSpec(kind="logistic", penalties=(penalty,)), alone)
        losses[penalty] = log_loss(training.validation, model)
    chosen = fit_logistic(LogisticSpec(kind="logistic", penalties=penalties), training)
    assert chosen.penalty == min(losses, key=lambda penalty: losses[penalty])


def test_a_value_never_seen_in_a_constant_column_moves_nothing(fitted: dict[str, Fitted]) -> None:
    values = values_of(sample(2))
    changed = values.copy()
    changed[:, 3] = 5
    for name in ("boosted", "logistic"):
        before, after = fitted[name].predict(values), fitted[name].predict(changed)
        assert np.abs(before - after).max() <= 1e-9


def test_a_missing_value_enters_as_its_own_coefficient() -> None:
    model = LogisticModel(
        mean=np.array([0.0, 1.0]), scale=np.array([1.0, 2.0]), slope=np.array([0.5, -1.0]),
        missing=np.array([0.25, 0.0]), levels={}, intercept=-1.0, penalty=1.0,
    )  # fmt: skip
    values = np.array([[np.nan, np.nan], [-(np.e - 1), np.e**3 - 1]], dtype=np.float32)
    moved = model.contributions(values)
    assert moved == pytest.approx(np.array([[0.25, 0.0], [-0.5, -1.0]]), abs=1e-6)
    odds = np.array([-0.75, -2.5])
    assert model.predict(values) == pytest.approx(1 / (1 + np.exp(-odds)), abs=1e-6)


# Baselines.


def test_a_count_ranks_and_a_missing_count_comes_last(fitted: dict[str, Fitted]) -> None:
    values = np.zeros((4, 4), dtype=np.float32)
    values[:, 1] = [3, np.nan, 0, 7]
    scores = fitted["count"].predict(values)
    assert np.argsort(-scores).tolist() == [3, 0, 2, 1]
    assert not fitted["count"].probability
    assert fitted["count"].importance().tolist() == [0, 1, 0, 0]


def test_the_base_rate_is_the_share_of_positives_of_both_parts(fitted: dict[str, Fitted]) -> None:
    training = data()
    labels = np.concatenate([training.train.labels, training.validation.labels])
    model = fitted["base"]
    assert isinstance(model, BaseRateModel)
    assert model.rate == labels.mean()
    assert set(model.predict(values_of(sample(2)))) == {labels.mean()}
