"""The proof itself, in a process of its own: pystreed's search over every tree there is.

usage: python -m commonweal.models.trees.prove FOLDER ALPHA MAX_DEPTH MIN_LEAF
(reads design.npy and labels.npy there, prints what `Proof` says as one JSON object)

pystreed (van der Linden, de Weerdt and Demirovic 2023, MIT licence) minimizes the mean squared
error and a cost a split, as a share of the root's. Two of its bounds are not used, because with
them version 1.4 calls trees proven that are not the best, as brute force shows:

- Its bound by k-means (the default). `equivalent` is sound.
- Its last two levels are solved at once, by counts of pairs. There it leaves out a column of which
  both sides have fewer than twice the smallest leaf, though it may split a child. With half the
  smallest leaf no tree that is allowed is left out: this gives the bound. Where that tree's leaves
  are large enough, it is the best one itself.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Node = list[Any] | None
"""A column, the subtree of rows that have it, and that of the others; None is a leaf."""

RESOLUTION = 1e-4
"""pystreed takes values within this share for equal, at every level of a tree."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What was proven.

    Parameters
    ----------
    bound
        No tree has fewer squared errors plus penalties of its splits, but for `RESOLUTION`.
    tree
        The best tree found whose leaves are large enough.
    """

    bound: float
    tree: Node


def prove(
    design: NDArray[np.uint8], labels: NDArray[np.int8], alpha: float, max_depth: int, min_leaf: int
) -> Proof:
    """Search all trees of columns that are 0 or 1.

    Parameters
    ----------
    design, labels
        Rows, shape (rows, columns), and their outcomes, 0 or 1, both of which occur.
    alpha
        Penalty a split, as a share of the root's squared errors.
    max_depth, min_leaf
        Most splits from root to leaf, and fewest rows in one; twice as many rows are there.
    """
    wide, outcomes = design.astype(np.intc), labels.astype(np.float64)
    tree = _search(wide, outcomes, alpha, max_depth, max(1, min_leaf // 2))
    bound, smallest = _measure(tree, design, labels, alpha)
    if smallest < min_leaf:
        tree = _search(wide, outcomes, alpha, max_depth, min_leaf)
    return Proof(bound, tree)


def _search(
    design: NDArray[np.intc], outcomes: NDArray[np.float64], alpha: float, max_depth: int,
    min_leaf: int,
) -> Node:  # fmt: skip
    from pystreed import STreeDRegressor

    model = STreeDRegressor(
        max_depth=max_depth, min_leaf_node_size=min_leaf, cost_complexity=alpha,
        regression_lower_bound="equivalent", time_limit=1e9,  # who started this process ends it
    )  # fmt: skip
    model.fit(design, outcomes)
    if not model.fit_result.is_optimal():
        raise RuntimeError("pystreed ended its search without a proof")
    return _plain(model.tree_)


def _plain(node: Any) -> Node:
    if node.is_leaf_node():
        return None
    return [int(node.feature), _plain(node.right_child), _plain(node.left_child)]


def _measure(
    tree: Node, design: NDArray[np.uint8], labels: NDArray[np.int8], alpha: float
) -> tuple[float, int]:
    """Return a tree's squared errors with penalties, and the rows of its smallest leaf."""
    leaves = list(_leaves(tree, design, np.arange(len(labels))))
    errors = [_errors(labels[rows]) for rows in leaves]
    penalty = alpha * _errors(labels) * (len(leaves) - 1)
    return sum(errors) + penalty, min(len(rows) for rows in leaves)


def _leaves(
    tree: Node, design: NDArray[np.uint8], rows: NDArray[np.int64]
) -> list[NDArray[np.int64]]:
    if tree is None:
        return [rows]
    having = design[rows, tree[0]] == 1
    return _leaves(tree[1], design, rows[having]) + _leaves(tree[2], design, rows[~having])


def _errors(labels: NDArray[np.int8]) -> float:
    positives = int(labels.sum(dtype=np.int64))
    return positives * (len(labels) - positives) / len(labels)


if __name__ == "__main__":
    folder, alpha, max_depth, min_leaf = sys.argv[1:]
    proof = prove(
        np.load(Path(folder) / "design.npy"), np.load(Path(folder) / "labels.npy"),
        float(alpha), int(max_depth), int(min_leaf),
    )  # fmt: skip
    print(json.dumps(asdict(proof)))
