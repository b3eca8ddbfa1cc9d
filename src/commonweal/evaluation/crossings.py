"""Base rate, mean prediction and precision where groups of several attributes cross."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from commonweal.core.errors import DataError, problem
from commonweal.core.seeds import stream
from commonweal.evaluation.intervals import bootstrap, interval
from commonweal.evaluation.people import AND, Groups, People, groups_of
from commonweal.evaluation.pictures import rungs
from commonweal.evaluation.ranking import Floats, Ints, Ranking

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

ALL = "All"
"""The group of an attribute that a margin does not look at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """One figure of one crossing.

    Parameters
    ----------
    groups
        Attribute -> group, ``All`` where the crossing does not look at it.
    metric
        ``people``, ``base_rate`` or ``mean_prediction``; with `k` ``people``, ``precision`` or
        ``top_mean_prediction`` of those in the top k.
    value, low, high
        The figure and its 95% interval; a count has none.
    n
        People it is about.
    k
        Cut-off.
    """

    groups: Mapping[str, str]
    metric: str
    value: float
    n: int
    low: float | None = None
    high: float | None = None
    k: int | None = None

    @property
    def name(self) -> str:
        """Name of the crossing: ``race=Black & gender=Male``; ``All`` of everybody."""
        return AND.join(f"{a}={g}" for a, g in self.groups.items() if g != ALL) or ALL

    @property
    def crossed(self) -> int:
        """How many attributes the crossing looks at."""
        return sum(group != ALL for group in self.groups.values())


@dataclass(frozen=True, slots=True)
class Rates:
    """Figures of every crossing and its margins; made by `rates`.

    Parameters
    ----------
    attributes
        The attributes crossed.
    found
        Figures, margins before what they are margins of.
    """

    attributes: tuple[str, ...]
    found: tuple[Rate, ...]

    def frame(self) -> pd.DataFrame:
        """Return a row a figure: a column an attribute, then metric, k, value, low, high, n."""
        import pandas as pd

        rows = [
            {**r.groups, "metric": r.metric, "k": r.k, "value": r.value, "low": r.low,
             "high": r.high, "n": r.n}
            for r in self.found
        ]  # fmt: skip
        return pd.DataFrame(rows)

    def plot(self) -> alt.LayerChart:
        """Draw base rate and mean prediction of every crossing with their intervals."""
        rows = [
            {"crossing": r.name, "value": r.value, "low": r.low, "high": r.high,
             "what": r.metric.replace("_", " ")}
            for r in self.found if r.metric in ("base_rate", "mean_prediction")
        ]  # fmt: skip
        return rungs(rows, ("value", "rate"), ("crossing", ""), ("what", ""))

    def sentence(self) -> str:
        """Say in which crossings the mean prediction lies outside the base rate's interval."""
        full = len(self.attributes)
        rate = {r.name: r for r in self.found if r.metric == "base_rate" and r.crossed == full}
        mean = {r.name: r for r in self.found if r.metric == "mean_prediction"}
        by = " and ".join(self.attributes)
        pairs = [(r, mean[name]) for name, r in rate.items() if name in mean]
        if not pairs:
            low = min(rate.values(), key=lambda r: r.value)
            high = max(rate.values(), key=lambda r: r.value)
            return (
                f"By {by}, the base rate is lowest in {low.name} ({_words(low)}) and highest in "
                f"{high.name} ({_words(high)})."
            )
        apart = [
            f"{r.name} (predicted {m.value:.2%}, observed {_words(r)})"
            for r, m in pairs
            if r.low is not None and r.high is not None and not r.low <= m.value <= r.high
        ]
        said = f"; not in {', '.join(apart)}" if apart else ""
        return (
            f"By {by}, the mean prediction lies inside the 95% interval of the base rate in "
            f"{len(pairs) - len(apart)} of {len(pairs)} crossings{said}."
        )


def _words(rate: Rate) -> str:
    ends = "" if rate.low is None else f", {rate.low:.2%} to {rate.high:.2%}"
    return f"{rate.value:.2%}{ends}, n = {rate.n:,}"


def rates(
    labels: Any, scores: Any, groups: Any, *, k: int | None = None,
    ids: Iterable[Any] | None = None, draws: int = 1000, seed: int = 0,
) -> Rates:  # fmt: skip
    """Measure every crossing of some attributes, and its margins.

    Estimated for each: how many people, base rate and mean prediction (the latter where all
    scores lie between 0 and 1); of those in the top k of the whole how many, precision and mean
    prediction. Of equal scores at k each has the same chance to be among them. Intervals draw
    the people again, and with them the top k.

    Parameters
    ----------
    labels
        0 or 1, shape (n,).
    scores
        Numbers, shape (n,).
    groups
        A column of groups, or attribute -> column, or a data frame.
    k
        Cut-off; nothing is said of a list where none is given.
    ids
        An id a person, so that the order of rows does not matter.
    draws, seed
        Draws behind each interval, and the seed of their stream.

    Raises
    ------
    DataError
        If values are missing or of other lengths, or k is out of range.

    References
    ----------
    Paper C, Tables B.3 and B.4.
    """
    people = People.of(labels, scores, ids, seed)
    named = groups_of(groups, len(people.labels))
    ranking = people.ranking
    if k is not None and not 1 <= k <= ranking.n:
        raise problem(
            DataError, "k", f"is {k:,} of {ranking.n:,} people", f"use 1 to {ranking.n:,}"
        )
    probability = bool(((people.scores >= 0) & (people.scores <= 1)).all())
    ranked = {name: column[ranking.order] for name, column in named.items()}
    generator = stream(seed, "bootstrap", "crossings")
    return crossed_rates(ranking, ranked, probability, [k] if k else [], draws, generator)


