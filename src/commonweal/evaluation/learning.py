"""Whether more data would help: the learning curve, its last step, and twice the data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from commonweal.evaluation.estimate import Estimate, estimates
from commonweal.evaluation.intervals import bootstrap
from commonweal.evaluation.ranking import Floats, Ints, Ranking, area

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

EXPONENTS = np.geomspace(0.02, 3.0, 400)
"""Exponents of the power law that are tried."""


@dataclass(frozen=True, slots=True)
class Point:
    """What a share of the people to learn from comes to, the mean over repeats.

    Parameters
    ----------
    fraction
        The share.
    rows
        Rows learned from, the mean over repeats.
    auc, precision
        AUC, and precision at a rank that is the number of positives.
    """

    fraction: float
    rows: float
    auc: Estimate
    precision: Estimate


@dataclass(frozen=True, slots=True)
class LearningCurve:
    """What a model finds when it learns from fewer people.

    Parameters
    ----------
    points
        One a share, ascending.
    n, positives
        Rows measured on, and those with the outcome.
    last
        AUC of the largest share less that of the one before, on the same people.
    doubled
        AUC expected to be gained by twice the largest share; None of fewer than three shares.
    law
        (a, b, c) of the curve a - b rows^-c; None of fewer than three shares.
    """

    points: tuple[Point, ...]
    n: int
    positives: int
    last: Estimate
    doubled: Estimate | None
    law: tuple[float, float, float] | None

    def frame(self) -> pd.DataFrame:
        """Return one row a share."""
        import pandas as pd

        rows = [
            {
                "fraction": p.fraction, "rows": p.rows,
                **{
                    f"{name}{end}": value
                    for name, e in (("auc", p.auc), ("precision", p.precision))
                    for end, value in (("", e.value), ("_low", e.low), ("_high", e.high))
                },
            }
            for p in self.points
        ]  # fmt: skip
        return pd.DataFrame(rows)

    def plot(self) -> alt.LayerChart:
        """Return AUC over rows learned from, its intervals and the fitted curve, in Altair."""
        import altair as alt

        rows = [
            {"rows": p.rows, "auc": p.auc.value, "low": p.auc.low, "high": p.auc.high}
            for p in self.points
        ]
        scale = alt.Scale(zero=False)
        base = alt.Chart(alt.InlineData(values=rows)).encode(
            x=alt.X("rows:Q", title="rows learned from")
        )
        layers = [
            base.mark_rule().encode(y=alt.Y("low:Q", scale=scale, title="AUC"), y2="high:Q"),
            base.mark_point(filled=True, opacity=1).encode(y=alt.Y("auc:Q", scale=scale)),
        ]
        if self.law is not None:
            a, b, c = self.law
            sizes = np.geomspace(self.points[0].rows, 2 * self.points[-1].rows, 60)
            fitted = [{"rows": float(n), "auc": float(a - b * n**-c)} for n in sizes]
            line = alt.Chart(alt.InlineData(values=fitted)).mark_line(strokeDash=[4, 4])
            layers.append(line.encode(x="rows:Q", y=alt.Y("auc:Q", scale=scale)))
        chart = alt.layer(*layers)
        assert isinstance(chart, alt.LayerChart)
        return chart

    def sentence(self) -> str:
        """Say whether more data would help."""
        before, after = self.points[-2], self.points[-1]
        said = (
            f"Learning from {after.fraction:.0%} of the people instead of {before.fraction:.0%} "
            f"{_moved(self.last)} AUC (95% interval {_span(self.last)}; {after.auc.value:.3f} "
            f"in the end, n = {self.n:,})"
        )
        if self.doubled is None:
            return f"{said}."
        expected = f"twice the data are expected to add {_gain(self.doubled)}"
        if self.last.low > 0:
            return f"{said}: more data would help; {expected}."
        if self.doubled.high < 0.005:
            return f"{said}: more data of this kind would hardly help; {expected}."
        return f"{said}: whether more data would help cannot be told; {expected}."


def _span(e: Estimate) -> str:
    return f"{e.low:.3f} to {e.high:.3f}"


def _gain(e: Estimate) -> str:
    return f"{e.value:.3f} AUC ({_span(e)})"


def _moved(e: Estimate) -> str:
    return f"adds {e.value:.3f}" if e.value >= 0 else f"takes {-e.value:.3f} off the"


def learning_curve(
    fractions: Sequence[float], rows: Floats, rankings: Sequence[Sequence[Ranking]], person: Ints,
    draws: int, generator: np.random.Generator,
) -> LearningCurve:  # fmt: skip
    """Measure models that learned from shares of the people, on people common to all.

    Estimated: for each share AUC (ties one half) and precision in as many top ranks as there are
    positives, the mean over repeats; the difference in AUC between the last two shares; and what
    `power_law`, fitted to the shares' AUC, adds from the largest share to twice as many rows.

    Intervals are of drawing the measured people again, together with all their rows and the same
    for every share, so that differences are paired. That another draw of the people to learn from
    would give another model is not in them but for the mean over repeats; and a curve that bends
    after the largest share is foreseen by no extrapolation.

    Parameters
    ----------
    fractions
        The shares, ascending, at least two.
    rows
        Rows learned from, shape (shares, repeats).
    rankings
        Ranking of the measured rows by each model: shares, then repeats.
    person
        Place of the person that each measured row is about, from 0, shape (n,).
    draws
        Bootstrap draws.
    generator
        Random stream of the draws.
    """
    first = rankings[0][0]
    k, shares = first.positives, len(fractions)
    people = int(person.max(initial=-1)) + 1
    at = [[r.order for r in one] for one in rankings]
    sizes = rows.mean(axis=1)

    def figures(weights: Ints) -> Floats:
        drawn = weights[person]
        found = np.empty((2, shares, len(rankings[0])))
        for s, repeats in enumerate(rankings):
            for r, ranking in enumerate(repeats):
                mine = drawn[at[s][r]]
                upto, hits = ranking.cumulated(mine), ranking.cumulated(mine * ranking.labels)
                found[:, s, r] = area(upto, hits), np.interp(k, upto, hits) / k
        return np.asarray(found.mean(axis=2))

    def statistic(weights: Ints) -> Floats:
        found = figures(weights)
        last = found[0, -1] - found[0, -2]
        return np.concatenate([found.ravel(), [last, _doubling(sizes, found[0])]])

    value = statistic(np.ones(people, np.int64))
    lines = estimates(value, bootstrap(statistic, people, draws, generator))
    points = tuple(
        Point(fraction, float(sizes[s]), lines[s], lines[shares + s])
        for s, fraction in enumerate(fractions)
    )
    enough = shares >= 3
    return LearningCurve(
        points, first.n, k, lines[-2], lines[-1] if enough else None,
        power_law(sizes, value[:shares]) if enough else None,
    )  # fmt: skip


def _doubling(sizes: Floats, areas: Floats) -> float:
    if len(sizes) < 3 or np.isnan(areas).any():
        return float("nan")
    _, b, c = power_law(sizes, areas)
    most = float(sizes[-1])
    return float(b * (most**-c - (2 * most) ** -c))


def power_law(sizes: Floats, areas: Floats) -> tuple[float, float, float]:
    """Return a, b and c of the curve a - b n^-c with the least squares.

    b is not negative, so that no data are expected to do harm, and a is at most 1. Given c, the
    best a and b are those of a regression on a line, or on the bound that it would cross; c is the
    best of `EXPONENTS`. So the minimum is the global one up to the grid of c, where a search from
    some start may end in a local one.

    Parameters
    ----------
    sizes
        n, shape (shares,).
    areas
        The figure at each, at most 1.
    """
    most = float(sizes[-1])
    x = (sizes / most)[None, :] ** -EXPONENTS[:, None]
    apart, level = x - x.mean(axis=1, keepdims=True), float(areas.mean())
    squares = np.square(apart).sum(axis=1)
    slope = -(apart * (areas - level)).sum(axis=1) / np.where(squares > 0, squares, 1.0)
    slope = np.maximum(slope, 0.0)
    top = level + slope * x.mean(axis=1)
    over = top > 1.0
    bounded = ((1.0 - areas) * x).sum(axis=1) / np.square(x).sum(axis=1)
    slope = np.where(over, np.maximum(bounded, 0.0), slope)
    top = np.where(over, 1.0, top)
    losses = np.square(areas - top[:, None] + slope[:, None] * x).sum(axis=1)
    best = int(np.argmin(losses))
    c = float(EXPONENTS[best])
    return float(top[best]), float(slope[best]) * most**c, c
