import numpy as np
import pytest

from commonweal.models.trees.bins import binned
from commonweal.models.trees.polish import _resplit, polished
from commonweal.models.trees.rows import Branch, Task, every_row, root_errors
from commonweal.models.trees.splits import all_splits


def task(seed, alpha=0.004, least=3.0):
    random = np.random.default_rng([13, seed])
    x = random.normal(size=(600, 5)).round(1)
    x[random.random(x.shape) < 0.05] = np.nan
    y = (random.random(600) < np.where(x[:, 1] > 0.3, 0.7, np.where(x[:, 3] > 0, 0.4, 0.1))) * 1.0
    made, weights = binned(x, ("number",) * 5), random.integers(1, 4, 600) * 1.0
    return Task(
        made, all_splits(made), y, weights, True, alpha * root_errors(y, weights), 3, least
    ), random


def drawn(task, random, depth):
    if depth == 0:
        return None
    split = int(random.integers(len(task.splits)))
    return Branch(split, drawn(task, random, depth - 1), drawn(task, random, depth - 1))


@pytest.mark.parametrize("seed", range(15))
def test_no_tree_becomes_worse_and_its_value_is_its_objective(seed):
    problem, random = task(seed)
    rows = every_row(problem)
    for depth in (0, 1, 2, 3):
        start = drawn(problem, random, depth)
        better, value = polished(problem, start)
        assert value <= problem.value(start, rows)
        assert value == pytest.approx(problem.value(better, rows), rel=1e-12)


def predicted(task, branch, mine):
    """Return what a subtree predicts for every row, learned from those that are `mine`."""
    if branch is None:
        n = task.weights[mine].sum()
        share = (task.weights * task.labels)[mine].sum() / n if n > 0 else 0.0
        return np.full(len(mine), share)
    left = task.splits.left(task.binned, branch.split)
    under, over = (
        predicted(task, child, mine & side)
        for child, side in ((branch.left, left), (branch.right, ~left))
    )
    return np.where(left, under, over)


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("seed", range(6))
def test_another_question_is_at_least_as_good_as_the_best_for_what_leaves_predict(seed, swapped):
    problem, random = task(seed, least=1.0)
    rows, y, w = every_row(problem), problem.labels, problem.weights
    # A subtree to one side alone: the two sides are not the same turned round.
    start = Branch(int(random.integers(len(problem.splits))), drawn(problem, random, 1), None)
    goes = problem.splits.left(problem.binned, start.split)
    parts = [(start.left, goes), (start.right, ~goes)]
    if swapped:
        parts.reverse()
    under, over = (w * (y - predicted(problem, *part)) ** 2 for part in parts)
    errors = []
    for split in range(len(problem.splits)):
        left = problem.splits.left(problem.binned, split)
        small = min(w[left].sum(), w[~left].sum()) < problem.least
        errors.append(np.inf if small else under[left].sum() + over[~left].sum())
    best = Branch(int(np.argmin(errors)), parts[0][0], parts[1][0])
    found = _resplit(problem, start, rows)
    assert problem.value(found, rows) <= problem.value(best, rows) * (1 + 1e-8)


def test_a_wrong_first_question_is_mended_above_right_ones_swapped():
    """The subtrees are those of the truth, under a cut that sends nearly everybody wrong."""
    problem, _ = task(1, alpha=0.001)
    x1 = np.flatnonzero(problem.splits.column == 1)
    x3 = np.flatnonzero(problem.splits.column == 3)
    cut = problem.binned.columns[1].cuts
    low = int(x1[np.argmin(np.abs(cut[np.minimum(problem.splits.cut[x1], len(cut) - 1)] + 2.0))])
    middle = problem.binned.columns[3].cuts
    at = int(x3[np.argmin(np.abs(middle[np.minimum(problem.splits.cut[x3], len(middle) - 1)]))])
    start = Branch(low, None, Branch(at, None, None))
    better, value = polished(problem, start)
    truth = Branch(
        int(x1[np.argmin(np.abs(cut[np.minimum(problem.splits.cut[x1], len(cut) - 1)] - 0.3))]),
        Branch(at, None, None), None,
    )  # fmt: skip
    assert better is not None
    assert value <= problem.value(truth, every_row(problem)) * 1.001
