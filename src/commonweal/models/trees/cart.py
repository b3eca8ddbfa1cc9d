"""What an optimal tree must beat: scikit-learn's CART, pruned by the same penalty."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from commonweal.models.trees.tree import Kind, Tree


def cart(
    values: NDArray[np.float32], labels: NDArray[np.int8], names: tuple[str, ...],
    kinds: tuple[Kind, ...], *, alpha: float, max_depth: int, min_leaf: int,
    weights: NDArray[np.float64] | None = None,
) -> Tree:  # fmt: skip
    """Grow a tree greedily and prune it by cost and complexity (Breiman et al. 1984).

    Its objective is that of `Tree.objective`: Gini impurity is twice the squared error a row.

    Parameters
    ----------
    values, labels
        Rows, shape (rows, columns), NaN where missing, and their outcomes, 0 or 1.
    names, kinds
        Of the columns. Of categories an indicator each is offered.
    alpha
        Penalty a leaf, as a share of the root's squared errors.
    max_depth, min_leaf
        Most splits from root to leaf, and fewest rows in one.
    weights
        Of the rows; 1 each where not given.
    """
    from sklearn.tree import DecisionTreeClassifier

    design, column, category = _design(values, kinds)
    weight = np.ones(len(labels)) if weights is None else weights
    total, positive = float(weight.sum()), float(weight @ labels)
    root = positive * (total - positive) / total
    model = DecisionTreeClassifier(
        max_depth=max_depth, min_samples_leaf=min_leaf, ccp_alpha=2 * alpha * root / total,
        random_state=0,
    )  # fmt: skip
    model.fit(design, labels, sample_weight=weights)
    return _plain(model, names, kinds, column, category)


def _design(
    values: NDArray[np.float32], kinds: tuple[Kind, ...]
) -> tuple[NDArray[np.float32], NDArray[np.int32], NDArray[np.float64]]:
    """Return columns as they are and an indicator a category: whose each is, and which category."""
    parts, column, category = [], [], []
    for place, kind in enumerate(kinds):
        if kind != "category":
            parts.append(values[:, place])
            column.append(place)
            category.append(np.nan)
            continue
        held = values[:, place]
        for code in np.unique(held[~np.isnan(held)]).tolist():
            # Turned round: who is of the category goes left, as in `Tree`; the missing go right.
            parts.append((held != code).astype(np.float32))
            column.append(place)
            category.append(code)
    design = np.stack(parts, axis=1) if parts else np.zeros((len(values), 0), np.float32)
    return design, np.array(column, np.int32), np.array(category, np.float64)


def _plain(
    model: Any, names: tuple[str, ...], kinds: tuple[Kind, ...], column: NDArray[np.int32],
    category: NDArray[np.float64],
) -> Tree:  # fmt: skip
    """Take a fitted tree's arrays out of scikit-learn, which keeps them in pre-order too."""
    tree, classes = model.tree_, model.classes_.tolist()
    left = tree.children_left.astype(np.int32)
    inner = left >= 0
    place = np.where(inner, tree.feature, 0)
    of_category = inner & ~np.isnan(category[place])
    rows = tree.weighted_n_node_samples.astype(np.float64)
    share = tree.value[:, 0, classes.index(1)] if 1 in classes else np.zeros(len(rows))
    right = tree.children_right.astype(np.int32)
    seen_left = np.asarray(tree.missing_go_to_left, np.bool_)
    return Tree(
        names=names, kinds=kinds,
        feature=np.where(inner, column[place], -1).astype(np.int32),
        threshold=np.where(of_category, category[place], np.where(inner, tree.threshold, 0.0)),
        missing_left=seen_left & inner & ~of_category,
        left=left, right=right, rows=rows, positives=np.asarray(share * rows, np.float64),
    )  # fmt: skip
