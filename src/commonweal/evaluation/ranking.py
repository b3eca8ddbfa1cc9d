"""People in order of their scores, with everybody of equal score counted together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Numbers = NDArray[np.float64] | NDArray[np.int64]
"""Whole numbers are summed several times faster, and how often people are drawn is whole."""
_Number = TypeVar("_Number", np.float64, np.int64)


@dataclass(frozen=True, slots=True)
class Ranking:
    """One model's ranking of the people of one as-of date.

    Parameters
    ----------
    scores, labels
        In order of rank, highest score first, shape (n,).
    order
        Place in the input of each ranked person.
    ends
        Number of people ranked up to the end of each block of equal scores, shape (blocks,).
    """

    scores: Floats
    labels: NDArray[np.int8]
    order: Ints
    ends: Ints

    @classmethod
    def of(cls, scores: Floats, labels: NDArray[np.int8], ties: NDArray[np.uint64]) -> Ranking:
        """Rank people by score; `ties` decides the order among equals and nothing else."""
        order = np.lexsort((ties, -scores))
        ranked = scores[order]
        last = np.append(ranked[1:] != ranked[:-1], True)
        return cls(ranked, labels[order], order, np.flatnonzero(last) + 1)

    @property
    def n(self) -> int:
        """Number of people."""
        return len(self.scores)

    @property
    def positives(self) -> int:
        """Number of people with the outcome."""
        return int(self.labels.sum())

    def cumulated(self, values: NDArray[_Number]) -> NDArray[_Number]:
        """Sum `values` (rank order, by row) up to each block's end, a 0 first."""
        sums = np.zeros((len(self.ends) + 1, *values.shape[1:]), dtype=values.dtype)
        np.take(np.cumsum(values, axis=0), self.ends - 1, axis=0, out=sums[1:])
        return sums

    def block(self, k: int) -> tuple[int, int]:
        """Return the first block end at or before k people and the first at or after k.

        As indices into what `cumulated` returns; equal where k does not cut a block.
        """
        after = int(np.searchsorted(self.ends, k, side="left"))
        if after < len(self.ends) and self.ends[after] == k:
            return after + 1, after + 1
        return after, min(after + 1, len(self.ends))

    def expected(self, ks: Ints) -> Floats:
        """Return the expected number of positives in the top k when ties fall at random."""
        hits = self.cumulated(self.labels.astype(np.float64))
        return np.interp(ks, np.concatenate([[0], self.ends]), hits)

    def inclusion(self, k: int) -> Floats:
        """Return each ranked person's chance to be in the top k when ties fall at random."""
        end = int(np.searchsorted(self.ends, k))
        upper = int(self.ends[end])
        lower = int(self.ends[end - 1]) if end else 0
        chance = np.zeros(self.n)
        chance[:lower] = 1.0
        chance[lower:upper] = (k - lower) / (upper - lower)
        return chance

    def extremes(self, ks: Ints) -> tuple[Floats, Floats]:
        """Return the fewest and most positives that breaking ties could put in the top k."""
        hits = self.cumulated(self.labels.astype(np.float64))
        ends = np.concatenate([[0], self.ends]).astype(np.float64)
        after = np.searchsorted(ends, ks, side="left")
        before = np.maximum(after - 1, 0)
        inside, size = hits[after] - hits[before], ends[after] - ends[before]
        taken = ks - ends[before]
        worst = hits[before] + np.maximum(0.0, taken - (size - inside))
        return worst, hits[before] + np.minimum(inside, taken)


def auc(ranking: Ranking, weights: Floats) -> float:
    """Return the weighted area under the ROC curve; ties count one half.

    NaN where there are only positives or only negatives.
    """
    return area(ranking.cumulated(weights), ranking.cumulated(weights * ranking.labels))


def area(people: Numbers, hits: Numbers) -> float:
    """Return `auc` from the people and the positives up to each block's end, a 0 first."""
    positive = np.diff(hits)
    negative = np.diff(people) - positive
    pairs = float(hits[-1] * (people[-1] - hits[-1]))
    if pairs == 0:
        return float("nan")
    return float((negative * (hits[:-1] + positive / 2)).sum()) / pairs
