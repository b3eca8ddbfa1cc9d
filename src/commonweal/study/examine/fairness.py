"""Error rates of the list by group, and how groups differ: measures, never a verdict."""

from __future__ import annotations

from collections.abc import Iterable

from commonweal.core.results import Metric
from commonweal.evaluation.fairness import Difference, Fairness, Measure, measured
from commonweal.evaluation.groups import Grouping
from commonweal.study.evaluated import Evaluated
from commonweal.study.examine.examined import Examined

_PUBLISHED = ("selection_rate", "precision", "recall")
"""Measures that the audits publish, at every cut-off and with drawn intervals."""


def error_rates(seen: Examined) -> Evaluated:
    """Measure error rates at the cut-off nearest to capacity published by each attribute.

    This needs no rule of disclosure of its own. A group's people, positives, selection rate,
    precision, recall, base rate and mean prediction are published at that cut-off, and every
    figure here but the calibration gap's spread is a function of these: chosen = rate * people,
    found = precision * chosen. The spread adds one mean over all people of a group, of squared
    differences between prediction and outcome.
    """
    metrics: list[Metric] = []
    for by in seen.groupings:
        k = _nearest(seen, by.cutoffs)
        if k is not None:
            metrics += _measured(seen, by, k)
    return Evaluated(tuple(metrics))


def _nearest(seen: Examined, cutoffs: Iterable[int]) -> int | None:
    k = seen.shop.study.spec.capacity.k
    return min(cutoffs, key=lambda one: (abs(one - k), one), default=None)


def _measured(seen: Examined, by: Grouping, k: int) -> list[Metric]:
    ranking = seen.ranking
    scores = ranking.scores if seen.subject.probability else None
    found: Fairness = measured(
        ranking.labels, ranking.inclusion(k), {by.attribute: by.groups}, scores
    )
    metrics = [_measure(seen, m, k) for m in found.measures if m.measure not in _PUBLISHED]
    for difference in found.differences():
        metrics += _difference(seen, difference, k)
    return metrics


def _measure(seen: Examined, one: Measure, k: int) -> Metric:
    return Metric(
        metric=f"fairness.{one.measure}", value=one.value, low=one.low, high=one.high, n=one.n,
        k=k, group=f"{one.attribute}={one.group}", model=seen.headline, as_of=seen.test.as_of,
    )  # fmt: skip


def _difference(seen: Examined, one: Difference, k: int) -> list[Metric]:
    """Return the difference, its p-value, and the one adjusted for the attribute's comparisons."""
    values = {"": one.value, ".p": one.p, ".p_adjusted": one.p_adjusted}
    return [
        Metric(
            metric=f"difference.{one.measure}{name}", value=value, n=one.n + one.n_against, k=k,
            low=None if name else one.low, high=None if name else one.high,
            group=f"{one.attribute}={one.group}", against=f"{one.attribute}={one.against}",
            model=seen.headline, as_of=seen.test.as_of,
        )
        for name, value in values.items()
    ]  # fmt: skip
