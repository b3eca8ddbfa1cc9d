"""OptimalTree: what scikit-learn asks of a classifier, and what only it promises."""

import itertools
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import RepeatedKFold, ShuffleSplit
from sklearn.utils.estimator_checks import parametrize_with_checks

from commonweal.models.trees import grow
from commonweal.models.trees.cart import cart
from commonweal.models.trees.fit import kinds_of
from commonweal.models.trees.optimal import OptimalTree


@parametrize_with_checks([OptimalTree(max_depth=3, cv=2, n_restarts=2)])
def test_scikit_learn_checks(estimator, check):
    check(estimator)


def binary(seed, rows=400, columns=12):
    random = np.random.default_rng([11, seed])
    x = (random.random((rows, columns)) < random.uniform(0.1, 0.6, columns)).astype(np.uint8)
    score = x @ random.normal(0, 1.2, columns) + 2 * (x[:, 0] ^ x[:, 1]) - 1.5
    return x, (random.random(rows) < 1 / (1 + np.exp(-score))).astype(int)


def best_of_depth_two(x, y, alpha):
    """Try every tree of depth two over all cuts of all columns."""
    y = np.asarray(y, float)

    def errors(rows):
        return float(((y[rows] - y[rows].mean()) ** 2).sum()) if rows.any() else np.inf

    everyone = np.ones(len(y), bool)
    penalty = alpha * errors(everyone)
    cuts = [
        (c, t)
        for c in range(x.shape[1])
        for t in (np.unique(x[:, c])[:-1] + np.unique(x[:, c])[1:]) / 2
    ]

    def side(rows):
        tried = [errors(rows) + penalty]
        for c, t in cuts:
            left = rows & (x[:, c] <= t)
            right = rows & ~left
            if left.any() and right.any():
                tried.append(errors(left) + errors(right) + 2 * penalty)
        return min(tried)

    tried = [errors(everyone) + penalty]
    for c, t in cuts:
        left = x[:, c] <= t
        tried.append(side(left) + side(~left))
    return min(tried)


