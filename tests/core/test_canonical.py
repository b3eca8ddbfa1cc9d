from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonweal.core.canonical import canonical_json, file_digest, fingerprint, plain, pretty_json
from commonweal.core.dates import Period

scalars = st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@dataclass(frozen=True, slots=True)
class Setting:
    within: Period
    names: tuple[str, ...]
    inner: Mapping[str, date]


def test_dataclasses_dates_and_periods_become_plain() -> None:
    setting = Setting(Period(18, "months"), ("b", "a"), {"first": date(2013, 10, 1)})
    assert plain(setting) == {
        "within": "18 months", "names": ["b", "a"], "inner": {"first": "2013-10-01"},
    }  # fmt: skip
    assert plain({"s": frozenset({"b", "a"}), "n": float("nan"), "i": float("inf")}) == {
        "s": ["a", "b"], "n": None, "i": None,
    }  # fmt: skip


def test_what_has_no_form_is_refused() -> None:
    with pytest.raises(TypeError, match="no canonical form for object"):
        plain([object()])


@given(values)
def test_canonical_json_is_json_on_one_line(value: object) -> None:
    text = canonical_json(value)
    assert json.loads(text) == plain(value)
    assert canonical_json(json.loads(text)) == text
    assert json.loads(pretty_json(value)) == plain(value)


@given(st.dictionaries(st.text(), scalars, min_size=2, max_size=6))
def test_the_order_of_keys_leaves_no_trace(value: dict[str, object]) -> None:
    turned = dict(reversed(list(value.items())))
    assert fingerprint(value) == fingerprint(turned)
    assert pretty_json(value) == pretty_json(turned)


def test_different_things_have_different_fingerprints() -> None:
    ways = [
        ("a", "b"), ("ab",), ("a", ["b"]), ("a", {"b": None}), ("a", 1), ("a", "1"), ("a", 1.5),
        ("a", True), ("a", None), ("b", "a"), ("a", Period(12, "months")),
        ("a", Period(365, "days")),
    ]  # fmt: skip
    assert len({fingerprint(*way) for way in ways}) == len(ways)
    assert fingerprint("a", (1, 2)) == fingerprint("a", [1, 2])
    assert fingerprint() == hashlib.sha256(b"[]").hexdigest()


def test_a_file_is_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"\0abc")
    assert file_digest(path) == hashlib.sha256(b"\0abc").hexdigest()
