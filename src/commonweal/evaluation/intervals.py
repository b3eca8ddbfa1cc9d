"""Intervals by drawing people again, with replacement."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from commonweal.evaluation import kernels
from commonweal.evaluation.ranking import Floats, Ints

SHARES = frozenset({
    "base_rate", "precision", "recall", "total_recall", "selection_rate", "calibration.observed",
    "composition.cohort", "composition.positives", "composition.top", "moved.share",
    "moved.precision",
})  # fmt: skip
"""Figures that are a share of n people: of none or all of them, no draw ever differs."""


def bootstrap(
    statistic: Callable[[Ints], Floats], n: int, draws: int, generator: np.random.Generator
) -> tuple[Floats, Floats]:
    """Return 95% percentile intervals of a vector of statistics.

    What is estimated: the spread of each statistic over repeated samples of n people from the
    population these n are a sample of. Assumes people are independent of each other; links
    between them make the intervals somewhat too short (paper C, A.5.2 does the same).

    Parameters
    ----------
    statistic
        Maps a weight per person, shape (n,), to the statistics, shape (s,). The weight is how
        often the person was drawn.
    n
        Number of people.
    draws
        Number of draws.
    generator
        Random stream.

    Returns
    -------
    low, high
        Shape (s,). NaN where a statistic was undefined in every draw.
    """
    results = []
    for _ in range(draws):
        drawn = generator.integers(0, n, size=n)
        results.append(statistic(np.bincount(drawn, minlength=n)))
    return percentiles(np.asarray(results))


def percentiles(table: Floats) -> tuple[Floats, Floats]:
    """Return the 2.5th and 97.5th percentile of each column over its known rows.

    Parameters
    ----------
    table
        A row a draw, shape (draws, s).

    Returns
    -------
    low, high
        Shape (s,). NaN where a column is NaN in every row.
    """
    low, high = np.percentile(table, [2.5, 97.5], axis=0)
    for column in np.flatnonzero(np.isnan(low)):
        known = table[~np.isnan(table[:, column]), column]
        if len(known):
            low[column], high[column] = np.percentile(known, [2.5, 97.5])
    return low, high


def times_drawn(n: int, generator: np.random.Generator) -> NDArray[np.uint8]:
    """Draw n of n people with replacement: how often each was drawn, shape (n,)."""
    times = np.empty(n, dtype=np.uint8)
    draw_into(times, generator)
    return times


def draw_into(times: NDArray[np.uint8], generator: np.random.Generator) -> None:
    """Draw as many people as `times` holds, with replacement, and write how often each was drawn.

    Raises
    ------
    OverflowError
        If one person was drawn more than 255 times, which does not happen by chance.
    """
    drawn = generator.integers(0, len(times), size=len(times), dtype=np.uint32)
    if not kernels.tally(drawn, times):
        raise OverflowError("one person was drawn more than 255 times")


def interval(
    metric: str, value: float, low: float, high: float, n: int
) -> tuple[float | None, float | None]:
    """Return the 95% interval of a figure: the drawn one, or the exact one of 0 or n of n.

    Where none or all of n people count, drawing them again says next to nothing: other draws
    differ only by who else comes among them. Then the interval reaches at least as far as the
    exact (Clopper-Pearson) one: up to 1 - .025^(1/n), or from .025^(1/n).

    Parameters
    ----------
    metric
        Name of the figure; only those in `SHARES` have an exact interval.
    value, low, high
        The figure and its drawn interval; NaN where it was undefined in every draw.
    n
        Number of people the figure is a share of.
    """
    if metric in SHARES and n > 0 and np.isfinite(low + high):
        bound = 0.025 ** (1.0 / n)
        if value == 0.0:
            return 0.0, max(high, 1.0 - bound)
        if value == 1.0:
            return min(low, bound), 1.0
    return _known(low), _known(high)


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
