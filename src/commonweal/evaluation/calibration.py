"""Whether predicted chances come true: by quantile of each group's own scores, and as a line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from commonweal.core.errors import DataError, problem
from commonweal.core.seeds import stream
from commonweal.evaluation import kernels
from commonweal.evaluation.intervals import percentiles, times_drawn
from commonweal.evaluation.people import groups_of, labels_of, same_length, scores_of
from commonweal.evaluation.pictures import Row, scatter
from commonweal.evaluation.ranking import Floats, Ints

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

Labels = NDArray[np.int8]
EVERYBODY = "everybody"
_Z = 1.959963984540054
_NEAR = 1e-12
"""A chance nearer to 0 or 1 counts as this far away: log odds are finite."""
_STEPS = 100


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95% interval; all None where the figure is undefined."""

    value: float | None
    low: float | None
    high: float | None

    def text(self) -> str:
        """Write the figure and its interval."""
        if self.value is None or self.low is None or self.high is None:
            return "not defined"
        return f"{self.value:.3f} (95% interval {self.low:.3f} to {self.high:.3f})"


@dataclass(frozen=True, slots=True)
class Bin:
    """People between two quantiles of their group's scores.

    Parameters
    ----------
    upper
        Rank within the group, from the top, down to which the bin reaches: with the bins above
        it, so many people.
    n, positives
        People in it, and those with the outcome.
    predicted, observed
        Mean prediction and share with the outcome. Interval of the first: normal, of a mean;
        of the second: Wilson's, of a share.
    """

    upper: int
    n: int
    positives: int
    predicted: Estimate
    observed: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupCalibration:
    """The calibration of one group.

    Parameters
    ----------
    group
        ``attribute=group``, or `EVERYBODY`.
    n, positives
        People, and those with the outcome.
    bins
        Highest scores first.
    slope, intercept
        Of the log odds of the outcome on the log odds of the prediction: 1 and 0 where
        predictions come true. A slope below 1: predictions are too far apart.
    error
        Expected calibration error: mean distance of observed from predicted, by person.
    by_chance
        What the error would be on average were every prediction right: with few people a bin it
        is not 0.
    """

    group: str
    n: int
    positives: int
    bins: tuple[Bin, ...]
    slope: Estimate
    intercept: Estimate
    error: Estimate
    by_chance: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """The calibration of everybody, then of each group; made by `calibration`."""

    groups: tuple[GroupCalibration, ...]

    @property
    def whole(self) -> GroupCalibration:
        """That of everybody."""
        return self.groups[0]

    def frame(self) -> pd.DataFrame:
        """Return a row a bin."""
        import pandas as pd

        rows = [
            {"group": one.group, "upper": b.upper, "n": b.n, "positives": b.positives,
             **_columns("predicted", b.predicted), **_columns("observed", b.observed)}
            for one in self.groups for b in one.bins
        ]  # fmt: skip
        return pd.DataFrame(rows)

    def lines(self) -> pd.DataFrame:
        """Return a row a group: slope, intercept and error."""
        import pandas as pd

        rows = [
            {"group": one.group, "n": one.n, "positives": one.positives,
             **_columns("slope", one.slope), **_columns("intercept", one.intercept),
             **_columns("error", one.error), "by_chance": one.by_chance}
            for one in self.groups
        ]  # fmt: skip
        return pd.DataFrame(rows)

    def plot(self) -> alt.LayerChart:
        """Draw observed against predicted rates by bin, and the line on which they agree."""
        rows: list[Row] = [
            {"group": one.group, "predicted": b.predicted.value, "observed": b.observed.value}
            for one in self.groups for b in one.bins
        ]  # fmt: skip
        axes = ("predicted", "mean prediction"), ("observed", "observed share")
        return scatter(rows, *axes, ("group", "group"), diagonal=True)

    def sentence(self) -> str:
        """Say slope, intercept and error of everybody, and the slope of every group."""
        whole = self.whole
        said = (
            f"Of {whole.n:,} people, {whole.positives:,} with the outcome: calibration slope "
            f"{whole.slope.text()}, intercept {whole.intercept.text()}, expected calibration "
            f"error {whole.error.text()}; were every prediction right it would be "
            f"{whole.by_chance:.3f} on average."
        )
        slopes = [f"{g.group} {g.slope.text()}, n = {g.n:,}" for g in self.groups[1:]]
        return said + (f" Slopes by group: {'; '.join(slopes)}." if slopes else "")


