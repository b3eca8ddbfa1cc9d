"""What a tree says of itself is what it does."""

from __future__ import annotations

import re

import numpy as np
import pytest

from commonweal.models.trees.rules import LeafFigure, Words, joined, outline, rules, tree_text
from commonweal.models.trees.tree import Tree
from models.trees.growing import KINDS, NAMES, grown, rows

WORDS = Words({'odd "name': "member"}, {"site": ("clinic", "school", "court")})


def plain(
    names: tuple[str, ...], kinds: tuple[str, ...], nodes: list[tuple[int, float, bool, int, int]]
) -> Tree:
    table = np.array(nodes, dtype=np.float64)
    count = len(nodes)
    return Tree(
        names, kinds, table[:, 0].astype(np.int32), table[:, 1], table[:, 2].astype(np.bool_),  # type: ignore[arg-type]
        table[:, 3].astype(np.int32), table[:, 4].astype(np.int32),
        np.full(count, 100.0), np.arange(count, dtype=np.float64),
    )  # fmt: skip


def fulfils(condition: str, row: np.ndarray, words: Words) -> bool:
    """Follow a condition by hand."""
    called = {words.column(name): place for place, name in enumerate(NAMES)}
    name = max((c for c in called if re.search(rf"(^|< ){re.escape(c)} ", condition)), key=len)
    column = called[name]
    x, kind = float(row[column]), KINDS[column]
    if condition == f"{name} is missing":
        return bool(np.isnan(x))
    if condition == f"{name} is not missing":
        return not np.isnan(x)
    if condition.endswith(" or missing"):
        if np.isnan(x):
            return True
        condition = condition.removesuffix(" or missing")
    if np.isnan(x):
        return False
    if kind == "category":
        _, negated, what = re.fullmatch(r"(.*?) is (not )?(.*)", condition).groups()  # type: ignore[union-attr]
        places = [_place(one, words) for one in what.split(" or ")]
        return (x in places) is (negated is None)
    if kind == "binary":
        return x == {"yes": 1.0, "no": 0.0}[condition.removeprefix(f"{name} is ")]
    low = re.match(r"^(\S+) < ", condition) or re.search(r" > (\S+)$", condition)
    high = re.search(r" <= (\S+)$", condition)
    return (low is None or x > float(low[1])) and (high is None or x <= float(high[1]))


def _place(code: str, words: Words) -> float:
    codes = words.codes["site"]
    return float(codes.index(code)) if code in codes else float(code.removeprefix("code "))


def _coarse(tree: Tree) -> Tree:
    """Thresholds that six digits give exactly."""
    from dataclasses import replace

    return replace(tree, threshold=np.array([float(f"{t:.6g}") for t in tree.threshold]))


@pytest.mark.parametrize("seed", range(40))
def test_a_row_fulfils_the_rule_of_its_leaf_and_of_no_other(seed: int) -> None:
    tree = _coarse(grown(seed))
    found, values = rules(tree, WORDS), rows(seed, 300, infinite=False)
    own = np.searchsorted(tree.leaves, tree.apply(values))
    assert len(found) == len(tree.leaves)
    for row, leaf in zip(values, own, strict=True):
        held = [
            number for number, rule in enumerate(found)
            if all("nothing at all" not in one and fulfils(one, row, WORDS) for one in rule)
        ]  # fmt: skip
        assert held == [leaf]


@pytest.mark.parametrize("seed", range(20))
def test_each_column_stands_in_a_rule_once(seed: int) -> None:
    for rule in rules(grown(seed, 8)):
        named = [next(n for n in sorted(NAMES, key=len) if n in one) for one in rule]
        assert len(named) == len(set(named))


def test_conditions_on_one_column_are_merged_and_the_missing_named() -> None:
    nodes = [
        (0, 5, False, 1, 4), (0, 2, True, 2, 3), (-1, 0, False, -1, -1), (-1, 0, False, -1, -1),
        (1, np.inf, False, 5, 6), (-1, 0, False, -1, -1), (-1, 0, False, -1, -1),
    ]  # fmt: skip
    tree = plain(("arrests", "age"), ("number", "number"), nodes)
    assert rules(tree) == (
        ("arrests <= 2",), ("2 < arrests <= 5",),
        ("arrests > 5 or missing", "age is not missing"),
        ("arrests > 5 or missing", "age is missing"),
    )  # fmt: skip
    known = Words({"arrests": "Arrests, 5 years"}, complete=frozenset({"arrests"}))
    assert rules(tree, known)[1:3] == (
        ("2 < Arrests, 5 years <= 5",),
        ("Arrests, 5 years > 5", "age is not missing"),
    )