@pytest.mark.slow
def test_equals_brute_force_on_every_problem_of_three_binary_features():
    """Eight kinds of rows, each all positive, all negative or half of each: 3^8 problems."""
    kinds = np.array(list(itertools.product((0, 1), repeat=3)))
    yes = [sum(1 << k for k in range(8) if kinds[k, c]) for c in range(3)]
    whole, tried = 255, 0
    for number, outcomes in enumerate(itertools.product((0, 1, 2), repeat=8)):
        random = np.random.default_rng([3, number])
        times = 2 * random.integers(1, 4, 8)
        ones = np.array([(0, t, t // 2)[o] for o, t in zip(outcomes, times, strict=True)])
        if ones.sum() in (0, times.sum()):
            continue
        alpha = (0.0, 0.005, 0.03)[number % 3]

        def errors(mask, n=times, p=ones):
            held = [k for k in range(8) if mask >> k & 1]
            return p[held].sum() * (1 - p[held].sum() / n[held].sum()) if held else np.inf

        penalty = alpha * errors(whole)

        def side(mask, penalty=penalty, errors=errors):
            stumps = [errors(mask & a) + errors(mask & ~a) + 2 * penalty for a in yes]
            return min([errors(mask) + penalty, *stumps])

        best = min([side(whole), *(side(a) + side(whole & ~a) for a in yes)])
        x = np.repeat(kinds, times, axis=0)
        y = np.concatenate([np.arange(t) < p for t, p in zip(times, ones, strict=True)]).astype(int)
        found = OptimalTree(2, alpha=alpha, n_restarts=1).fit(x, y).found_
        assert found.objective == pytest.approx(best, rel=1e-9, abs=1e-9)
        tried += 1
    assert tried == 3**8 - 2


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 9), st.floats(0, 0.05))
def test_equals_brute_force_on_numbers(seed, values, alpha):
    random = np.random.default_rng(seed)
    x = random.integers(0, values, (40, 3)).astype(float)
    y = (random.random(40) < 0.2 + 0.6 * (x[:, 0] > x[:, 1])).astype(int)
    if len(set(y.tolist())) == 2:
        found = OptimalTree(2, alpha=alpha, n_restarts=1).fit(x, y).found_
        assert found.objective == pytest.approx(best_of_depth_two(x, y, alpha), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("seed", range(8))
def test_never_above_cart_nor_worse_when_deeper(seed):
    x, y = binary(seed)
    worth = []
    for depth in range(1, 7):
        found = OptimalTree(depth, alpha=0.002, n_restarts=2).fit(x, y).found_
        theirs = cart(x.astype(np.float32), y.astype(np.int8), ("",) * x.shape[1],
                      kinds_of(x, ()), alpha=0.002, max_depth=depth, min_leaf=1)  # fmt: skip
        assert found.objective <= theirs.objective(0.002) * (1 + 1e-9)
        worth.append(found.objective)
    assert all(b <= a * (1 + 1e-9) for a, b in itertools.pairwise(worth))


@pytest.mark.parametrize("seed", range(4))
def test_threads_do_not_change_the_tree(seed):
    x, y = binary(seed, rows=900, columns=30)
    one, two = (
        OptimalTree(5, alpha=0.001, n_restarts=5, n_jobs=jobs, random_state=seed).fit(x, y)
        for jobs in (1, 4)
    )
    assert one.found_ == two.found_
    for name in ("feature", "threshold", "left", "right", "rows", "positives"):
        np.testing.assert_array_equal(getattr(one.tree_, name), getattr(two.tree_, name))


@pytest.mark.parametrize("gaps", [False, True])
def test_weights_are_rows_repeated(gaps):
    random = np.random.default_rng(5)
    x, y = binary(1, rows=500)
    x = x.astype(float)
    x[:, 3] = random.normal(size=len(x)).round(1)
    if gaps:
        x[random.random(x.shape) < 0.1] = np.nan
    times = random.integers(0, 4, len(x))
    weighed = OptimalTree(4, alpha=0.003, min_samples_leaf=5).fit(x, y, sample_weight=times)
    held = np.repeat(np.arange(len(x)), times)
    repeated = OptimalTree(4, alpha=0.003, min_samples_leaf=5).fit(x[held], y[held])
    assert weighed.found_.objective == pytest.approx(repeated.found_.objective, rel=1e-9)
    np.testing.assert_allclose(weighed.predict_proba(x), repeated.predict_proba(x), rtol=1e-9)
    assert weighed.tree_.rows[weighed.tree_.leaves].min() >= 5


def test_a_planted_tree_with_gaps_and_categories_is_found():
    random = np.random.default_rng(8)
    rows = 6_000
    x = random.normal(size=(rows, 6))
    x[:, 1] = random.integers(0, 7, rows)
    x[random.random(rows) < 0.2, 2] = np.nan
    chance = np.where(
        x[:, 1] == 4, np.where(np.isnan(x[:, 2]), 0.9, 0.5), np.where(x[:, 0] <= 0.3, 0.05, 0.3)
    )
    y = (random.random(rows) < chance).astype(int)
    model = OptimalTree(3, categorical_features=[1], alpha=0.006).fit(x, y)
    tree = model.tree_
    assert len(tree.leaves) == 4
    assert tree.feature[0] == 1
    assert tree.threshold[0] == 4
    found = model.predict_proba(x)[:, 1]
    for share in np.unique(chance):
        assert found[chance == share].mean() == pytest.approx(share, abs=0.04)
    # Columns of numbers with far more values than bins: the cut is near the true one.
    assert any(
        abs(t - 0.3) < 0.05 for t, f in zip(tree.threshold, tree.feature, strict=True) if f == 0
    )


def test_more_splits_than_are_searched_over():
    random = np.random.default_rng(21)
    x = random.normal(size=(3_000, 40)).astype(np.float32)
    # Neither column says anything alone, so that CART begins anywhere.
    chance = np.where((x[:, 7] > 0) ^ (x[:, 19] > 0), 0.7, 0.2)
    y = (random.random(3_000) < chance).astype(int)
    model = OptimalTree(2, alpha=0.005, min_samples_leaf=10).fit(x, y)
    assert {7, 19} <= set(model.tree_.feature.tolist())
    assert model.found_.objective < 0.95 * model.found_.cart_objective


def test_the_penalty_is_chosen_by_cross_validation():
    x, y = binary(3, rows=2_000)
    noise = np.random.default_rng(0).permutation(y)
    assert len(OptimalTree(4).fit(x, noise).tree_.leaves) == 1
    model = OptimalTree(4).fit(x, y)
    shares = [one.alpha for one in model.found_.path]
    assert model.alpha_ in shares
    assert shares == sorted(shares, reverse=True)
    assert 2 < len(model.tree_.leaves) < 16
    given_path = OptimalTree(4, alpha=[0.01, 0.5]).fit(x, y)
    assert [one.alpha for one in given_path.found_.path] == [0.5, 0.01]


def test_people_are_in_one_fold():
    """Rows told apart only by whose they are: within people the outcome is always the same."""
    random = np.random.default_rng(2)
    people = np.repeat(np.arange(60), 20)
    x = (people[:, None] >> np.arange(6)) & 1
    y = random.integers(0, 2, 60)[people]
    by_rows = OptimalTree(6, min_samples_leaf=20).fit(x, y)
    by_people = OptimalTree(6, min_samples_leaf=20).fit(x, y, groups=people)
    assert len(by_rows.tree_.leaves) > len(by_people.tree_.leaves)


def test_a_time_limit_returns_the_best_so_far():
    x, y = binary(4, rows=30_000, columns=120)
    began = time.monotonic()
    model = OptimalTree(8, alpha=0.0002, time_limit=1.0, n_restarts=8).fit(x, y)
    assert time.monotonic() - began < 30
    found = model.found_
    assert found.stopped
    assert found.objective <= found.cart_objective
    assert "time was up" in found.words()


def test_a_time_limit_holds_for_the_folds_too(monkeypatch):
    given = []

    def search(task, effort, progress=None):
        given.append(effort.seconds)
        return whole(task, effort, progress)

    whole = grow.search
    monkeypatch.setattr(grow, "search", search)
    x, y = binary(4)
    assert not OptimalTree(3, time_limit=1000.0).fit(x, y).found_.stopped
    assert given[:5] == [100.0] * 5
    assert 900 < given[5] < 1000
    found = OptimalTree(4, time_limit=0.0).fit(x, y).found_
    assert found.stopped
    assert found.path
    assert given[6:11] == [0.0] * 5
    assert given[11] <= 0


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"max_depth": 0}, "max_depth is 0"),
        ({"alpha": -0.1}, "alpha is -0.1"),
        ({"alpha": []}, "alpha is"),
        ({"max_bins": 300}, "max_bins is 300"),
        ({"min_samples_leaf": 0}, "min_samples_leaf is 0"),
        ({"categorical_features": ["nobody"]}, "no column 'nobody'"),
        ({"categorical_features": [99]}, "no column 99"),
        ({"categorical_features": [True] * 12}, "give places or names"),
        ({"max_depth": None}, "max_depth is None"),
        ({"min_samples_leaf": float("nan")}, "min_samples_leaf is nan"),
        ({"alpha": None, "cv": ShuffleSplit(2)}, "test part of one split"),
        ({"alpha": None, "cv": RepeatedKFold(n_splits=2, n_repeats=2)}, "test part of one split"),
        ({"alpha": None, "cv": [(np.arange(9), np.arange(400))]}, "of two splits or more"),
    ],
)
def test_arguments_out_of_their_range(wrong, says):
    x, y = binary(0)
    with pytest.raises(ValueError, match=says):
        OptimalTree(**{"alpha": 0.01, **wrong}).fit(x, y)


