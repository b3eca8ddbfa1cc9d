"""Figures by which a configuration is chosen: scikit-learn's, ties in expectation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

from commonweal.evaluation.choice import FIGURES, better, figures, spread
from commonweal.evaluation.ranking import Ranking


def ranking(seed: int, n: int = 300, steps: int = 12) -> tuple[Ranking, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    scores = rng.integers(1, steps, n) / (steps + 1)
    labels = (rng.random(n) < scores).astype(np.int8)
    return Ranking.of(scores, labels, np.zeros(n, np.uint64)), scores, labels


@pytest.mark.parametrize("seed", range(3))
def test_they_are_scikit_learns(seed: int) -> None:
    ranked, scores, labels = ranking(seed)
    found = figures(ranked, (ranked.positives, 40))
    assert tuple(found) == FIGURES
    assert found["average_precision"] == pytest.approx(average_precision_score(labels, scores))
    assert found["auc"] == pytest.approx(roc_auc_score(labels, scores))
    assert found["log_loss"] == pytest.approx(log_loss(labels, scores))
    assert found["brier"] == pytest.approx(brier_score_loss(labels, scores))


def test_precision_at_a_tie_is_the_mean_over_all_orders_of_it() -> None:
    ranked, scores, labels = ranking(3)
    rng = np.random.default_rng(0)
    found = figures(ranked, (ranked.positives, 40))
    for name, k in (("precision", ranked.positives), ("precision_at_capacity", 40)):
        drawn = [labels[np.lexsort((rng.random(300), -scores))][:k].mean() for _ in range(4_000)]
        assert found[name] == pytest.approx(np.mean(drawn), abs=0.005)


def test_scores_that_are_no_chances_have_no_losses() -> None:
    ranked, _, _ = ranking(1)
    found = figures(ranked, (10, 20), log_loss=False)
    assert math.isnan(found["log_loss"])
    assert math.isnan(found["brier"])
    assert found["auc"] > 0.5


def test_the_interval_holds_the_figure() -> None:
    ranked, _, _ = ranking(2, 400)
    found = figures(ranked, (ranked.positives, 40))
    for name in FIGURES:
        low, high = spread(ranked, (ranked.positives, 40), name, 200, np.random.default_rng(0))
        assert low < found[name] < high


def test_equal_figures_go_to_the_lower_log_loss() -> None:
    one = {"precision": 0.5, "log_loss": 0.3, "brier": 0.2}
    assert better(one | {"precision": 0.6, "log_loss": 9.0}, one, "precision")
    assert better(one | {"log_loss": 0.2}, one, "precision")
    assert not better(one, one, "precision")
    assert better(one | {"brier": 0.1, "log_loss": 9.0}, one, "brier")
    assert not better(one | {"log_loss": 0.4, "precision": 1.0}, one, "log_loss")
