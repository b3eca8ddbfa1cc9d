"""The rankings against each other and calibration within groups, as the page shows them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from commonweal.core.results import Metric
from commonweal.reports.page import render
from commonweal.reports.words import percent
from reports.reader import Page
from reports.sample import ATTRIBUTES, WANTED, content


@pytest.fixture(scope="module")
def page() -> Page:
    return Page(render(content()))


def figure(metric: str, **about: object) -> Metric:
    found = [m for m in content().metrics if m.metric == metric
             and all(getattr(m, name) == value for name, value in about.items())]  # fmt: skip
    assert len(found) == 1, (metric, about)
    return found[0]


def test_every_other_ranking_has_a_row(page: Page) -> None:
    heading, *rows = page.tables["against"]
    assert [row[0] for row in rows] == ["logistic", "past force", "base rate"]
    assert heading[2:4] == ["On both lists", "Precision, points"]
    overlap = figure("overlap", against="logistic")
    assert rows[0][1] == str(WANTED[0])
    assert rows[0][2].startswith(f"{round(200 * overlap.value)}, {percent(overlap.value)}")
    points = figure("difference.precision", against="logistic")
    assert rows[0][3].startswith(f"{100 * points.value:+.1f}")
    assert rows[1][1:4] == ["not published"] * 3
    assert rows[1][6] == "no probabilities"


def test_words_follow_the_intervals(page: Page) -> None:
    words = ("finds more than", "cannot be told apart", "finds fewer than")
    groups: dict[str, list[str]] = {word: [] for word in words}
    for other in ("logistic", "base_rate"):
        m = figure("difference.precision", against=other)
        assert m.low is not None
        assert m.high is not None
        kind = 0 if m.low > 0 else 2 if m.high < 0 else 1
        list(groups.values())[kind].append(other.replace("_", " "))
    assert groups["finds more than"]
    for words, others in groups.items():
        sentence = next((s for s in page.html.split(". ") if words in s and "“boosted”" in s), "")
        assert bool(others) == bool(sentence)
        assert all(other in sentence for other in others)


def test_each_group_has_a_panel_and_a_line(page: Page) -> None:
    heading, *rows = page.tables["lines"]
    names = [f"{a}: {g}" for a, groups in ATTRIBUTES.items() for g in groups]
    assert [row[0] for row in rows] == ["everybody", *names]
    assert heading[2:] == ["Slope", "Intercept", "Error", "Error by chance alone"]
    slope = figure("calibration.slope", group="race=WHITE")
    (white,) = [row for row in rows if row[0] == "race: WHITE"]
    assert white[2].startswith(f"{slope.value:.2f}")
    for key in ("0-0", "0-1", "0-2", "0-3", "1-0", "1-1"):
        assert f"within-figure-{key}" in page.html
    assert "within-figure-1-2" not in page.html
    bins = [m for m in content().metrics if m.metric == "calibration_within.observed"]
    gender = [m for m in bins if (m.group or "").startswith("gender")]
    assert len(page.tables["within-2"]) - 1 == len(gender)


def test_panels_of_a_row_have_the_same_axes(page: Page) -> None:
    parts = page.html.split('id="within-figure-0-')[1:5]
    ends = [part[: part.index("</svg>")].count("%</text>") for part in parts]
    assert len(set(ends)) == 1


def test_nothing_is_said_where_nothing_was_measured() -> None:
    kept = tuple(m for m in content().metrics
                 if not m.against and "_within" not in m.metric)  # fmt: skip
    bare = Page(render(replace(content(), metrics=kept)))
    assert "against" not in bare.tables
    assert "Against the other rankings" not in bare.html
    assert "within each group" not in bare.html
