"""One model's figures on one as-of date: at every published cut-off, with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from commonweal.core.results import Metric
from commonweal.evaluation.intervals import bootstrap
from commonweal.evaluation.ranking import Floats, Ranking, auc


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose figures are measured.

    Parameters
    ----------
    model
        Name of the model.
    as_of
        The as-of date.
    probability
        Whether scores are probabilities; where not, calibration, Brier score and log loss do
        not apply.
    everyone
        People with the outcome, in the cohort or not; None where that may not be shown.
    """

    model: str
    as_of: date
    probability: bool
    everyone: int | None


def measure(
    ranking: Ranking, subject: Subject, cutoffs: Sequence[int], bins: Sequence[int], draws: int,
    generator: np.random.Generator,
) -> list[Metric]:  # fmt: skip
    """Measure a ranking.

    Estimated: base rate, AUC (ties one half), Brier score, log loss, mean prediction;
    precision, recall and total recall in the top k, with ties at k broken at random
    (expectation) and, as counts of this sample, in the worst and best way; and predicted and
    observed rates between neighbouring `bins`. Total recall divides by everybody's outcomes;
    people outside the cohort are not drawn again, so its interval reflects the cohort only.

    Parameters
    ----------
    ranking
        The ranking, all labels observed.
    subject
        Whose figures these are.
    cutoffs
        Published cut-offs k.
    bins
        Rank boundaries of the calibration bins, ascending, 0 and n included.
    draws
        Bootstrap draws.
    generator
        Random stream of the draws.
    """
    ks, edges = np.asarray(cutoffs, dtype=np.int64), np.asarray(bins, dtype=np.int64)

    def statistic(weights: Floats) -> Floats:
        return _vector(ranking, subject, ks, edges, weights)

    value = statistic(np.ones(ranking.n))
    low, high = bootstrap(statistic, ranking.n, draws, generator)
    labels = _names(ranking, subject, cutoffs, bins)
    metrics = [
        Metric(
            metric=name, value=float(value[i]), low=_known(low[i]), high=_known(high[i]), n=n,
            model=subject.model, as_of=subject.as_of, k=k,
        )
        for i, (name, k, n) in enumerate(labels) if np.isfinite(value[i])
    ]  # fmt: skip
    return metrics + _extremes(ranking, subject, ks)


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _extremes(ranking: Ranking, subject: Subject, ks: np.ndarray[tuple[int], np.dtype[np.int64]]) -> list[Metric]:
    if not len(ks):
        return []
    worst, best = ranking.extremes(ks)
    return [
        Metric(metric=name, value=float(hits[i] / k), n=int(k), k=int(k), model=subject.model,
               as_of=subject.as_of)
        for name, hits in (("precision_worst", worst), ("precision_best", best))
        for i, k in enumerate(ks)
    ]  # fmt: skip


def _names(
    ranking: Ranking, subject: Subject, cutoffs: Sequence[int], bins: Sequence[int]
) -> list[tuple[str, int | None, int]]:
    """Return (metric, k, n) in the order of `_vector`."""
    n, positives = ranking.n, ranking.positives
    names: list[tuple[str, int | None, int]] = [("base_rate", None, n), ("auc", None, n)]
    names += [("precision", k, k) for k in cutoffs]
    names += [("recall", k, positives) for k in cutoffs]
    if subject.everyone is not None:
        names += [("total_recall", k, subject.everyone) for k in cutoffs]
    if subject.probability:
        names += [("mean_prediction", None, n), ("brier", None, n), ("log_loss", None, n)]
        sizes = list(zip(bins[:-1], bins[1:], strict=True))
        for name in ("calibration.observed", "calibration.predicted"):
            names += [(name, upper, upper - lower) for lower, upper in sizes]
    return names


def _vector(
    ranking: Ranking, subject: Subject, ks: np.ndarray[tuple[int], np.dtype[np.int64]],
    edges: np.ndarray[tuple[int], np.dtype[np.int64]], weights: Floats,
) -> Floats:  # fmt: skip
    hits = weights * ranking.labels
    total, positives = weights.sum(), hits.sum()
    found = top(ranking, weights, hits, ks)
    parts = [np.array([positives / total, auc(ranking, weights)])]
    with np.errstate(invalid="ignore", divide="ignore"):
        parts += [found / ks, found / positives]
        if subject.everyone is not None:
            parts.append(found / (subject.everyone - ranking.positives + positives))
        if subject.probability:
            p = ranking.scores
            clipped = np.clip(p, 1e-12, 1 - 1e-12)
            loss = -(hits * np.log(clipped) + (weights - hits) * np.log1p(-clipped)).sum()
            brier = (weights * np.square(p - ranking.labels)).sum()
            parts.append(np.array([(weights * p).sum(), brier, loss]) / total)
            size = between(weights, edges)
            parts += [between(hits, edges) / size, between(weights * p, edges) / size]
    return np.concatenate(parts)


def top(
    ranking: Ranking, weights: Floats, values: Floats, ks: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> Floats:
    """Return the expected sum of `values` in the top k of the weighted people, ties at random."""
    people = np.concatenate([[0.0], np.cumsum(weights)[ranking.ends - 1]])
    sums = np.concatenate([[0.0], np.cumsum(values)[ranking.ends - 1]])
    return np.interp(ks, people, sums)


def between(values: Floats, edges: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Floats:
    """Sum `values` between neighbouring rank boundaries."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    return np.diff(sums[edges])


def bins_from(cutoffs: Sequence[int], n: int, wanted: int) -> tuple[int, ...]:
    """Choose calibration bins of about equal size whose boundaries are published cut-offs.

    Returns
    -------
    tuple of int
        Rank boundaries, ascending, from 0 to n.
    """
    targets = [n * i / wanted for i in range(1, wanted)]
    nearest = {min(cutoffs, key=lambda k: (abs(k - t), k)) for t in targets} if cutoffs else set()
    return (0, *sorted(nearest), n)
