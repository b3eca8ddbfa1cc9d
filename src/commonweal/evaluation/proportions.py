"""Shares of people: their intervals, their differences, and tests of these."""

from __future__ import annotations

import math
from collections.abc import Sequence

Z = 1.959963984540054
"""The 97.5% point of the normal distribution."""


def wilson(count: float, n: float) -> tuple[float, float]:
    """Return Wilson's 95% interval of a share.

    Assumes n independent people with one chance. `count` may be an expectation, where equal
    scores are put in order at random. Source: Wilson 1927; as good as the exact interval for its
    length also where none or all of n count (Brown, Cai and DasGupta 2001).

    Raises
    ------
    ValueError
        If n is not positive.
    """
    if n <= 0:
        raise ValueError(f"an interval of a share of {n} people")
    share = count / n
    middle = (share + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z * math.sqrt(share * (1 - share) / n + Z**2 / (4 * n**2)) / (1 + Z**2 / n)
    low = 0.0 if count <= 0 else max(0.0, middle - half)
    high = 1.0 if count >= n else min(1.0, middle + half)
    return low, high


def newcombe(
    first: tuple[float, float], second: tuple[float, float]
) -> tuple[float, float, float]:  # fmt: skip
    """Return the difference of two shares and its 95% interval.

    Parameters
    ----------
    first, second
        How many, of how many people. The two hold no person in common.

    Returns
    -------
    difference, low, high
        The first share less the second, with Newcombe's interval from the two Wilson intervals
        (Newcombe 1998, method 10).
    """
    (x, n), (y, m) = first, second
    p, q = x / n, y / m
    (p_low, p_high), (q_low, q_high) = wilson(x, n), wilson(y, m)
    low = p - q - math.hypot(p - p_low, q_high - q)
    high = p - q + math.hypot(p_high - p, q - q_low)
    return p - q, low, high


def two_shares(first: tuple[float, float], second: tuple[float, float]) -> float:
    """Return the two-sided p-value of two shares being one: the pooled z-test."""
    (x, n), (y, m) = first, second
    pooled = (x + y) / (n + m)
    variance = pooled * (1 - pooled) * (1 / n + 1 / m)
    if variance <= 0:
        return 1.0
    return two_sided((x / n - y / m) / math.sqrt(variance))


def two_sided(z: float) -> float:
    """Return the chance of a standard normal number at least as far from 0."""
    return math.erfc(abs(z) / math.sqrt(2))


def holm(values: Sequence[float]) -> list[float]:
    """Return p-values adjusted for being looked at together (Holm 1979), in the same order.

    Rejecting where an adjusted value is below .05 rejects anything true with a chance of at
    most .05, whatever depends on what.
    """
    order = sorted(range(len(values)), key=lambda i: values[i])
    adjusted = [0.0] * len(values)
    largest = 0.0
    for place, i in enumerate(order):
        largest = max(largest, min(1.0, (len(values) - place) * values[i]))
        adjusted[i] = largest
    return adjusted
