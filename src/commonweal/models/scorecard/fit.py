"""Select, regress, round: a scorecard from rows.

Jung, Concannon, Shroff, Goel and Goldstein, "Simple rules for complex decisions" (2017; "Simple
rules to guide expert classifications", JRSS A 2020).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from commonweal.core.errors import StudyError, problem
from commonweal.models.columns import matching
from commonweal.models.data import Sample
from commonweal.models.design import ALONE
from commonweal.models.scorecard.card import Card, Item
from commonweal.models.scorecard.chosen import Chooser
from commonweal.models.scorecard.fitted import ScorecardModel
from commonweal.models.scorecard.offered import Asked, offer
from commonweal.models.scorecard.rounded import rounded
from commonweal.models.scorecard.steps import Floats
from commonweal.models.spec import ScorecardSpec


def fit_scorecard(
    spec: ScorecardSpec, sample: Sample, categorical: tuple[int, ...], threads: int = 1,
    weights: Floats | None = None,
) -> ScorecardModel:  # fmt: skip
    """Learn a card; nothing is drawn at random, and no order of rows changes it.

    Estimated: the chance of the outcome given the items, logistic in a sum of whole points.

    Parameters
    ----------
    spec
        Settings.
    sample
        Rows fitted on. They are read a chunk at a time, and kept as a byte a cell.
    categorical
        Places of the columns that hold categories.
    threads
        Threads used; no card depends on them.
    weights
        Of the rows, shape (rows,); 1 each where not given. A weight of 2 is a row twice.

    Raises
    ------
    StudyError
        If a column is to have points of either sign only, and also of the other only.
    """
    names = sample.matrix.names
    allowed = signs(spec, names)
    asked = Asked(spec.thresholds, spec.min_rows, spec.ask_missing)
    held = np.ones(len(sample.rows)) if weights is None else weights
    with ALONE:
        offered = offer(sample, np.array(categorical, np.int64), asked, held)
        mine = np.array([allowed[one.place] for one in offered.offers], np.int64)
        picks, made, fit = Chooser(offered, mine, threads).choose(spec.items)
    questions = [offered.offers[column].questions[one] for column, one in picks]
    bounds = [int(allowed[question.place]) for question in questions]
    found = rounded(made.patterns, fit.coefficients[1:], spec.points, bounds)
    true = np.einsum("gi,g->i", made.patterns.answers, made.patterns.weight)
    items = [
        Item(names[q.place], q.place, q.test, q.value, points, weight)
        for q, points, weight in zip(questions, found.points, true.tolist(), strict=True)
        if points
    ]
    card = Card(_ordered(items), found.intercept, found.slope, float(held.sum()))
    return ScorecardModel(names, card)


def signs(spec: ScorecardSpec, names: Sequence[str]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return 1 for columns whose items may only add, -1 for those that may only take away."""
    up, down = matching(spec.positive, names), matching(spec.negative, names)
    if both := sorted(up & down):
        what = f"{both[0]} is named by positive and by negative"
        raise problem(StudyError, "scorecard", what, "take it out of one")
    return np.array([(name in up) - (name in down) for name in names], np.int64)


def _ordered(items: Sequence[Item]) -> tuple[Item, ...]:
    """Put columns with more points first, the lines of a column together, thresholds rising."""
    rank = {"yes": 0, "at_least": 0, "is": 1, "missing": 2}
    weight = {i.place: sum(abs(j.points) for j in items if j.place == i.place) for i in items}
    return tuple(sorted(
        items, key=lambda i: (-weight[i.place], i.place, rank[i.test], i.value),
    ))  # fmt: skip
