"""The people divided at random again and again, and kinds of model fitted and measured on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from commonweal.core.seeds import seed_for, tie_break
from commonweal.evaluation.ranking import Ranking, auc
from commonweal.models.data import Places, Sample, TrainingData
from commonweal.models.fitted import Fitted, scores
from commonweal.models.held import HeldMatrix
from commonweal.models.size import NEGLIGIBLE, size, trees
from commonweal.study.strategies import Plan, fitted, penalty

MEASURED, STOPPING = 1 / 3, 1 / 4
"""Share of the people measured on; of the others, share on whom models choose what they must."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """The rows that are divided.

    Parameters
    ----------
    rows
        Cohort rows of training and validation dates whose outcome is known, of people drawn at
        random, ascending.
    labels
        Their outcomes.
    person
        Person of each, as a place in `names`.
    names
        The people's ids.
    among
        How many rows there are without a limit.
    share
        Capacity as a share of the cohort of a date.
    """

    rows: Places
    labels: NDArray[np.int8]
    person: NDArray[np.int64]
    names: Sequence[str]
    among: int
    share: float

    def k(self, split: Split) -> int:
        """Return as many of those measured as can be served of so many, at least 1."""
        return max(1, round(self.share * len(split.measured)))

    def both(self, split: Split) -> bool:
        """Whether every part of a split holds people with the outcome and people without."""
        parts = (self.labels[p] for p in (split.train, split.stopping, split.measured))
        return all(0 < part.sum() < len(part) for part in parts)


@dataclass(frozen=True, slots=True)
class Split:
    """One division of the drawn rows by person: places among them."""

    train: Places
    stopping: Places
    measured: Places


@dataclass(frozen=True, slots=True)
class Result:
    """What one kind came to in one split.

    Parameters
    ----------
    ranking
        The people measured on, ranked.
    hits
        Expected number with the outcome in the first k.
    figures
        AUC, precision in the first k, Brier score; NaN where scores are no probabilities.
    size, trees, columns
        Things to read, trees among them, and columns used.
    """

    ranking: Ranking
    hits: float
    figures: tuple[float, float, float]
    size: int
    trees: int
    columns: int


def divided(drawn: Drawn, seed: int, number: int) -> Split:
    """Divide the people by lot: a third to measure on, a quarter of the others to choose by."""
    people = np.unique(drawn.person)
    lots = tie_break(
        seed_for(seed, "interpretability", str(number)), [drawn.names[p] for p in people.tolist()]
    )
    ordered = people[np.argsort(lots, kind="stable")]
    first = round(len(people) * MEASURED)
    second = first + round((len(people) - first) * STOPPING)
    parts = (ordered[second:], ordered[first:second], ordered[:first])
    train, stopping, measured = (np.flatnonzero(np.isin(drawn.person, part)) for part in parts)
    return Split(train, stopping, measured)


def of_split(
    drawn: Drawn, split: Split, held: HeldMatrix, compared: Sequence[Plan], seed: int
) -> dict[str, Result]:
    """Fit every kind on the people learned from and measure it on the others.

    Trees of both kinds have one penalty a leaf, the one chosen for the first.

    Parameters
    ----------
    drawn, split
        The rows and their division.
    held
        The rows' features, in the order of `drawn`.
    compared
        The kinds.
    seed
        Seed of the split.
    """
    found: dict[str, Result] = {}
    alpha: float | None = None
    for plan in compared:
        rows = held.only(plan.columns)
        train, stopping, measured = (
            Sample(rows, places, drawn.labels[places])
            for places in (split.train, split.stopping, split.measured)
        )
        model = fitted(plan, TrainingData(train, stopping), seed, alpha)
        alpha = penalty(model) if alpha is None else alpha
        found[plan.kind] = _of_model(model, measured, drawn.k(split))
    return found


def _of_model(model: Fitted, measured: Sample, k: int) -> Result:
    """Measure a model on people it has not seen."""
    chances = np.asarray(scores(model, measured.matrix, measured.rows), np.float64)
    ranking = Ranking.of(chances, measured.labels, np.zeros(len(chances), np.uint64))
    hits = float(ranking.expected(np.array([k]))[0])
    brier = float(np.square(chances - measured.labels).mean()) if model.probability else np.nan
    figures = (auc(ranking, np.ones(ranking.n)), hits / k, brier)
    used = int((model.importance() > NEGLIGIBLE).sum())
    return Result(ranking, hits, figures, size(model), trees(model), used)
