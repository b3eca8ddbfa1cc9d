"""Predicted against observed: bins, the line, its interval, and what is wrong."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import binomtest
from sklearn.calibration import calibration_curve
from sklearn.linear_model import LogisticRegression

from commonweal.core.errors import DataError
from commonweal.evaluation.calibration import Calibration, calibration, quantiles, wilson

Table = NDArray[np.float64]


def people(seed: int, n: int, digits: int = 12) -> tuple[NDArray[np.int8], Table]:
    rng = np.random.default_rng(seed)
    scores = np.round(rng.beta(1, 4, n), digits)
    return (rng.random(n) < scores).astype(np.int8), scores


def test_bins_are_scikit_learns_with_many_ties_and_without() -> None:
    checked, seed = 0, 0
    while checked < 1000:
        seed += 1
        rng = np.random.default_rng(seed)
        n, bins = int(rng.integers(2, 400)), int(rng.integers(1, 25))
        labels, scores = people(seed, n, int(rng.choice([1, 2, 12])))
        places = np.linspace(0, 1, bins + 1)[1:-1] * (n - 1)
        if (np.abs(places - np.round(places)) < 1e-9).any():
            continue  # a quantile that is a person's: scikit-learn's is off by a bit now and then
        checked += 1
        found = calibration(labels, scores, bins=bins, draws=1).whole.bins
        observed, predicted = calibration_curve(labels, scores, n_bins=bins, strategy="quantile")
        assert len(found) == len(observed), seed
        mine = np.array([[b.observed.value, b.predicted.value] for b in reversed(found)])
        assert np.abs(mine[:, 0] - observed).max() <= 1e-12
        assert np.abs(mine[:, 1] - predicted).max() <= 1e-12


def test_each_group_has_its_own_percentiles() -> None:
    rng = np.random.default_rng(0)
    group = rng.choice(["a", "b"], 4000, p=[0.8, 0.2])
    scores = np.where(group == "a", 0.3, 0.05) * rng.random(4000)
    labels = (rng.random(4000) < scores).astype(np.int8)
    found = calibration(labels, scores, {"g": group}, bins=10, draws=5)
    assert [g.group for g in found.groups] == ["everybody", "g=a", "g=b"]
    for one in found.groups[1:]:
        mine = group == one.group[-1]
        assert one.n == mine.sum() == sum(b.n for b in one.bins)
        assert one.positives == labels[mine].sum() == sum(b.positives for b in one.bins)
        assert one.bins[-1].upper == one.n
        assert max(b.n for b in one.bins) - min(b.n for b in one.bins) <= 1
        alone = calibration(labels[mine], scores[mine], bins=10, draws=5).whole
        assert one.bins == alone.bins
        assert (one.slope, one.intercept) == (alone.slope, alone.intercept)


def test_by_hand() -> None:
    labels, scores = [1, 0, 1, 0], [0.9, 0.6, 0.6, 0.1]
    found = calibration(labels, scores, bins=2, draws=10).whole
    assert quantiles(np.array(scores), 2) == (0, 1, 4)  # equal scores are in the lower bin
    assert [(b.n, b.positives, b.upper) for b in found.bins] == [(1, 1, 1), (3, 1, 4)]
    assert found.bins[1].predicted.value == pytest.approx(1.3 / 3, abs=1e-15)
    expected = (abs(1 - 0.9) + abs(1 - 1.3)) / 4
    assert found.error.value == pytest.approx(expected, abs=1e-15)


@pytest.mark.parametrize(("hits", "n"), [(0, 7), (3, 7), (7, 7), (40, 3271)])
def test_the_interval_of_a_share_is_wilsons(hits: int, n: int) -> None:
    exact = binomtest(hits, n).proportion_ci(0.95, method="wilson")
    found = wilson(hits, n)
    assert (found.low, found.high) == pytest.approx((exact.low, exact.high), abs=1e-12)


@pytest.mark.parametrize("seed", range(25))
def test_the_line_is_that_of_maximum_likelihood(seed: int) -> None:
    labels, scores = people(seed, 300, 2)
    labels[:2] = 0, 1
    p = np.clip(scores, 1e-12, 1 - 1e-12)
    odds = np.log(p / (1 - p))
    odds_only = np.clip(scores, 0.001, 0.999)
    found = calibration(labels, odds_only, draws=1).whole
    odds = np.log(odds_only / (1 - odds_only))
    fit = LogisticRegression(C=np.inf, tol=1e-12, max_iter=10_000, solver="newton-cholesky")
    fit.fit(odds[:, None], labels)
    assert found.slope.value == pytest.approx(fit.coef_[0, 0], abs=1e-6)
    assert found.intercept.value == pytest.approx(fit.intercept_[0], abs=1e-6)


def test_planted_lines_are_found_and_their_intervals_cover_them() -> None:
    rng = np.random.default_rng(1)
    slope, intercept, covered = 0.6, -0.4, [0, 0]
    for _ in range(400):
        odds = rng.normal(-2, 1.2, 1500)
        true = 1 / (1 + np.exp(-(intercept + slope * odds)))
        labels = (rng.random(1500) < true).astype(np.int8)
        found = calibration(labels, 1 / (1 + np.exp(-odds)), bins=1, draws=1).whole
        for i, (one, value) in enumerate(((found.slope, slope), (found.intercept, intercept))):
            assert one.low is not None
            assert one.high is not None
            covered[i] += one.low <= value <= one.high
    assert all(0.92 <= c / 400 <= 0.98 for c in covered), covered


def test_the_error_of_right_chances_is_what_chance_makes_of_it() -> None:
    above = 0
    for seed in range(60):
        labels, scores = people(seed, 3000)
        found = calibration(labels, scores, bins=50, draws=60, seed=seed).whole
        assert found.error.value is not None
        above += found.error.value > found.by_chance
        assert found.error.low == 0.0 or (found.error.low or 1) < found.by_chance
    assert 15 <= above <= 45  # as often above as below
    labels, scores = people(1, 3000)
    wrong = calibration(labels, scores**2, bins=50, draws=60).whole
    assert (wrong.error.low or 0) > wrong.by_chance


@pytest.mark.parametrize(
    ("labels", "scores"),
    [
        ([0, 0, 0], [0.1, 0.2, 0.3]),  # one outcome only
        ([0, 1, 0], [0.2, 0.2, 0.2]),  # one prediction only
        ([0, 0, 1, 1], [0.1, 0.2, 0.3, 0.4]),  # outcomes parted
        ([0, 0, 1, 1], [0.1, 0.2, 0.2, 0.4]),  # parted but for one value
        ([1, 0], [0.1, 0.2]),
    ],
)
def test_a_line_that_does_not_exist_is_not_given(labels: list[int], scores: list[float]) -> None:
    found = calibration(labels, scores, bins=2, draws=5)
    assert found.whole.slope.value is found.whole.intercept.value is None
    assert "slope not defined" in found.sentence()


def test_chances_of_0_and_1_are_no_obstacle() -> None:
    labels = np.array([0, 1, 1, 0, 1, 0, 1, 1], dtype=np.int8)
    scores = np.array([0, 0, 1, 1, 0.5, 0.2, 0.9, 0.4])
    found = calibration(labels, scores, bins=4, draws=10).whole
    assert found.slope.value is not None
    assert np.isfinite(found.slope.value)


def test_the_order_of_rows_changes_no_bit() -> None:
    labels, scores = people(4, 700, 2)
    mixed = np.random.default_rng(0).permutation(700)
    one, other = (
        calibration(labels, scores, bins=20),
        calibration(labels[mixed], scores[mixed], bins=20),
    )
    assert one == other


def test_it_is_shown_three_ways() -> None:
    labels, scores = people(3, 400)
    groups = ["x" if i % 3 else "y" for i in range(400)]
    found: Calibration = calibration(labels, scores, groups, bins=8, draws=20)
    assert set(found.frame()["group"]) == {"everybody", "group=x", "group=y"}
    assert found.lines()["n"].tolist() == [400, 266, 134]
    assert "Of 400 people" in found.sentence()
    assert "group=y" in found.sentence()
    assert "observed" in str(found.plot().to_dict())


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (([1, 0], [0.5, 1.5]), "scores: are not all between 0 and 1"),
        (([1, 2], [0.5, 0.5]), "labels: is 2"),
        (([], []), "labels: hold nobody"),
        (([1, 0], [0.5, 0.5], ["a"]), "groups of group: hold 1"),
        (([1, 0], [0.5, 0.5], None, 0), "bins: is 0"),
    ],
)
def test_what_is_wrong_is_said_at_the_door(given: tuple[object, ...], said: str) -> None:
    with pytest.raises(DataError, match=said):
        calibration(*given)  # type: ignore[arg-type]
