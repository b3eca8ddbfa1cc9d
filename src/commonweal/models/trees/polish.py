"""A tree made better where it stands, over every split there is: no row may end up worse placed.

The moves of local search for optimal trees (Dunn 2018; Bertsimas and Dunn 2019): a node is split
anew, its subtrees as they are or swapped; a node becomes a leaf; a leaf becomes a stump.
"""

from __future__ import annotations

import numpy as np

from commonweal.models.trees.bins import Floats
from commonweal.models.trees.greedy import best_split, tallied, to_left
from commonweal.models.trees.rows import Branch, Task, every_row
from commonweal.models.trees.splits import Places

_LESS = 1e-9
"""Share of its value by which a tree must become better to be another one."""
_SWEEPS = 20


def polished(task: Task, branch: Branch | None) -> tuple[Branch | None, float]:
    """Return a tree at least as good, and its objective."""
    rows = every_row(task)
    value = task.value(branch, rows)
    if not np.isfinite(value):
        branch, value = None, task.value(None, rows)
    for _ in range(_SWEEPS):
        better, less = _swept(task, branch, rows, task.depth)
        if less >= value * (1 - _LESS):
            break
        branch, value = better, less
    return branch, value


def _swept(
    task: Task, branch: Branch | None, rows: Places, depth: int
) -> tuple[Branch | None, float]:
    """Try the moves at a node, then at the nodes below it."""
    leaf = task.errors(rows) + task.penalty
    if depth == 0 or leaf <= 2 * task.penalty:
        return None, leaf
    if branch is None or (branch.left is None and branch.right is None):
        return _stump(task, rows, leaf)
    branch = _resplit(task, branch, rows)
    goes = task.splits.left(task.binned, branch.split, rows)
    left, under = _swept(task, branch.left, rows[goes], depth - 1)
    right, over = _swept(task, branch.right, rows[~goes], depth - 1)
    if under + over < leaf:
        return Branch(branch.split, left, right), under + over
    return None, leaf


def _stump(task: Task, rows: Places, leaf: float) -> tuple[Branch | None, float]:
    """Return the best stump, or a leaf where that is as good."""
    at, errors = best_split(task, tallied(task, rows))
    value = errors + 2 * task.penalty
    return (Branch(at), value) if at >= 0 and value < leaf else (None, leaf)


def _resplit(task: Task, branch: Branch, rows: Places) -> Branch:
    """Ask another question above the same subtrees, or the same swapped, where that is better."""
    now = task.value(branch, rows)
    weights, labels = task.weights[rows], task.labels[rows]
    under = weights * (labels - _chances(task, branch.left, rows, branch, True)) ** 2
    over = weights * (labels - _chances(task, branch.right, rows, branch, False)) ** 2
    left = to_left(task, rows, weights, under - over)
    total = float(weights.sum())
    moved = float((under - over).sum())
    small = (left[:, 0] < task.least) | (total - left[:, 0] < task.least)
    best = branch
    for swapped, errors in ((False, left[:, 1]), (True, moved - left[:, 1])):
        if not len(errors):
            continue
        at = int(np.argmin(np.where(small, np.inf, errors)))
        children = (branch.right, branch.left) if swapped else (branch.left, branch.right)
        tried = Branch(at, *children)
        value = task.value(tried, rows)
        if value < now * (1 - _LESS):
            best, now = tried, value
    return best


def _chances(
    task: Task, child: Branch | None, rows: Places, parent: Branch, left: bool
) -> Floats:  # fmt: skip
    """Return what a child would predict for all rows of its parent, by the rows it has now."""
    goes = task.splits.left(task.binned, parent.split, rows)
    mine = goes if left else ~goes
    out = np.zeros(len(rows))
    _predict(task, child, rows, mine, np.arange(len(rows)), out)
    return out


def _predict(
    task: Task, branch: Branch | None, rows: Places, mine: np.ndarray, at: Places, out: Floats
) -> None:
    """Write the share of positives among `mine` in the leaf of each row."""
    if branch is None:
        here = rows[at][mine[at]]
        n = float(task.weights[here].sum())
        out[at] = float((task.weights[here] * task.labels[here]).sum()) / n if n > 0 else 0.0
        return
    goes = task.splits.left(task.binned, branch.split, rows[at])
    _predict(task, branch.left, rows, mine, at[goes], out)
    _predict(task, branch.right, rows, mine, at[~goes], out)
