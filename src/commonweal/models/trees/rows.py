"""The rows a tree is searched on: bins, outcomes, weights, and what a tree is worth on them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from commonweal.models.trees.bins import Binned, Floats
from commonweal.models.trees.splits import Places, Splits


@dataclass(frozen=True, slots=True)
class Branch:
    """A node that is split, and what comes of it; a leaf is None.

    Parameters
    ----------
    split
        The question asked, as its place among all splits.
    left, right
        Its children.
    """

    split: int
    left: Branch | None = None
    right: Branch | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be found: the tree of the smallest objective on some rows.

    Parameters
    ----------
    binned, splits
        The rows, and every question that may be asked.
    labels
        Outcomes, 0 or 1, shape (rows,), float64.
    weights
        Of the rows, shape (rows,), float64.
    weighted
        Whether any weight differs from 1.
    penalty
        What a leaf costs, in squared errors.
    depth
        Most splits from root to leaf.
    least
        Least weight of a leaf's rows.
    """

    binned: Binned
    splits: Splits
    labels: Floats
    weights: Floats
    weighted: bool
    penalty: float
    depth: int
    least: float

    def errors(self, rows: Places) -> float:
        """Return the squared errors were all of these rows given their share of positives."""
        n = float(self.weights[rows].sum())
        p = float((self.weights[rows] * self.labels[rows]).sum())
        return p - p * p / n if n > 0 else 0.0

    def value(self, branch: Branch | None, rows: Places) -> float:
        """Return the objective of a subtree on some rows; infinite where a leaf is too small."""
        if branch is None:
            n = float(self.weights[rows].sum())
            enough = n >= self.least and n > 0
            return self.errors(rows) + self.penalty if enough else np.inf
        left = self.splits.left(self.binned, branch.split, rows)
        mine = self.value(branch.left, rows[left])
        return mine + self.value(branch.right, rows[~left]) if mine < np.inf else mine


def every_row(task: Task) -> Places:
    """Return all rows."""
    return np.arange(len(task.labels), dtype=np.int64)


def leaves(branch: Branch | None) -> int:
    """Count the leaves of a subtree."""
    return 1 if branch is None else leaves(branch.left) + leaves(branch.right)


def root_errors(labels: NDArray[np.float64], weights: Floats) -> float:
    """Return the squared errors of the base rate."""
    n, p = float(weights.sum()), float((weights * labels).sum())
    return p - p * p / n if n > 0 else 0.0