def test_categories_are_called_by_their_words_and_yes_and_no() -> None:
    nodes = [
        (0, 1, False, 1, 2), (-1, 0, False, -1, -1), (0, 2, True, 3, 4),
        (-1, 0, False, -1, -1), (1, 0.5, True, 5, 6), (-1, 0, False, -1, -1),
        (-1, 0, False, -1, -1),
    ]  # fmt: skip
    tree = plain(("site", "seen"), ("category", "binary"), nodes)
    words = Words(codes={"site": ("clinic", "school")})
    assert rules(tree, words) == (
        ("site is school",),
        ("site is code 2 or missing",),
        ("site is not school or code 2", "seen is no or missing"),
        ("site is not school or code 2", "seen is yes"),
    )


def test_the_text_has_an_outline_and_a_rule_a_leaf() -> None:
    nodes = [
        (0, 5, False, 1, 4), (1, 0.5, False, 2, 3), (-1, 0, False, -1, -1), (-1, 0, False, -1, -1),
        (-1, 0, False, -1, -1),
    ]  # fmt: skip
    tree = plain(("arrests", "seen"), ("number", "binary"), nodes)
    words = Words(complete=frozenset(("arrests", "seen")))
    figures = (LeafFigure((0,), 500, 0.123, 0.1, 0.15), LeafFigure((1, 2), 1200, 0.5, 0.4, 0.6))
    assert tree_text(tree, words, figures).splitlines() == [
        "everybody",
        "|-- arrests <= 5",
        "|   |-- seen is no -> leaf 0: 12.3% (10.0% to 15.0%; n = 500)",
        "|   `-- seen is yes -> leaf 1 with 2: 50.0% (40.0% to 60.0%; n = 1,200)",
        "`-- arrests > 5 -> leaf 2 with 1: 50.0% (40.0% to 60.0%; n = 1,200)",
        "",
        "leaf 0: arrests <= 5 and seen is no",
        "leaf 1: arrests <= 5 and seen is yes",
        "leaf 2: arrests > 5",
    ]
    assert "`-- arrests > 5 -> leaf 2: 4.0% (n = 100)" in tree_text(tree, words)


def test_a_tree_that_is_one_leaf_holds_everybody() -> None:
    tree = plain(("age",), ("number",), [(-1, 0, False, -1, -1)])
    assert [b.says for b in outline(tree)] == [""]
    assert tree_text(tree).splitlines() == [
        "everybody -> leaf 0: 0.0% (n = 100)", "", "leaf 0: everybody",
    ]  # fmt: skip


def test_an_alternative_is_put_in_brackets_where_it_is_joined() -> None:
    assert joined(()) == "everybody"
    assert joined(("age <= 5 or missing",)) == "age <= 5 or missing"
    assert joined(("age <= 5 or missing", "2 < x <= 5")) == "(age <= 5 or missing) and 2 < x <= 5"


def test_whole_numbers_are_told_by_what_they_may_be() -> None:
    """Arrests are cut at 2.5, 6 and 1.5: what is said holds of just the numbers that go there."""
    nodes = [(0, 2.5, True, 1, 4), (0, 1.5, False, 2, 3), (-1, 0, False, -1, -1),
             (-1, 0, False, -1, -1), (0, 6.0, False, 5, 6), (-1, 0, False, -1, -1),
             (-1, 0, False, -1, -1)]  # fmt: skip
    tree = plain(("arrests",), ("number",), nodes)
    said = Words({"arrests": "Number of arrests"}, whole=frozenset({"arrests"}))
    assert rules(tree, said) == (
        ("Number of arrests: at most 1",),
        ("Number of arrests: 2 or missing",),
        ("Number of arrests: 3 to 6",),
        ("Number of arrests: at least 7",),
    )
    # Nobody missing comes to the last two nodes: nothing is said of them there.
    assert [branch.says.removeprefix("Number of arrests: ") for branch in outline(tree, said)] == [
        "", "at most 2 or missing", "at most 1", "at least 2 or missing", "at least 3", "at most 6",
        "at least 7",
    ]  # fmt: skip
    values = np.array([[0.0], [1.0], [2.0], [np.nan], [3.0], [6.0], [7.0], [40.0]])
    leaves = np.searchsorted(tree.leaves, tree.apply(values))
    np.testing.assert_array_equal(leaves, [0, 0, 1, 1, 2, 2, 3, 3])


def test_where_only_the_missing_come_the_outline_says_so() -> None:
    nodes = [(0, 57.5, False, 1, 2), (-1, 0, False, -1, -1), (0, 28.5, True, 3, 4),
             (-1, 0, False, -1, -1), (-1, 0, False, -1, -1)]  # fmt: skip
    told = outline(plain(("age",), ("number",), nodes))
    assert [one.says for one in told] == [
        "", "age <= 57.5", "age > 57.5 or missing", "age is missing", "age > 28.5",
    ]  # fmt: skip
