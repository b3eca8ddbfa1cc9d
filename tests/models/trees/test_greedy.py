"""The greedy phase is CART: scikit-learn's trees, pruned by cost and complexity."""

import numpy as np
import pytest

from commonweal.models.trees.cart import cart
from commonweal.models.trees.fit import kinds_of
from commonweal.models.trees.grow import Data, Shape, greedily


def drawn(seed):
    """Columns of numbers; some have few values, some gaps; rows have weights in three of four."""
    random = np.random.default_rng([7, seed])
    # No column may have more than 255 values: then every one has a bin of its own.
    rows, columns = int(random.integers(80, 255)), int(random.integers(2, 9))
    x = random.normal(size=(rows, columns)).astype(np.float32)
    few = random.random(columns) < (0.0 if seed % 4 == 3 else 0.4)
    x[:, few] = np.round(2 * x[:, few] + 0.3 * random.normal(size=(rows, few.sum())))
    if seed % 2:
        gaps = random.random(columns) < 0.5
        x[:, gaps] = np.where(random.random((rows, gaps.sum())) < 0.15, np.nan, x[:, gaps])
    score = np.nan_to_num(x) @ random.normal(size=columns) + 0.7 * (np.nan_to_num(x[:, 0]) > 0.5)
    y = (random.random(rows) < 1 / (1 + np.exp(-score))).astype(np.int8)
    # Weights, so that no two splits are as good: of equally good ones scikit-learn takes any.
    weights = random.integers(1, 1_000, rows).astype(np.float64)
    return x, y, (np.ones(rows) if seed % 4 == 3 else weights / weights.mean())


@pytest.mark.parametrize("seed", range(100))
def test_greedy_phase_equals_scikit_learn(seed):
    x, y, weights = drawn(seed)
    names, kinds = tuple(f"x{c}" for c in range(x.shape[1])), kinds_of(x, ())
    plain = seed % 4 == 3
    # Without weights several splits may be as good, and what lies below depends on which is taken.
    depth = 2 if plain else 2 + seed % 5
    alpha = (0.0005, 0.002, 0.01)[seed % 3]
    least, mine_least = (20, 20.0) if plain else (1, 1e-9)
    mine = greedily(Data(x, y, weights, names, kinds), Shape(depth, mine_least), alpha)
    theirs = cart(x, y, names, kinds, alpha=alpha, max_depth=depth, min_leaf=least, weights=weights)
    assert mine.objective(alpha) == pytest.approx(theirs.objective(alpha), rel=1e-9)
    assert len(mine.leaves) == len(theirs.leaves)
    if not plain:
        np.testing.assert_allclose(mine.predict(x), theirs.predict(x), rtol=1e-9)
