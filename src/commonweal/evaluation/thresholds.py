"""The leaders' table of decision thresholds: cases, precision and recall of each, by group."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from commonweal.core.errors import DataError, problem
from commonweal.core.seeds import stream
from commonweal.evaluation.intervals import bootstrap, interval
from commonweal.evaluation.people import People, groups_of
from commonweal.evaluation.pictures import lines
from commonweal.evaluation.ranking import Floats, Ints
from commonweal.evaluation.tops import EVERYONE, Tops

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

_SHARES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5)


@dataclass(frozen=True, slots=True)
class Threshold:
    """One threshold for one group.

    Parameters
    ----------
    group
        ``attribute=group``, or ``everyone``.
    k
        People above the line in all.
    score
        Lowest score above the line.
    cases
        Of the group, people above the line (the expected number where equal scores are cut).
    positives
        Of the group, people with the outcome, above the line or below.
    precision, precision_low, precision_high
        Of the cases, the share with the outcome, and its 95% interval; None without cases.
    recall, recall_low, recall_high
        Of the positives, the share above the line, and its 95% interval; None without positives.
    """

    group: str
    k: int
    score: float
    cases: float
    positives: int
    precision: float | None
    precision_low: float | None
    precision_high: float | None
    recall: float | None
    recall_low: float | None
    recall_high: float | None


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The table of thresholds; made by `thresholds`.

    Parameters
    ----------
    n
        People ranked.
    positives
        Of them, with the outcome.
    rows
        A row a threshold and group, fewest people first.
    """

    n: int
    positives: int
    rows: tuple[Threshold, ...]

    def frame(self) -> pd.DataFrame:
        """Return the table as a data frame, one row a threshold and group."""
        import pandas as pd

        return pd.DataFrame([_record(row) for row in self.rows])

    def plot(self) -> alt.LayerChart:
        """Draw precision over the number of people above the line, a line a group."""
        rows = [
            {"k": r.k, "precision": r.precision, "low": r.precision_low, "high": r.precision_high,
             "group": r.group}
            for r in self.rows if r.precision is not None
        ]  # fmt: skip
        return lines(rows, ("k", "people above the line"), ("precision", "precision"),
                     ("group", "group"))  # fmt: skip

    def sentence(self) -> str:
        """Say each threshold of everyone in words."""
        said = [
            f"the top {r.k:,} hold {_share(r.recall, r.recall_low, r.recall_high)} of all "
            f"{r.positives:,} with the outcome, and "
            f"{_share(r.precision, r.precision_low, r.precision_high)} of them had it"
            for r in self.rows if r.group == EVERYONE
        ]  # fmt: skip
        return f"Of {self.n:,} people: {'; '.join(said)}."


def thresholds(
    labels: Any, scores: Any, groups: Any = None, *, ks: Sequence[int] | None = None,
    at: Sequence[float] | None = None, ids: Iterable[Any] | None = None, draws: int = 1000,
    seed: int = 0,
) -> Thresholds:  # fmt: skip
    """Tabulate decision thresholds: cases, lowest score, precision and recall, by group.

    What is estimated: precision and recall of everyone above each line, as in paper B's table
    for agency leaders ("the number of investigations, precision, and recall for different
    decision thresholds"). Intervals are 95% bootstrap intervals over people, who are taken to be
    independent. Equal scores cut by a number of people count in proportion.

    Parameters
    ----------
    labels
        Outcomes 0 or 1, shape (n,).
    scores
        A higher score is a higher predicted chance, shape (n,).
    groups
        A column of groups, or attribute -> column.
    ks
        Lines by number of people above them.
    at
        Lines by score; who has it or a higher one is above. Without `ks` and `at`, lines above
        which 1, 2, 5, 10, 20 and 50% of people stand.
    ids
        An id a person, by which equal scores are put in an order.
    draws, seed
        Bootstrap draws and their seed.

    Raises
    ------
    DataError
        If outcomes or scores are not sound, or a line leaves nobody, or more than all, above it.
    """
    people = People.of(labels, scores, ids, seed)
    ranking = people.ranking
    columns = {} if groups is None else groups_of(groups, ranking.n)
    ranked = {name: column[ranking.order] for name, column in columns.items()}
    if ks is None and at is None:
        ks = sorted({max(1, round(ranking.n * share)) for share in _SHARES})
    tops = Tops.of(ranking, ranked, checked_ks(ks or (), ranking.n), _checked_at(at or (), people))
    generator = stream(seed, "bootstrap", "thresholds")
    value = _shares(tops, np.ones(ranking.n, dtype=np.int64))
    low, high = bootstrap(lambda w: _shares(tops, w).ravel(), ranking.n, draws, generator)
    shape = value.shape
    return Thresholds(
        ranking.n, ranking.positives, _rows(tops, value, low.reshape(shape), high.reshape(shape))
    )


