"""Who makes up those with the outcome, those the data hold, those predicted, and the list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from commonweal.core.errors import DataError, problem
from commonweal.core.seeds import stream
from commonweal.evaluation.intervals import bootstrap, interval
from commonweal.evaluation.people import Groups, People, groups_of
from commonweal.evaluation.pictures import rungs
from commonweal.evaluation.proportions import wilson
from commonweal.evaluation.ranking import Floats, Ints, Numbers, Ranking

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

ROWS = {
    "everyone": "everybody with the outcome",
    "positives": "those of them in the data",
    "predicted": "those predicted to have it",
    "top": "the list",
    "cohort": "everybody in the data",
}
"""Row -> whom it is made of; the first four are those of paper C, Figure 4."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A group's share of one row, or the share of a group's people that the data hold.

    Parameters
    ----------
    attribute, group
        Whose share it is.
    row
        ``everyone``, ``positives``, ``predicted``, ``top`` or ``cohort``; ``covered`` for the
        share of the group's people with the outcome who are in the data.
    value, low, high
        The share and its 95% interval.
    n
        People of the row, or of the group.
    """

    attribute: str
    group: str
    row: str
    value: float
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True, slots=True)
class Composition:
    """Who makes up each row; made by `composition`."""

    parts: tuple[Part, ...]

    def frame(self) -> pd.DataFrame:
        """Return a row a share."""
        import pandas as pd

        return pd.DataFrame([asdict(part) for part in self.parts])

    def plot(self) -> alt.LayerChart:
        """Draw every group's share of each row with its interval."""
        rows = [{**asdict(p), "row": ROWS[p.row]} for p in self.parts if p.row != "covered"]
        return rungs(rows, ("value", "share, with 95% interval"), ("row", ""), ("group", "group"))

    def sentence(self) -> str:
        """Say how much of each group the data hold, or how the list differs from the outcomes."""
        said = [
            f"{p.group} {p.value:.1%} ({p.low:.1%} to {p.high:.1%}, n = {p.n:,})"
            for p in self.parts if p.row == "covered"
        ]  # fmt: skip
        if said:
            return (
                f"Of those with the outcome, the data hold: {', '.join(said)}. Whoever is not in "
                "the data cannot be predicted from them."
            )
        shares = {(p.attribute, p.group, p.row): p for p in self.parts}
        last = "top" if any(p.row == "top" for p in self.parts) else "cohort"
        each = [
            f"{p.group} {p.value:.1%} (n = {p.n:,}) and "
            f"{shares[p.attribute, p.group, last].value:.1%} "
            f"(n = {shares[p.attribute, p.group, last].n:,})"
            for p in self.parts if p.row == "positives"
        ]  # fmt: skip
        return f"Shares of those with the outcome and of {ROWS[last]}: {', '.join(each)}."


def composition(
    labels: Any, scores: Any, groups: Any, *, k: int | None = None, everyone: Any = None,
    ids: Iterable[Any] | None = None, draws: int = 1000, seed: int = 0,
) -> Composition:  # fmt: skip
    """Compare who makes up those with the outcome, those predicted to have it, and the list.

    Estimated, for each group: its share of everybody with the outcome, in the data or not; of
    those of them in the data; of predicted outcomes (the group's part of the sum of all
    predicted chances); of the top k; and of the data. With `everyone` also which share of the
    group's people with the outcome the data hold. Shares of everyone and of a group have
    Wilson's interval; the others draw the people again.

    Parameters
    ----------
    labels
        0 or 1, shape (n,).
    scores
        Numbers, shape (n,); predicted outcomes are left out unless all lie between 0 and 1.
    groups
        A column of groups, or attribute -> column, or a data frame.
    k
        Length of the list.
    everyone
        The same columns for everybody with the outcome, in the data or not: one value a person.
    ids
        An id a person, so that the order of rows does not matter.
    draws, seed
        Draws behind the intervals, and the seed of their stream.

    Raises
    ------
    DataError
        If values are missing or of other lengths, k is out of range, or `everyone` holds fewer
        of a group than the data.

    References
    ----------
    Paper C, Figures 3 and 4, A.5.1 and Table B.2.
    """
    people = People.of(labels, scores, ids, seed)
    named, ranking = groups_of(groups, len(people.labels)), people.ranking
    if k is not None and not 1 <= k <= ranking.n:
        raise problem(
            DataError, "k", f"is {k:,} of {ranking.n:,} people", f"use 1 to {ranking.n:,}"
        )
    probability = bool(((people.scores >= 0) & (people.scores <= 1)).all())
    parts: list[Part] = []
    for attribute, column in named.items():
        if everyone is not None:
            parts += covered(attribute, *_counts(attribute, column, people.labels, everyone))
        generator = stream(seed, "bootstrap", "composition", attribute)
        ranked = column[ranking.order]
        parts += _shares(ranking, attribute, ranked, k, probability, draws, generator)
    return Composition(tuple(parts))


