from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from commonweal.evaluation.proportions import holm, newcombe, two_shares, two_sided, wilson


def test_intervals_are_those_of_scipy() -> None:
    rng = np.random.default_rng(0)
    for _ in range(300):
        n = int(rng.integers(1, 2000))
        count = int(rng.integers(0, n + 1))
        theirs = stats.binomtest(count, n).proportion_ci(method="wilson")
        assert wilson(count, n) == pytest.approx((theirs.low, theirs.high), abs=1e-12)


def test_nobody_has_no_interval() -> None:
    with pytest.raises(ValueError, match="0 people"):
        wilson(0, 0)


def test_differences_are_those_newcombe_published() -> None:
    # Newcombe 1998, Table II, method 10: 56/70 less 48/80, 9/10 less 3/10, 10/10 less 0/20.
    for first, second, ends in (
        ((56, 70), (48, 80), (0.0524, 0.3339)),
        ((9, 10), (3, 10), (0.1705, 0.8090)),
        ((10, 10), (0, 20), (0.6791, 1.0)),
    ):
        value, low, high = newcombe(first, second)
        assert value == pytest.approx(first[0] / first[1] - second[0] / second[1])
        assert (low, high) == pytest.approx(ends, abs=5e-5)


def test_the_test_of_two_shares_is_the_chi_squared_one() -> None:
    for x, n, y, m in ((30, 100, 45, 110), (1, 20, 7, 25), (500, 900, 480, 1000)):
        table = [[x, n - x], [y, m - y]]
        expected = stats.chi2_contingency(table, correction=False).pvalue
        assert two_shares((x, n), (y, m)) == pytest.approx(expected, rel=1e-10)
    assert two_shares((0, 10), (0, 20)) == 1.0
    assert two_shares((10, 10), (20, 20)) == 1.0
    assert two_sided(1.959963984540054) == pytest.approx(0.05)


def test_adjusted_values_by_hand() -> None:
    # .01 * 4, then max(.04, .02 * 3), then max(.06, .03 * 2), then max(.06, .04).
    assert holm([0.02, 0.04, 0.01, 0.03]) == pytest.approx([0.06, 0.06, 0.04, 0.06])
    assert holm([0.5, 0.9]) == [1.0, 1.0]
    assert holm([]) == []
