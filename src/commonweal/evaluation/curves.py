"""Precision, recall and total recall of a ranking at every cut-off, with intervals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from commonweal.core.errors import DataError, problem
from commonweal.core.parallel import each
from commonweal.core.results import Metric
from commonweal.core.seeds import stream
from commonweal.evaluation import kernels
from commonweal.evaluation.intervals import draw_into, interval
from commonweal.evaluation.people import People
from commonweal.evaluation.pictures import Row, lines
from commonweal.evaluation.ranking import Floats, Ints, Ranking

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

CHUNK = 512
"""Cut-offs whose draws are held at once: one page of memory a draw."""
DRAWN = 400
"""Points of a line in a picture."""


@dataclass(frozen=True, slots=True)
class Band:
    """A figure at each cut-off with its 95% interval.

    Parameters
    ----------
    value, low, high
        Shape (cut-offs,); NaN where the figure is undefined: recall where nobody has the outcome.
    """

    value: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Curves:
    """A ranking's figures over cut-offs; made by `curves` or `drawn`.

    Parameters
    ----------
    ks
        Cut-offs, ascending, shape (cut-offs,).
    precision
        Share with the outcome among the first k.
    recall
        Share of those with the outcome who are among the first k.
    total_recall
        The same share of everybody with the outcome, ranked or not; None where they were not
        counted.
    worst, best
        Precision if ties at k fell worst or best: counts of this sample, without an interval.
    n, positives
        People, and those with the outcome.
    everyone
        People with the outcome, ranked or not.
    draws
        Bootstrap draws behind the intervals.
    """

    ks: Ints
    precision: Band
    recall: Band
    total_recall: Band | None
    worst: Floats
    best: Floats
    n: int
    positives: int
    everyone: int | None
    draws: int

    def at(self, k: int) -> Mapping[str, Metric]:
        """Return the figures at one cut-off by name, with n and interval.

        Raises
        ------
        DataError
            If nothing was measured at `k`.
        """
        place = int(np.searchsorted(self.ks, k))
        if place == len(self.ks) or self.ks[place] != k:
            what = f"{k:,} is not a cut-off that was measured"
            raise problem(DataError, "k", what, f"give one from {self.ks[0]:,} to {self.ks[-1]:,}")
        found = {name: _metric(name, band, place, k, n) for name, band, n in self._bands(k)}
        for name, values in (("precision_worst", self.worst), ("precision_best", self.best)):
            found[name] = Metric(metric=name, value=float(values[place]), n=k, k=k)
        return found

    def frame(self) -> pd.DataFrame:
        """Return a row a cut-off: every figure, its interval, and what it is a share of."""
        import pandas as pd

        columns: dict[str, Any] = {"k": self.ks}
        for name, band, _ in self._bands(0):
            columns |= {name: band.value, f"{name}_low": band.low, f"{name}_high": band.high}
        columns |= {"precision_worst": self.worst, "precision_best": self.best}
        columns |= {"n": self.n, "positives": self.positives}
        return pd.DataFrame(columns)

    def plot(self) -> alt.LayerChart:
        """Draw all curves over k, k on a logarithmic axis."""
        targets = np.geomspace(self.ks[0], self.ks[-1], DRAWN)
        places = np.unique(np.searchsorted(self.ks, targets).clip(0, len(self.ks) - 1))
        rows: list[Row] = [
            {"k": int(self.ks[i]), "figure": name.replace("_", " "), "value": float(band.value[i]),
             "low": float(band.low[i]), "high": float(band.high[i])}
            for name, band, _ in self._bands(0) for i in places if np.isfinite(band.value[i])
        ]  # fmt: skip
        return lines(rows, ("k", "people ranked first"), ("value", "share"), ("figure", "figure"),
                     log=True)  # fmt: skip

    def sentence(self) -> str:
        """Say the figures at the cut-off nearest to the number of people with the outcome."""
        k = int(min(self.ks.tolist(), key=lambda one: (abs(one - self.positives), one)))
        found = self.at(k)
        said = [_said(name.replace("_", " "), found[name]) for name, _, _ in self._bands(k)]
        return f"Of {self.n:,} people, among the first {k:,}: {'; '.join(said)}."

    def _bands(self, k: int) -> list[tuple[str, Band, int]]:
        """Return (name, figures, what they are a share of)."""
        bands = [("precision", self.precision, k), ("recall", self.recall, self.positives)]
        if self.total_recall is not None and self.everyone is not None:
            bands.append(("total_recall", self.total_recall, self.everyone))
        return bands


def curves(
    labels: Any, scores: Any, *, ids: Iterable[Any] | None = None, everyone: int | None = None,
    draws: int = 1000, seed: int = 0, threads: int = 2, ks: Sequence[int] | None = None,
) -> Curves:  # fmt: skip
    """Measure a ranking at every cut-off (paper C, section 4.1 and Figure 2).

    Estimated: precision, recall and total recall among the first k, in the population these
    people are a sample of, ties at k broken at random (expectation). Intervals: percentiles of
    1,000 draws of the people with replacement (paper C, A.5.2), linear as numpy's; the exact
    (Clopper-Pearson) one where none or all count in the sample and in every draw. They hold for
    one cut-off at a time, for a ranking taken as given: that another model might have been
    fitted is not in them. Assumes people are independent of each other.

    Parameters
    ----------
    labels
        0 or 1, shape (n,).
    scores
        Higher is ranked first, shape (n,).
    ids
        An id a person; the same people in another order of rows then have the same figures.
    everyone
        People with the outcome, ranked or not: the denominator of total recall. Those not
        ranked are not drawn again.
    draws
        Bootstrap draws. Memory: a byte a person and draw.
    seed
        Fixes the draws and, with `ids`, the order among equals.
    threads
        How many at once; they change no bit of what comes out.
    ks
        Cut-offs; every one from 1 to n where none are given.

    Raises
    ------
    DataError
        If a label is not 0 or 1, a score is missing, lengths differ, nobody is given, a cut-off
        is not between 1 and n, or `everyone` is smaller than the positives.
    """
    people = People.of(labels, scores, ids, seed)
    return drawn(people.ranking, stream(seed, "curves"), everyone=everyone, draws=draws,
                 threads=threads, ks=ks)  # fmt: skip


def drawn(
    ranking: Ranking, generator: np.random.Generator, *, everyone: int | None = None,
    draws: int = 1000, threads: int = 2, ks: Sequence[int] | None = None,
) -> Curves:  # fmt: skip
    """Measure a ranking as `curves` does, each draw from a stream spawned by `generator`."""
    n, positives = ranking.n, ranking.positives
    cuts = _cutoffs(ks, n)
    if everyone is not None and everyone < positives:
        what = f"is {everyone:,}, fewer than the {positives:,} ranked people with the outcome"
        raise problem(DataError, "everyone", what, "count people with the outcome, ranked or not")
    if draws < 1:
        raise problem(DataError, "draws", f"is {draws}", "give at least 1")
    times = _times(n, generator.spawn(draws), threads)
    hits = times[:, ranking.labels == 1].sum(axis=1, dtype=np.int64).astype(np.float64)
    per = {"precision": np.ones(draws), "recall": np.where(hits > 0, hits, np.nan)}
    if everyone is not None:
        outside = everyone - positives + hits
        per["total_recall"] = np.where(outside > 0, outside, np.nan)
    low, high = _bounds(ranking, times, cuts, per, threads)
    expected = ranking.expected(cuts)
    worst, best = ranking.extremes(cuts)
    shares = {"precision": expected / cuts, "recall": _per(expected, positives)}
    sizes: dict[str, int | Ints] = {"precision": cuts, "recall": positives}
    if everyone is not None:
        shares["total_recall"], sizes["total_recall"] = _per(expected, everyone), everyone
    bands = {
        name: _exact(Band(value, low[name], high[name]), sizes[name])
        for name, value in shares.items()
    }
    if positives and cuts[-1] == n:  # all of them, whoever is drawn
        bands["recall"].low[-1] = bands["recall"].high[-1] = 1.0
    return Curves(
        ks=cuts, precision=bands["precision"], recall=bands["recall"],
        total_recall=bands.get("total_recall"), worst=worst / cuts, best=best / cuts, n=n,
        positives=positives, everyone=everyone, draws=draws,
    )  # fmt: skip


def _cutoffs(ks: Sequence[int] | None, n: int) -> Ints:
    if n == 0:
        raise problem(DataError, "labels", "hold nobody", "give at least one person")
    cuts = np.arange(1, n + 1) if ks is None else np.unique(np.asarray(ks, dtype=np.int64))
    if not len(cuts) or cuts[0] < 1 or cuts[-1] > n:
        what = "are none" if not len(cuts) else f"go from {cuts[0]:,} to {cuts[-1]:,}"
        raise problem(DataError, "ks", what, f"give cut-offs from 1 to {n:,}")
    return cuts.astype(np.int64)


def _times(n: int, generators: list[np.random.Generator], threads: int) -> NDArray[np.uint8]:
    """Draw n people with replacement, again and again: how often each was drawn, a row a draw."""
    times = np.empty((len(generators), n), dtype=np.uint8)

    each(lambda i: draw_into(times[i], generators[i]), range(len(generators)), threads)
    return times


def _bounds(
    ranking: Ranking, times: NDArray[np.uint8], ks: Ints, per: Mapping[str, Floats], threads: int
) -> tuple[dict[str, Floats], dict[str, Floats]]:
    """Return low and high of each figure: hits among the first k over `per`, and over k."""
    draws = len(times)
    state = np.zeros((draws, 5), dtype=np.int64)
    table = np.empty((draws, min(CHUNK, len(ks)) + 8))  # no rows a power of 2 apart
    low, high = ({name: np.empty(len(ks)) for name in per} for _ in range(2))
    ones = np.ones(len(ks))
    labels, ends = ranking.labels, _stretches(ranking)
    rows = _parts(draws, threads, 1)
    for start in range(0, len(ks), CHUNK):
        cuts = ks[start : start + CHUNK]
        here = slice(start, start + len(cuts))

        def walk(part: tuple[int, int], cuts: Ints = cuts) -> None:
            kernels.walks(*part, times, labels, ends, cuts, state, table)

        def bound(part: tuple[int, int], cuts: Ints = cuts, here: slice = here) -> None:
            for name, divisor in per.items():
                across = cuts.astype(np.float64) if name == "precision" else ones
                kernels.bounds(table, *part, divisor, across, low[name][here], high[name][here])

        each(walk, rows, threads)
        each(bound, _parts(len(cuts), threads, kernels.TILE), threads)
    return low, high


def _stretches(ranking: Ranking) -> Ints:
    """Return the ends of blocks of equal scores, those without hits in a row put together.

    Hits do not grow along a block without any, so how its people are parted does not matter.
    """
    first = np.concatenate([[0], ranking.ends[:-1]])
    hit = np.add.reduceat(ranking.labels, first, dtype=np.int64) > 0
    kept = hit | np.append(hit[1:], True)
    return np.asarray(ranking.ends[kept], dtype=np.int64)


def _parts(n: int, threads: int, step: int) -> list[tuple[int, int]]:
    """Cut 0 to n into a part a thread, at multiples of `step`."""
    edges = [-(-n * i // (threads * step)) * step for i in range(threads)]
    return [(a, b) for a, b in pairwise([*(min(e, n) for e in edges), n]) if a < b]


def _per(hits: Floats, total: int) -> Floats:
    return hits / total if total else np.full(len(hits), np.nan)


def _exact(band: Band, n: int | Ints) -> Band:
    """Give the exact interval where none or all count in the sample and in every draw."""
    none = (band.low == band.high) & (band.high == band.value) & (band.value == 0.0)
    every = (band.low == band.high) & (band.high == band.value) & (band.value == 1.0)
    bound = 0.025 ** (1.0 / np.broadcast_to(np.maximum(n, 1), none.shape))
    low, high = np.where(every, bound, band.low), np.where(none, 1.0 - bound, band.high)
    return Band(band.value, low, high)


def _metric(name: str, band: Band, place: int, k: int, n: int) -> Metric:
    low, high = (float(x[place]) for x in (band.low, band.high))
    least, most = interval("", float(band.value[place]), low, high, n)
    return Metric(metric=name, value=float(band.value[place]), low=least, high=most, n=n, k=k)


def _said(name: str, metric: Metric) -> str:
    if metric.low is None or metric.high is None:
        return f"{name} is not defined (n = {metric.n:,})"
    span = f"95% interval {metric.low:.1%} to {metric.high:.1%}, n = {metric.n:,}"
    return f"{name} {metric.value:.1%} ({span})"
