"""Which columns a model sees: patterns, names with signs in them, and what is left out."""

from __future__ import annotations

from commonweal.models.columns import columns_seen, matching, unmatched
from commonweal.models.spec import BaseRateSpec, BoostedSpec

NAMES = ("arrest.count", "arrest.charge=A[B].count", "demographics.race", "demographics.sex")


def seen(columns: tuple[str, ...] = (), without: tuple[str, ...] = ()) -> tuple[str, ...]:
    spec = BoostedSpec(kind="boosted", columns=columns, without_columns=without)
    return columns_seen(spec, NAMES)


def test_all_columns_where_none_is_named() -> None:
    assert seen() == NAMES
    assert columns_seen(BaseRateSpec(kind="base_rate"), NAMES) == ()


def test_patterns_keep_the_order_of_the_study() -> None:
    assert seen(("demographics.*", "arrest.count")) == (NAMES[0], *NAMES[2:])
    assert seen(("*",), ("demographics.race*",)) == (*NAMES[:2], NAMES[3])
    assert seen(without=("arrest.*",)) == NAMES[2:]
    assert seen(("ARREST.*",)) == ()


def test_a_name_with_a_bracket_is_that_name_alone() -> None:
    names = ("x[ab]", "xa", "xb")
    assert matching(("x[ab]",), names) == {"x[ab]"}
    assert matching(("x[ab]",), names[1:]) == {"xa", "xb"}


def test_patterns_that_are_about_nothing() -> None:
    assert list(unmatched(("arrest.*", "arest.*", "demographics.race"), NAMES)) == ["arest.*"]