def crossed_rates(
    ranking: Ranking, groups: Mapping[str, Groups], probability: bool, ks: Sequence[int],
    draws: int, generator: np.random.Generator,
) -> Rates:  # fmt: skip
    """Measure a ranking by the crossings of some attributes, given in order of rank."""
    table = _Table.of(ranking, groups)
    value = table.figures(np.ones(ranking.n, dtype=np.int64), ks)
    low, high = bootstrap(lambda weights: table.figures(weights, ks), ranking.n, draws, generator)
    value, low, high = (x.reshape(-1, len(table.names)) for x in (value, low, high))
    found = []
    counts = {None: 0} | {k: 3 + 3 * i for i, k in enumerate(ks)}
    for c, crossing in enumerate(table.names):
        named = dict(zip(groups, crossing, strict=True))
        for k, row in counts.items():
            people = float(value[row, c])
            n = round(people)
            found.append(Rate(groups=named, metric="people", value=people, n=n, k=k))
            first = "precision" if k else "base_rate"
            second = "top_mean_prediction" if k else "mean_prediction"
            for place, metric in enumerate((first, second), start=1):
                at = float(value[row + place, c])
                if np.isfinite(at) and (probability or metric == first):
                    ends = float(low[row + place, c]), float(high[row + place, c])
                    least, most = interval(metric, at, ends[0], ends[1], n)
                    found.append(Rate(groups=named, metric=metric, value=at, n=n, low=least,
                                      high=most, k=k))  # fmt: skip
    return Rates(tuple(groups), tuple(found))


@dataclass(frozen=True, slots=True)
class _Table:
    """People by cell of the full crossing, and the margins that are sums of cells.

    Parameters
    ----------
    ranking
        The ranking.
    cell
        Cell of each ranked person.
    names
        Group by each attribute, or ``All``, of every crossing and margin that holds anybody.
    sums
        1 where a cell belongs to a crossing or margin, shape (cells, crossings).
    """

    ranking: Ranking
    cell: Ints
    names: tuple[tuple[str, ...], ...]
    sums: Floats

    @classmethod
    def of(cls, ranking: Ranking, groups: Mapping[str, Groups]) -> _Table:
        places = [np.unique(column, return_inverse=True) for column in groups.values()]
        codes = np.stack([code for _, code in places])
        cells, cell = np.unique(codes, axis=1, return_inverse=True)
        names, sums = [], []
        for one in product(*(range(-1, len(held)) for held, _ in places)):
            inside = np.all([(g < 0) | (cells[a] == g) for a, g in enumerate(one)], axis=0)
            if inside.any():
                names.append(tuple(
                    ALL if g < 0 else str(places[a][0][g]) for a, g in enumerate(one)
                ))  # fmt: skip
                sums.append(inside)
        table = np.stack(sums, axis=1).astype(np.float64)
        return cls(ranking, cell.reshape(-1).astype(np.int64), tuple(names), table)

    def figures(self, weights: Ints, ks: Sequence[int]) -> Floats:
        """Return people, rate and mean prediction: of everybody, then of the top at each k."""
        parts = self._parts(weights, 0, self.ranking.n)
        with np.errstate(invalid="ignore", divide="ignore"):
            found = [parts[0], parts[1] / parts[0], parts[2] / parts[0]]
            drawn = self.ranking.cumulated(weights) if ks else np.empty(0)
            for k in ks:
                after = int(np.searchsorted(drawn, k))
                lower = int(self.ranking.ends[after - 2]) if after > 1 else 0
                upper = int(self.ranking.ends[after - 1])
                part = (k - drawn[after - 1]) / (drawn[after] - drawn[after - 1])
                top = self._parts(weights, 0, lower) + part * self._parts(weights, lower, upper)
                found += [top[0], top[1] / top[0], top[2] / top[0]]
        return np.concatenate(found)

    def _parts(self, weights: Ints, start: int, end: int) -> Floats:
        """Sum people, outcomes and scores of some ranks by crossing, shape (3, crossings)."""
        held, cell, ranking = weights[start:end], self.cell[start:end], self.ranking
        cells = [
            np.bincount(cell, values, len(self.sums))
            for values in (held, held * ranking.labels[start:end], held * ranking.scores[start:end])
        ]
        # Not a matrix product: its last bits depend on the number of threads.
        found: Floats = np.einsum("pc,cs->ps", np.stack(cells), self.sums)
        return found
