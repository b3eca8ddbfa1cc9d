"""The penalty chosen is the best on other rows, of trees grown with each."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import log_loss

from commonweal.features.cells import Values
from commonweal.models.trees.cart import cart
from commonweal.models.trees.path import pruned, usual_path
from commonweal.models.trees.penalty import best_alpha
from commonweal.models.trees.tree import Kind, Tree

NAMES = ("a", "b", "c", "d")
ALPHAS = usual_path(600)
KINDS: tuple[Kind, ...] = ("number", "number", "number", "category")


def rows(seed: int, n: int = 600) -> tuple[Values, NDArray[np.int8]]:
    random = np.random.default_rng(seed)
    values = random.standard_normal((n, 4)).astype(np.float32)
    values[:, 3] = random.integers(0, 4, n)
    odds = -1 + 1.5 * (values[:, 0] > 0) + (values[:, 1] > 0.5) * (values[:, 3] == 2)
    values[random.random(n) < 0.1, 2] = np.nan
    return values, (random.random(n) < 1 / (1 + np.exp(-odds))).astype(np.int8)


def grown(seed: int, alpha: float) -> Tree:
    values, labels = rows(seed)
    return cart(values, labels, NAMES, KINDS, alpha=alpha, max_depth=5, min_leaf=5)


@pytest.mark.parametrize("seed", range(5))
def test_the_penalty_is_the_best_of_those_tried(seed: int) -> None:
    whole = grown(seed, 0.0)
    values, labels = rows(seed + 200)
    found = best_alpha(whole, values, labels, ALPHAS)
    base = whole.chance[0]
    losses = {}
    for alpha in ALPHAS:
        one = grown(seed, alpha)
        leaf = one.apply(values)
        share = (one.positives[leaf] + base) / (one.rows[leaf] + 1)
        losses[alpha] = round(float(log_loss(labels, share)), 12)
    assert losses[found] == min(losses.values())
    assert found == max(a for a, loss in losses.items() if loss == losses[found])


def test_of_nothing_to_learn_the_root_remains() -> None:
    random = np.random.default_rng(1)
    values = random.standard_normal((800, 4)).astype(np.float32)
    values[:, 3] = 0
    labels = (random.random(800) < 0.3).astype(np.int8)
    whole = cart(values[:400], labels[:400], NAMES, KINDS, alpha=0.0, max_depth=4, min_leaf=10)
    assert len(whole.leaves) > 4
    alpha = best_alpha(whole, values[400:], labels[400:], ALPHAS)
    assert len(pruned(whole, alpha).leaves) <= 2