def covered(attribute: str, inside: Mapping[str, int], total: Mapping[str, int]) -> list[Part]:
    """Return each group's share of everyone, and the share of it that the data hold.

    Parameters
    ----------
    attribute
        The attribute.
    inside, total
        Group -> people with the outcome in the data, and in the data or not.
    """
    n = sum(total.values())
    parts = [_part(attribute, group, "everyone", count, n) for group, count in total.items()]
    parts += [
        _part(attribute, group, "covered", inside.get(group, 0), count)
        for group, count in total.items() if count
    ]  # fmt: skip
    return parts


def _part(attribute: str, group: str, row: str, count: int, n: int) -> Part:
    low, high = wilson(count, n)
    return Part(attribute=attribute, group=group, row=row, value=count / n, low=low, high=high, n=n)


def _counts(
    attribute: str, column: Groups, labels: Any, everyone: Any
) -> tuple[dict[str, int], dict[str, int]]:
    """Count a group's people with the outcome in the data, and in the data or not."""
    given = everyone
    if not isinstance(everyone, Mapping) and not hasattr(everyone, "columns"):
        given = {attribute: everyone}
    held = {str(name): given[name] for name in given}
    if attribute not in held:
        mend = f"give a column {attribute}"
        raise problem(DataError, "everyone", f"has no column {attribute}", mend)
    every = groups_of({attribute: held[attribute]}, len(held[attribute]))[attribute]
    total = {str(g): int(c) for g, c in zip(*np.unique(every, return_counts=True), strict=True)}
    mine = np.unique(column[labels == 1], return_counts=True)
    inside = {str(g): int(c) for g, c in zip(*mine, strict=True)}
    for group, count in inside.items():
        if count > total.get(group, 0):
            what = f"holds {total.get(group, 0):,} of {group}, fewer than the {count:,} in the data"
            mend = "give everybody with the outcome, those in the data included"
            raise problem(DataError, "everyone", what, mend)
    return inside, total


def _shares(
    ranking: Ranking, attribute: str, groups: Groups, k: int | None, probability: bool,
    draws: int, generator: np.random.Generator,
) -> list[Part]:  # fmt: skip
    """Return every group's share of positives, predicted positives, the list and the cohort."""
    names, code = np.unique(groups, return_inverse=True)
    labels, scores = ranking.labels.astype(np.int64), ranking.scores
    rows = ["positives", *(["predicted"] if probability else []), *(["top"] if k else []), "cohort"]

    def statistic(weights: Ints) -> Floats:
        values: dict[str, Numbers] = {"positives": weights * labels, "cohort": weights}
        if probability:
            values["predicted"] = weights * scores
        if k:
            values["top"] = _in_top(ranking, weights, k)
        sums = [np.bincount(code, values[row], len(names)) for row in rows]
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.concatenate([one / one.sum() for one in sums])

    value = statistic(np.ones(ranking.n, dtype=np.int64))
    low, high = bootstrap(statistic, ranking.n, draws, generator)
    sizes = {"positives": ranking.positives, "top": k or 0}
    found = []
    for place, at in enumerate(value.tolist()):
        row, group = rows[place // len(names)], str(names[place % len(names)])
        n = sizes.get(row, ranking.n)
        if np.isfinite(at):
            ends = interval(f"composition.{row}", at, float(low[place]), float(high[place]), n)
            found.append(Part(attribute=attribute, group=group, row=row, value=at, low=ends[0],
                              high=ends[1], n=n))  # fmt: skip
    return found


def _in_top(ranking: Ranking, weights: Ints, k: int) -> Floats:
    """Return how much of each ranked person's weight is in the top k."""
    drawn = ranking.cumulated(weights)
    after = int(np.searchsorted(drawn, k))
    upper = int(ranking.ends[after - 1])
    lower = int(ranking.ends[after - 2]) if after > 1 else 0
    inside = np.zeros(ranking.n)
    inside[:lower] = weights[:lower]
    part = (k - drawn[after - 1]) / (drawn[after] - drawn[after - 1])
    inside[lower:upper] = part * weights[lower:upper]
    return inside
