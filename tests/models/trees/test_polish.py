import numpy as np
import pytest

from commonweal.models.trees.bins import binned
from commonweal.models.trees.polish import polished
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
