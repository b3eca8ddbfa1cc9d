"""Which splits are searched over, where there are more than can be: the best at each node."""

from __future__ import annotations

import numpy as np

from commonweal.models.trees.greedy import errors_after, tallied
from commonweal.models.trees.rows import Branch, Task, every_row
from commonweal.models.trees.splits import Places

MOST, FEW, MOST_OF_FEW = 256, 10_000, 128
"""Most splits searched over, and on fewer rows than so many; where there are no more, all are.

A look ahead costs as much as there are pairs of them, however few the rows, and few rows tell fewer
thresholds apart.
"""
_LEVELS = 3
_SPREAD = 7


def screened(task: Task, branches: list[Branch | None]) -> Places:
    """Return the splits that are searched over, ascending.

    Those of the trees given, nearest the root first; then in turn at each node of the first of them
    the best split of the next best column; for a quarter of the places cuts spread evenly over the
    columns taken so far.

    Parameters
    ----------
    task
        What is searched for.
    branches
        Trees, the best first.
    """
    most = most_splits(task)
    if len(task.splits) <= most:
        return np.arange(len(task.splits), dtype=np.int64)
    taken = dict.fromkeys(sorted(_asked(branches)[:most]))
    ranked = [_by_column(task, rows) for rows in _nodes(task, branches[0], every_row(task), 0)]
    for place in range(max(map(len, ranked), default=0)):
        for here in ranked:
            if place < len(here) and len(taken) < most * 3 // 4:
                taken.setdefault(int(here[place]))
    columns = list(dict.fromkeys(int(task.splits.column[split]) for split in taken))
    for column in columns:
        for split in _spread(task, column):
            if len(taken) < most:
                taken.setdefault(split)
    return np.array(sorted(taken), np.int64)


def most_splits(task: Task) -> int:
    """Return how many splits may be searched over."""
    return MOST if len(task.labels) >= FEW else MOST_OF_FEW


def _asked(branches: list[Branch | None]) -> list[int]:
    """Return the splits of trees, each once, level by level."""
    found: dict[int, None] = {}
    level = branches
    while level:
        inner = [branch for branch in level if branch is not None]
        found |= dict.fromkeys(branch.split for branch in inner)
        level = [child for branch in inner for child in (branch.left, branch.right)]
    return list(found)


def _nodes(task: Task, branch: Branch | None, rows: Places, level: int) -> list[Places]:
    """Return the rows of the upper nodes of a tree, level by level within each side."""
    if branch is None or level >= _LEVELS:
        return [rows]
    goes = task.splits.left(task.binned, branch.split, rows)
    below = _nodes(task, branch.left, rows[goes], level + 1)
    return [rows, *below, *_nodes(task, branch.right, rows[~goes], level + 1)]


def _by_column(task: Task, rows: Places) -> Places:
    """Return the best split of each column at a node, the best column first."""
    errors = errors_after(task, tallied(task, rows))
    order = np.lexsort((np.arange(len(errors)), errors))
    order = order[np.isfinite(errors[order])]
    _, first = np.unique(task.splits.column[order], return_index=True)
    return order[np.sort(first)].astype(np.int64)


def _spread(task: Task, column: int) -> list[int]:
    """Return splits spread evenly over the rows of a column, its values' order kept."""
    mine = np.flatnonzero(task.splits.column == column)
    counts = np.bincount(task.binned.codes[:, column], minlength=256).cumsum()
    share = counts[task.splits.cut[mine]] / counts[-1]
    wanted = np.arange(1, _SPREAD + 1) / (_SPREAD + 1)
    order = np.argsort(share, kind="stable")
    at = np.searchsorted(share[order], wanted).clip(0, len(mine) - 1)
    return [int(split) for split in dict.fromkeys(mine[order[at]].tolist())]
