"""Our figures are scikit-learn's, on 1,000 random inputs with many ties and weights."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from commonweal.evaluation import kernels
from commonweal.evaluation.compare import compare
from commonweal.evaluation.curves import curves
from commonweal.evaluation.overall import losses_of
from commonweal.evaluation.ranking import Ranking, area, auc

Table = NDArray[np.float64]


def tied(seed: int) -> tuple[NDArray[np.int8], Table, NDArray[np.uint8]]:
    """Outcomes, chances most of which many people share, and how often each was drawn."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(5, 200))
    chances = np.clip(np.round(rng.beta(0.6, 1.2, n), int(rng.choice([0, 1, 2]))), 0.001, 0.999)
    labels = (rng.random(n) < chances).astype(np.int8)
    times = rng.integers(0, 4, n).astype(np.uint8)
    labels[:2], times[:2] = (0, 1), 1
    return labels, chances, times


def by_hand(labels: NDArray[np.int8], scores: Table, times: NDArray[np.uint8], k: int) -> float:
    """Expected hits among the first k: people above, and of the equals at k a share."""
    people, left, hits = np.lexsort((labels, -scores)), float(k), 0.0
    for value in np.unique(scores[people])[::-1]:
        here = scores == value
        size, inside = float(times[here].sum()), float((times * labels)[here].sum())
        if size:
            hits += inside * min(1.0, left / size)
            left -= min(left, size)
    return hits


@pytest.mark.parametrize("start", range(0, 1000, 250))
def test_weighted_figures_are_scikit_learns(start: int) -> None:
    for seed in range(start, start + 250):
        labels, p, times = tied(seed)
        ranking = Ranking.of(p, labels, np.arange(len(p), dtype=np.uint64))
        order, w = ranking.order, times.astype(np.float64)
        drawn = int(times.sum())
        ks = np.unique([1, drawn // 3 or 1, drawn // 2 or 1, drawn])
        out = np.empty(kernels.FIXED + len(ks))
        cut, part = np.empty(len(ks), np.int64), np.empty(len(ks))
        losses = losses_of(ranking.scores, ranking.labels)
        kernels.measured(times, order, ranking.labels, ranking.ends, ks, losses, out, cut, part)
        expected = [
            drawn, (w * labels).sum(), roc_auc_score(labels, p, sample_weight=w),
            brier_score_loss(labels, p, sample_weight=w), log_loss(labels, p, sample_weight=w),
            *(by_hand(labels, p, times, int(k)) for k in ks),
        ]  # fmt: skip
        assert out == pytest.approx(expected, abs=1e-12, rel=1e-12), seed
        assert auc(ranking, w[order]) == pytest.approx(expected[2], abs=1e-12)
        ranked = times[order].astype(np.int64)
        sums = ranking.cumulated(ranked), ranking.cumulated(ranked * ranking.labels)
        assert area(*sums) == pytest.approx(expected[2], abs=1e-12)


def test_public_figures_are_scikit_learns() -> None:
    for seed in range(100):
        labels, p, _ = tied(seed)
        other = np.round(1 - p, 1)
        found = compare(labels, {"p": p, "q": other}, ks=(1, 3), draws=1)
        both = {"auc": roc_auc_score, "brier": brier_score_loss}
        for name, reference in both.items():
            for model, scores in (("p", p), ("q", other)):
                mine = found.one(name, model=model)
                assert mine is not None
                assert abs(mine.value - reference(labels, scores)) <= 1e-12
            difference = found.one(f"difference.{name}", against="q")
            assert difference is not None
            assert abs(difference.value - reference(labels, p) + reference(labels, other)) <= 1e-12
        every = curves(labels, p, draws=1)
        ones = np.ones(len(p), dtype=np.uint8)
        hits = [by_hand(labels, p, ones, k) for k in range(1, len(p) + 1)]
        assert np.abs(every.precision.value - hits / every.ks).max() <= 1e-12
        assert np.abs(every.recall.value - np.array(hits) / labels.sum()).max() <= 1e-12
