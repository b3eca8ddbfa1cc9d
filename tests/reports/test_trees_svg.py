"""The picture of a tree: well formed, without script or ids, every leaf and figure in it."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pytest

from commonweal.evaluation.leaves import leaf_figures
from commonweal.models.trees.rules import LeafFigure, Words, outline
from commonweal.reports.frame import FONT, WIDTH
from commonweal.reports.trees_svg import picture, tree_svg, wrapped
from models.trees.growing import grown, rows

SPACE = "{http://www.w3.org/2000/svg}"
WORDS = Words({"age": "<script>alert('Ä & \x00')</script> " + "complaint.force" * 9},
              {"site": ("A&E", "<b>", "W" * 200)})  # fmt: skip


def figures(seed: int, depth: int = 5) -> tuple[LeafFigure, ...]:
    labels = np.random.default_rng(seed).integers(2, size=900)
    return leaf_figures(grown(seed, depth), rows(seed, 900), labels)


@pytest.mark.parametrize(("seed", "depth"), [(1, 1), (2, 4), (3, 6), (4, 9)])
def test_it_is_a_picture_that_can_stand_anywhere(seed: int, depth: int) -> None:
    tree, told = grown(seed, depth), figures(seed, depth)
    text = tree_svg(tree, WORDS, told)
    assert text == tree_svg(tree, WORDS, told)
    root = ElementTree.fromstring(text)
    assert {e.tag.removeprefix(SPACE) for e in root.iter()} <= {
        "svg", "title", "desc", "g", "path", "circle", "rect", "text",
    }  # fmt: skip
    attributes = {name for element in root.iter() for name in element.attrib}
    assert not {name for name in attributes if name.startswith("on")} | attributes & {"id", "href"}
    assert root.attrib["role"] == "img"
    assert [child.tag.removeprefix(SPACE) for child in root][:2] == ["title", "desc"]
    said = root[1].text or ""
    count = len(tree.leaves)
    written = " ".join(t.text or "" for t in root.iter(f"{SPACE}text"))
    for leaf in range(count):
        assert f"Leaf {leaf}: " in said
        assert f"Leaf {leaf}: " in written
    for one in told:
        assert f"{100 * one.rate:.1f}% ({100 * (one.low or 0):.1f}% to" in said
        assert f"n = {one.n:,})" in written


@pytest.mark.parametrize("depth", [2, 5, 9])
def test_nothing_leaves_the_frame(depth: int) -> None:
    root = ElementTree.fromstring(tree_svg(grown(depth, depth), WORDS, figures(depth, depth)))
    width, height = (float(x) for x in root.attrib["viewBox"].split()[2:])
    assert width == WIDTH
    for text in root.iter(f"{SPACE}text"):
        room = 0.5 * FONT * len(text.text or "")
        start = float(text.attrib["x"])
        anchor = text.attrib.get("text-anchor")
        low = {None: start, "middle": start - room / 2, "end": start - room}[anchor]
        assert low >= 0
        assert low + room <= WIDTH
        assert 0 < float(text.attrib["y"]) <= height
    for mark in root.iter(f"{SPACE}circle"):
        assert 0 < float(mark.attrib["cx"]) < WIDTH


def test_points_stand_on_one_axis_where_the_shares_are() -> None:
    tree = grown(2, 4)
    told = figures(2, 4)
    root = ElementTree.fromstring(tree_svg(tree, figures=told))
    points = sorted(float(c.attrib["cx"]) for c in root.iter(f"{SPACE}circle") if
                    c.attrib["r"] == "4.5")  # fmt: skip
    rates = sorted(one.rate for one in told)
    assert len(points) == len(rates)
    slope = (points[-1] - points[0]) / (rates[-1] - rates[0])
    for point, rate in zip(points, rates, strict=True):
        assert point == pytest.approx(points[0] + slope * (rate - rates[0]), abs=0.11)


def test_leaves_told_together_and_leaves_not_told() -> None:
    tree = grown(2, 2)
    assert len(tree.leaves) > 2
    text = str(picture(outline(tree), (LeafFigure((0, 1), 40, 0.5, 0.3, 0.7),), "A tree"))
    assert ">Leaf 0 with 1: 50.0%<" in text
    assert ">Leaf 1 with 0: 50.0%<" in text
    assert ">Leaf 2: not published<" in text
    assert "xmlns" not in text


def test_rows_learned_from_have_no_interval() -> None:
    tree = grown(2, 3)
    text = tree_svg(tree)
    assert "rows learned from" in text
    assert f"(n = {round(tree.rows[tree.leaves[0]]):,})" in text


def test_long_names_are_broken_after_their_parts_or_anywhere() -> None:
    assert wrapped("complaint.force.count.5y <= 2", 12) == ["complaint.", "force.count.", "5y <= 2"]
    assert wrapped("W" * 25, 10) == ["W" * 10, "W" * 10, "W" * 5]
    assert wrapped("one two three", 7) == ["one two", "three"]
    assert "".join(wrapped("a" * 30 + " b", 7)).replace(" ", "") == "a" * 30 + "b"