def calibration(
    labels: Any, scores: Any, groups: Any = None, bins: int = 100, *, draws: int = 1000,
    seed: int = 0,
) -> Calibration:  # fmt: skip
    """Hold predicted chances against what happened, overall and by group (paper C, Figure 1).

    Estimated: by quantile bin of each group's *own* scores, mean prediction and share with the
    outcome; slope and intercept of the logistic regression of the outcome on the log odds of
    the prediction (logistic recalibration), with Huber's (sandwich) intervals; and the expected
    calibration error over these bins. Drawing people again adds noise to an error that cannot be
    below 0, so its interval is the basic bootstrap one (twice the estimate less the percentiles,
    not below 0, and widened to hold the estimate). Assumes people are independent of each other.

    Parameters
    ----------
    labels
        0 or 1, shape (n,).
    scores
        Predicted chances between 0 and 1.
    groups
        A column of groups, or attribute -> column.
    bins
        Bins of equal size (100: percentiles). People with equal scores are in one bin, the lower
        one, as by numpy's and scikit-learn's quantiles; bins left empty by that are left out.
    draws, seed
        Bootstrap draws behind the interval of the error, and what fixes them.

    Raises
    ------
    DataError
        If a label is not 0 or 1, a score is missing or not between 0 and 1, lengths differ,
        nobody is given, or there is no bin.
    """
    outcomes, chances = labels_of(labels), scores_of(scores)
    same_length(len(outcomes), scores=len(chances))
    if not len(outcomes):
        raise problem(DataError, "labels", "hold nobody", "give at least one person")
    if chances.min() < 0 or chances.max() > 1:
        raise problem(DataError, "scores", "are not all between 0 and 1", "give predicted chances")
    if bins < 1:
        raise problem(DataError, "bins", f"is {bins}", "give at least 1")
    attributes = {} if groups is None else groups_of(groups, len(outcomes))
    parts = {EVERYBODY: np.arange(len(outcomes))}
    for name, column in attributes.items():
        parts |= {f"{name}={g}": np.flatnonzero(column == g) for g in np.unique(column)}
    found = [
        of_group(
            name, outcomes[rows], chances[rows], quantiles(chances[rows], bins), draws,
            stream(seed, "calibration", name),
        )
        for name, rows in parts.items()
    ]  # fmt: skip
    return Calibration(tuple(found))


def of_group(
    group: str, labels: Labels, chances: Floats, edges: Sequence[int], draws: int,
    generator: np.random.Generator,
) -> GroupCalibration:  # fmt: skip
    """Measure the calibration of one group between ranks.

    Parameters
    ----------
    group
        Its name.
    labels, chances
        Outcomes and predictions of its people, shape (n,).
    edges
        Ranks within the group from the top, ascending from 0 to n, none within equal scores.
    draws, generator
        Bootstrap draws behind the interval of the error, and their random stream.
    """
    # By score, then outcome: rows of one order, so that sums are the same bits for any other.
    order = np.lexsort((labels, -chances))
    ranked, hits = chances[order], labels[order]
    bins = tuple(_bin(hits, ranked, low, high) for low, high in pairwise(edges))
    slope, intercept = recalibration(hits, ranked)
    error, by_chance = _error(hits, ranked, edges, draws, generator)
    return GroupCalibration(
        group=group, n=len(labels), positives=int(labels.sum()), bins=bins, slope=slope,
        intercept=intercept, error=error, by_chance=by_chance,
    )  # fmt: skip


def quantiles(scores: Floats, bins: int) -> tuple[int, ...]:
    """Return the ranks, from the top, at which bins of equal size end; 0 and n included.

    Who stands exactly at a quantile is below it, and so is everybody of equal score.
    """
    ascending = np.sort(scores)
    n = len(ascending)
    last = (np.arange(1, bins) * (n - 1)) // bins
    below = np.searchsorted(ascending, ascending[last], side="right")
    return tuple(np.unique([0, *(n - below), n]).tolist())


