import numpy as np
import pytest

from commonweal.models.trees.bins import binned
from commonweal.models.trees.rows import Branch, Task, leaves
from commonweal.models.trees.screen import FEW, MOST, most_splits, screened
from commonweal.models.trees.splits import all_splits


def task(columns, rows=900):
    random = np.random.default_rng([31, columns])
    x = random.normal(size=(rows, columns)).round(2)
    y = (random.random(rows) < np.where(x[:, 0] > 0.3, 0.7, 0.2)) * 1.0
    made, weights = binned(x, ("number",) * columns), np.ones(rows)
    return Task(made, all_splits(made), y, weights, False, 0.0, 12, 1.0)


def chain(places):
    branch = None
    for place in reversed(places):
        branch = Branch(place, branch, None)
    return branch


def test_few_splits_are_all_searched_over():
    problem = task(1, rows=100)
    assert len(problem.splits) <= most_splits(problem)
    assert screened(problem, [None, None]).tolist() == list(range(len(problem.splits)))


@pytest.mark.parametrize("rows", [900, FEW])
def test_those_of_the_trees_and_of_many_columns_are(rows):
    problem = task(60, rows)
    mine = [700, 3, 9000]
    found = screened(problem, [chain(mine), None])
    assert len(found) == most_splits(problem) == (MOST if rows == FEW else MOST // 2)
    assert set(mine) <= set(found.tolist())
    assert found.tolist() == sorted(set(found.tolist()))
    seen = set(problem.splits.column[found].tolist())
    assert len(seen) > 40


@pytest.mark.parametrize("other", [None, [1, 2, 3]])
def test_of_a_deep_tree_those_nearest_the_root_are(other):
    problem = task(9, FEW)
    mine = np.random.default_rng(0).permutation(len(problem.splits))[: 2 * MOST].tolist()
    second = None if other is None else chain(other)
    assert leaves(chain(mine)) == 2 * MOST + 1
    found = set(screened(problem, [chain(mine), second]).tolist())
    assert len(found) == MOST
    assert set(mine[: MOST - 3]) <= found
    assert set(other or ()) <= found
