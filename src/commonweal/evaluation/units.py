"""Outcomes of units against the difficulty of their cases: observed, expected, and chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import optimize, stats

from commonweal.core.errors import DataError, problem
from commonweal.evaluation.chance import counts_of, middle, quantile
from commonweal.evaluation.people import Groups, groups_of, labels_of, same_length, scores_of
from commonweal.evaluation.pictures import Row, lines, scatter
from commonweal.evaluation.ranking import Floats

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

ALARM = 0.05
"""Chance of naming any unit where none differs (Holm), and share of named ones that do not (BH)."""
_LIMITS = (0.025, 0.975, 0.001, 0.999)
_WINSOR = 0.1


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit.

    Parameters
    ----------
    name
        Its name.
    people
        Its people.
    observed
        How many of them had the outcome.
    expected
        The sum of their chances: what the average unit would have with these people.
    ratio, ratio_low, ratio_high
        Observed over expected, and its exact 95% interval (Poisson).
    shrunken, shrunken_low, shrunken_high
        The ratio drawn towards 1 as far as chance accounts for it, and its 95% interval.
    inner_low, inner_high, outer_low, outer_high
        Funnel limits of the ratio: chance alone leaves a unit with these people inside the inner
        ones 95 times of 100, and inside the outer ones 998 of 1,000.
    p
        Chance of a count so far from the expected one or farther, where the unit is average.
    holm, discovery
        Whether it stands out among all units: by Holm's rule, and at a false discovery rate of
        5% (Benjamini and Hochberg).
    """

    name: str
    people: int
    observed: int
    expected: float
    ratio: float
    ratio_low: float
    ratio_high: float
    shrunken: float
    shrunken_low: float
    shrunken_high: float
    inner_low: float
    inner_high: float
    outer_low: float
    outer_high: float
    p: float
    holm: bool
    discovery: bool


@dataclass(frozen=True, slots=True)
class Units:
    """Units, in the order of their names; made by `units`. Nothing here ranks them.

    Parameters
    ----------
    rows
        A row a unit.
    n, observed
        People, and how many of them had the outcome.
    predicted
        The sum of chances before they were set to add up to `observed`.
    spread, spread_low, spread_high
        Standard deviation of the units' true ratios beyond chance and its 95% interval; 0 where
        they differ no more than chance lets them.
    dispersion
        By how much squared differences exceed chance's, the most extreme tenths drawn in; at
        least 1. Limits are widened by its root where that was asked for.
    widened
        Whether they were.
    """

    rows: tuple[Unit, ...]
    n: int
    observed: int
    predicted: float
    spread: float
    spread_low: float
    spread_high: float
    dispersion: float
    widened: bool

    @property
    def outside(self) -> int:
        """How many units lie outside the 95% limits; about one in 20 does by chance."""
        return sum(not row.inner_low <= row.ratio <= row.inner_high for row in self.rows)

    def frame(self) -> pd.DataFrame:
        """Return one row a unit."""
        import pandas as pd

        return pd.DataFrame([{n: getattr(row, n) for n in row.__slots__} for row in self.rows])

    def plot(self) -> alt.LayerChart:
        """Draw the funnel: each unit's ratio over its expected count, with both limits."""
        import altair as alt

        limits: list[Row] = [
            {"expected": r.expected, "ratio": value, "limit": name}
            for r in sorted(self.rows, key=lambda r: r.expected)
            for name, value in (
                ("95% low", r.inner_low), ("95% high", r.inner_high),
                ("99.8% low", r.outer_low), ("99.8% high", r.outer_high),
            )
        ]  # fmt: skip
        rows = [{"expected": r.expected, "ratio": r.ratio} for r in self.rows]
        x, y = ("expected", "outcomes expected"), ("ratio", "observed over expected")
        drawn = lines(limits, x, y, ("limit", "limit"), banded=False)
        return alt.LayerChart(layer=[*drawn.layer, *scatter(rows, x, y).layer])

    def sentence(self) -> str:
        """Say how much units differ beyond chance, and which stand out."""
        named = [
            f"{r.name} (observed {r.observed:,}, expected {r.expected:,.1f}: {r.ratio:.2f}, "
            f"{r.ratio_low:.2f} to {r.ratio_high:.2f}, n = {r.people:,})"
            for r in self.rows if r.holm
        ]  # fmt: skip
        said = f"Beyond chance: {', '.join(named)}." if named else "No unit stands out by Holm's."
        return (
            f"{len(self.rows)} units, n = {self.n:,}: beyond chance their ratios differ with a "
            f"standard deviation of {self.spread:.2f} ({self.spread_low:.2f} to "
            f"{self.spread_high:.2f}); {self.outside} lie outside the 95% limits. {said}"
        )


