"""The penalty a leaf, chosen on rows kept aside: one tree is grown, and pruned by each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from commonweal.features.cells import Values
from commonweal.models.trees.path import log_loss, pruned
from commonweal.models.trees.tree import Tree


def best_alpha(
    tree: Tree, values: Values, labels: NDArray[np.int8], alphas: Sequence[float]
) -> float:
    """Return the penalty whose pruned tree predicts other rows best, by log loss.

    Log loss is what boosted trees stop by and what a logistic regression's penalty is chosen by.
    Of equally good penalties the largest is taken: the smallest tree.

    Parameters
    ----------
    tree
        A tree grown without a penalty.
    values, labels
        Rows it has not learned from, and their outcomes.
    alphas
        Penalties tried.
    """
    tried, even = sorted(alphas, reverse=True), np.ones(len(labels))
    losses = [log_loss(pruned(tree, alpha), values, labels, even) for alpha in tried]
    return tried[int(np.argmin(losses))]
