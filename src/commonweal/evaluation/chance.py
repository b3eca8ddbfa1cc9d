"""The exact distribution of a sum of unequal chances (Poisson-binomial), and limits from it."""

from __future__ import annotations

import numpy as np

from commonweal.evaluation.ranking import Floats

_DIRECT = 64


def counts_of(chances: Floats) -> Floats:
    """Return the chance of every count 0 to n among independent events of these chances.

    The exact Poisson-binomial distribution, by multiplying the generating functions of halves.
    """
    if len(chances) <= _DIRECT:
        found = np.ones(1)
        for p in chances.tolist():
            found = np.convolve(found, (1.0 - p, p))
        return found
    from scipy.signal import fftconvolve

    half = len(chances) // 2
    product: Floats = fftconvolve(counts_of(chances[:half]), counts_of(chances[half:]))
    return np.asarray(np.maximum(product, 0.0), dtype=np.float64)


def middle(distribution: Floats, count: int) -> float:
    """Return the chance of fewer than `count` plus half the chance of `count` (the mid-p)."""
    below = float(distribution[:count].sum()) + 0.5 * float(distribution[count])
    return min(max(below, 0.0), 1.0)


def quantile(distribution: Floats, share: float) -> float:
    """Return the count at which the mid-p reaches `share`, between whole counts on a line.

    Below the mid-p of 0 and above that of n the range ends.
    """
    places = np.cumsum(distribution) - 0.5 * distribution
    return float(np.interp(share, places, np.arange(len(distribution))))