def units(
    labels: Any, predictions: Any, units: Any, *, overdispersion: bool = False
) -> Units:  # fmt: skip
    """Hold each unit's outcomes against what its people's chances let one expect.

    Paper B: "adjusting performance metrics to account for differences in case difficulty".
    Chances must come from a model that did not learn from these outcomes and does not see the
    unit: what it sees is adjusted away. They are shifted on the logit scale until they add up to
    the outcomes observed, so that units are compared with each other, not with an earlier time:
    where one does much worse, the others look a little better for it.

    Estimated: indirect standardization, observed over expected, with the exact Poisson interval;
    limits and p-values from the exact distribution of the count given the people's chances
    (Poisson-binomial, mid-p); the spread of true ratios by Paule and Mandel's equation with its
    Q-profile interval, 0 where there is none beyond chance; shrunken ratios as gamma means with
    that spread. Where the spread is 0 every shrunken ratio is 1 and its interval uses the upper
    end of the spread's interval: what the data cannot rule out. Assumes that people are
    independent and that the chances hold what makes a case difficult; what no record holds does
    not count as difficulty.

    Parameters
    ----------
    labels
        Outcomes 0 or 1, shape (n,).
    predictions
        Predicted chances, strictly between 0 and 1, shape (n,).
    units
        Unit of each person, shape (n,).
    overdispersion
        Widen limits and p-values by the root of the dispersion (Spiegelhalter 2005).

    Raises
    ------
    DataError
        If columns are not sound, no or every outcome happened, or there is one unit only.
    """
    outcomes, chances = labels_of(labels), scores_of(predictions)
    same_length(len(outcomes), predictions=len(chances))
    held = next(iter(groups_of({"units": units}, len(outcomes)).values()))
    if len(chances) and not (chances.min() > 0 and chances.max() < 1):
        what = f"range from {chances.min():g} to {chances.max():g}"
        raise problem(DataError, "predictions", what, "give chances between 0 and 1")
    if not 0 < outcomes.sum() < len(outcomes):
        raise problem(DataError, "labels", "are all the same", "units cannot be compared by them")
    if len(np.unique(held)) < 2:
        raise problem(DataError, "units", "are one unit only", "name at least two")
    return _measured(outcomes.astype(np.int64), chances, held, overdispersion)


def recalibrated(chances: Floats, total: float) -> Floats:
    """Shift chances on the logit scale until they add up to `total`."""
    logits = np.log(chances) - np.log1p(-chances)

    def excess(shift: float) -> float:
        return float((1.0 / (1.0 + np.exp(-(logits + shift)))).sum()) - total

    shift = optimize.brentq(excess, -60.0, 60.0, xtol=1e-13)
    return np.asarray(1.0 / (1.0 + np.exp(-(logits + shift))), dtype=np.float64)


def _measured(labels: Any, chances: Floats, held: Groups, widen: bool) -> Units:
    fair = recalibrated(chances, float(labels.sum()))
    names, code = np.unique(held, return_inverse=True)
    members = [np.flatnonzero(code == place) for place in range(len(names))]
    observed = np.array([labels[m].sum() for m in members], dtype=np.float64)
    expected = np.array([fair[m].sum() for m in members])
    variance = np.array([(fair[m] * (1 - fair[m])).sum() for m in members])
    laws = [counts_of(fair[m]) for m in members]
    z = np.array([
        float(stats.norm.ppf(min(max(middle(law, int(o)), 1e-15), 1 - 1e-15)))
        for law, o in zip(laws, observed, strict=True)
    ])  # fmt: skip
    dispersion = _dispersion(z)
    wide = np.sqrt(dispersion) if widen else 1.0
    p = 2.0 * stats.norm.sf(np.abs(z) / wide)
    spread = _spreads(observed, expected, variance)
    shrunken = _shrunken(observed, expected, variance, spread)
    holm, discovery = _holm(p), _discovered(p)
    rows = []
    for place, name in enumerate(names.tolist()):
        o, e = float(observed[place]), float(expected[place])
        shares = stats.norm.cdf(stats.norm.ppf(_LIMITS) * wide)
        limits = [quantile(laws[place], float(share)) / e for share in shares]
        low, high = exact(o)
        inside, level = limits[:2], shrunken[place]
        rows.append(
            Unit(
                name=name, people=len(members[place]), observed=int(o), expected=e, ratio=o / e,
                ratio_low=low / e, ratio_high=high / e, shrunken=level[0], shrunken_low=level[1],
                shrunken_high=level[2], inner_low=inside[0], inner_high=inside[1],
                outer_low=limits[2], outer_high=limits[3], p=float(p[place]),
                holm=bool(holm[place]), discovery=bool(discovery[place]),
            )
        )  # fmt: skip
    least, most = float(np.sqrt(spread[1])), float(np.sqrt(spread[2]))
    return Units(
        rows=tuple(rows), n=len(labels), observed=int(labels.sum()), predicted=float(chances.sum()),
        spread=float(np.sqrt(spread[0])), spread_low=least, spread_high=most,
        dispersion=dispersion, widened=widen,
    )  # fmt: skip


