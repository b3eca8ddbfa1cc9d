from __future__ import annotations

import math

import pytest
from scipy.stats import binomtest

from commonweal.evaluation.intervals import interval


@pytest.mark.parametrize("n", [1, 2, 7, 400])
@pytest.mark.parametrize("hits", ["none", "all"])
def test_none_or_all_have_the_exact_interval(n: int, hits: str) -> None:
    value = 0.0 if hits == "none" else 1.0
    exact = binomtest(int(value * n), n).proportion_ci(0.95, method="exact")
    low, high = interval("precision", value, value, value, n)
    assert low == pytest.approx(exact.low, abs=1e-12)
    assert high == pytest.approx(exact.high, abs=1e-12)


def test_other_intervals_stay_as_they_were_drawn() -> None:
    assert interval("precision", 0.4, 0.3, 0.5, 10) == (0.3, 0.5)
    assert interval("precision", 0.0, 0.0, 0.1, 10) == (0.0, 1 - 0.025**0.1)
    assert interval("precision", 0.0, 0.0, 0.4, 10) == (0.0, 0.4)
    assert interval("precision", 0.5, 0.5, 0.5, 2) == (0.5, 0.5)
    assert interval("auc", 1.0, 1.0, 1.0, 10) == (1.0, 1.0)
    assert interval("recall", 0.5, math.nan, math.nan, 4) == (None, None)
    assert interval("precision", 0.0, 0.0, 0.0, 0) == (0.0, 0.0)