def handful(capacity: int, wanted: Iterable[int], published: Iterable[int]) -> tuple[int, ...]:
    """Choose a handful of published cut-offs, ascending.

    Those nearest to half the capacity, the capacity, its double, and to what a study wants; none
    that is farther away than half of what it stands for.
    """
    shown = sorted(set(published))
    found = set()
    for target in (capacity / 2, capacity, 2 * capacity, *wanted):
        near = min(shown, key=lambda k: (abs(k - target), k), default=None)
        if near is not None and abs(near - target) <= target / 2:
            found.add(near)
    return tuple(sorted(found))


def checked_ks(ks: Sequence[int], n: int) -> list[int]:
    """Return numbers of people above a line, ascending.

    Raises
    ------
    DataError
        If one is not between 1 and `n`.
    """
    wrong = [k for k in ks if not 1 <= k <= n]
    if wrong:
        what = f"holds {wrong[0]:,}, and {n:,} people are ranked"
        raise problem(DataError, "ks", what, f"name numbers from 1 to {n:,}")
    return sorted({int(k) for k in ks})


def _checked_at(at: Sequence[float], people: People) -> list[float]:
    top = float(people.ranking.scores[0]) if people.ranking.n else 0.0
    wrong = [one for one in at if not one <= top]
    if wrong:
        what = f"holds {wrong[0]:g}, and the highest score is {top:g}"
        raise problem(DataError, "at", what, "name a score that somebody reaches")
    return sorted({float(one) for one in at}, reverse=True)


def _shares(tops: Tops, weights: Ints) -> Floats:
    """Return precision and recall, by line and group: shape (2, lines, groups)."""
    above, everyone = tops.counts(weights)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.stack([above[..., 1] / above.sum(axis=-1), above[..., 1] / everyone[:, 1]])


def _rows(tops: Tops, value: Floats, low: Floats, high: Floats) -> tuple[Threshold, ...]:
    above, everyone = tops.counts(np.ones(tops.ranking.n, dtype=np.int64))
    rows = []
    for line in range(len(above)):
        k = round(float(above[line, 0].sum()))
        for g, name in enumerate(tops.names):
            cases, positives = float(above[line, g].sum()), int(everyone[g, 1])
            ends = [
                _interval(metric, n, *(float(x[i, line, g]) for x in (value, low, high)))
                for i, (metric, n) in enumerate(
                    (("precision", round(cases)), ("recall", positives))
                )
            ]
            rows.append(
                Threshold(name, k, float(tops.ranking.scores[k - 1]), cases, positives,
                          *ends[0], *ends[1])
            )  # fmt: skip
    return tuple(sorted(rows, key=lambda row: row.k))


def _interval(
    metric: str, n: int, value: float, low: float, high: float
) -> tuple[float | None, float | None, float | None]:
    if not np.isfinite(value):
        return None, None, None
    return value, *interval(metric, value, low, high, n)


def _record(row: Threshold) -> dict[str, Any]:
    return {name: getattr(row, name) for name in row.__slots__}


def _share(value: float | None, low: float | None, high: float | None) -> str:
    if value is None:
        return "an unknown share"
    if low is None or high is None:
        return f"{value:.1%}"
    return f"{value:.1%} ({low:.1%} to {high:.1%})"
