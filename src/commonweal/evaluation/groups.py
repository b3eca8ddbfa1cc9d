"""The same figures for each group, and who makes up each list."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from commonweal.core.results import Metric
from commonweal.evaluation.intervals import bootstrap, interval
from commonweal.evaluation.overall import Subject, unsplit
from commonweal.evaluation.ranking import Floats, Ints, Numbers, Ranking


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
        Rank boundaries of its calibration bins; those within a block of equal scores are left
        out.
    """

    attribute: str
    groups: NDArray[np.str_]
    cutoffs: tuple[int, ...]
    bins: tuple[int, ...]


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
    grouping = replace(grouping, bins=unsplit(ranking, grouping.bins))
    members = _Members.of(ranking, grouping)
    value = members.figures(np.ones(ranking.n, dtype=np.int64), subject.probability)
    low, high = bootstrap(
        lambda weights: members.figures(weights, subject.probability), ranking.n, draws, generator
    )
    sizes = members.sizes()
    counts = [
        Metric(metric=name, value=count, n=ranking.n, group=f"{grouping.attribute}={group}",
               model=subject.model, as_of=subject.as_of)
        for group, size in sizes.items()
        for name, count in (("people", size.people), ("positives", size.positives))
    ]  # fmt: skip
    lines = [
        (f"{grouping.attribute}={group}", *line)
        for group, size in sizes.items()
        for line in _names(ranking, grouping, size, subject.probability)
    ]
    figures = []
    for i, (group, name, k, n) in enumerate(lines):
        if np.isfinite(value[i]):
            least, most = interval(name, float(value[i]), float(low[i]), float(high[i]), n)
            figures.append(
                Metric(metric=name, value=float(value[i]), low=least, high=most, n=n, group=group,
                       k=k, model=subject.model, as_of=subject.as_of)
            )  # fmt: skip
    return counts + figures


@dataclass(frozen=True, slots=True)
class _Size:
    """People and positives of one group, and its people at each cut-off and in each bin."""

    people: int
    positives: int
    chosen: list[int]
    binned: list[int]


def _names(
    ranking: Ranking, grouping: Grouping, size: _Size, probability: bool
) -> list[tuple[str, int | None, int]]:
    """Return (metric, k, n) of one group's figures, in the order of `_Members.figures`."""
    lines: list[tuple[str, int | None, int]] = [
        ("composition.cohort", None, ranking.n),
        ("composition.positives", None, ranking.positives),
        ("base_rate", None, size.people),
        ("auc", None, size.people),
    ]
    lines += [("composition.top", k, k) for k in grouping.cutoffs]
    lines += [("selection_rate", k, size.people) for k in grouping.cutoffs]
    lines += [("precision", k, n) for k, n in zip(grouping.cutoffs, size.chosen, strict=True)]
    lines += [("recall", k, size.positives) for k in grouping.cutoffs]
    if probability:
        lines += [
            ("composition.predicted", None, ranking.n),
            ("mean_prediction", None, size.people),
        ]
        for name in ("calibration.observed", "calibration.predicted"):
            upper = zip(grouping.bins[1:], size.binned, strict=True)
            lines += [(name, k, n) for k, n in upper]
    return lines


