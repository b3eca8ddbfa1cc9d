"""The penalty a leaf, chosen on rows kept aside: one tree is grown, and pruned by each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from commonweal.features.cells import Values
from commonweal.models.trees.path import pruned
from commonweal.models.trees.tree import Tree


def best_alpha(
    tree: Tree, values: Values, labels: NDArray[np.int8], alphas: Sequence[float]
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
    tried = sorted(alphas, reverse=True)
    losses = [_log_loss(pruned(tree, alpha), values, labels) for alpha in tried]
    return tried[int(np.argmin(losses))]


def _log_loss(tree: Tree, values: Values, labels: NDArray[np.int8]) -> float:
    leaf = tree.apply(values)
    shares = (tree.positives + tree.chance[0]) / (tree.rows + 1.0)
    clipped = np.clip(shares[leaf], 1e-12, 1 - 1e-12)
    return float(-np.where(labels == 1, np.log(clipped), np.log1p(-clipped)).sum())
