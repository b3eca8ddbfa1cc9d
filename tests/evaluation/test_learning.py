"""Learning curves: planted laws found again, and intervals of differences that are paired."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import least_squares
from sklearn.metrics import roc_auc_score

from commonweal.evaluation.learning import LearningCurve, learning_curve, power_law
from commonweal.evaluation.ranking import Ranking

SIZES = np.array([1000.0, 2000, 4000, 7000, 10_000])


@pytest.mark.parametrize("law", [(0.85, 1.0, 0.4), (0.9, 0.7, 0.15), (0.75, 20.0, 0.9)])
def test_a_planted_law_is_found_again(law: tuple[float, float, float]) -> None:
    a, b, c = law
    found = power_law(SIZES, a - b * SIZES**-c)
    assert found == pytest.approx(law, rel=0.03)
    gain = b * (1e4**-c - 2e4**-c)
    assert found[1] * (1e4 ** -found[2] - 2e4 ** -found[2]) == pytest.approx(gain, rel=0.01)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000))
def test_no_search_finds_smaller_squares(seed: int) -> None:
    rng = np.random.default_rng(seed)
    noise = rng.normal(0, 0.01, 5)
    areas = np.minimum(0.8 - rng.random() * SIZES ** -rng.uniform(0.1, 1) + noise, 1)
    a, b, c = power_law(SIZES, areas)
    mine = np.square(areas - a + b * SIZES**-c).sum()
    assert b >= 0
    assert a <= 1

    def apart(p: np.ndarray) -> np.ndarray:
        return areas - p[0] + p[1] * (SIZES / 1e4) ** -p[2]

    for start in (0.1, 0.5, 1.5):
        bounds = ([0, 0, 0.02], [1, np.inf, 3.0])
        theirs = least_squares(apart, (0.8, 0.05, start), bounds=bounds, xtol=1e-12)
        assert mine <= 2 * theirs.cost * 1.001 + 1e-7


def test_a_curve_that_falls_is_flat_and_one_too_steep_ends_at_one() -> None:
    a, b, _ = power_law(SIZES, np.array([0.8, 0.79, 0.78, 0.77, 0.76]))
    assert (a, b) == (pytest.approx(0.78), 0.0)
    a, b, _ = power_law(SIZES, np.array([0.5, 0.6, 0.7, 0.8, 0.99]))
    assert a == 1.0
    assert b > 0


def measured(noises: tuple[float, ...], n: int = 4000, each: int = 1) -> LearningCurve:
    """Rank people by their merit and less and less noise, the same noise in every share."""
    rng = np.random.default_rng(2)
    merit, noise = rng.normal(size=n), rng.normal(size=(2, n))
    labels = (rng.random(n) < 1 / (1 + np.exp(3 - 2 * merit))).astype(np.int8)
    ties = np.arange(n).astype(np.uint64)
    rankings = [[Ranking.of(merit + s * one, labels, ties) for one in noise] for s in noises]
    fractions = np.linspace(0.2, 1, len(noises)).tolist()
    rows = np.outer(fractions, [10_000.0, 10_000.0])
    person = np.arange(n) // each
    return learning_curve(fractions, rows, rankings, person, 200, np.random.default_rng(3))


def test_figures_are_means_over_repeats() -> None:
    rng = np.random.default_rng(2)
    merit, noise = rng.normal(size=4000), rng.normal(size=(2, 4000))
    labels = rng.random(4000) < 1 / (1 + np.exp(3 - 2 * merit))
    found = measured((2.0, 1.0, 0.5))
    areas = [roc_auc_score(labels, merit + one) for one in noise]
    assert found.points[1].auc.value == pytest.approx(np.mean(areas))
    k = labels.sum()
    tops = [labels[np.argsort(-(merit + one))[:k]].mean() for one in noise]
    assert found.points[1].precision.value == pytest.approx(np.mean(tops))
    assert (found.n, found.positives) == (4000, k)
    first, last = found.points[1].auc.value, found.points[2].auc.value
    assert found.last.value == pytest.approx(last - first)


def test_differences_are_paired() -> None:
    found = measured((2.0, 0.55, 0.5))
    apart = found.points[-1].auc
    assert found.last.high - found.last.low < 0.5 * (apart.high - apart.low)
    assert found.last.low > 0


def test_all_rows_of_a_person_are_drawn_together() -> None:
    alone, together = measured((2.0, 1.0, 0.5)), measured((2.0, 1.0, 0.5), each=400)
    assert together.points[0].auc.value == alone.points[0].auc.value
    assert together.points[0].auc.low != alone.points[0].auc.low


def test_what_is_said() -> None:
    steep = measured((3.0, 2.0, 1.0, 0.5))
    assert "adds 0." in steep.sentence()
    assert "more data would help; twice the data are expected to add 0." in steep.sentence()
    assert steep.doubled is not None
    assert 0 < steep.doubled.value < steep.last.value
    flat = measured((0.5, 0.5, 0.5, 0.5))
    assert flat.last.value == 0
    assert "hardly help" in flat.sentence()
    worse = measured((0.5, 0.52, 0.51, 1.0))
    assert "off the AUC" in worse.sentence()
    two = measured((2.0, 1.0))
    assert two.doubled is None
    assert two.law is None
    assert "twice" not in two.sentence()


def test_frame_and_plot() -> None:
    found = measured((3.0, 2.0, 1.0))
    frame = found.frame()
    assert list(frame["fraction"]) == pytest.approx([0.2, 0.6, 1.0])
    assert list(frame["rows"]) == pytest.approx([2000, 6000, 10_000])
    assert (frame["auc_low"] < frame["auc"]).all()
    assert len(found.plot().to_dict()["layer"]) == 3
