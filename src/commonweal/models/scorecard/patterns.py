"""Rows that answer all items alike, put together: what a regression on items needs of the rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_STEPS = 60
_RIDGE = 1.0
"""Penalty on squared coefficients: the weight of a person or so, lest one be infinite."""


@dataclass(frozen=True, slots=True)
class Patterns:
    """Answers to the items, each combination once.

    Parameters
    ----------
    answers
        0 or 1, shape (patterns, items).
    weight, hits
        Weight of the rows of each pattern, and of those among them with the outcome.
    """

    answers: Floats
    weight: Floats
    hits: Floats

    @property
    def design(self) -> Floats:
        """A column of ones beside the answers."""
        return np.column_stack([np.ones(len(self.answers)), self.answers])


@dataclass(frozen=True, slots=True)
class Fit:
    """A logistic regression on patterns.

    Parameters
    ----------
    coefficients
        Intercept first.
    chance
        Of each pattern.
    bend
        Second derivatives of the loss, shape (coefficients, coefficients).
    loss
        Log loss, summed, penalty included.
    """

    coefficients: Floats
    chance: Floats
    bend: Floats
    loss: float


def regress(patterns: Patterns) -> Fit:
    """Maximize the likelihood less a slight penalty, by Newton's method with halved steps."""
    rate = float(patterns.hits.sum() / patterns.weight.sum())
    start = np.zeros(patterns.answers.shape[1] + 1)
    start[0] = np.log(rate / (1 - rate))
    ridge = np.full(len(start), _RIDGE)
    ridge[0] = 0.0
    return newton(patterns.design, patterns.weight, patterns.hits, start, ridge)


def newton(design: Floats, weight: Floats, hits: Floats, start: Floats, ridge: Floats) -> Fit:
    """Minimize log loss plus half of `ridge` times squared coefficients.

    Sums are taken by einsum: a matrix product's last bits depend on the number of threads.
    """
    at = start
    odds = np.einsum("ij,j->i", design, at)
    loss = loss_of(odds, weight, hits) + float(np.sum(ridge * at * at)) / 2
    for _ in range(_STEPS):
        p = 1 / (1 + np.exp(-odds))
        slope = np.einsum("ij,i->j", design, hits - weight * p) - ridge * at
        bend = np.einsum("ij,i,ik->jk", design, weight * p * (1 - p), design) + np.diag(ridge)
        step = np.linalg.solve(bend + 1e-12 * np.eye(len(at)), slope)
        size = 1.0
        while size > 1e-6:
            tried = at + size * step
            odds = np.einsum("ij,j->i", design, tried)
            reached = loss_of(odds, weight, hits) + float(np.sum(ridge * tried * tried)) / 2
            if reached <= loss + 1e-12 * abs(loss):
                break
            size /= 2
        else:
            break
        less, at, loss = loss - reached, tried, reached
        if float(np.abs(size * step).max()) < 1e-9 or less < 1e-13 * abs(loss):
            break
    odds = np.einsum("ij,j->i", design, at)
    p = np.asarray(1 / (1 + np.exp(-odds)), np.float64)
    bend = np.einsum("ij,i,ik->jk", design, weight * p * (1 - p), design) + np.diag(ridge)
    return Fit(at, p, bend, loss)


def loss_of(odds: Floats, weight: Floats, hits: Floats) -> float:
    """Return the summed log loss of rows with the given log-odds."""
    return float(np.sum(weight * np.logaddexp(0.0, odds) - hits * odds))
