"""Figures of leaves are counts of the people who fall into them."""

from __future__ import annotations

import numpy as np
import pytest

from commonweal.evaluation.leaves import leaf_figures
from commonweal.evaluation.proportions import wilson
from models.trees.growing import grown, rows


@pytest.mark.parametrize("seed", range(10))
def test_each_leaf_is_counted(seed: int) -> None:
    tree, values = grown(seed), rows(seed, 500)
    labels = np.random.default_rng(seed).integers(2, size=500)
    nodes = tree.apply(values).tolist()
    found = leaf_figures(tree, values, labels)
    assert sum(one.n for one in found) == 500
    for one in found:
        (leaf,) = one.leaves
        mine = [int(y) for y, node in zip(labels, nodes, strict=True) if node == tree.leaves[leaf]]
        assert (one.n, one.rate) == (len(mine), sum(mine) / len(mine))
        assert (one.low, one.high) == wilson(sum(mine), len(mine))
    assert {tree.leaves[one.leaves[0]] for one in found} == set(nodes)


@pytest.mark.parametrize("labels", [np.zeros(3), np.full(5, 2), np.full(5, np.nan)])
def test_outcomes_that_are_none_are_refused(labels: np.ndarray) -> None:
    with pytest.raises(ValueError, match="one outcome a row, 0 or 1"):
        leaf_figures(grown(1), rows(1, 5), labels)
