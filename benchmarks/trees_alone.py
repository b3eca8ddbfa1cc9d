"""One method's tree on one sample, in a process of its own.

usage: trees_alone.py METHOD FOLDER ALPHA DEPTH THREADS   (METHOD `first`: what a first fit costs)

It prints one JSON object: CPU seconds of the fit (data read and libraries loaded before), peak
memory in GB, and the tree: a column, the subtree of rows with 0 and that of rows with 1; null is a
leaf. All minimize squared errors and a penalty a leaf, in trees of a depth, leaves of any size;
`licketysplit_mistakes` minimizes mistakes instead, with the same share of those without a tree as
penalty. `licketysplit` runs in `make peers`, which has nothing of commonweal.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from features_peers.work import peak

Split = list[Any] | None
Fit = Callable[[np.ndarray, np.ndarray, float, int, int], Split]


def fit_ours(values: np.ndarray, labels: np.ndarray, alpha: float, depth: int, threads: int) -> Any:
    """Fit ours; returns a `Tree`."""
    from commonweal.models.trees.optimal import OptimalTree

    return OptimalTree(depth, alpha=alpha, n_jobs=threads).fit(values, labels).tree_


def fit_cart(values: np.ndarray, labels: np.ndarray, alpha: float, depth: int) -> Any:
    """Fit scikit-learn's CART, pruned by the same penalty; returns a `Tree`."""
    from commonweal.models.trees.cart import cart

    names = tuple(map(str, range(values.shape[1])))
    return cart(
        values.astype(np.float32), labels.astype(np.int8), names, ("binary",) * len(names),
        alpha=alpha, max_depth=depth, min_leaf=1,
    )  # fmt: skip


def ours() -> Fit:
    """Load ours."""
    import commonweal.models.trees.optimal
    import commonweal.models.trees.walk  # noqa: F401

    return lambda *given: nested(fit_ours(*given))


def cart() -> Fit:
    """Load CART."""
    import sklearn.tree  # noqa: F401

    import commonweal.models.trees.cart  # noqa: F401

    return lambda *given: nested(fit_cart(*given[:4]))


def pystreed() -> Fit:
    """Load the proof of the optimum."""
    import pystreed  # noqa: F401

    from commonweal.models.trees.prove import prove

    def turned(node: Split) -> Split:
        return None if node is None else [node[0], turned(node[2]), turned(node[1])]

    return lambda values, labels, alpha, depth, _: turned(
        prove(values, labels.astype(np.int8), alpha, depth, 1).tree
    )


def licketysplit() -> Fit:
    """Load licketysplit for squared errors."""
    from licketysplit import LicketySPLITRegressor

    def fit(values: np.ndarray, labels: np.ndarray, alpha: float, depth: int, _: int) -> Split:
        penalty = alpha * labels.mean() * (1 - labels.mean())
        model = LicketySPLITRegressor(lambda_leaf=penalty, depth_budget=depth)
        return joined(model.fit(values, labels.astype(float)).get_tree_paths()[0])

    return fit


def licketysplit_mistakes() -> Fit:
    """Load licketysplit for mistakes."""
    from licketysplit import LicketySPLITClassifier

    def fit(values: np.ndarray, labels: np.ndarray, alpha: float, depth: int, _: int) -> Split:
        penalty = alpha * min(labels.mean(), 1 - labels.mean())
        model = LicketySPLITClassifier(lambda_leaf=penalty, depth_budget=depth)
        return joined(model.fit(values, labels).get_tree_paths()[0])

    return fit


METHODS = {one.__name__: one for one in (ours, cart, pystreed, licketysplit, licketysplit_mistakes)}


def nested(tree: Any, node: int = 0) -> Split:
    """Return a `Tree` of binary columns as columns and subtrees."""
    if tree.left[node] < 0:
        return None
    sides = [nested(tree, int(side[node])) for side in (tree.left, tree.right)]
    return [int(tree.feature[node]), *sides]


def joined(paths: list[list[int]]) -> Split:
    """Return leaves' paths as columns and subtrees: a column's number from 1, negative if 0."""
    if not paths[0]:
        return None
    column = abs(paths[0][0])
    sides = [[path[1:] for path in paths if path[0] == way * column] for way in (-1, 1)]
    return [int(column) - 1, *map(joined, sides)]


def first_costs() -> tuple[float, float]:
    """Return CPU seconds of this process's first fit and of its second, on a few rows."""
    rng = np.random.default_rng(1)
    values = rng.integers(0, 2, (1_000, 10)).astype(np.uint8)
    labels = (rng.random(1_000) < 0.2 + 0.3 * values[:, 0] * values[:, 1]).astype(np.uint8)
    fit, costs = ours(), []
    for _ in range(2):
        start = time.process_time()
        fit(values, labels, 0.01, 3, 1)
        costs.append(time.process_time() - start)
    return costs[0], costs[1]


def main() -> None:
    """Fit and tell."""
    method, folder = sys.argv[1], Path(sys.argv[2])
    if method == "first":
        print(json.dumps(first_costs()))
        return
    alpha, depth, threads = float(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5])
    values, labels = np.load(folder / "train.npy"), np.load(folder / "train_labels.npy")
    fit = METHODS[method]()
    start = time.process_time()
    tree = fit(values, labels, alpha, depth, threads)
    cpu = time.process_time() - start
    print(json.dumps({"cpu": cpu, "memory": peak(), "tree": tree}))


if __name__ == "__main__":
    main()
