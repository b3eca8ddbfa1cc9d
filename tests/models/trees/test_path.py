import numpy as np
import pytest
from sklearn.metrics import log_loss as sklearn_log_loss
from sklearn.tree import DecisionTreeClassifier

from commonweal.models.trees.cart import cart
from commonweal.models.trees.found import Found, Tried
from commonweal.models.trees.optimal import OptimalTree
from commonweal.models.trees.path import cross_validated, log_loss, pruned, simplest, usual_path


def data(seed=0):
    random = np.random.default_rng([9, seed])
    x = random.normal(size=(800, 6)).astype(np.float32)
    y = (random.random(800) < 1 / (1 + np.exp(-x[:, 0] * x[:, 1] - x[:, 2]))).astype(np.int8)
    return x, y


@pytest.mark.parametrize("alpha", [0.0, 0.0008, 0.002, 0.005, 0.02, 0.3])
def test_pruning_is_scikit_learns(alpha):
    x, y = data()
    kinds = ("number",) * 6
    whole = cart(x, y, tuple("abcdef"), kinds, alpha=0.0, max_depth=7, min_leaf=5)
    mine = pruned(whole, alpha)
    p = y.mean()
    theirs = DecisionTreeClassifier(
        max_depth=7, min_samples_leaf=5, ccp_alpha=2 * alpha * p * (1 - p), random_state=0
    ).fit(x, y)
    assert len(mine.leaves) == theirs.get_n_leaves()
    np.testing.assert_allclose(mine.predict(x), theirs.predict_proba(x)[:, 1], rtol=1e-12)
    np.testing.assert_array_equal(mine.feature < 0, mine.left < 0)
    assert mine.objective(alpha) <= whole.objective(alpha)


def test_each_penalty_is_measured_on_the_rows_of_the_other_folds_by_their_weight():
    x, y = data(1)
    random = np.random.default_rng(2)
    weights, folds, path = random.uniform(0.2, 3, 800), random.integers(0, 4, 800), (0.001, 0.02)
    learned = []

    def grow(rows, alpha):
        learned.append((rows.tolist(), alpha))
        return cart(x[rows], y[rows], tuple("abcdef"), ("number",) * 6, alpha=alpha, max_depth=5,
                    min_leaf=5)  # fmt: skip

    tried = cross_validated(grow, x, y.astype(float), weights, folds, path)
    assert learned == [(np.flatnonzero(folds != fold).tolist(), 0.001) for fold in range(4)]
    assert [one.alpha for one in tried] == [0.02, 0.001]
    errors, leaves = np.zeros((2, 4)), np.zeros((2, 4))
    for fold in range(4):
        out = folds == fold
        whole = grow(np.flatnonzero(~out), 0.001)
        for place, alpha in enumerate((0.02, 0.001)):
            tree = pruned(whole, alpha)
            errors[place, fold] = log_loss(tree, x[out], y[out], weights[out])
            leaves[place, fold] = len(tree.leaves)
    least = errors.mean(axis=1).argmin()
    spread = (errors - errors[least]).std(axis=1, ddof=1) / 2
    for place, one in enumerate(tried):
        assert one.error == pytest.approx(errors[place].mean(), rel=1e-12)
        assert one.deviation == pytest.approx(spread[place], rel=1e-9)
        assert one.leaves == leaves[place].mean()
    assert tried[0].error != tried[1].error


def test_the_usual_path_ends_at_two_rows():
    assert usual_path(40) == (0.05,)
    path = usual_path(20_000)
    assert path[0] == 0.05
    assert 2 / 20_000 <= path[-1] < 4 / 20_000


def test_the_largest_penalty_within_a_standard_error_is_taken():
    tried = [Tried(0.1, 0.30, 0.01, 1), Tried(0.05, 0.22, 0.02, 3), Tried(0.01, 0.21, 0.0, 9)]
    assert simplest(tried) == 0.05
    assert simplest([*tried[:1], Tried(0.05, 0.22, 0.005, 3), tried[2]]) == 0.01


def test_words_say_how_good_a_tree_is():
    found = Found(0.01, 101.0, 5, 110.0, 6, (102.0, 101.0), certified=None)
    assert found.words().startswith("local optimum, best of 2 (the worst 0.99% above it)")
    assert "CART with the same penalty: 110 with 6 leaves" in found.words()
    # Kept was one of an earlier screening: the last restarts are told beside it.
    earlier = Found(0.01, 100.0, 5, 110.0, 6, (102.0, 101.0), certified=None)
    assert earlier.spread == pytest.approx(0.02)
    proven = Found(0.01, 101.0, 5, 110.0, 6, (101.0,), certified=100.0)
    assert proven.gap == pytest.approx(0.01)
    assert proven.words().startswith("1% above the certified optimum 100")
    assert (
        Found(0.01, 100.0, 5, 110.0, 6, (100.0,), certified=100.0)
        .words()
        .startswith("certified optimum")
    )


def test_a_rare_outcome_is_worth_leaves():
    """One in forty has the outcome, one in seven behind two conditions."""
    random = np.random.default_rng(4)
    x = random.integers(0, 2, (40_000, 8)).astype(np.uint8)
    y = random.random(40_000) < np.where(x[:, 1] & x[:, 4] & x[:, 6], 0.14, 0.009)
    model = OptimalTree(3, min_samples_leaf=20).fit(x, y)
    assert set(model.tree_.feature[model.tree_.left >= 0].tolist()) == {1, 4, 6}


def test_log_loss_is_scikit_learns_but_for_one_more_row_a_leaf():
    x, y = data(3)
    tree = cart(x, y, tuple("abcdef"), ("number",) * 6, alpha=0.002, max_depth=4, min_leaf=20)
    weights = np.random.default_rng(0).uniform(0.5, 2, len(y))
    leaf, n, p = tree.apply(x), tree.rows, tree.positives
    smoothed = (p + y.mean()) / (n + 1)
    expected = sklearn_log_loss(y, smoothed[leaf], sample_weight=weights)
    assert log_loss(tree, x, y, weights) == pytest.approx(expected, rel=1e-9)
