import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonweal.models.trees.bins import binned
from commonweal.models.trees.splits import all_splits, answers


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 255), st.floats(0, 0.4), st.integers(2, 400))
def test_numbers_keep_their_order_and_gaps_a_place_of_their_own(seed, most, gaps, rows):
    random = np.random.default_rng(seed)
    values = random.normal(size=(rows, 1)).round(int(random.integers(0, 4)))
    values[random.random((rows, 1)) < gaps] = np.nan
    made = binned(values, ("number",), most)
    column, codes = made.columns[0], made.codes[:, 0]
    there = ~np.isnan(values[:, 0])
    assert column.bins <= most
    assert (np.diff(column.cuts) > 0).all()
    assert (codes[~there] == column.bins).all()
    assert (column.missing is None) == bool(there.all())
    # Bin b is what lies above the cut before it and not above its own.
    edges = np.concatenate([[-np.inf], column.cuts, [np.inf]])
    x, b = values[there, 0], codes[there].astype(int)
    assert ((edges[b] < x) & (x <= edges[b + 1])).all()
    if len(np.unique(x)) <= most:
        assert len(column.cuts) == max(len(np.unique(x)) - 1, 0)


def test_of_many_values_bins_hold_about_equally_many():
    values = np.random.default_rng(1).exponential(size=(10_000, 1))
    counts = np.bincount(binned(values, ("number",), 20).codes[:, 0])
    assert len(counts) == 20
    assert counts.min() > 450
    assert counts.max() < 550


def test_the_most_frequent_categories_can_be_told_apart():
    random = np.random.default_rng(2)
    values = np.minimum(random.geometric(0.02, size=(5_000, 1)), 300).astype(float)
    made = binned(values, ("category",), 10)
    told = made.columns[0].cuts
    assert len(told) == 9
    common = np.argsort(-np.bincount(values[:, 0].astype(int)), kind="stable")[:9]
    assert set(told) == set(common.tolist())
    others = ~np.isin(values[:, 0], told)
    assert (made.codes[others, 0] == 9).all()


@pytest.mark.parametrize("gaps", [False, True])
def test_every_split_answers_for_every_row(gaps):
    random = np.random.default_rng(3)
    values = np.column_stack(
        [random.integers(0, 5, 700), random.integers(0, 2, 700), random.integers(0, 4, 700)]
    ).astype(float)
    if gaps:
        values[random.random(values.shape) < 0.2] = np.nan
    made = binned(values, ("number", "binary", "category"))
    splits = all_splits(made)
    # Cuts between neighbours and each category; with gaps each twice, and what is missing alone.
    # The last category is not told apart from all others but by these.
    assert len(splits) == (2 * (4 + 1 + 4) + 3 if gaps else 4 + 1 + 4)
    held = answers(made, splits)
    seen = set()
    for place in range(len(splits)):
        left = splits.left(made, place)
        bit = (held.words[:, place // 64] >> np.uint64(place % 64)) & np.uint64(1)
        np.testing.assert_array_equal(bit == 1, left == held.turned[place])
        x = values[:, splits.column[place]]
        cut = made.columns[splits.column[place]].cuts
        at = splits.cut[place]
        if at < len(cut):
            goes = x == cut[at] if splits.category[place] else x <= cut[at]
            expected = np.where(np.isnan(x), splits.missing_left[place], goes)
        else:
            expected = np.isnan(x) == bool(splits.missing_left[place])
        np.testing.assert_array_equal(left, expected)
        seen.add(left.tobytes())
    assert len(seen) == len(splits)
