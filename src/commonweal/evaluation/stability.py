"""Whether a model stays as good, and its lists stay the same, from date to date."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from commonweal.core.errors import DataError, problem
from commonweal.core.seeds import stream, tie_break
from commonweal.evaluation.intervals import bootstrap, interval
from commonweal.evaluation.people import labels_of, same_length, scores_of
from commonweal.evaluation.pictures import lines
from commonweal.evaluation.ranking import Floats, Ints, Ranking, area

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

YEAR = 365.25
FEWEST = 3
"""Fewest observed dates from which a trend is read."""


_NAMES = {"base_rate": "The base rate", "auc": "AUC", "precision": "Precision"}


@dataclass(frozen=True, slots=True)
class Dated:
    """The people of one date; of a list that is made there, who is on it.

    Parameters
    ----------
    as_of
        The date.
    ids
        Their ids, shape (n,), each once.
    scores
        Their scores, shape (n,).
    order
        Places of the people, ranked first to last.
    known
        Places of those whose outcome is known, ascending, and their ranking; None where nobody's
        is.
    """

    as_of: date
    ids: NDArray[np.str_]
    scores: Floats
    order: Ints
    known: tuple[Ints, Ranking] | None

    @property
    def observed(self) -> Ranking:
        """The ranking of those whose outcome is known."""
        assert self.known is not None
        return self.known[1]

    def top(self, k: int) -> NDArray[np.str_]:
        """Return the ids of the k people ranked first."""
        return self.ids[self.order[:k]]


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two dates compared.

    Parameters
    ----------
    as_of, against
        The later date and the earlier one.
    k
        Length of the lists, the same at both dates.
    kept
        People on both lists.
    both, left, new
        People in the cohort at both dates, only at the earlier, only at the later.
    correlation
        Spearman's correlation of the scores of those in both; None where it does not exist.
    """

    as_of: date
    against: date
    k: int
    kept: int
    both: int
    left: int
    new: int
    correlation: float | None

    @property
    def share(self) -> float:
        """Share of the list that was on the earlier list."""
        return self.kept / self.k


