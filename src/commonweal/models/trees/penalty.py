"""The penalty a leaf, chosen on rows kept aside: one tree is grown, and pruned by each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from commonweal.features.cells import Values
from commonweal.models.trees.tree import Tree

ALPHAS = (0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05)
"""Penalties tried, as shares of the root's squared errors."""


def standing(tree: Tree, alpha: float) -> NDArray[np.int64]:
    """Return the node that stands for each node once the tree is pruned, shape (nodes,).

    Of all subtrees with the same root, the smallest with the least `Tree.objective` is kept
    (Breiman et al. 1984): found from the leaves up.
    """
    penalty = alpha * tree.root_sse
    best = tree.positives * (tree.rows - tree.positives) / tree.rows + penalty
    inner = np.flatnonzero(tree.left >= 0).tolist()
    kept = np.zeros(len(tree.left), np.bool_)
    for node in reversed(inner):  # parents come before their children
        below = best[tree.left[node]] + best[tree.right[node]]
        kept[node] = below < best[node]
        best[node] = min(below, best[node])
    stands = np.arange(len(tree.left))
    for node in inner:
        if not kept[node] or stands[node] != node:
            stands[[tree.left[node], tree.right[node]]] = stands[node]
    return stands


def best_alpha(
    tree: Tree, values: Values, labels: NDArray[np.int8], alphas: Sequence[float] = ALPHAS
) -> float:
    """Return the penalty whose pruned tree predicts other rows best, by log loss.

    Log loss is what boosted trees stop by and what a logistic regression's penalty is chosen by.
    Squared errors would not do: of a rare outcome they hardly tell trees apart. Each leaf's share
    counts as if one more row with the root's share were in it, so that a leaf without a positive
    does not cost everything. Of equally good penalties the largest is taken: the smallest tree.

    Parameters
    ----------
    tree
        A tree grown without a penalty.
    values, labels
        Rows it has not learned from, and their outcomes.
    alphas
        Penalties tried.
    """
    leaves = tree.apply(values)
    chance = (tree.positives + tree.chance[0]) / (tree.rows + 1.0)
    tried = sorted(alphas, reverse=True)
    losses = [_log_loss(chance[standing(tree, alpha)[leaves]], labels) for alpha in tried]
    return tried[int(np.argmin(losses))]


def _log_loss(chances: NDArray[np.float64], labels: NDArray[np.int8]) -> float:
    clipped = np.clip(chances, 1e-12, 1 - 1e-12)
    return float(-np.where(labels == 1, np.log(clipped), np.log1p(-clipped)).sum())
