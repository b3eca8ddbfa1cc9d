"""A study's tree: its rows read at once, its columns told by what they hold."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from commonweal.core.errors import StudyError, problem
from commonweal.features.cells import Values
from commonweal.models.data import Sample
from commonweal.models.spec import TreeSpec
from commonweal.models.trees.cart import cart
from commonweal.models.trees.fitted import TreeModel
from commonweal.models.trees.found import Found
from commonweal.models.trees.tree import Kind

BUDGET = 4_000_000_000
"""Bytes the rows of a tree may have."""


def fit_tree(
    spec: TreeSpec, sample: Sample, categorical: tuple[int, ...], seed: int, threads: int
) -> TreeModel:
    """Find a tree; threads change how fast, never which.

    Parameters
    ----------
    spec
        Settings.
    sample
        Rows fitted on.
    categorical
        Places of the columns that hold categories.
    seed
        The study's seed.
    threads
        Threads that may be used.

    Raises
    ------
    StudyError
        If the rows are larger than `BUDGET`.
    """
    values = read_rows(sample)
    kinds = kinds_of(values, categorical)
    alpha = 0.001 if spec.alpha is None else spec.alpha
    tree = cart(
        values, sample.labels, sample.matrix.names, kinds,
        alpha=alpha, max_depth=spec.max_depth, min_leaf=spec.min_leaf,
    )  # fmt: skip
    reached, leaves = tree.objective(alpha), len(tree.leaves)
    return TreeModel(tree, Found(alpha, reached, leaves, reached, leaves, (reached,)))


def read_rows(sample: Sample) -> Values:
    """Read the rows of a sample at once."""
    rows, width = len(sample.rows), len(sample.matrix.names)
    size = 4 * rows * width
    if size > BUDGET:
        what = (
            f"{rows:,} rows of {width:,} numbers are {size / 1e9:.1f} GB: a tree holds them at "
            f"once, and may use {BUDGET / 1e9:g} GB"
        )
        raise problem(StudyError, "tree", what, "name fewer blocks or columns")
    values, done = np.empty((rows, width), dtype=np.float32), 0
    for part in sample.chunks():
        values[done : done + len(part)] = part
        done += len(part)
    return values


def kinds_of(values: NDArray[np.float32], categorical: tuple[int, ...]) -> tuple[Kind, ...]:
    """Tell what each column holds."""
    held = set(categorical)
    return tuple(
        "category" if place in held else "binary" if _binary(values[:, place]) else "number"
        for place in range(values.shape[1])
    )


def _binary(column: NDArray[np.float32]) -> bool:
    return bool(((column == 0) | (column == 1) | np.isnan(column)).all())
