"""Each rule, against its definition written out; ties are never silent."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonweal.core.errors import DataError
from commonweal.records.episode_spec import Resolution, RuleName
from commonweal.records.resolution import AGREED, DECIDED, MISSING, TIED, Resolved, resolve

Window = list[tuple[object, int]]
"""The values of one window with the moment of each, ascending."""


def settle(windows: list[Window], rule: RuleName, order: tuple[str, ...] = ()) -> Resolved:
    kind = pa.infer_type([value for window in windows for value, _ in window])
    encoded = pa.array([v for window in windows for v, _ in window], kind).dictionary_encode()
    sizes = np.array([len(window) for window in windows], dtype=np.int64)
    first = np.cumsum(sizes) - sizes
    moment = [1_000 * place + m for place, window in enumerate(windows) for _, m in window]
    code = encoded.indices.fill_null(-1).to_numpy().astype(np.int64)
    how = Resolution(rule=rule, order=order)
    return resolve(first, code, np.array(moment, dtype=np.int64), encoded.dictionary, how)


def one(values: str, rule: RuleName, order: tuple[str, ...] = ()) -> tuple[object, int]:
    """The value of a window of one-letter values, `-` for a missing one, and how it came."""
    window: Window = [(None if v == "-" else v, place) for place, v in enumerate(values)]
    found = settle([[("a", 0), ("b", 1)], window, [("c", 0)]], rule, order)
    return found.values[1].as_py(), int(found.state[1])


@pytest.mark.parametrize(
    ("rule", "values", "value", "state"),
    [
        ("mode", "aab", "a", DECIDED), ("mode", "aba", "a", DECIDED), ("mode", "ab", "b", TIED),
        ("mode", "baab", "b", TIED), ("mode", "abca-b", "b", TIED), ("mode", "aabbc", "b", TIED),
        ("mode", "a-a", "a", AGREED), ("mode", "--", None, MISSING),
        ("most_severe", "abc-", "c", DECIDED), ("most_severe", "cb", "c", DECIDED),
        ("most_severe", "aa", "a", AGREED), ("most_severe", "-", None, MISSING),
        ("latest", "ab-", "b", DECIDED), ("latest", "bb", "b", AGREED),
        ("earliest", "-ab", "a", DECIDED), ("earliest", "--b", "b", AGREED),
    ],
)  # fmt: skip
def test_a_rule_takes_one_value(rule: RuleName, values: str, value: str | None, state: int) -> None:
    order = ("a", "b", "c") if rule == "most_severe" else ()
    assert one(values, rule, order) == (value, state)


@pytest.mark.parametrize(("rule", "value"), [("latest", "c"), ("earliest", "a")])
def test_values_of_one_moment_are_a_tie(rule: RuleName, value: str) -> None:
    window: Window = [("a", 0), ("b", 0), ("b", 3), ("c", 3)]
    apart: Window = [("a", 0), ("a", 0), ("b", 3), ("c", 4), ("c", 4)]
    found = settle([window, apart], rule)
    assert found.values.to_pylist() == [value, value]
    assert found.state.tolist() == [TIED, DECIDED]


def test_any_and_sum_add_up() -> None:
    found = settle([[(False, 0), (True, 1)], [(False, 0), (None, 1)], [(None, 0)]], "any")
    assert found.values.to_pylist() == [True, False, None]
    assert found.state.tolist() == [DECIDED, AGREED, MISSING]
    found = settle([[(2, 0), (2, 0), (None, 1)], [(7, 0)], [(None, 0)]], "sum")
    assert found.values.to_pylist() == [4, 7, None]
    assert found.state.tolist() == [DECIDED, AGREED, MISSING]
    found = settle([[(0.5, 0), (0.25, 0)]], "sum")
    assert found.values.to_pylist() == [0.75]


def test_a_value_without_a_place_in_the_order_is_named() -> None:
    with pytest.raises(DataError, match="holds 'b', which has no place"):
        one("ab", "most_severe", ("a", "c"))


@settings(max_examples=300, deadline=None)
@given(st.lists(st.text("ab-c", min_size=1, max_size=7), min_size=1, max_size=6))
def test_the_mode_is_the_commonest_and_of_several_the_latest(texts: list[str]) -> None:
    windows: list[Window] = [
        [(None if v == "-" else v, place) for place, v in enumerate(text)] for text in texts
    ]
    found = settle(windows, "mode")
    for place, text in enumerate(texts):
        there = text.replace("-", "")
        counts = Counter(there)
        most = [v for v in counts if counts[v] == max(counts.values())]
        expected = max(most, key=there.rindex) if most else None
        assert found.values[place].as_py() == expected
        state = MISSING if not there else AGREED if len(counts) == 1 else DECIDED
        assert found.state[place] == (TIED if len(most) > 1 else state)
