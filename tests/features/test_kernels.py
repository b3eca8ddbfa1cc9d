"""The compiled loops against plain ones."""

from __future__ import annotations

import numpy as np
import pytest

from commonweal.features.kernels import MANY, expand, extremes, spread, steps


@pytest.mark.parametrize("entries", [3, 40, MANY + 1, 500])
def test_days_between_days_however_many_there_are(entries: int) -> None:
    rng = np.random.default_rng(entries)
    row = rng.integers(0, 2, 2 * entries)
    place, day = rng.integers(0, 2, 2 * entries), rng.integers(0, 3 * entries, 2 * entries)
    found = steps(row, place, day.astype(float), 3, 2)
    for r in range(3):
        for p in range(2):
            days = sorted({int(d) for d in day[(row == r) & (place == p)]})
            gaps = np.diff(days)
            wanted = [np.nan] * 4
            if len(gaps):
                wanted = [np.float32(gaps.mean()), gaps.min(), gaps.max(), gaps[-1]]
            assert np.array_equal([one[r, p] for one in found], wanted, equal_nan=True)


def test_keys_tell_the_series_they_are_in() -> None:
    """Three columns of 1, 2 and 3 facets; series by column and facet, all counted by hand."""
    radix = np.array([1, 2, 3])
    members = [[0], [1], [], [2, 3], [3], []]
    first = np.cumsum([0, *(len(one) for one in members)])
    listed = np.array([s for one in members for s in one], np.int32)
    rng = np.random.default_rng(5)
    row, key = rng.integers(0, 4, 50), rng.integers(0, 6, 50)
    bucket, n = rng.integers(0, 3, 50), rng.integers(0, 3, 50)
    start = np.array([0, 2, -1, 4], np.int32)
    nothing = np.zeros(0, np.int32)
    wanted = np.zeros((4, 6))
    last = np.full((4, 4), -1)
    for r, k, b, c in zip(row, key, bucket, n, strict=True):
        for series in [0, *members[1 + k % 2], *members[3 + k // 2]]:
            last[r, series] = max(last[r, series], b)
            if start[series] >= 0 and b < 2:
                wanted[r, start[series] + b] += c
    begin, column, value = spread(
        row, key, bucket, n, nothing, nothing, nothing, radix, first, listed, start, 2, 4, 6
    )
    dense = np.zeros((4, 6))
    for r in range(4):
        dense[r, column[begin[r] : begin[r + 1]]] = value[begin[r] : begin[r + 1]]
    assert np.array_equal(dense, wanted)
    loose = np.zeros((4, 6))
    np.add.at(loose, expand(row, key, bucket, n, radix, first, listed, start, 2)[:2],
              expand(row, key, bucket, n, radix, first, listed, start, 2)[2])  # fmt: skip
    assert np.array_equal(loose, wanted)
    places = np.arange(4, dtype=np.int32)
    _, end = extremes(row, key, bucket, bucket, radix, first, listed, places, 4, 4)
    assert np.array_equal(np.where(end < 0, -1, end), last)
