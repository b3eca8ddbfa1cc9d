"""A boundary moved from one cut-off to another: who gains, who loses, and what it does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from commonweal.core.errors import DataError, problem
from commonweal.core.seeds import stream
from commonweal.evaluation.intervals import bootstrap, interval
from commonweal.evaluation.people import Groups, People, groups_of
from commonweal.evaluation.pictures import rungs
from commonweal.evaluation.ranking import Floats, Ints, Ranking
from commonweal.evaluation.thresholds import checked_ks
from commonweal.evaluation.tops import EVERYONE, Tops

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

FIGURES = ("people", "share", "with_outcome", "precision", "precision_change", "recall_change")
"""What is measured of each group, in this order."""


@dataclass(frozen=True, slots=True)
class Change:
    """One figure of one group.

    Parameters
    ----------
    group
        ``attribute=group``, or ``everyone``.
    figure
        ``people`` between the two lines; the ``share`` of the group they are; ``with_outcome``:
        how many of them had the outcome; ``precision``: the share of them who had it;
        ``precision_change`` and ``recall_change``: of those above the line, new less old.
    value, low, high
        The figure and its 95% interval; counts have none, nor has everyone's share, which the
        two lines alone make.
    n
        People it is about: the group, those between the lines, or the group's positives.
    """

    group: str
    figure: str
    value: float
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True, slots=True)
class MovedBoundary:
    """A boundary moved; made by `moved`.

    Parameters
    ----------
    from_k, to_k
        People above the old line and above the new one.
    changes
        A row a group and figure.
    """

    from_k: int
    to_k: int
    changes: tuple[Change, ...]

    @property
    def gains(self) -> bool:
        """Whether people come above the line, rather than fall below it."""
        return self.to_k > self.from_k

    def frame(self) -> pd.DataFrame:
        """Return one row a group and figure."""
        import pandas as pd

        rows = [{n: getattr(c, n) for n in c.__slots__} for c in self.changes]
        return pd.DataFrame([{"from_k": self.from_k, "to_k": self.to_k, **row} for row in rows])

    def plot(self) -> alt.LayerChart:
        """Draw the share of each group that is moved, a rung a group."""
        rows = [{"share": c.value, "low": c.low, "high": c.high, "group": c.group}
                for c in self.changes if c.figure == "share"]  # fmt: skip
        title = f"share of the group that {'gains' if self.gains else 'loses'} a place"
        return rungs(rows, ("share", title), ("group", "group"))

    def sentence(self) -> str:
        """Say how many are moved, how many of them had the outcome, and the groups' shares."""
        found = {(c.group, c.figure): c for c in self.changes}
        people, hits = found[EVERYONE, "people"], found[EVERYONE, "with_outcome"]
        word = "gain" if self.gains else "lose"
        text = (
            f"Moving the line from {self.from_k:,} to {self.to_k:,} people, {people.value:,.0f} "
            f"{word} a place; {hits.value:,.0f} of them had the outcome"
        )
        shares = [
            f"{c.value:.1%} of {c.group} ({c.low:.1%} to {c.high:.1%}, n = {c.n:,})"
            for c in self.changes
            if c.figure == "share" and c.group != EVERYONE and c.low is not None
            and c.high is not None
        ]  # fmt: skip
        return f"{text}. It is {', '.join(shares)}." if shares else f"{text}."


def moved(
    labels: Any, scores: Any, groups: Any, from_k: int, to_k: int, *,
    ids: Iterable[Any] | None = None, draws: int = 1000, seed: int = 0,
) -> MovedBoundary:  # fmt: skip
    """Say who gains and who loses when the line moves from `from_k` people to `to_k`.

    Paper B: "a responsible agency should check if different choices of category boundaries
    result in, for example, disparate impacts". Intervals are 95% bootstrap intervals over
    people, who are taken to be independent; equal scores at a line count in proportion.

    Parameters
    ----------
    labels
        Outcomes 0 or 1, shape (n,).
    scores
        A higher score is a higher predicted chance, shape (n,).
    groups
        A column of groups, or attribute -> column; None for everyone together.
    from_k, to_k
        People above the old line and above the new one.
    ids
        An id a person, by which equal scores are put in an order.
    draws, seed
        Bootstrap draws and their seed.

    Raises
    ------
    DataError
        If outcomes or scores are not sound, a line is not between 1 and n, or both are the same.
    """
    people = People.of(labels, scores, ids, seed)
    checked_ks([from_k, to_k], people.ranking.n)
    if from_k == to_k:
        raise problem(DataError, "to_k", f"is {to_k:,}, the old line", "name another number")
    columns = {} if groups is None else groups_of(groups, people.ranking.n)
    ranked = {name: column[people.ranking.order] for name, column in columns.items()}
    generator = stream(seed, "bootstrap", "moved")
    return boundaries(people.ranking, ranked, [(from_k, to_k)], draws, generator)[0]


def boundaries(
    ranking: Ranking, groups: Mapping[str, Groups], pairs: list[tuple[int, int]], draws: int,
    generator: np.random.Generator,
) -> list[MovedBoundary]:  # fmt: skip
    """Measure several moves of one ranking, as `moved` does one; `groups` in order of rank."""
    ks = sorted({k for pair in pairs for k in pair})
    tops = Tops.of(ranking, groups, ks)
    places = np.array([[ks.index(old), ks.index(new)] for old, new in pairs])
    ones = np.ones(ranking.n, dtype=np.int64)
    value = _figures(tops, places, ones)
    low, high = bootstrap(lambda w: _figures(tops, places, w).ravel(), ranking.n, draws, generator)
    low, high = low.reshape(value.shape), high.reshape(value.shape)
    _, everyone = tops.counts(ones)
    found = []
    for i, (old, new) in enumerate(pairs):
        changes = [
            change
            for g, name in enumerate(tops.names)
            for change in _changes(name, value[i, :, g], low[i, :, g], high[i, :, g], everyone[g])
        ]
        found.append(MovedBoundary(old, new, tuple(changes)))
    return found


def _figures(tops: Tops, places: Ints, weights: Ints) -> Floats:
    """Return the figures by pair, figure and group."""
    above, everyone = tops.counts(weights)
    old, new = above[places[:, 0]], above[places[:, 1]]
    between = np.abs(new - old)
    size = everyone.sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        parts = [
            between.sum(axis=-1),
            between.sum(axis=-1) / size,
            between[..., 1],
            between[..., 1] / between.sum(axis=-1),
            new[..., 1] / new.sum(axis=-1) - old[..., 1] / old.sum(axis=-1),
            (new[..., 1] - old[..., 1]) / everyone[:, 1],
        ]
    return np.stack(parts, axis=1)


def _changes(name: str, value: Floats, low: Floats, high: Floats, everyone: Floats) -> list[Change]:
    """Return one group's figures; those that do not exist are left out."""
    size, people = round(float(everyone.sum())), round(float(value[0]))
    ns = (size, size, people, people, size, round(float(everyone[1])))
    changes = []
    for i, figure in enumerate(FIGURES):
        if not np.isfinite(value[i]):
            continue
        one = float(value[i])
        ends = interval(f"moved.{figure}", one, float(low[i]), float(high[i]), ns[i])
        if figure in ("people", "with_outcome") or (figure, name) == ("share", EVERYONE):
            ends = (None, None)  # what is counted, or follows from the two lines alone
        changes.append(Change(name, figure, one, *ends, ns[i]))
    return changes
