"""Intervals by drawing people again, with replacement."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from commonweal.evaluation.ranking import Floats


def bootstrap(
    statistic: Callable[[Floats], Floats], n: int, draws: int, generator: np.random.Generator
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
        results.append(statistic(np.bincount(drawn, minlength=n).astype(np.float64)))
    table = np.asarray(results)
    defined = ~np.isnan(table).all(axis=0)
    low, high = np.full(table.shape[1], np.nan), np.full(table.shape[1], np.nan)
    if defined.any():
        found = np.nanpercentile(table[:, defined], [2.5, 97.5], axis=0)
        low[defined], high[defined] = found
    return low, high
