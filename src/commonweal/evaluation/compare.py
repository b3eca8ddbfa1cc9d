"""Rankings against each other: whom they share, and differences measured on the same draws."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from commonweal.core.errors import DataError, problem
from commonweal.core.parallel import each
from commonweal.core.results import Metric
from commonweal.core.seeds import stream, tie_break
from commonweal.evaluation import kernels
from commonweal.evaluation.intervals import interval, percentiles, times_drawn
from commonweal.evaluation.overall import losses_of
from commonweal.evaluation.people import labels_of, same_length, scores_of
from commonweal.evaluation.pictures import rungs
from commonweal.evaluation.ranking import Floats, Ints, Ranking

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

WHOLE = ("auc", "brier", "log_loss")
"""Figures of a whole ranking, in the order `kernels.measured` writes them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """People with a score and an outcome, known by id; `of` checks what it is given.

    Parameters
    ----------
    ids
        An id a person, each once, shape (n,).
    labels
        0 or 1.
    scores
        Higher is ranked first.
    ties
        Decides the order among equals, and no figure.
    probability
        Whether scores are probabilities: only then are there a Brier score and a log loss.
    """

    ids: NDArray[np.str_]
    labels: NDArray[np.int8]
    scores: Floats
    ties: NDArray[np.uint64]
    probability: bool

    @classmethod
    def of(
        cls, ids: Iterable[Any], labels: Any, scores: Any, *, probability: bool | None = None,
        seed: int = 0, ties: NDArray[np.uint64] | None = None,
    ) -> Ranked:  # fmt: skip
        """Check people, outcomes and scores.

        Parameters
        ----------
        ids, labels, scores
            One a person, in one order.
        probability
            Where it is not said: whether all scores lie between 0 and 1.
        seed
            Decides, with the ids, between equal scores.
        ties
            What decides instead, where it is known already.

        Raises
        ------
        DataError
            If an id stands twice, a label is not 0 or 1, a score is missing or, being a
            probability, not between 0 and 1, or the lengths differ.
        """
        known = np.array([str(one) for one in ids], dtype=np.str_)
        outcomes, numbers = labels_of(labels), scores_of(scores)
        same_length(len(outcomes), scores=len(numbers), ids=len(known))
        if len(np.unique(known)) < len(known):
            raise problem(DataError, "ids", "hold one person twice", "give every person one row")
        inside = bool(((numbers >= 0) & (numbers <= 1)).all())
        if probability and not inside:
            what = "are not all between 0 and 1, so they are no probabilities"
            raise problem(DataError, "scores", what, "leave `probability` out")
        said = inside if probability is None else probability
        order = tie_break(seed, known.tolist()) if ties is None else ties
        same_length(len(outcomes), ties=len(order))
        return cls(ids=known, labels=outcomes, scores=numbers, ties=order, probability=said)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Rankings of the same people, one against each of the others; made by `compare`.

    Parameters
    ----------
    first
        The ranking the others are compared with.
    figures
        Of each ranking (`model`): precision and recall at k, AUC, Brier score, log loss. Of the
        first (`model`) against each other one (`against`): ``overlap``, the share of the first
        k that both rank there, and ``difference.`` of the figures above, first minus other.
    n, positives
        People, and those with the outcome.
    draws
        Bootstrap draws behind the intervals.
    """

    first: str
    figures: tuple[Metric, ...]
    n: int
    positives: int
    draws: int

    def one(
        self, metric: str, *, model: str | None = None, against: str | None = None,
        k: int | None = None,
    ) -> Metric | None:  # fmt: skip
        """Return one figure, of the first ranking where none is named; None where undefined."""
        key = (metric, model or self.first, against, k)
        return next((m for m in self.figures if (m.metric, m.model, m.against, m.k) == key), None)

    def frame(self) -> pd.DataFrame:
        """Return a row a figure; `count` is how many people an overlap is."""
        import pandas as pd

        rows = [
            {"metric": m.metric, "model": m.model, "against": m.against, "k": m.k,
             "value": m.value, "low": m.low, "high": m.high, "n": m.n,
             "count": m.value * m.n if m.metric == "overlap" else None}
            for m in self.figures
        ]  # fmt: skip
        return pd.DataFrame(rows)

    def plot(self) -> alt.LayerChart:
        """Draw differences in precision, with their intervals."""
        rows = [
            {"against": f"{m.against}, first {m.k:,}", "value": m.value, "low": m.low,
             "high": m.high}
            for m in self.figures if m.metric == "difference.precision"
        ]  # fmt: skip
        title = f"precision of {self.first} less that of another"
        return rungs(rows, ("value", title), ("against", "against"))

    def sentence(self) -> str:
        """Say overlap and difference in precision at the first cut-off, ranking by ranking."""
        found = [m for m in self.figures if m.metric == "difference.precision"]
        if not found:
            return f"{self.first} is compared at no cut-off (n = {self.n:,})."
        k = found[0].k
        said = []
        for m in (m for m in found if m.k == k):
            overlap = self.one("overlap", against=m.against, k=k)
            assert overlap is not None
            shares = f"{overlap.value:.1%} of its people {_span(overlap, '{:.1%}')}"
            said.append(f"{m.against} shares {shares} and its precision is {_points(m)}")
        who = f"Of the first {k:,} of {self.n:,} people by {self.first}"
        return f"{who}: {'; '.join(said)}."


def compare(
    labels: Any, scores: Mapping[str, Any], *, ks: Sequence[int], ids: Iterable[Any] | None = None,
    first: str | None = None, draws: int = 1000, seed: int = 0, threads: int = 2,
    probabilities: Iterable[str] | None = None,
) -> Comparison:  # fmt: skip
    """Compare rankings of the same people (paper C, footnote 26 and B.3).

    Estimated, in the population these people are a sample of: each ranking's figures; the share
    of its first k that the first ranking shares with another, ties broken at random and in each
    ranking for itself (expectation); and differences in the figures. Intervals: 95% percentiles
    of draws of the people with replacement, the *same* people drawn for all rankings, so that a
    difference is not blurred by what both have in common. They take the rankings as given.

    Parameters
    ----------
    labels
        0 or 1, shape (n,).
    scores
        Name -> scores of the same people, at least two rankings.
    ks
        Cut-offs.
    ids
        An id a person, so that no row order changes a draw; places where none are given.
    first
        The ranking the others are compared with; the first named where none is given.
    draws, seed
        Bootstrap draws, and what fixes them.
    threads
        How many at once; they change no bit of what comes out.
    probabilities
        Rankings whose scores are probabilities; where none are named, those with all scores
        between 0 and 1.

    Raises
    ------
    DataError
        If people are not sound (`Ranked.of`), fewer than two rankings are given, `first` or
        `probabilities` names none of them, or a cut-off is not between 1 and n.
    """
    first = first or next(iter(scores), "")
    known = None if probabilities is None else set(probabilities)
    if len(scores) < 2 or not {first, *(known or ())} <= set(scores):
        what = f"hold {', '.join(scores) or 'nothing'}"
        raise problem(DataError, "scores", what, "give two rankings or more, and name one of them")
    people = [str(one) for one in (range(len(labels)) if ids is None else ids)]
    ranked = {
        name: Ranked.of(people, labels, scores[name], seed=seed,
                        probability=None if known is None else name in known)
        for name in (first, *(one for one in scores if one != first))
    }  # fmt: skip
    generator = stream(seed, "compare")
    table = _Table.of(list(ranked.values()), ks, draws, generator, threads)
    names, lead = list(ranked), ranked[first]
    figures = [m for i, name in enumerate(names) for m in _own(table, i, name)]
    figures += [m for i, name in enumerate(names[1:], 1) for m in _against(table, i, first, name)]
    return Comparison(
        first=first, figures=tuple(figures), n=len(lead.labels), positives=int(lead.labels.sum()),
        draws=draws,
    )  # fmt: skip


def paired(
    one: Ranked, other: Ranked, ks: Sequence[int], draws: int, generator: np.random.Generator, *,
    names: tuple[str, str] = ("one", "other"), threads: int = 1,
) -> tuple[Metric, ...]:  # fmt: skip
    """Compare two rankings of people who need not be the same.

    People are drawn once from everybody who is in either ranking; each ranking is then measured
    on those of them that it holds, with its own outcomes. Where both hold the same people this is
    `compare`.

    Parameters
    ----------
    one, other
        The rankings.
    ks
        Cut-offs, each between 1 and the number of people of the smaller ranking. Where a draw
        holds fewer of a ranking's people than k, all of them are taken.
    draws
        Bootstrap draws.
    generator
        Random stream; each draw has its own, spawned from it.
    names
        What the figures call the two: `model` and `against`.
    threads
        How many at once; they change no bit of what comes out.

    Returns
    -------
    tuple of Metric
        ``overlap`` and ``difference.precision`` and ``.recall`` at each k, ``difference.auc``,
        and, where both give probabilities, ``difference.brier`` and ``.log_loss``; one minus
        other. n: k of overlap and precision, people with the outcome in either of recall,
        everybody of the others.
    """
    table = _Table.of([one, other], ks, draws, generator, threads)
    return tuple(_against(table, 1, *names))


@dataclass(frozen=True, slots=True)
class _Placed:
    """A ranking of some of the people who are drawn, arranged for the compiled loops."""

    order: Ints
    labels: NDArray[np.int8]
    ends: Ints
    losses: Floats
    blocks: NDArray[np.int32]

    @classmethod
    def of(cls, one: Ranked, everybody: NDArray[np.str_]) -> _Placed:
        ranking = Ranking.of(one.scores, one.labels, one.ties)
        place = np.searchsorted(everybody, one.ids)[ranking.order]
        blocks = np.full(len(everybody), -1, dtype=np.int32)
        sizes = np.diff(ranking.ends, prepend=0)
        blocks[place] = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
        losses = np.empty((2, 0))
        if one.probability:
            losses = losses_of(ranking.scores, ranking.labels)
        return cls(place, ranking.labels, ranking.ends, losses, blocks)


@dataclass(frozen=True, slots=True)
class _Table:
    """Figures of several rankings: of the sample in row 0, then of each draw.

    Parameters
    ----------
    ks
        Cut-offs.
    figures
        What `kernels.measured` writes, shape (1 + draws, rankings, figures).
    shared
        People the first ranking shares with each, shape (1 + draws, rankings, cut-offs).
    people, positives
        Everybody drawn from, and those with the outcome in any ranking.
    """

    ks: Ints
    figures: Floats
    shared: Floats
    people: int
    positives: int

    @classmethod
    def of(
        cls, ranked: Sequence[Ranked], ks: Sequence[int], draws: int,
        generator: np.random.Generator, threads: int,
    ) -> _Table:  # fmt: skip
        cuts = np.unique(np.asarray(ks, dtype=np.int64))
        least = min(len(one.ids) for one in ranked)
        if not least or (len(cuts) and (cuts[0] < 1 or cuts[-1] > least)):
            what = f"are not all between 1 and {least:,}, the people of the smallest ranking"
            raise problem(DataError, "ks", what, "give cut-offs that every ranking has")
        everybody = np.unique(np.concatenate([one.ids for one in ranked]))
        placed = [_Placed.of(one, everybody) for one in ranked]
        figures = np.empty((1 + draws, len(ranked), kernels.FIXED + len(cuts)))
        shared = np.empty((1 + draws, len(ranked), len(cuts)))
        streams = generator.spawn(draws)
        n = len(everybody)

        def measure(row: int) -> None:
            times = times_drawn(n, streams[row - 1]) if row else np.ones(n, dtype=np.uint8)
            _measure(times, placed, cuts, figures[row], shared[row])

        each(measure, range(1 + draws), threads)
        found = [one.ids[one.labels == 1] for one in ranked]
        positives = len(np.unique(np.concatenate(found)))
        return cls(cuts, figures, shared, n, positives)

    def at(self, i: int) -> tuple[Floats, Floats]:
        """Return precision and recall of one ranking, a row for the sample and each draw."""
        hits = self.figures[:, i, kernels.FIXED :]
        people, positives = self.figures[:, i, :1], self.figures[:, i, 1:2]
        with np.errstate(invalid="ignore", divide="ignore"):
            return hits / np.minimum(self.ks, people), hits / positives

    def whole(self, i: int) -> Floats:
        """Return the figures of `WHOLE` of one ranking."""
        return np.asarray(self.figures[:, i, 2 : kernels.FIXED], dtype=np.float64)


def _measure(
    times: NDArray[np.uint8], placed: Sequence[_Placed], ks: Ints, figures: Floats, shared: Floats
) -> None:
    """Measure every ranking on one draw."""
    cut, part = np.empty((len(placed), len(ks)), np.int64), np.empty((len(placed), len(ks)))
    for i, one in enumerate(placed):
        kernels.measured(
            times, one.order, one.labels, one.ends, ks, one.losses, figures[i], cut[i], part[i]
        )
    first = placed[0]
    for i, one in enumerate(placed):
        kernels.shared(
            times, first.blocks, one.blocks, first.ends, one.ends, cut[0], part[0], cut[i],
            part[i], shared[i],
        )  # fmt: skip


def _own(table: _Table, i: int, name: str) -> Iterator[Metric]:
    """Yield the figures of one ranking."""
    positives = int(table.figures[0, i, 1])
    for metric, values in zip(("precision", "recall"), table.at(i), strict=True):
        sizes = table.ks.tolist() if metric == "precision" else [positives] * len(table.ks)
        yield from _figures([metric] * len(sizes), values, sizes, table.ks.tolist(), name, None)
    n = [table.people] * len(WHOLE)
    yield from _figures(list(WHOLE), table.whole(i), n, [None] * len(WHOLE), name, None)


def _against(table: _Table, i: int, first: str, name: str) -> Iterator[Metric]:
    """Yield what the first ranking shares with another, and the differences: first minus other."""
    ks = table.ks.tolist()
    overlap = table.shared[:, i] / table.ks
    yield from _figures(["overlap"] * len(ks), overlap, ks, ks, first, name)
    for metric, one, other in zip(("precision", "recall"), table.at(0), table.at(i), strict=True):
        sizes = ks if metric == "precision" else [table.positives] * len(ks)
        names = [f"difference.{metric}"] * len(ks)
        yield from _figures(names, one - other, sizes, ks, first, name)
    names, n = [f"difference.{metric}" for metric in WHOLE], [table.people] * len(WHOLE)
    none: list[int | None] = [None] * len(WHOLE)
    yield from _figures(names, table.whole(0) - table.whole(i), n, none, first, name)


def _figures(
    names: Sequence[str], rows: Floats, sizes: Sequence[int], ks: Sequence[int | None],
    model: str, against: str | None,
) -> Iterator[Metric]:  # fmt: skip
    """Yield what is defined of the sample (row 0), with percentiles of the draws."""
    if not len(names):
        return
    low, high = percentiles(rows[1:])
    for j, (name, n, k) in enumerate(zip(names, sizes, ks, strict=True)):
        value = float(rows[0, j])
        if np.isfinite(value):
            least, most = interval(name, value, float(low[j]), float(high[j]), n)
            yield Metric(metric=name, value=value, low=least, high=most, n=n, k=k, model=model,
                         against=against)  # fmt: skip


def _span(metric: Metric, form: str) -> str:
    if metric.low is None or metric.high is None:
        return f"(n = {metric.n:,})"
    low, high = form.format(metric.low), form.format(metric.high)
    return f"(95% interval {low} to {high}, n = {metric.n:,})"


def _points(metric: Metric) -> str:
    """Say a difference of shares in percentage points, from the other's side."""
    value = -100 * metric.value
    span = ""
    if metric.low is not None and metric.high is not None:
        low, high = sorted((-100 * metric.low, -100 * metric.high))
        span = f" (95% interval {low:+.1f} to {high:+.1f}, n = {metric.n:,})"
    return f"{value:+.1f} points from its own{span}"
