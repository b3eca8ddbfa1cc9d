"""Thresholds: round, few, in the right place, and the same for any order of rows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonweal.models.scorecard.steps import KEYS, count, least_of, thresholds
from models.memory import sample_of


def cut(values: list[float], wanted: int = 3) -> list[float]:
    held = np.array(values, np.float32)[:, None]
    found = count(sample_of(held, np.zeros(len(held), np.int8), ("x",)), np.ones(len(held)))
    return thresholds(found.keys[0], found.weight[0].sum(axis=1), wanted, bool(found.whole[0]))


def test_few_values_are_all_cut_off_but_the_lowest() -> None:
    assert cut([0, 1, 1, 3, 6] * 3) == [1, 3, 6]
    assert cut([0.1, 0.25, 0.7]) == [0.25, 0.7]
    assert cut([-2, -1, 5]) == [-1, 5]
    assert cut([4, 4]) == []
    assert cut([]) == []


def test_quantiles_of_many_values_are_round() -> None:
    ages = np.arange(18, 90).repeat(3).tolist()
    assert cut(ages, 5) == [30, 42, 54, 66, 78]
    assert cut((np.arange(3000) * 7).tolist(), 2) == [7000, 14000]
    shares = np.linspace(0, 1, 5000, dtype=np.float32).tolist()
    assert cut(shares) == [0.25, 0.5, 0.75]


def test_a_value_most_rows_share_is_cut_off_and_the_others_divided() -> None:
    many = [0.0] * 900 + np.arange(1, 101).tolist()
    assert cut(many) == [1, 26, 51, 76]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=60), st.integers(1, 9))
def test_any_numbers(values: list[float], wanted: int) -> None:
    found = cut(values, wanted)
    assert found == sorted(set(found))
    assert len(found) <= wanted + 2
    assert found == cut(values[::-1], wanted)
    for one in found:
        assert min(values) < one or one <= max(values)


@settings(max_examples=200, deadline=None)
@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_keys_rise_with_values(value: float) -> None:
    held = np.array([[value]], np.float32)
    (keys,) = count(sample_of(held, np.zeros(1, np.int8), ("x",)), np.ones(1)).keys
    key = int(keys[0])
    assert 0 < key < KEYS
    assert least_of(key) <= held[0, 0] < least_of(key + 1)


@pytest.mark.parametrize(("values", "whole", "binary"), [
    ([0, 1, np.nan], True, True), ([0, 2], True, False), ([0, 0.5], False, False),
    ([-0.0, 1], True, True),
])  # fmt: skip
def test_what_a_column_holds(values: list[float], whole: bool, binary: bool) -> None:
    held = np.array(values, np.float32)[:, None]
    labels = np.ones(len(held), np.int8)
    found = count(sample_of(held, labels, ("x",)), np.full(len(held), 2.0))
    assert (found.whole[0], found.binary[0]) == (whole, binary)
    assert found.missing[0].tolist() == [0.0, 2.0 * np.isnan(held).sum()]
    assert found.weight[0].sum() == 2.0 * (~np.isnan(held)).sum()
