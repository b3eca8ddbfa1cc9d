"""The section about trees says what is told of each leaf, and what is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from commonweal.core.results import Metric
from commonweal.models.trees.rules import LeafFigure, Words, outline
from commonweal.reports.content import Content, TreeSummary
from commonweal.reports.page import render
from models.trees.growing import grown
from reports.reader import Page
from reports.sample import content

DAY = date(2013, 1, 1)
TREE = grown(2, 3)
COUNT = len(TREE.leaves)


def told(model: str, learned: tuple[LeafFigure, ...]) -> TreeSummary:
    return TreeSummary(
        model=model, branches=outline(TREE, Words({"age": "<b>age</b>"})), learned=learned,
        found="local optimum, best of 4", columns=(("age", "Years & days."),), filled=("age",),
    )  # fmt: skip


def with_trees(*trees: TreeSummary, observed: tuple[tuple[str, int, float], ...] = ()) -> Content:
    metrics = tuple(
        Metric(metric="tree.observed", value=value, low=value / 2, high=value * 1.5, n=n,
               model=tree.model, as_of=DAY, group=group)
        for tree in trees for group, n, value in observed
    )  # fmt: skip
    base = content()
    return replace(base, trees=trees, metrics=(*base.metrics, *metrics))


def test_without_a_tree_there_is_no_section() -> None:
    assert 'id="tree"' not in render(content())


def test_each_leaf_has_its_rule_its_chance_and_what_happened() -> None:
    learned = (LeafFigure((0, 2), 150, 0.4), LeafFigure((1,), 50, 0.1))
    page = render(with_trees(told("card", learned), observed=(("leaf=0 or 2", 40, 0.3),)))
    rows = Page(page).tables["leaves-card"]
    assert len(rows) == COUNT + 1
    assert "of 200 rows" in rows[0][2]
    first, second, third = rows[1:4]
    assert first[0] == "0"
    assert first[2:] == [
        "75.0% (with 2)", "40.0% (with 2)", "40 (with 2)", "30.0% (15.0% to 45.0%)",
    ]  # fmt: skip
    assert second[2:] == ["25.0%", "10.0%", "nobody", "nobody"]
    assert third[2:] == [
        "75.0% (with 0)", "40.0% (with 0)", "40 (with 0)", "30.0% (15.0% to 45.0%)",
    ]  # fmt: skip
    assert "Leaves named together are next to each other in rank" in page
    assert "Years &amp; days." in page
    assert "<b>age</b>" not in page


def test_where_nothing_may_be_told_it_is_said() -> None:
    page = render(with_trees(told("card", ())))
    rows = Page(page).tables["leaves-card"]
    assert all(row[2:] == ["not published"] * 4 for row in rows[1:])
    assert "Points: share with the outcome" not in page
    assert ">Leaf 0: not published<" in page


def test_several_trees_have_a_heading_each() -> None:
    page = Page(render(with_trees(told("first_tree", ()), told("second", ()))))
    assert [text for level, text in page.headings if level == 3 and text in
            ("first tree", "second")] == ["first tree", "second"]  # fmt: skip
    ids = [e.attributes["id"] for e in page.elements if "id" in e.attributes]
    assert len(ids) == len(set(ids))
