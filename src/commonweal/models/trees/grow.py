"""Rows to a tree: binned, searched, held against CART, and against the proven optimum."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from commonweal.core.errors import StudyError, problem
from commonweal.models.trees.bins import MOST, Floats, binned
from commonweal.models.trees.build import tree_of
from commonweal.models.trees.certificate import certify, needs_pystreed
from commonweal.models.trees.found import Found
from commonweal.models.trees.path import cross_validated, simplest
from commonweal.models.trees.rows import Task, leaves, root_errors
from commonweal.models.trees.search import Effort, Progress, search
from commonweal.models.trees.splits import all_splits
from commonweal.models.trees.tree import Kind, Tree

_QUICK = Effort(restarts=1, width=1, again=False)
"""How hard the trees of folds are searched for."""


@dataclass(frozen=True, slots=True)
class Data:
    """Rows learned from.

    Parameters
    ----------
    values
        Shape (rows, columns), NaN where missing.
    labels
        0 or 1, shape (rows,).
    weights
        Shape (rows,), above 0.
    names, kinds
        Of the columns.
    """

    values: NDArray[np.generic]
    labels: NDArray[np.int8]
    weights: Floats
    names: tuple[str, ...]
    kinds: tuple[Kind, ...]

    def some(self, rows: NDArray[np.int64]) -> Data:
        """Return some of the rows."""
        return replace(
            self, values=self.values[rows], labels=self.labels[rows], weights=self.weights[rows]
        )


@dataclass(frozen=True, slots=True)
class Shape:
    """What a tree may look like.

    Parameters
    ----------
    max_depth
        Most splits from root to leaf.
    min_leaf
        Least weight of a leaf's rows.
    max_bins
        Most bins of a column of numbers.
    """

    max_depth: int = 4
    min_leaf: float = 1.0
    max_bins: int = MOST


def grown(
    data: Data, shape: Shape, alpha: float, effort: Effort, progress: Progress | None = None
) -> tuple[Tree, Found]:
    """Find a tree for one penalty.

    Parameters
    ----------
    data
        Rows learned from.
    shape
        What the tree may look like.
    alpha
        Penalty a leaf, as a share of the root's squared errors.
    effort
        How hard it is searched for.
    progress
        Told after each depth.

    Raises
    ------
    StudyError
        If a certificate is asked for and rows have weights, or pystreed is not installed.
    """
    _check_certifiable(data, effort)
    task = _task(data, shape, alpha)
    outcome = search(task, effort, progress)
    tree = tree_of(task, outcome.branch, data.names, data.kinds)
    start = tree_of(task, outcome.greedy, data.names, data.kinds)
    found = Found(
        alpha=alpha, objective=tree.objective(alpha), leaves=leaves(outcome.branch),
        cart_objective=start.objective(alpha), cart_leaves=leaves(outcome.greedy),
        restarts=outcome.restarts, stopped=outcome.stopped,
    )  # fmt: skip
    return tree, _proven(data, shape, alpha, effort, found)


def _check_certifiable(data: Data, effort: Effort) -> None:
    """Refuse before a long search what could not be proven after it."""
    if effort.certify is None:
        return
    if (data.weights != 1).any():
        raise problem(StudyError, "certificate", "rows have weights", "ask for no certificate")
    needs_pystreed()


def _proven(data: Data, shape: Shape, alpha: float, effort: Effort, found: Found) -> Found:
    """Add the proven optimum, where it was asked for and could be had."""
    if effort.certify is None:
        return found
    proof = certify(
        _places(data.values), data.labels, alpha=alpha, max_depth=shape.max_depth,
        min_leaf=max(1, math.ceil(shape.min_leaf)), seconds=effort.certify, names=data.names,
        kinds=data.kinds,
    )  # fmt: skip
    if proof is None or not proof.proven:
        return found
    return replace(found, certified=proof.objective)


def _places(values: NDArray[np.generic]) -> NDArray[np.float32]:
    """Return the place of each value among those of its column, NaN where missing.

    They part rows as the values do, and 32 bits hold them where they may not hold the values.
    """
    places = np.full(values.shape, np.nan, np.float32)
    for at, column in enumerate(values.T):
        there = ~np.isnan(column)
        places[there, at] = np.unique(column[there], return_inverse=True)[1]
    return places


def chosen(
    data: Data, shape: Shape, path: Sequence[float], folds: NDArray[np.int64], effort: Effort,
    progress: Progress | None = None,
) -> tuple[Tree, Found]:  # fmt: skip
    """Choose a penalty by cross-validation, then find a tree for it on all rows.

    Of the time given, half is for the folds, as much for each; what is left is for the last tree.

    Parameters
    ----------
    data, shape, effort, progress
        As for `grown`.
    path
        Penalties tried.
    folds
        Fold of each row.
    """
    _check_certifiable(data, effort)
    began, stopped, seconds = time.monotonic(), list[bool](), effort.seconds
    share = None if seconds is None else seconds / (2 * len(np.unique(folds)))
    quick = replace(_QUICK, threads=effort.threads, seed=effort.seed, seconds=share)

    def grow(rows: NDArray[np.int64], alpha: float) -> Tree:
        tree, found = grown(data.some(rows), shape, alpha, quick)
        stopped.append(found.stopped)
        return tree

    tried = cross_validated(
        grow, data.values, data.labels.astype(np.float64), data.weights, folds, path
    )
    left = None if seconds is None else seconds - (time.monotonic() - began)
    last = replace(effort, seconds=left)
    tree, found = grown(data, shape, simplest(tried), last, progress)
    return tree, replace(found, path=tried, stopped=found.stopped or any(stopped))


def greedily(data: Data, shape: Shape, alpha: float) -> Tree:
    """Return CART's tree on the same bins, pruned by the same penalty."""
    from commonweal.models.trees.greedy import greedy

    task = _task(data, shape, alpha)
    return tree_of(task, greedy(task), data.names, data.kinds)


def _task(data: Data, shape: Shape, alpha: float) -> Task:
    cells = binned(data.values, data.kinds, shape.max_bins)
    labels = data.labels.astype(np.float64)
    return Task(
        binned=cells, splits=all_splits(cells), labels=labels, weights=data.weights,
        weighted=bool((data.weights != 1).any()), penalty=alpha * root_errors(labels, data.weights),
        depth=shape.max_depth, least=shape.min_leaf,
    )  # fmt: skip
