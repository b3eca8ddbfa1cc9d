"""Coefficients to whole points: several scales tried, then each point moved while that helps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from commonweal.models.scorecard.patterns import Patterns, newton
from commonweal.models.scorecard.steps import Floats

_STARTS = 4


@dataclass(frozen=True, slots=True)
class Rounded:
    """Points, and the line from their sum to log-odds.

    Parameters
    ----------
    points
        Of each item; 0 where it is worth none.
    intercept, slope
        Platt's line over the score (Platt 1999); the slope is not negative.
    loss
        Summed log loss of his smoothed targets.
    """

    points: tuple[int, ...]
    intercept: float
    slope: float
    loss: float

    @property
    def order(self) -> tuple[float, int, tuple[int, ...]]:
        """What is smaller is better: less loss, in ten digits, then fewer points.

        An order of all points that there are, so that moving from one to a better one ends.
        """
        return (float(f"{self.loss:.10g}"), sum(abs(p) for p in self.points), self.points)

    def beats(self, other: Rounded) -> bool:
        """Return whether it loses less, or as little with fewer points."""
        return self.order < other.order


def rounded(patterns: Patterns, slopes: Floats, most: int, signs: Sequence[int]) -> Rounded:
    """Round so that the largest coefficient becomes `most` points or fewer.

    Every scale from half a point on is tried in quarters of a point; from the best few, points
    are moved by one or two, one item after the other, as long as the log loss on the rows learned
    from falls. Points that share a divisor are divided by it.

    Parameters
    ----------
    patterns
        Rows put together by their answers.
    slopes
        Coefficients of the items, in order.
    most
        Most points of an item, either way.
    signs
        1 where an item may only add, -1 where it may only take away, 0 where it may do either.
    """
    largest = float(np.abs(slopes).max(initial=0.0))
    nothing = _lined(patterns, np.zeros(len(slopes), np.int64))
    if largest == 0.0:
        return nothing
    scales = np.arange(0.5, most + 0.01, 0.25)
    tried = {tuple(np.rint(slopes / largest * scale).astype(int).tolist()) for scale in scales}
    starts = [_lined(patterns, np.array(points)) for points in sorted(tried)]
    best = nothing
    for start in _first(starts):
        found = _polished(patterns, start, most, signs)
        if found.beats(best):
            best = found
    shared = math.gcd(*best.points) or 1
    points = tuple(p // shared for p in best.points)
    return Rounded(points, best.intercept, best.slope * shared, best.loss)


def _first(found: list[Rounded]) -> list[Rounded]:
    """Return the best few."""
    return sorted(found, key=lambda one: one.order)[:_STARTS]


def _polished(patterns: Patterns, start: Rounded, most: int, signs: Sequence[int]) -> Rounded:
    """Move one item's points at a time while the loss falls."""
    best = start
    while True:
        before = best
        for place, sign in enumerate(signs):
            for move in (-1, 1, -2, 2):
                moved = best.points[place] + move
                if abs(moved) > most or sign * moved < 0:
                    continue
                points = np.array([*best.points[:place], moved, *best.points[place + 1 :]])
                tried = _lined(patterns, points)
                if tried.beats(best):
                    best = tried
        if best is before:
            return best


def _lined(patterns: Patterns, points: NDArray[np.int64]) -> Rounded:
    """Fit Platt's line over the score."""
    score = np.einsum("gi,i->g", patterns.answers, points.astype(np.float64))
    totals, place = np.unique(score, return_inverse=True)
    weight = np.asarray(np.bincount(place.reshape(-1), patterns.weight), np.float64)
    hits = np.asarray(np.bincount(place.reshape(-1), patterns.hits), np.float64)
    positives, negatives = float(hits.sum()), float(weight.sum() - hits.sum())
    high, low = (positives + 1) / (positives + 2), 1 / (negatives + 2)
    smooth = high * hits + low * (weight - hits)
    middle = float((weight * totals).sum() / weight.sum())
    rate = float(smooth.sum() / weight.sum())
    level = math.log(rate / (1 - rate))
    flat = len(totals) == 1
    design = np.column_stack([np.ones(len(totals)), totals - middle])
    if not flat:
        fit = newton(design, weight, smooth, np.array([level, 0.0]), np.array([0.0, 1e-9]))
        flat = fit.coefficients[1] <= 0
    if flat:
        loss = -float(weight.sum()) * (rate * math.log(rate) + (1 - rate) * math.log(1 - rate))
        return Rounded(tuple(points.tolist()), level, 0.0, loss)
    at, slope = fit.coefficients.tolist()
    return Rounded(tuple(points.tolist()), at - slope * middle, slope, fit.loss)
