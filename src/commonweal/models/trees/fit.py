"""A study's tree: its rows read at once, its columns told by what they hold."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from commonweal.core.seeds import seed_for, stream
from commonweal.features.cells import Values
from commonweal.models.data import Sample, dense
from commonweal.models.spec import TreeSpec
from commonweal.models.trees.fitted import TreeModel
from commonweal.models.trees.grow import Data, Shape, chosen, grown
from commonweal.models.trees.path import usual_path
from commonweal.models.trees.search import Effort
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
        Rows fitted on; where the penalty is chosen, those of one person are in one fold.
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
    names, kinds = sample.matrix.names, kinds_of(values, categorical)
    data = Data(values, sample.labels, np.ones(len(values)), names, kinds)
    shape = Shape(spec.max_depth, spec.min_leaf, spec.bins)
    effort = Effort(restarts=spec.restarts, threads=threads, seed=seed_for(seed, "tree"))
    if spec.alpha is not None:
        return TreeModel(*grown(data, shape, spec.alpha, effort))
    people = np.arange(len(values)) if sample.people is None else sample.people
    numbers = np.unique(people, return_inverse=True)[1]
    dealt = stream(seed, "tree", "folds").permutation(np.arange(numbers.max() + 1) % spec.folds)
    return TreeModel(
        *chosen(data, shape, usual_path(len(values)), dealt[numbers].astype(np.int64), effort)
    )


def read_rows(sample: Sample) -> Values:
    """Read the rows of a sample at once."""
    return dense(sample, "tree", BUDGET, "name fewer blocks or columns")


def kinds_of(values: NDArray[np.float32], categorical: tuple[int, ...]) -> tuple[Kind, ...]:
    """Tell what each column holds."""
    held = set(categorical)
    return tuple(
        "category" if place in held else "binary" if _binary(values[:, place]) else "number"
        for place in range(values.shape[1])
    )


def _binary(column: NDArray[np.float32]) -> bool:
    return bool(((column == 0) | (column == 1) | np.isnan(column)).all())