def exact(count: float) -> tuple[float, float]:
    """Return the exact 95% interval of a Poisson count's mean (Garwood 1936)."""
    low = float(stats.gamma.ppf(0.025, count)) if count else 0.0
    return low, float(stats.gamma.ppf(0.975, count + 1))


def _dispersion(z: Floats) -> float:
    """Return the mean squared z, its extreme tenths drawn in; at least 1 (Spiegelhalter 2005)."""
    low, high = np.quantile(z, [_WINSOR, 1 - _WINSOR])
    return max(1.0, float(np.square(np.clip(z, low, high)).mean()))


def _spreads(observed: Floats, expected: Floats, variance: Floats) -> tuple[float, float, float]:
    """Return the variance of true ratios and its 95% interval; 0 where chance accounts for all.

    Solves sum (O - E)^2 / (V + t E^2) = m - 1 for t (Paule and Mandel 1982), and the same for the
    quantiles of chi-squared instead of its mean (Q-profile, Viechtbauer 2007).
    """
    gap = np.square(observed - expected)

    def solved(target: float) -> float:
        def excess(t: float) -> float:
            return float((gap / (variance + t * np.square(expected))).sum()) - target

        if excess(0.0) <= 0:
            return 0.0
        top = 1.0
        while excess(top) > 0:
            top *= 4.0
        return float(optimize.brentq(excess, 0.0, top, xtol=1e-14))

    free = len(observed) - 1
    low, high = (solved(float(stats.chi2.ppf(q, free))) for q in (0.975, 0.025))
    return solved(float(free)), low, high


def _shrunken(
    observed: Floats, expected: Floats, variance: Floats, spread: tuple[float, float, float]
) -> list[tuple[float, float, float]]:
    """Return each unit's shrunken ratio and its interval: gamma with mean 1 and the spread.

    Counts are scaled to the variance they have, which is less than a Poisson count's where
    chances are not small.
    """
    point, _, most = spread
    found = []
    for o, e, v in zip(observed.tolist(), expected.tolist(), variance.tolist(), strict=True):
        count, exposure = o * e / v, e * e / v
        value = (1 / point + count) / (1 / point + exposure) if point else 1.0
        used = point or most
        if not used:
            found.append((1.0, 1.0, 1.0))
            continue
        shape, rate = 1 / used + count, 1 / used + exposure
        low, high = (float(stats.gamma.ppf(q, shape)) / rate for q in (0.025, 0.975))
        found.append((value, min(low, value), max(high, value)))
    return found


def _holm(p: Floats) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Return which p-values Holm's rule rejects at `ALARM`."""
    order = np.argsort(p, kind="stable")
    passed = np.logical_and.accumulate(p[order] <= ALARM / np.arange(len(p), 0, -1))
    found = np.zeros(len(p), dtype=np.bool_)
    found[order[passed]] = True
    return found


def _discovered(p: Floats) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Return which p-values Benjamini and Hochberg's rule rejects at `ALARM`."""
    order = np.argsort(p, kind="stable")
    fits = np.flatnonzero(p[order] <= ALARM * np.arange(1, len(p) + 1) / len(p))
    found = np.zeros(len(p), dtype=np.bool_)
    if len(fits):
        found[order[: fits[-1] + 1]] = True
    return found
