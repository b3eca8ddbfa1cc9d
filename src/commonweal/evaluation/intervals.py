"""Intervals by drawing people again, with replacement."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from commonweal.evaluation.ranking import Floats, Ints


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
    table = np.asarray(results)
    low, high = np.percentile(table, [2.5, 97.5], axis=0)
    for column in np.flatnonzero(np.isnan(low)):
        known = table[~np.isnan(table[:, column]), column]
        if len(known):
            low[column], high[column] = np.percentile(known, [2.5, 97.5])
    return low, high
