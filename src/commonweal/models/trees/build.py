"""From branches over bins to a tree over values."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from commonweal.models.trees.rows import Branch, Task, every_row
from commonweal.models.trees.splits import Places
from commonweal.models.trees.tree import Kind, Tree


def tree_of(
    task: Task, branch: Branch | None, names: tuple[str, ...], kinds: tuple[Kind, ...]
) -> Tree:
    """Return a tree over values, with what it holds of the rows it was searched on."""
    nodes = _Nodes()
    _add(task, branch, every_row(task), nodes)
    return Tree(
        names=names, kinds=kinds,
        feature=np.array(nodes.feature, np.int32), threshold=np.array(nodes.threshold, np.float64),
        missing_left=np.array(nodes.missing_left, np.bool_),
        left=np.array(nodes.left, np.int32), right=np.array(nodes.right, np.int32),
        rows=np.array(nodes.rows, np.float64), positives=np.array(nodes.positives, np.float64),
    )  # fmt: skip


@dataclass(slots=True)
class _Nodes:
    """The columns of a tree while it is written."""

    feature: list[int] = field(default_factory=list)
    threshold: list[float] = field(default_factory=list)
    missing_left: list[bool] = field(default_factory=list)
    left: list[int] = field(default_factory=list)
    right: list[int] = field(default_factory=list)
    rows: list[float] = field(default_factory=list)
    positives: list[float] = field(default_factory=list)


def _add(task: Task, branch: Branch | None, rows: Places, nodes: _Nodes) -> int:
    """Write a node and all below it; return its place."""
    place = len(nodes.left)
    weights = task.weights[rows]
    nodes.rows.append(float(weights.sum()))
    nodes.positives.append(float((weights * task.labels[rows]).sum()))
    nodes.left.append(-1)
    nodes.right.append(-1)
    if branch is None:
        nodes.feature.append(-1)
        nodes.threshold.append(0.0)
        nodes.missing_left.append(False)
        return place
    goes = task.splits.left(task.binned, branch.split, rows)
    nodes.feature.append(int(task.splits.column[branch.split]))
    nodes.threshold.append(_threshold(task, branch.split))
    nodes.missing_left.append(_missing_left(task, branch.split, rows, goes))
    nodes.left[place] = _add(task, branch.left, rows[goes], nodes)
    nodes.right[place] = _add(task, branch.right, rows[~goes], nodes)
    return place


def _threshold(task: Task, split: int) -> float:
    """Return the value compared with.

    Infinite where all that is there goes left, and no value at all where none of it does.
    """
    column = task.binned.columns[task.splits.column[split]]
    cut = int(task.splits.cut[split])
    if cut < len(column.cuts):
        return float(column.cuts[cut])
    return np.nan if column.kind == "category" else np.inf


def _missing_left(task: Task, split: int, rows: Places, goes: np.ndarray) -> bool:
    """Return where the missing go: as found, or with more of the rows where none is missing."""
    column = task.splits.column[split]
    missing = task.binned.columns[column].missing
    if missing is not None and bool((task.binned.codes[rows, column] == missing).any()):
        return bool(task.splits.missing_left[split])
    weights = task.weights[rows]
    return bool(2 * float(weights[goes].sum()) >= float(weights.sum()))
