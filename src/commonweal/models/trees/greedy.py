"""CART on bins: the best single split again and again, then pruned by the penalty a leaf."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commonweal.models.trees.bins import Floats
from commonweal.models.trees.rows import Branch, Task, every_row
from commonweal.models.trees.splits import Places


def greedy(task: Task) -> Branch | None:
    """Return what CART with cost-complexity pruning returns (Breiman et al. 1984).

    The same as scikit-learn's wherever bins hold single values and no two splits are equally good.
    """
    return _grown(task, every_row(task), task.depth)[0]


def _grown(task: Task, rows: Places, depth: int) -> tuple[Branch | None, float]:
    """Grow and prune a subtree; with what it is worth."""
    here = tallied(task, rows)
    errors = here.p - here.p * here.p / here.n
    leaf = errors + task.penalty
    if depth == 0 or errors <= task.penalty:
        return None, leaf
    at, _ = best_split(task, here)
    if at < 0:
        return None, leaf
    goes = task.splits.left(task.binned, at, rows)
    left, under = _grown(task, rows[goes], depth - 1)
    right, over = _grown(task, rows[~goes], depth - 1)
    return (Branch(at, left, right), under + over) if under + over < leaf else (None, leaf)


@dataclass(frozen=True, slots=True)
class Tallied:
    """What lies to the left of every split, at one node.

    Parameters
    ----------
    n, p
        Weight of the node's rows, and of those with the outcome.
    rows, positives
        The same to the left of each split, shape (splits,).
    """

    n: float
    p: float
    rows: Floats
    positives: Floats


def tallied(task: Task, rows: Places) -> Tallied:
    """Count what lies to the left of every split."""
    weights = task.weights[rows]
    positive = weights * task.labels[rows]
    left = to_left(task, rows, weights, positive)
    return Tallied(float(weights.sum()), float(positive.sum()), left[:, 0], left[:, 1])


def to_left(task: Task, rows: Places, first: Floats, second: Floats) -> Floats:
    """Add up two amounts a row over those that go left, for every split: shape (splits, 2)."""
    from commonweal.models.trees.kernels import histogram

    splits, columns = task.splits, task.binned.columns
    held = np.zeros((len(columns), task.binned.places, 2))
    histogram(task.binned.codes, rows, first, second, held)
    upto = np.cumsum(held, axis=1)
    gap = np.array([-1 if c.missing is None else c.missing for c in columns], np.int64)
    of = gap[splits.column]
    moved = splits.missing_left & (of != splits.cut)
    single = splits.category[:, None]
    left = np.where(single, held[splits.column, splits.cut], upto[splits.column, splits.cut])
    left[moved] += held[splits.column[moved], of[moved]]
    return np.asarray(left)


def best_split(task: Task, here: Tallied) -> tuple[int, float]:
    """Return the split that leaves the fewest squared errors, -1 where none is allowed, and these.

    Of equally good ones the first.
    """
    left = errors_after(task, here)
    if not len(left) or not np.isfinite(left).any():
        return -1, np.inf
    at = int(np.argmin(left))
    return at, float(left[at])


def errors_after(task: Task, here: Tallied) -> Floats:
    """Return the squared errors that each split leaves; infinite where a side is too small."""
    a, q = here.rows, here.positives
    b, r = here.n - a, here.p - q
    good = (a >= task.least) & (b >= task.least) & (a > 0) & (b > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        after = q - q * q / a + r - r * r / b
    return np.where(good, after, np.inf)