def recalibration(labels: Labels, chances: Floats) -> tuple[Estimate, Estimate]:
    """Return slope and intercept of the outcome's log odds on the prediction's.

    Maximum likelihood by Newton's method; Wald intervals with Huber's sandwich variance, which
    hold where the line itself is wrong. Undefined where only one outcome or one prediction is
    there, or the prediction parts those with the outcome from those without.
    """
    nothing = Estimate(None, None, None)
    p = np.clip(chances, _NEAR, 1 - _NEAR)
    odds = np.log(p) - np.log1p(-p)
    if not 0 < labels.sum() < len(labels) or np.ptp(odds) == 0 or _parted(labels, odds):
        return nothing, nothing
    centre, scale = odds.mean(), odds.std()
    x = np.stack([np.ones(len(odds)), (odds - centre) / scale])
    beta = np.array([np.log(labels.mean() / (1 - labels.mean())), 0.0])
    fit = _likelihood(x, labels, beta)
    for _ in range(_STEPS):
        step = np.linalg.solve(fit.information, fit.gradient)
        while True:
            tried = _likelihood(x, labels, beta + step)
            if tried.value >= fit.value or np.abs(step).max() < 1e-14:
                break
            step = step / 2
        beta, fit = beta + step, tried
        if np.abs(step).max() < 1e-12:
            break
    bread = np.linalg.inv(fit.information)
    rotate = np.array([[1.0, -centre / scale], [0.0, 1.0 / scale]])
    intercept, slope = rotate @ beta
    spread = np.sqrt(np.diag(rotate @ bread @ fit.meat @ bread @ rotate.T))
    return _wald(slope, spread[1]), _wald(intercept, spread[0])


@dataclass(frozen=True, slots=True)
class _Likelihood:
    """The log likelihood at some coefficients, its slopes, and the two parts of a sandwich."""

    value: float
    gradient: Floats
    information: Floats
    meat: Floats


def _likelihood(x: Floats, labels: Labels, beta: Floats) -> _Likelihood:
    eta = np.einsum("ji,j->i", x, beta)
    fitted = 1 / (1 + np.exp(-eta))
    left = labels - fitted
    value = float((labels * eta - np.logaddexp(0, eta)).sum())
    # einsum, not a matrix product: last bits do not depend on the number of threads.
    return _Likelihood(
        value, np.einsum("ji,i->j", x, left),
        np.einsum("ji,ki,i->jk", x, x, fitted * (1 - fitted)),
        np.einsum("ji,ki,i->jk", x, x, np.square(left)),
    )  # fmt: skip


def _parted(labels: Labels, odds: Floats) -> bool:
    """Return whether a value of the log odds parts the outcomes: then no line fits best."""
    hit, miss = odds[labels == 1], odds[labels == 0]
    return bool(hit.min() >= miss.max() or hit.max() <= miss.min())


def _bin(labels: Labels, chances: Floats, low: int, high: int) -> Bin:
    n, hits, inside = high - low, int(labels[low:high].sum()), chances[low:high]
    mean = float(inside.mean())
    half = _Z * float(inside.std(ddof=1)) / n**0.5 if n > 1 else 0.0
    predicted = Estimate(mean, max(0.0, mean - half), min(1.0, mean + half))
    return Bin(high, n, hits, predicted, wilson(hits, n))


def wilson(hits: int, n: int) -> Estimate:
    """Return a share with Wilson's score interval."""
    p, z2 = hits / n, _Z**2
    centre, half = p + z2 / (2 * n), _Z * (p * (1 - p) / n + z2 / (4 * n * n)) ** 0.5
    low, high = (centre - half) / (1 + z2 / n), (centre + half) / (1 + z2 / n)
    return Estimate(p, 0.0 if hits == 0 else low, 1.0 if hits == n else high)


def _error(
    labels: Labels, chances: Floats, edges: Sequence[int], draws: int,
    generator: np.random.Generator,
) -> tuple[Estimate, float]:  # fmt: skip
    """Return the expected calibration error, and what chance alone makes of it."""
    ends = np.asarray(edges, dtype=np.int64)
    sizes: Ints = ends[1:] - ends[:-1]
    place, n = np.repeat(np.arange(len(sizes)), sizes), len(labels)
    sums = np.empty((len(sizes), 3))

    def error(times: NDArray[np.uint8]) -> float:
        kernels.binned(times, place, labels, chances, sums)
        return float(np.abs(sums[:, 1] - sums[:, 2]).sum() / n)

    value = error(np.ones(n, dtype=np.uint8))
    predicted = sums[:, 2].copy()
    rows = [error(times_drawn(n, one)) for one in generator.spawn(draws)]
    low, high = percentiles(np.asarray(rows)[:, None])
    bounds = max(0.0, 2 * value - float(high[0])), max(value, 2 * value - float(low[0]))
    again = generator.binomial(sizes, (predicted / sizes).clip(0, 1), size=(draws, len(sizes)))
    by_chance = float(np.abs(again - predicted).sum(axis=1).mean() / n)
    return Estimate(value, *bounds), by_chance


def _wald(value: float, spread: float) -> Estimate:
    return Estimate(float(value), float(value - _Z * spread), float(value + _Z * spread))


def _columns(name: str, one: Estimate) -> Mapping[str, float | None]:
    return {name: one.value, f"{name}_low": one.low, f"{name}_high": one.high}
