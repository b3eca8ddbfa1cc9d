"""Constants solved for, so that published rates hold whatever the knobs are."""

from __future__ import annotations

import numpy as np

from commonweal.simulate.columns import Floats

SAMPLE = 60_000
"""Most people among whom constants are solved for."""


def chances(log_odds: Floats) -> Floats:
    """Return log odds as chances."""
    result: Floats = 1.0 / (1.0 + np.exp(-log_odds))
    return result


def constant(log_odds: Floats, rate: float, weight: Floats, share: Floats | float = 1.0) -> float:
    """Return what, added to the log odds, gives the rate.

    Parameters
    ----------
    log_odds
        Of each person in the sample.
    rate
        Weighted mean of ``share * chance`` to be met.
    weight
        Of each person.
    share
        What part of the chance counts, between 0 and 1.
    """
    low, high, total = -15.0, 15.0, float(weight.sum())
    for _ in range(40):
        middle = (low + high) / 2.0
        met = float((weight * share * chances(log_odds + middle)).sum()) / total
        low, high = (middle, high) if met < rate else (low, middle)
    return (low + high) / 2.0


def auc(score: Floats, chance: Floats, weight: Floats) -> float:
    """Return the expected area under the ROC curve of a score for outcomes of known chance."""
    order = np.argsort(score, kind="stable")
    positive, negative = (weight * chance)[order], (weight * (1.0 - chance))[order]
    below = np.cumsum(negative) - 0.5 * negative
    return float((positive * below).sum() / (positive.sum() * negative.sum()))
