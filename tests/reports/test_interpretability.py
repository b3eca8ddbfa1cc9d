"""The section on models that can be read: its words, its table, and a picture one can read."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

import pytest

from commonweal.core.results import Metric
from commonweal.reports.content import Content
from commonweal.reports.page import render
from commonweal.reports.reading import Reading
from commonweal.reports.sections.interpretability import given_up, interpretability
from commonweal.reports.tradeoff import Choice, span_of, tradeoff
from reports.reader import Page
from reports.sample import content

SIZES = {"boosted": 1234.0, "logistic": 80.0, "scorecard": 9.4, "tree": 12.0, "count_rank": 1.0}
AREAS = {
    "boosted": (0.80, 0.78, 0.82), "logistic": (0.79, 0.77, 0.81),
    "scorecard": (0.78, 0.76, 0.80), "tree": (0.70, 0.68, 0.72), "count_rank": (0.6, 0.5, 0.7),
}  # fmt: skip
APART = {
    "logistic": (0.01, 0.002, 0.018), "scorecard": (-0.02, -0.045, 0.005),
    "tree": (-0.1, -0.12, -0.08), "count_rank": (-0.2, -0.3, -0.1),
}  # fmt: skip


def metrics() -> list[Metric]:
    found = [
        Metric(metric=f"interpretability.{name}", value=value, n=2000, group=f"kind={kind}")
        for kind, size in SIZES.items()
        for name, value in (("size", size), ("trees", 70.0), ("columns", 5.0))
    ]  # fmt: skip
    for name, k in (("auc", None), ("precision", 50)):
        found += [
            Metric(metric=f"interpretability.{name}", value=v, low=low, high=high, n=k or 1000,
                   k=k, group=f"kind={kind}")
            for kind, (v, low, high) in AREAS.items()
        ]  # fmt: skip
        found += [
            Metric(metric=f"interpretability.difference.{name}", value=v, low=low, high=high,
                   n=k or 1000, k=k, group=f"kind={kind}", against="boosted")
            for kind, (v, low, high) in APART.items()
        ]  # fmt: skip
    return found


def compared(keep: str = "") -> Content:
    mine = [m for m in metrics() if not keep or m.metric.rpartition(".")[2] != keep]
    return replace(content(), metrics=(*content().metrics, *mine))


def test_leaders_read_what_is_given_up() -> None:
    card, tree = given_up(Reading.of(compared()))
    assert "a scorecard (9.4 items) instead of boosted trees (1,234 leaves in 70 trees)" in card
    assert "is not shown to give up anything: it may lose up to 0.045 or gain up to 0.005" in card
    assert "gives up 0.100 of AUC (95% interval 0.080 to 0.120)" in tree
    assert "gives up 10.0 points of precision in the first 50 (95% interval 8.0 to 12.0)" in tree


def test_the_table_says_which_differences_are_beyond_chance() -> None:
    page = Page(render(compared()))
    rows = {row[0].split(" usual")[0].split(" settings")[0]: " ".join(row)
            for row in page.tables["interpretability"]}  # fmt: skip
    assert "lower" in rows["one tree"]
    assert "higher" in rows["logistic regression"]
    assert "not told apart" in rows["scorecard"]
    assert "settings of “boosted”" in rows["boosted trees"]
    assert "No row of a test date was used" in page.text
    assert "this is about one period" in page.text


def test_without_figures_there_is_no_section() -> None:
    assert interpretability(Reading.of(content())).parts == ()
    assert interpretability(Reading.of(compared("auc"))).parts == ()
    assert given_up(Reading.of(content())) == ()
    assert "can be read gives up" not in render(content())


def test_without_precision_there_is_one_picture() -> None:
    section = interpretability(Reading.of(compared("precision")))
    rows = [part for part in section.parts if part.kind == "row"]
    assert [figure.key for figure in rows[0].figures] == ["tradeoff-auc"]  # type: ignore[union-attr]
    assert "points of precision" not in " ".join(given_up(Reading.of(compared("precision"))))


def choices(*given: tuple[str, float, float]) -> list[Choice]:
    return [Choice(name, size, v, v - 0.02, v + 0.02) for name, size, v in given]


def test_every_kind_has_its_name_and_a_shape_of_its_own() -> None:
    drawn = tradeoff("label", choices(*((k, SIZES[k], AREAS[k][0]) for k in SIZES)), "AUC", False)
    for kind in SIZES:
        assert f">{kind}</text>" in drawn
    colours = set(re.findall(r'fill="(#[0-9a-f]{6})"', drawn))
    assert len(colours) >= len(SIZES)
    shapes = {re.sub(r"[-\d.]+", "", path) for path in re.findall(r' d="([^"]+)"', drawn)}
    assert len(shapes) >= 4  # squares and diamonds are drawn with the same strokes
    assert 'aria-label="label"' in drawn


def test_marks_on_each_other_stand_side_by_side() -> None:
    same = choices(("tree", 10, 0.7), ("CART", 10, 0.7), ("card", 10, 0.7))
    drawn = tradeoff("label", same, "AUC", False)
    places = [float(x) for x in re.findall(r'<path transform="translate\(([\d.]+),', drawn)]
    marks = sorted(places)
    assert len(marks) == 3
    assert all(b - a >= 11.9 for a, b in pairwise(marks))


@pytest.mark.parametrize("low", [0.0, 0.31, 0.5, 0.97, 1.0])
@pytest.mark.parametrize("wide", [0.0, 0.004, 0.03, 0.2, 0.6])
def test_the_axis_holds_every_interval(low: float, wide: float) -> None:
    high = min(1.0, low + wide)
    start, end, step = span_of([Choice("one", 1, low, low, high)])
    assert 0 <= start <= low + 1e-9
    assert high - 1e-9 <= end <= 1 + 1e-9
    assert end > start
    assert 1 <= round((end - start) / step, 6) <= 7
