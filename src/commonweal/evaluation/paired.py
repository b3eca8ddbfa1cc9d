"""Two rankings of people who may differ, compared: people are drawn once for both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from commonweal.core.results import Metric
from commonweal.evaluation.intervals import bootstrap
from commonweal.evaluation.ranking import Floats, Ints, Ranking, area


@dataclass(frozen=True, slots=True)
class Ranked:
    """A ranking whose people are known by id.

    Parameters
    ----------
    ids
        Id of each person, in order of rank, shape (n,).
    ranking
        The ranking.
    """

    ids: NDArray[np.str_]
    ranking: Ranking


def paired(
    one: Ranked, other: Ranked, ks: Sequence[int], draws: int, generator: np.random.Generator
) -> list[Metric]:
    """Return how far one ranking differs from another, and how much their lists have in common.

    Estimated: the difference (first less second) in AUC, and in precision and recall in the top
    k; and the share of the first's top k who are in the second's. People are drawn again, with
    replacement, once for both rankings, so that what they have in common cancels. Ties at k fall
    at random (expectation); for the overlap they fall as the rankings have them.

    Parameters
    ----------
    one, other
        The rankings; their people may be the same, overlap, or differ.
    ks
        Cut-offs.
    draws
        Bootstrap draws.
    generator
        Random stream.
    """
    everybody = np.unique(np.concatenate([one.ids, other.ids]))
    places = [np.searchsorted(everybody, ranked.ids) for ranked in (one, other)]
    k = np.asarray(ks, dtype=np.int64)
    in_both = _in_both(one, other, k)

    def statistic(weights: Ints) -> Floats:
        first = _figures(one.ranking, weights[places[0]], k)
        second = _figures(other.ranking, weights[places[1]], k)
        drawn = weights[places[0]]
        shared = [float((drawn[:n] * hit).sum()) / max(1, int(drawn[:n].sum()))
                  for n, hit in zip(ks, in_both, strict=True)]  # fmt: skip
        return np.concatenate([first - second, shared])

    value = statistic(np.ones(len(everybody), dtype=np.int64))
    low, high = bootstrap(statistic, len(everybody), draws, generator)
    n = len(everybody)
    names: list[tuple[str, int | None, int]] = [("difference.auc", None, n)]
    names += [("difference.precision", cut, cut) for cut in ks]
    names += [("difference.recall", cut, one.ranking.positives) for cut in ks]
    names += [("overlap", cut, cut) for cut in ks]
    return [
        Metric(metric=name, value=float(value[i]), low=float(low[i]), high=float(high[i]), n=size,
               k=cut)
        for i, (name, cut, size) in enumerate(names)
        if np.isfinite([value[i], low[i], high[i]]).all()
    ]  # fmt: skip


def _in_both(one: Ranked, other: Ranked, ks: Ints) -> list[NDArray[np.bool_]]:
    return [np.isin(one.ids[:k], other.ids[:k]) for k in ks]


def _figures(ranking: Ranking, weights: Ints, ks: Ints) -> Floats:
    """Return AUC, then precision and recall at each cut-off, of people drawn so often."""
    people = ranking.cumulated(weights)
    found = ranking.cumulated(weights * ranking.labels.astype(np.int64))
    at = np.interp(ks, people, found)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.concatenate([[area(people, found)], at / ks, at / found[-1]])
