"""Figures by which one configuration is chosen among many."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from commonweal.evaluation.intervals import bootstrap
from commonweal.evaluation.ranking import Floats, Ints, Ranking, area

FIGURES = ("precision", "precision_at_capacity", "average_precision", "auc", "log_loss", "brier")
SMALLER = frozenset({"log_loss", "brier"})
"""Figures of which less is better."""
ONLY_CHANCES = SMALLER
"""Figures that ask for probabilities."""


def figures(ranking: Ranking, ks: tuple[int, int], log_loss: bool = True) -> dict[str, float]:
    """Return every figure of a ranking.

    Parameters
    ----------
    ranking
        The ranking, outcomes of both kinds among it.
    ks
        Ranks of ``precision`` and ``precision_at_capacity``; ties there count in expectation.
    log_loss
        Whether scores are probabilities: without, their two figures are NaN.
    """
    found = _statistic(ranking, ks, log_loss)(np.ones(ranking.n, dtype=np.int64))
    return dict(zip(FIGURES, found.tolist(), strict=True))


def spread(
    ranking: Ranking, ks: tuple[int, int], figure: str, draws: int, generator: np.random.Generator
) -> tuple[float, float]:
    """Return the 95% interval of one figure, people drawn again; `intervals.bootstrap` says how."""
    low, high = bootstrap(_statistic(ranking, ks, True), ranking.n, draws, generator)
    place = FIGURES.index(figure)
    return float(low[place]), float(high[place])


def better(one: dict[str, float], other: dict[str, float], figure: str) -> bool:
    """Whether `one` is better than `other`; of equal figures, by the lower log loss."""
    sign = -1.0 if figure in SMALLER else 1.0
    mine, theirs = sign * one[figure], sign * other[figure]
    return (mine, -one["log_loss"]) > (theirs, -other["log_loss"])


def _statistic(ranking: Ranking, ks: tuple[int, int], chances: bool) -> Callable[[Ints], Floats]:
    labels, p = ranking.labels.astype(np.int64), ranking.scores
    clipped = np.clip(p, 1e-12, 1 - 1e-12)
    loss = -np.where(labels == 1, np.log(clipped), np.log1p(-clipped))
    losses = np.stack([loss, np.square(p - labels)])
    if not chances:
        losses = np.full_like(losses, np.nan)

    def statistic(weights: Ints) -> Floats:
        hits = weights * labels
        people, found = ranking.cumulated(weights), ranking.cumulated(hits)
        at = np.interp(ks, people, found) / np.asarray(ks)
        with np.errstate(invalid="ignore", divide="ignore"):
            precise = found[1:] / people[1:]
            gained = np.diff(found) / found[-1]
            average = float(np.sum(np.where(gained > 0, gained * precise, 0.0)))
            # Not a matrix product: its last bits depend on the number of threads.
            mean = np.einsum("ij,j->i", losses, weights) / people[-1]
        return np.array([*at, average if found[-1] else np.nan, area(people, found), *mean])

    return statistic
