"""Ranking figures against scikit-learn, permutations by brute force, and cases by hand."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from commonweal.core.seeds import tie_break
from commonweal.evaluation.ranking import Ranking, auc


def ranked(scores: list[float], labels: list[int]) -> Ranking:
    ties = np.arange(len(scores), dtype=np.uint64)
    return Ranking.of(np.array(scores), np.array(labels, dtype=np.int8), ties)


def table(seed: int) -> tuple[NDArray[np.float64], NDArray[np.int8], NDArray[np.uint64]]:
    """Scores with many, few or no ties, and labels of which both kinds occur."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 200))
    scores = np.round(rng.random(n), int(rng.choice([0, 1, 2, 15])))
    labels = (rng.random(n) < rng.uniform(0.05, 0.95)).astype(np.int8)
    labels[:2] = 0, 1
    return scores, labels, rng.integers(0, 2**63, n).astype(np.uint64)


@pytest.mark.parametrize("start", range(0, 300, 100))
def test_auc_is_scikit_learns(start: int) -> None:
    for seed in range(start, start + 100):
        scores, labels, ties = table(seed)
        ranking = Ranking.of(scores, labels, ties)
        assert abs(auc(ranking, np.ones(ranking.n)) - roc_auc_score(labels, scores)) <= 1e-12


def test_weighted_auc_is_scikit_learns() -> None:
    for seed in range(300):
        scores, labels, ties = table(seed)
        ranking = Ranking.of(scores, labels, ties)
        weights = np.random.default_rng(seed).integers(0, 4, ranking.n).astype(np.float64)
        weights[:2] = 1
        expected = roc_auc_score(labels, scores, sample_weight=weights)
        assert abs(auc(ranking, weights[ranking.order]) - expected) <= 1e-12


def test_auc_by_hand() -> None:
    # Pairs (positive, negative): 4 over 3 and 1, and 3 ties 3 and beats 1: 3.5 of 4.
    assert auc(ranked([4, 3, 3, 1], [1, 1, 0, 0]), np.ones(4)) == 3.5 / 4
    assert np.isnan(auc(ranked([2, 1], [1, 1]), np.ones(2)))
    assert auc(ranked([1, 1, 1], [1, 0, 0]), np.ones(3)) == 0.5


def test_ties_expected_worst_and_best_by_permutation() -> None:
    rng = np.random.default_rng(0)
    for _ in range(60):
        n = int(rng.integers(2, 7))
        scores = rng.integers(0, 3, n).astype(np.float64)
        labels = rng.integers(0, 2, n).astype(np.int8)
        orders = [o for o in permutations(range(n)) if (np.diff(scores[list(o)]) <= 0).all()]
        hits = np.array([np.cumsum(labels[list(o)]) for o in orders])
        ranking = Ranking.of(scores, labels, np.arange(n, dtype=np.uint64))
        ks = np.arange(1, n + 1)
        worst, best = ranking.extremes(ks)
        assert np.abs(ranking.expected(ks) - hits.mean(axis=0)).max() <= 1e-12
        assert worst.tolist() == hits.min(axis=0).tolist()
        assert best.tolist() == hits.max(axis=0).tolist()


def test_blocks_by_hand() -> None:
    ranking = ranked([5, 5, 3, 3, 3, 1], [1, 0, 1, 1, 0, 0])
    assert ranking.ends.tolist() == [2, 5, 6]
    ks = np.array([1, 2, 3, 4, 5, 6])
    assert ranking.expected(ks) == pytest.approx([0.5, 1, 1 + 2 / 3, 1 + 4 / 3, 3, 3], abs=1e-12)
    worst, best = ranking.extremes(ks)
    assert worst.tolist() == [0, 1, 1, 2, 3, 3]
    assert best.tolist() == [1, 1, 2, 3, 3, 3]
    assert ranking.positives == 3
    assert ranking.n == 6


def test_the_order_of_rows_changes_nothing() -> None:
    scores, labels, _ = table(4)
    scores = np.round(scores, 1)
    ids = np.array([f"p{i}" for i in range(len(scores))])
    first = Ranking.of(scores, labels, tie_break(1, ids.tolist()))
    mixed = np.random.default_rng(0).permutation(len(scores))
    second = Ranking.of(scores[mixed], labels[mixed], tie_break(1, ids[mixed].tolist()))
    assert first.scores.tolist() == second.scores.tolist()
    assert ids[first.order].tolist() == ids[mixed][second.order].tolist()
    other = Ranking.of(scores, labels, tie_break(2, ids.tolist()))
    assert ids[first.order].tolist() != ids[other.order].tolist()
