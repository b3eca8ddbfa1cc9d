"""A decision tree as plain arrays: which leaf a row falls into, and what is predicted there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Kind = Literal["number", "binary", "category"]
"""What a column holds: numbers; 0, 1 or nothing; or the place of a value among codes."""


@dataclass(frozen=True, slots=True)
class Tree:
    """A binary tree, its nodes in pre-order: the root is node 0, a left child follows its parent.

    Parameters
    ----------
    names
        Column names, in order.
    kinds
        What each column holds.
    feature
        Column a node tests, shape (nodes,), int32; -1 at a leaf.
    threshold
        A value at most this goes left; of a column of categories, a value that is this. Float64.
    missing_left
        Whether a missing value goes left. Where the rows learned from had none missing, it goes
        where more of them went.
    left, right
        Children of each node, int32; -1 at a leaf.
    rows
        Weight of the rows learned from in each node: their number where rows have no weights.
    positives
        Weight of those among them with the outcome.
    """

    names: tuple[str, ...]
    kinds: tuple[Kind, ...]
    feature: NDArray[np.int32]
    threshold: NDArray[np.float64]
    missing_left: NDArray[np.bool_]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    rows: NDArray[np.float64]
    positives: NDArray[np.float64]

    @property
    def leaves(self) -> NDArray[np.int64]:
        """Nodes that are leaves, from left to right."""
        return np.flatnonzero(self.left < 0).astype(np.int64)

    @property
    def chance(self) -> NDArray[np.float64]:
        """Share of positives in each node, shape (nodes,)."""
        return np.asarray(self.positives / self.rows)

    @property
    def depths(self) -> NDArray[np.int64]:
        """Splits above each node, shape (nodes,)."""
        depths = np.zeros(len(self.left), np.int64)
        for node in np.flatnonzero(self.left >= 0).tolist():  # parents come before their children
            depths[[self.left[node], self.right[node]]] = depths[node] + 1
        return depths

    @property
    def depth(self) -> int:
        """Most splits from the root to a leaf."""
        return int(self.depths.max())

    @property
    def sse(self) -> float:
        """Sum of squared errors on the rows learned from: their number times the Brier score."""
        leaves = self.leaves
        positives, rows = self.positives[leaves], self.rows[leaves]
        return float(np.sum(positives * (rows - positives) / rows))

    @property
    def root_sse(self) -> float:
        """The same, were everybody predicted the share of positives."""
        return float(self.positives[0] * (self.rows[0] - self.positives[0]) / self.rows[0])

    def objective(self, alpha: float) -> float:
        """Return what the search minimizes: errors, and `alpha` times the root's for each leaf.

        Paper A, section 4: squared errors plus a penalty a leaf. As a share of the root's squared
        errors `alpha` means the same for any number of rows.
        """
        return self.sse + alpha * self.root_sse * len(self.leaves)

    def apply(self, values: NDArray[Any]) -> NDArray[np.int64]:
        """Return the leaf each row falls into, as its node; shape (rows,)."""
        from commonweal.models.trees.walk import walk

        out = np.zeros(len(values), np.int64)
        category = np.array([kind == "category" for kind in self.kinds], np.bool_)
        wide = values if values.dtype in (np.float32, np.float64) else values.astype(np.float64)
        walk(np.ascontiguousarray(wide), self.left, self.right, self.feature, self.threshold,
             self.missing_left, category, out)  # fmt: skip
        return out

    def predict(self, values: NDArray[Any]) -> NDArray[np.float64]:
        """Return the predicted chance of each row: its leaf's share of positives."""
        return self.chance[self.apply(values)]
