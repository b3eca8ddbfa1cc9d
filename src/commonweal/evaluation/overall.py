"""One model's figures on one as-of date: at every published cut-off, with intervals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from commonweal.core.results import Metric
from commonweal.evaluation.intervals import bootstrap, interval
from commonweal.evaluation.ranking import Floats, Ints, Numbers, Ranking, area


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
    calibrator
        What mends the chances, never falling as scores rise; None where nothing does.
    """

    model: str
    as_of: date
    probability: bool
    everyone: int | None
    calibrator: Callable[[Floats], Floats] | None = None


def measure(
    ranking: Ranking, subject: Subject, cutoffs: Sequence[int], bins: Sequence[int], draws: int,
    generator: np.random.Generator,
) -> list[Metric]:  # fmt: skip
    """Measure a ranking.

    Estimated: base rate, AUC (ties one half), Brier score, log loss, mean prediction;
    precision, recall and total recall in the top k, with ties at k broken at random
    (expectation) and, as counts of this sample, in the worst and best way; and predicted and
    observed rates between neighbouring `bins`. Where there is a calibrator, what rests on chances
    is measured of mended ones too, in the same bins of the same ranking. Total recall divides by
    everybody's outcomes;
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
        Rank boundaries of the calibration bins, ascending, 0 and n included; those within a
        block of equal scores are left out.
    draws
        Bootstrap draws.
    generator
        Random stream of the draws.
    """
    ks, bins = np.asarray(cutoffs, dtype=np.int64), unsplit(ranking, bins)
    statistic = _statistic(ranking, subject, ks, np.asarray(bins, dtype=np.int64))

    value = statistic(np.ones(ranking.n, dtype=np.int64))
    low, high = bootstrap(statistic, ranking.n, draws, generator)
    labels = _names(ranking, subject, cutoffs, bins)
    metrics = []
    for i, (name, k, n) in enumerate(labels):
        if np.isfinite(value[i]):
            least, most = interval(name, float(value[i]), float(low[i]), float(high[i]), n)
            metrics.append(
                Metric(metric=name, value=float(value[i]), low=least, high=most, n=n,
                       model=subject.model, as_of=subject.as_of, k=k)
            )  # fmt: skip
    return metrics + _extremes(ranking, subject, ks)


def _extremes(ranking: Ranking, subject: Subject, ks: Ints) -> list[Metric]:
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
    """Return (metric, k, n) in the order of `_statistic`."""
    n, positives = ranking.n, ranking.positives
    names: list[tuple[str, int | None, int]] = [("base_rate", None, n), ("auc", None, n)]
    names += [("precision", k, k) for k in cutoffs]
    names += [("recall", k, positives) for k in cutoffs]
    if subject.everyone is not None:
        names += [("total_recall", k, subject.everyone) for k in cutoffs]
    sizes = [(upper, upper - lower) for lower, upper in pairwise(bins)]
    for end, _ in _chances(ranking, subject):
        names += [(f"{name}{end}", None, n) for name in ("mean_prediction", "brier", "log_loss")]
    if subject.probability or subject.calibrator:
        names += [("calibration.observed", *size) for size in sizes]
    for end, _ in _chances(ranking, subject):
        names += [(f"calibration{end or '.predicted'}", *size) for size in sizes]
    return names


def _chances(ranking: Ranking, subject: Subject) -> list[tuple[str, Floats]]:
    """Return the chances that are measured, in order of rank, and the end of their names."""
    found = [("", ranking.scores)] if subject.probability else []
    if subject.calibrator is not None:
        found.append((".calibrated", subject.calibrator(ranking.scores)))
    return found


def _statistic(
    ranking: Ranking, subject: Subject, ks: Ints, edges: Ints
) -> Callable[[Ints], Floats]:
    """Return the function from a weight per person to the figures `_names` names."""
    labels = ranking.labels.astype(np.int64)
    chances = [p for _, p in _chances(ranking, subject)]
    losses = [np.vstack([p, losses_of(p, ranking.labels)]) for p in chances]

    def statistic(weights: Ints) -> Floats:
        hits = weights * labels
        people, found = ranking.cumulated(weights), ranking.cumulated(hits)
        total, positives = people[-1], found[-1]
        at = np.interp(ks, people, found)
        parts = [np.array([positives / total, area(people, found)])]
        with np.errstate(invalid="ignore", divide="ignore"):
            parts += [at / ks, at / positives]
            if subject.everyone is not None:
                parts.append(at / (subject.everyone - ranking.positives + positives))
            # Not a matrix product: its last bits depend on the number of threads.
            parts += [np.einsum("ij,j->i", loss, weights) / total for loss in losses]
            if chances:
                size = between(weights, edges)
                parts.append(between(hits, edges) / size)
                parts += [between(weights * p, edges) / size for p in chances]
        return np.concatenate(parts)

    return statistic


def losses_of(chances: Floats, labels: NDArray[np.int8]) -> Floats:
    """Return each person's squared error and log loss, shape (2, n).

    For the log loss a chance nearer to 0 or 1 than 1e-12 counts as 1e-12 away.
    """
    clipped = np.clip(chances, 1e-12, 1 - 1e-12)
    loss = -np.where(labels == 1, np.log(clipped), np.log1p(-clipped))
    return np.stack([np.square(chances - labels), loss])


def between(values: Numbers, edges: Ints) -> Floats:
    """Sum `values` between neighbouring rank boundaries, ascending, from 0 to n."""
    return np.asarray(np.add.reduceat(values, edges[:-1]), dtype=np.float64)


def unsplit(ranking: Ranking, bins: Sequence[int]) -> tuple[int, ...]:
    """Leave out rank boundaries within a block of equal scores: who comes first is chance."""
    return tuple(np.intersect1d(bins, [0, *ranking.ends]).tolist())


def bins_from(cutoffs: Sequence[int], n: int, wanted: int) -> tuple[int, ...]:
    """Choose calibration bins of about equal size whose boundaries are published cut-offs.

    Returns
    -------
    tuple of int
        Rank boundaries, ascending, from 0 to n. No bin is smaller than half the size wanted.
    """
    targets = [n * i / wanted for i in range(1, wanted)]
    nearest = {min(cutoffs, key=lambda k: (abs(k - t), k)) for t in targets} if cutoffs else set()
    edges = [0]
    for edge in sorted(nearest):
        if min(edge - edges[-1], n - edge) >= n / (2 * wanted):
            edges.append(edge)
    return (*edges, n)