@dataclass(frozen=True, slots=True)
class _Members:
    """The people of every group of one attribute, arranged so that one pass counts them all.

    Parameters
    ----------
    ranking, grouping
        The ranking of the whole, and the attribute.
    names
        Groups.
    cell
        Twice the group's place, plus the outcome, of each ranked person.
    bins
        Calibration bin of each ranked person.
    own
        Everybody by group, then by rank: one ranking after another.
    first
        Place of each group's first block of equal scores in `own`.
    """

    ranking: Ranking
    grouping: Grouping
    names: tuple[str, ...]
    cell: Ints
    bins: Ints
    own: Ranking
    first: Ints

    @classmethod
    def of(cls, ranking: Ranking, grouping: Grouping) -> _Members:
        names, code = np.unique(grouping.groups, return_inverse=True)
        bins = np.repeat(np.arange(len(grouping.bins) - 1), np.diff(grouping.bins))
        order = np.argsort(code, kind="stable")
        scores, of = ranking.scores[order], code[order]
        last = np.append((scores[1:] != scores[:-1]) | (of[1:] != of[:-1]), True)
        ends = np.flatnonzero(last) + 1
        own = Ranking(scores, ranking.labels[order], order, ends)
        first = np.searchsorted(of[ends - 1], np.arange(len(names)))
        cell = 2 * code + ranking.labels
        return cls(ranking, grouping, tuple(names.tolist()), cell, bins, own, first)

    def sizes(self) -> dict[str, _Size]:
        """Return group -> its counts in the sample itself."""
        ones = np.ones(self.ranking.n, dtype=np.int64)
        chosen, binned = self._top(ones).sum(axis=2), self._binned(ones, self.cell, 2).sum(axis=2)
        everyone = self._binned(ones, self.cell, 2).sum(axis=0)
        return {
            name: _Size(
                people=round(everyone[g].sum()), positives=round(everyone[g, 1]),
                chosen=[round(x) for x in chosen[:, g]], binned=[round(x) for x in binned[:, g]],
            )
            for g, name in enumerate(self.names)
        }  # fmt: skip

    def figures(self, weights: Ints, probability: bool) -> Floats:
        """Return every group's figures under the weights of one draw, group after group."""
        top, binned = self._top(weights), self._binned(weights, self.cell, 2)
        ks = np.asarray(self.grouping.cutoffs, dtype=np.int64)[:, None]
        everyone = binned.sum(axis=0)
        size, positives = everyone.sum(axis=1), everyone[:, 1]
        with np.errstate(invalid="ignore", divide="ignore"):
            parts = [size / size.sum(), positives / positives.sum(), positives / size]
            parts.append(self._areas(weights))
            chosen, found = top.sum(axis=2), top[:, :, 1]
            parts += [*(chosen / ks), *(chosen / size), *(found / chosen), *(found / positives)]
            if probability:
                predicted = self._binned(weights * self.ranking.scores, self.cell >> 1, 1)[:, :, 0]
                total = predicted.sum(axis=0)
                parts += [total / total.sum(), total / size]
                people = binned.sum(axis=2)
                parts += [*(binned[:, :, 1] / people), *(predicted / people)]
        return np.stack(parts, axis=1).ravel()

    def _top(self, weights: Ints) -> Floats:
        """Count the top k of the weighted people, ties at random: cut-off, group, outcome."""
        ranking, ks = self.ranking, np.asarray(self.grouping.cutoffs, dtype=np.int64)
        ends = np.concatenate([[0], ranking.ends])
        people = ranking.cumulated(weights)
        after = np.searchsorted(people, ks, side="left")
        before = np.maximum(after - 1, 0)
        # Only the blocks of equal scores that a cut-off reaches bound the stretches counted.
        bounds = np.unique(np.concatenate([[0, ranking.n], ends[before], ends[after]]))
        stretch = np.repeat(np.arange(len(bounds) - 1), np.diff(bounds))
        sums = np.zeros((len(bounds), len(self.names), 2))
        np.cumsum(self._counted(stretch, len(bounds) - 1, weights, self.cell, 2), 0, out=sums[1:])
        lower = sums[np.searchsorted(bounds, ends[before])]
        upper = sums[np.searchsorted(bounds, ends[after])]
        part = (ks - people[before]) / (people[after] - people[before])
        return lower + part[:, None, None] * (upper - lower)

    def _binned(self, values: Numbers, cell: Ints, outcomes: int) -> Floats:
        """Sum `values` by calibration bin, group and outcome."""
        return self._counted(self.bins, len(self.grouping.bins) - 1, values, cell, outcomes)

    def _counted(self, row: Ints, rows: int, values: Numbers, cell: Ints, outcomes: int) -> Floats:
        cells = len(self.names) * outcomes
        sums = np.bincount(row * cells + cell, values, rows * cells).astype(np.float64)
        return sums.reshape(rows, len(self.names), outcomes)

    def _areas(self, weights: Ints) -> Floats:
        """Return each group's own AUC; NaN where it holds one outcome only."""
        drawn = weights[self.own.order]
        hits = self.own.cumulated(drawn * self.own.labels)
        positive = np.diff(hits)
        negative = np.diff(self.own.cumulated(drawn)) - positive
        above = np.add.reduceat(negative * (hits[:-1] + positive / 2), self.first)
        positives, negatives = (np.add.reduceat(x, self.first) for x in (positive, negative))
        areas: Floats = (above - hits[self.first] * negatives) / (positives * negatives)
        return areas