@dataclass(frozen=True, slots=True)
class Measured:
    """One figure of one date, or the trend of one figure.

    Parameters
    ----------
    figure
        ``base_rate``, ``auc`` or ``precision``.
    as_of
        The date; None for a trend: change per year.
    value, low, high
        The figure and its 95% interval.
    n
        People it is about; for a trend, people at any of the dates.
    """

    figure: str
    as_of: date | None
    value: float
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True, slots=True)
class Stability:
    """A model over time; made by `stability`.

    Parameters
    ----------
    k
        Length of the lists.
    overlaps
        Every date against the one before, then every date but the second against the first.
    figures
        Base rate, AUC and precision at k of every observed date.
    trends
        Their change per year; none from fewer than three observed dates.
    """

    k: int
    overlaps: tuple[Overlap, ...]
    figures: tuple[Measured, ...]
    trends: tuple[Measured, ...]

    def frame(self) -> pd.DataFrame:
        """Return one row a figure: overlaps, figures by date, trends."""
        import pandas as pd

        rows: list[dict[str, Any]] = [
            {"figure": name, "as_of": o.as_of, "against": o.against, "value": value, "n": n}
            for o in self.overlaps
            for name, value, n in (
                ("overlap", o.share, o.k), ("correlation", o.correlation, o.both),
            )
        ]  # fmt: skip
        for m in (*self.figures, *self.trends):
            name = m.figure if m.as_of else f"{m.figure} per year"
            rows.append({"figure": name, "as_of": m.as_of, "value": m.value, "low": m.low,
                         "high": m.high, "n": m.n})  # fmt: skip
        return pd.DataFrame(rows)

    def plot(self) -> alt.LayerChart:
        """Draw the observed figures over time, with their intervals."""
        start = min(m.as_of for m in self.figures if m.as_of) if self.figures else None
        rows = [
            {"years": (m.as_of - start).days / YEAR, "value": m.value, "low": m.low,
             "high": m.high, "figure": m.figure}
            for m in self.figures if m.as_of and start
        ]  # fmt: skip
        title = f"years after {start}"
        return lines(rows, ("years", title), ("value", "figure"), ("figure", "figure"))

    def sentence(self) -> str:
        """Say how much of the list is kept and how figures change per year."""
        steps = self.overlaps[: max(1, (len(self.overlaps) + 1) // 2)]
        kept = [f"{o.share:.0%} at {o.as_of:%Y-%m-%d}" for o in steps]
        said = f"Of the list of {self.k:,}, kept from the date before: {', '.join(kept)}."
        for m in self.trends:
            if m.low is not None and m.high is not None:
                name = _NAMES.get(m.figure, m.figure)
                span = f"({m.low:+.4f} to {m.high:+.4f}, n = {m.n:,})"
                said += f" {name} changes by {m.value:+.4f} a year {span}."
        return said


def stability(
    as_of: Sequence[date], ids: Any, scores: Any, labels: Any = None, *, k: int,
    draws: int = 1000, seed: int = 0,
) -> Stability:  # fmt: skip
    """Compare one model's rankings at several dates, the model left as it was fitted.

    What is estimated: the share of each date's top k who were in the top k of the date before,
    and of the first date; Spearman's correlation of scores over people in both cohorts; and where
    outcomes are known, base rate, AUC and precision at k, and their least-squares change per
    year. Intervals are 95% bootstrap intervals: people are drawn with all their dates, so that
    the same people and overlapping outcome windows do not count as independent.

    Parameters
    ----------
    as_of
        Date of each row, shape (n,).
    ids
        Person of each row, shape (n,); once a date.
    scores
        Score of each row, shape (n,).
    labels
        Outcomes 0 or 1, None or NaN where not known: who is ranked counts for lists all the same.
    k
        Length of the list at every date.
    draws, seed
        Bootstrap draws and their seed.

    Raises
    ------
    DataError
        If columns are not sound, there is one date only, or a date has no more than k people.
    """
    days, people, numbers = list(as_of), [str(one) for one in ids], scores_of(scores)
    same_length(len(numbers), as_of=len(days), ids=len(people))
    known = np.full(len(numbers), np.nan)
    if labels is not None:
        known = np.array([np.nan if x is None else float(x) for x in labels])
        same_length(len(numbers), labels=len(known))
    places: dict[date, list[int]] = {}
    for place, day in enumerate(days):
        places.setdefault(day, []).append(place)
    held = []
    for day in sorted(places):
        rows = np.asarray(places[day])
        held.append(dated(day, [people[i] for i in rows], numbers[rows], known[rows], seed))
    check_dated(held, k)
    return compared(held, k, draws, stream(seed, "bootstrap", "stability"))


def dated(day: date, ids: Sequence[str], scores: Floats, labels: Floats, seed: int) -> Dated:
    """Rank the people of one date; NaN labels are outcomes not known."""
    ties = tie_break(seed, ids)
    places = np.flatnonzero(~np.isnan(labels))
    known = None
    if len(places):
        outcomes = labels_of(labels[places])
        known = places, Ranking.of(scores[places], outcomes, ties[places])
    everyone = Ranking.of(scores, np.zeros(len(scores), dtype=np.int8), ties)
    return Dated(day, np.asarray(ids, dtype=np.str_), scores, everyone.order, known)


def check_dated(held: Sequence[Dated], k: int) -> None:
    """Refuse dates that cannot be compared.

    Raises
    ------
    DataError
        If there are fewer than two, somebody stands twice at one, or one has no more than k.
    """
    if len(held) < 2:
        raise problem(DataError, "as_of", "holds one date", "give at least two")
    for one in held:
        if len(np.unique(one.ids)) < len(one.ids):
            raise problem(DataError, "ids", f"repeat at {one.as_of}", "give each once a date")
        if not 0 < k < len(one.ids):
            what = f"is {k:,}, and {one.as_of} has {len(one.ids):,} people"
            raise problem(DataError, "k", what, "name fewer, and at least one")


def compared(
    held: Sequence[Dated], k: int, draws: int, generator: np.random.Generator
) -> Stability:
    """Compare dates, ascending."""
    pairs = [(i, i - 1) for i in range(1, len(held))] + [(i, 0) for i in range(2, len(held))]
    overlaps = tuple(overlap(held[late], held[early], k) for late, early in pairs)
    observed = [one for one in held if one.known is not None]
    figures, trends = _over_time(observed, k, draws, generator) if observed else ((), ())
    return Stability(k, overlaps, figures, trends)


def overlap(late: Dated, early: Dated, k: int) -> Overlap:
    """Compare the lists and scores of two dates."""
    _, here, there = np.intersect1d(late.ids, early.ids, assume_unique=True, return_indices=True)
    both = len(here)
    kept = len(np.intersect1d(late.top(k), early.top(k), assume_unique=True))
    found = _spearman(late.scores[here], early.scores[there]) if both > 1 else float("nan")
    return Overlap(
        late.as_of, early.as_of, k, kept, both, len(early.ids) - both, len(late.ids) - both,
        found if np.isfinite(found) else None,
    )  # fmt: skip


def _spearman(one: Floats, other: Floats) -> float:
    """Correlate ranks, equal scores given their mean rank; NaN where all are equal."""
    from scipy.stats import rankdata

    a, b = (rankdata(x) - (len(x) + 1) / 2 for x in (one, other))
    with np.errstate(invalid="ignore"):
        return float((a * b).sum() / np.sqrt((a * a).sum() * (b * b).sum()))


def _over_time(
    held: Sequence[Dated], k: int, draws: int, generator: np.random.Generator
) -> tuple[tuple[Measured, ...], tuple[Measured, ...]]:
    ids = [one.ids[one.known[0]] for one in held if one.known is not None]
    everybody, place = np.unique(np.concatenate(ids), return_inverse=True)
    ends = np.cumsum([0, *(len(some) for some in ids)])
    persons = [
        place[start:end][one.observed.order]
        for one, start, end in zip(held, ends[:-1], ends[1:], strict=True)
    ]
    years = np.array([(one.as_of - held[0].as_of).days / YEAR for one in held])

    def statistic(weights: Ints) -> Floats:
        parts = [_one(one.observed, weights[who], k)
                 for one, who in zip(held, persons, strict=True)]  # fmt: skip
        table = np.stack(parts, axis=1)
        return np.concatenate([table.ravel(), slopes(years, table)])

    value = statistic(np.ones(len(everybody), dtype=np.int64))
    low, high = bootstrap(statistic, len(everybody), draws, generator)
    names = [(name, one) for name in _sizes(held[0], k) for one in held]
    figures = []
    for i, (name, one) in enumerate(names):
        if np.isfinite(value[i]):
            n = _sizes(one, k)[name]
            ends_ = interval(name, float(value[i]), float(low[i]), float(high[i]), n)
            figures.append(Measured(name, one.as_of, float(value[i]), *ends_, n))
    trends = []
    if len(held) >= FEWEST:
        for i, name in enumerate(_sizes(held[0], k), start=len(names)):
            if np.isfinite(value[i]):
                spread = (float(low[i]), float(high[i]))
                trends.append(Measured(name, None, float(value[i]), *spread, len(everybody)))
    return tuple(figures), tuple(trends)


def _sizes(one: Dated, k: int) -> Mapping[str, int]:
    """Return figure -> people it is about, in the order of `_one`."""
    return {"base_rate": one.observed.n, "auc": one.observed.n, "precision": k}


def _one(ranking: Ranking, weights: Ints, k: int) -> Floats:
    """Return base rate, AUC and precision at k of one date under a draw's weights."""
    people, found = ranking.cumulated(weights), ranking.cumulated(weights * ranking.labels)
    with np.errstate(invalid="ignore", divide="ignore"):
        rate = found[-1] / people[-1] if people[-1] else np.nan
        inside = np.interp(k, people, found) / k if people[-1] >= k else np.nan
    return np.array([rate, area(people, found), inside])


def slopes(years: Floats, table: Floats) -> Floats:
    """Return the least-squares change per year of each row of figures, shape (rows, dates)."""
    gap = years - years.mean()
    total = float((gap * gap).sum())
    if not total:
        return np.full(len(table), np.nan)
    return np.asarray((table * gap).sum(axis=1) / total, dtype=np.float64)
