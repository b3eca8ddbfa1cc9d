"""The same figures for each group, and who makes up each list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from commonweal.core.results import Metric
from commonweal.evaluation.intervals import bootstrap
from commonweal.evaluation.overall import Subject, between, top
from commonweal.evaluation.ranking import Floats, Ranking, auc


@dataclass(frozen=True, slots=True)
class Grouping:
    """One protected attribute of the ranked people.

    Parameters
    ----------
    attribute
        Name of the attribute.
    groups
        Group of each person in order of rank.
    cutoffs
        Cut-offs at which figures by this attribute may be published.
    bins
        Rank boundaries of its calibration bins.
    """

    attribute: str
    groups: NDArray[np.str_]
    cutoffs: tuple[int, ...]
    bins: tuple[int, ...]

    def names(self) -> list[str]:
        """Return the groups, in order of name."""
        return sorted(set(self.groups.tolist()))


def audit(
    ranking: Ranking, subject: Subject, grouping: Grouping, draws: int,
    generator: np.random.Generator,
) -> list[Metric]:  # fmt: skip
    """Measure a ranking by group.

    Estimated for each group: share of the cohort and of the positives, base rate, mean
    prediction and AUC within the group; at each cut-off k of the *whole* ranking, how many of
    the group are selected (as a share of k and of the group), precision among them and recall;
    predicted and observed rates between rank boundaries of the whole; and the group's share of
    predicted positives, sum of its predictions over the sum of all (paper C, A.5.1).
    """
    members = [_Member(ranking, grouping, name) for name in grouping.names()]

    def statistic(weights: Floats) -> Floats:
        whole = _Whole.of(ranking, weights, grouping)
        return np.concatenate([m.vector(weights, whole, subject.probability) for m in members])

    value = statistic(np.ones(ranking.n))
    low, high = bootstrap(statistic, ranking.n, draws, generator)
    names = [line for m in members for line in m.names(subject.probability)]
    counts = [
        Metric(metric=name, value=count, n=ranking.n, group=m.group, model=subject.model,
               as_of=subject.as_of)
        for m in members for name, count in (("people", m.size), ("positives", m.positives))
    ]  # fmt: skip
    figures = [
        Metric(
            metric=name, value=float(value[i]), n=n, group=group, k=k, model=subject.model,
            low=float(low[i]) if np.isfinite(low[i]) else None,
            high=float(high[i]) if np.isfinite(high[i]) else None, as_of=subject.as_of,
        )
        for i, (name, group, k, n) in enumerate(names) if np.isfinite(value[i])
    ]  # fmt: skip
    return counts + figures


@dataclass(frozen=True, slots=True)
class _Whole:
    """Sums over everybody that group shares divide by."""

    people: float
    positives: float
    predicted: float
    ks: NDArray[np.int64]

    @classmethod
    def of(cls, ranking: Ranking, weights: Floats, grouping: Grouping) -> _Whole:
        hits = float((weights * ranking.labels).sum())
        predicted = float((weights * ranking.scores).sum())
        return cls(float(weights.sum()), hits, predicted, np.asarray(grouping.cutoffs, np.int64))


class _Member:
    """One group of one attribute."""

    def __init__(self, ranking: Ranking, grouping: Grouping, name: str) -> None:
        self.group = f"{grouping.attribute}={name}"
        self.mask = (grouping.groups == name).astype(np.float64)
        self.inside = np.flatnonzero(self.mask)
        self.ranking, self.grouping = ranking, grouping
        self.size = len(self.inside)
        self.positives = int(ranking.labels[self.inside].sum())
        scores = ranking.scores[self.inside]
        last = np.append(scores[1:] != scores[:-1], True)
        self.own = Ranking(scores, ranking.labels[self.inside], self.inside, np.flatnonzero(last) + 1)
        edges = grouping.bins
        self.edges = np.asarray(edges, dtype=np.int64)
        self.per_bin = between(self.mask, self.edges).astype(int)
        self.per_k = top(ranking, np.ones(ranking.n), self.mask, np.asarray(grouping.cutoffs, np.int64))

    def names(self, probability: bool) -> list[tuple[str, str, int | None, int]]:
        """Return (metric, group, k, n) in the order of `vector`."""
        n, whole = self.size, self.ranking
        lines: list[tuple[str, int | None, int]] = [
            ("composition.cohort", None, whole.n),
            ("composition.positives", None, whole.positives),
            ("base_rate", None, n),
            ("auc", None, n),
        ]
        cutoffs: Sequence[int] = self.grouping.cutoffs
        chosen = [round(float(count)) for count in self.per_k]
        lines += [("composition.top", k, k) for k in cutoffs]
        lines += [("selection_rate", k, n) for k in cutoffs]
        lines += [("precision", k, c) for k, c in zip(cutoffs, chosen, strict=True)]
        lines += [("recall", k, self.positives) for k in cutoffs]
        if probability:
            lines += [("composition.predicted", None, whole.n), ("mean_prediction", None, n)]
            upper = self.grouping.bins[1:]
            for name in ("calibration.observed", "calibration.predicted"):
                sizes = zip(upper, self.per_bin, strict=True)
                lines += [(name, k, int(size)) for k, size in sizes]
        return [(name, self.group, k, n) for name, k, n in lines]

    def vector(self, weights: Floats, whole: _Whole, probability: bool) -> Floats:
        """Return the group's figures under the weights of one draw."""
        ranking = self.ranking
        mine = weights * self.mask
        hits = mine * ranking.labels
        size, positives = mine.sum(), hits.sum()
        with np.errstate(invalid="ignore", divide="ignore"):
            chosen = top(ranking, weights, mine, whole.ks)
            found = top(ranking, weights, hits, whole.ks)
            first = [size / whole.people, positives / whole.positives, positives / size]
            first.append(auc(self.own, weights[self.inside]))
            parts = [np.array(first), chosen / whole.ks, chosen / size]
            parts += [found / chosen, found / positives]
            if probability:
                predicted = mine * ranking.scores
                total = predicted.sum()
                parts.append(np.array([total / whole.predicted, total / size]))
                people = between(mine, self.edges)
                parts += [between(hits, self.edges) / people]
                parts += [between(predicted, self.edges) / people]
        return np.concatenate(parts)
