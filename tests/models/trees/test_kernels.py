import numpy as np
import pytest

from commonweal.models.trees import kernels
from commonweal.models.trees.bins import binned
from commonweal.models.trees.splits import all_splits, answers


def problem(rows, columns, seed=0):
    random = np.random.default_rng([5, seed])
    x = (random.random((rows, columns)) < random.uniform(0.05, 0.6, columns)).astype(np.uint8)
    made = binned(x, ("binary",) * columns)
    bits = answers(made, all_splits(made))
    y = random.random(rows) < 0.3
    order = random.permutation(rows)
    listed = np.concatenate([order[y[order]], order[~y[order]]]).astype(np.int32)
    yes = x.astype(bool) ^ bits.turned
    return yes, y, bits.words, listed, int(y.sum()), random


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (63, 5), (64, 64), (65, 70), (3_000, 131)])
@pytest.mark.parametrize("weighed", [False, True])
def test_counts_of_each_two_splits(rows, columns, weighed):
    yes, y, words, listed, positives, random = problem(rows, columns)
    weights = random.uniform(0.5, 2, rows) if weighed else np.zeros(0)
    N, P = np.zeros((columns, columns)), np.zeros((columns, columns))
    bits = np.zeros((columns, rows // 64 + 3), np.uint64)
    ints, kept = np.zeros((columns, columns), np.int64), np.zeros(columns, np.int64)
    w = weights if weighed else np.ones(rows)
    given = (words, weights, listed, positives)
    m = kernels._counted(*given, True, 2.0, bits, ints, N, P, kept)
    told = yes[:, kept[:m]]
    np.testing.assert_allclose(N[:m, :m], (told * w[:, None]).T @ told, rtol=1e-12)
    np.testing.assert_allclose(P[:m, :m], (told * (w * y)[:, None]).T @ told, rtol=1e-12)
    if weighed:
        assert m == columns
    assert kernels._counted(*given, False, 2.0, bits, ints, N, P, kept) == columns
    np.testing.assert_allclose(N[0], w @ yes, rtol=1e-12)
    np.testing.assert_allclose(P[0], (w * y) @ yes, rtol=1e-12)


def test_splits_that_say_nothing_new_are_not_counted():
    """Cuts of a column of few rows: neighbours that part them alike, or leave too few."""
    values = np.repeat([1.0, 2.0, 5.0, 9.0], [3, 30, 40, 27])[:, None]
    made = binned(np.vstack([values, np.arange(0, 12)[:, None]]), ("number",))
    splits = all_splits(made)
    bits = answers(made, splits)
    count, rows = len(splits), np.arange(100, dtype=np.int32)
    N, P = np.zeros((count, count)), np.zeros((count, count))
    held, ints = np.zeros((count, 6), np.uint64), np.zeros((count, count), np.int64)
    kept = np.zeros(count, np.int64)
    m = kernels._counted(bits.words, np.zeros(0), rows, 10, True, 5.0, held, ints, N, P, kept)
    left = [splits.left(made, int(s))[:100].sum() for s in kept[:m]]
    assert left == [33, 73]


def test_rows_are_divided_in_their_order():
    yes, y, words, listed, positives, _ = problem(500, 9)
    for split in range(9):
        no, a, over, b = kernels.divide(words, listed, positives, split)
        np.testing.assert_array_equal(no, listed[~yes[listed, split]])
        np.testing.assert_array_equal(over, listed[yes[listed, split]])
        assert (a, b) == (int((y & ~yes[:, split]).sum()), int((y & yes[:, split]).sum()))


def test_looking_ahead_at_depth_three_is_the_best_below_each_split():
    """Below a first split lie two nodes of depth two, and each is solved to the end."""
    yes, _, words, listed, positives, _ = problem(900, 11)
    alpha, least = 2.0, 5.0
    splits = np.arange(11)
    values = np.empty(11)
    kernels.look(words, np.zeros(0), listed, positives, 11, 3, alpha, least, splits,
                 np.full((11, 2), -1, np.int64), values)  # fmt: skip
    for split in range(11):
        no, a, over, b = kernels.divide(words, listed, positives, split)
        each = [kernels.solve(words, np.zeros(0), rows, p, 11, 2, alpha, least)[0]
                for rows, p in ((no, a), (over, b))]  # fmt: skip
        small = min(len(no), len(over)) < least
        assert values[split] == (np.inf if small else pytest.approx(sum(each), rel=1e-12))
    assert yes.shape == (900, 11)


def test_the_splits_that_follow_are_the_best_of_each_side():
    yes, y, words, listed, positives, _ = problem(900, 11)
    found = np.zeros((11, 2), np.int64)
    kernels.followers(words, np.zeros(0), listed, positives, 11, np.arange(11), 3.0, found)
    for split in range(11):
        for side, held in ((0, ~yes[:, split]), (1, yes[:, split])):
            errors = []
            for g in range(11):
                parts = [y[held & yes[:, g]], y[held & ~yes[:, g]]]
                ok = min(map(len, parts)) >= 3
                errors.append(sum(((p - p.mean()) ** 2).sum() for p in parts) if ok else np.inf)
            best = int(np.argmin(errors))
            mine = found[split, side]
            if mine == -2:
                assert min(yes[:, split].sum(), (~yes[:, split]).sum()) < 3
                continue
            assert (mine < 0) == (errors[best] == np.inf)
            if mine >= 0:
                assert errors[mine] == pytest.approx(errors[best], rel=1e-9)
