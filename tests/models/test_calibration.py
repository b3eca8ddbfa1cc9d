"""Calibrators: a distorted chance is found again, order is kept, no point is a person's score."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from sklearn.isotonic import IsotonicRegression

from commonweal.models.calibration import FEWEST, Isotonic, Platt, calibrate, load_calibrator
from commonweal.models.data import Labels, Scores


def distorted(n: int, seed: int = 0) -> tuple[Scores, Labels, Scores]:
    """Scores with log-odds 1.5 + 2 times the true ones, outcomes, and true chances."""
    rng = np.random.default_rng(seed)
    odds = rng.normal(-1, 1, n)
    chance = 1 / (1 + np.exp(-odds))
    labels = (rng.random(n) < chance).astype(np.int8)
    return 1 / (1 + np.exp(-(1.5 + 2 * odds))), labels, chance


@pytest.mark.parametrize("method", ["platt", "isotonic"])
def test_a_distorted_chance_is_found_again(method: str) -> None:
    scores, labels, _ = distorted(20_000)
    calibrator = calibrate(method, scores, labels, probability=True)  # type: ignore[arg-type]
    fresh, _, chance = distorted(5_000, seed=1)
    raw, mended = (float(np.abs(p - chance).mean()) for p in (fresh, calibrator(fresh)))
    assert raw > 0.1
    assert mended < 0.015


def test_platt_is_the_curve_of_greatest_likelihood() -> None:
    scores, labels, _ = distorted(3_000)
    found = calibrate("platt", scores, labels, probability=True)
    assert isinstance(found, Platt)
    assert found.slope == pytest.approx(0.5, abs=0.05)
    assert found.intercept == pytest.approx(-0.75, abs=0.1)
    positives = int(labels.sum())
    target = np.where(labels == 1, (positives + 1) / (positives + 2), 1 / (3_002 - positives))
    odds = np.log(scores) - np.log1p(-scores)

    def loss(x: np.ndarray) -> float:
        p = 1 / (1 + np.exp(-(x[0] * odds + x[1])))
        return float(-np.sum(target * np.log(p) + (1 - target) * np.log1p(-p)))

    peer = minimize(loss, [1.0, 0.0], method="BFGS").x
    assert [found.slope, found.intercept] == pytest.approx(peer, abs=1e-4)


def test_platt_of_scores_that_are_no_chances() -> None:
    _, labels, chance = distorted(20_000)
    found = calibrate("platt", 3 * np.log(chance / (1 - chance)), labels, probability=False)
    assert isinstance(found, Platt)
    assert found.slope == pytest.approx(1 / 3, abs=0.02)


def test_a_score_that_points_the_wrong_way_says_nothing() -> None:
    scores, labels, _ = distorted(2_000)
    for method in ("platt", "isotonic"):
        found = calibrate(method, scores, (1 - labels).astype(np.int8), probability=True)  # type: ignore[arg-type]
        assert np.ptp(found(scores)) == 0
        assert found(scores)[0] == pytest.approx(1 - labels.mean(), abs=0.001)


def test_isotonic_steps_are_scikit_learns() -> None:
    scores, labels, _ = distorted(5_000)
    found = calibrate("isotonic", scores, labels, probability=True)
    assert isinstance(found, Isotonic)
    fitted = IsotonicRegression().fit(scores, labels).predict(scores)
    steps = np.unique(fitted, return_counts=True)
    large = {round(float(x), 9) for x, n in zip(*steps, strict=True) if n > 200}
    assert large
    assert large <= {round(float(x), 9) for x in found.chance}


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=2, max_size=120),
    st.sampled_from(["isotonic", "platt"]),
)
def test_order_is_kept_and_each_point_is_of_many(
    people: list[tuple[int, bool]], method: str
) -> None:
    scores = np.array([s / 10 for s, _ in people])
    labels = np.array([hit for _, hit in people], dtype=np.int8)
    if labels.min() == labels.max():
        return
    found = calibrate(method, scores, labels, probability=True)  # type: ignore[arg-type]
    chances = found(np.linspace(0, 1, 101))
    assert (np.diff(chances) >= 0).all()
    assert ((chances >= 0) & (chances <= 1)).all()
    if isinstance(found, Isotonic):
        assert len(found.score) <= max(1, len(people) // FEWEST)


@pytest.mark.parametrize("method", ["platt", "isotonic"])
def test_saved_and_read_again(method: str, tmp_path: Path) -> None:
    scores, labels, _ = distorted(500)
    found = calibrate(method, scores, labels, probability=True)  # type: ignore[arg-type]
    assert load_calibrator(tmp_path) is None
    found.save(tmp_path)
    again = load_calibrator(tmp_path)
    assert again is not None
    assert again(scores).tobytes() == found(scores).tobytes()
    assert not set(scores.tolist()) & set(getattr(again, "score", np.zeros(0)).tolist())
