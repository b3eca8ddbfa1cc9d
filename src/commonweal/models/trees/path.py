"""A penalty chosen by cross-validation: trees of each fold, pruned to each penalty of a path."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from commonweal.models.trees.bins import Floats
from commonweal.models.trees.found import Tried
from commonweal.models.trees.tree import Tree

Grow = Callable[[np.ndarray, float], Tree]
"""Rows and a penalty to the tree found on these rows."""
_LARGEST = 0.05
_ROWS = 2.0
"""The smallest penalty of the usual path is the squared errors of so many average rows."""


def usual_path(rows: float) -> tuple[float, ...]:
    """Return penalties from .05 down, each half the one before, to two rows' share of all errors.

    A leaf that saves less than a few rows' errors is as likely chance as not: the path ends there.
    """
    steps = max(int(np.floor(np.log2(max(_LARGEST * rows / _ROWS, 1.0)))), 0)
    return tuple(_LARGEST / 2**step for step in range(steps + 1))


def pruned(tree: Tree, alpha: float) -> Tree:
    """Return the subtree with the same root of the smallest objective (Breiman et al. 1984).

    Parameters
    ----------
    tree
        A tree.
    alpha
        Penalty a leaf, as a share of the root's squared errors.
    """
    penalty = alpha * tree.root_sse
    errors = tree.positives * (tree.rows - tree.positives) / tree.rows
    worth, split = errors + penalty, np.zeros(len(errors), np.bool_)
    for node in np.flatnonzero(tree.left >= 0)[::-1].tolist():  # children before their parents
        below = worth[tree.left[node]] + worth[tree.right[node]]
        if below < worth[node] * (1 - 1e-12):
            worth[node], split[node] = below, True
    kept, stack = [], [0]
    while stack:
        node = stack.pop()
        kept.append(node)
        if split[node]:
            stack += [int(tree.right[node]), int(tree.left[node])]
    place = np.full(len(errors), -1, np.int32)
    place[kept] = np.arange(len(kept), dtype=np.int32)
    inner = split[kept]
    return Tree(
        names=tree.names, kinds=tree.kinds,
        feature=np.where(inner, tree.feature[kept], -1).astype(np.int32),
        threshold=np.where(inner, tree.threshold[kept], 0.0),
        missing_left=tree.missing_left[kept] & inner,
        left=np.where(inner, place[tree.left[kept]], -1).astype(np.int32),
        right=np.where(inner, place[tree.right[kept]], -1).astype(np.int32),
        rows=tree.rows[kept], positives=tree.positives[kept],
    )  # fmt: skip


def cross_validated(
    grow: Grow, values: np.ndarray, labels: Floats, weights: Floats, folds: np.ndarray,
    path: Sequence[float],
) -> tuple[Tried, ...]:  # fmt: skip
    """Measure each penalty of a path on rows not learned from, by log loss.

    One tree a fold is searched for, at the smallest penalty, and pruned to each of the others.

    Parameters
    ----------
    grow
        Finds a tree.
    values, labels, weights
        The rows.
    folds
        Fold of each row, shape (rows,).
    path
        Penalties, as shares of the root's squared errors.

    Returns
    -------
    tuple of Tried
        The largest penalty first. ``deviation`` is the standard error, over folds, of the
        difference from the penalty of the smallest error.
    """
    shares = sorted(path, reverse=True)
    numbers = np.unique(folds)
    errors, leaves = np.zeros((len(shares), len(numbers))), np.zeros((len(shares), len(numbers)))
    for at, fold in enumerate(numbers):
        held = folds == fold
        whole = grow(np.flatnonzero(~held), shares[-1])
        for place, alpha in enumerate(shares):
            tree = pruned(whole, alpha)
            errors[place, at] = log_loss(tree, values[held], labels[held], weights[held])
            leaves[place, at] = len(tree.leaves)
    mean = errors.mean(axis=1)
    apart = errors - errors[int(np.argmin(mean))]
    deviation = apart.std(axis=1, ddof=1) / np.sqrt(len(numbers))
    return tuple(
        Tried(alpha, float(mean[i]), float(deviation[i]), float(leaves[i].mean()))
        for i, alpha in enumerate(shares)
    )


def log_loss(tree: Tree, values: np.ndarray, labels: np.ndarray, weights: Floats) -> float:
    """Return the mean log loss of a tree on rows it has not learned from.

    What penalties are chosen by: of a rare outcome squared errors hardly tell trees apart. Each
    leaf's share counts as if one more row with the root's share were in it, so that a leaf without
    a positive does not cost everything.
    """
    shares = (tree.positives + tree.chance[0]) / (tree.rows + 1.0)
    clipped = np.clip(shares[tree.apply(values)], 1e-12, 1 - 1e-12)
    losses = -np.where(labels == 1, np.log(clipped), np.log1p(-clipped))
    return float(np.average(losses, weights=weights))


def simplest(tried: Sequence[Tried]) -> float:
    """Return the largest penalty whose loss is within a standard error of the smallest.

    Of the difference between the two, over folds: the one-standard-error rule of Breiman et al.
    (1984), on paired differences.
    """
    least = min(one.error for one in tried)
    return max(one.alpha for one in tried if one.error <= least + one.deviation)