def test_groups_and_weights_that_do_not_fit_the_rows():
    x, y = binary(0)
    for wrong in (np.arange(len(y) + 1), np.arange(len(y) - 1)):
        with pytest.raises(ValueError, match="inconsistent numbers of samples"):
            OptimalTree(2).fit(x, y, groups=wrong)
    weights = np.random.default_rng(0).random(len(y))
    for times in (1e12, 1e100, 1e300):
        with pytest.raises(ValueError, match="weights add up to"):
            OptimalTree(2, alpha=0.01).fit(x, y, sample_weight=times * weights)
    few = np.where(np.arange(len(y)) < 3, 1.0, 0.0)
    with pytest.raises(ValueError, match="n_samples=3"):
        OptimalTree(2).fit(x, y, sample_weight=few)


def test_a_row_of_weight_0_is_no_row():
    x, y = binary(3, rows=800)
    weights = np.random.default_rng(1).integers(0, 2, len(y)).astype(float)
    there = weights > 0
    assert OptimalTree(3).fit(x, y, weights).found_ == OptimalTree(3).fit(x[there], y[there]).found_


def test_apply_names_leaves():
    x, y = binary(6)
    model = OptimalTree(3, alpha=0.002).fit(x, y)
    nodes = model.apply(x)
    assert set(nodes.tolist()) == set(model.tree_.leaves.tolist())
    counts = np.bincount(nodes, minlength=len(model.tree_.rows))
    np.testing.assert_array_equal(counts[model.tree_.leaves], model.tree_.rows[model.tree_.leaves])
