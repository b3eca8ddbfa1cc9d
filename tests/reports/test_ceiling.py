"""The true chance in a report: beside the models, told apart from them, and only where known."""

from __future__ import annotations

from dataclasses import replace

import pytest

from commonweal.core.results import Metric
from commonweal.evaluation.spec import ORACLE
from commonweal.reports.marks import CEILING
from commonweal.reports.page import render
from commonweal.reports.parts import Row
from commonweal.reports.reading import CEILING as TITLE
from commonweal.reports.reading import Reading
from commonweal.reports.sections.curves import curves
from commonweal.reports.words import percent
from reports.reader import Page
from reports.sample import content, rendered, simulated


@pytest.fixture(scope="module")
def page() -> Page:
    return Page(render(simulated()))


def figure(metric: str, model: str, k: int | None) -> Metric:
    found = [m for m in simulated().metrics
             if (m.metric, m.model, m.k, m.group) == (metric, model, k, None)]  # fmt: skip
    assert len(found) == 1
    return found[0]


def test_the_true_chance_is_the_last_row_of_the_rankings(page: Page) -> None:
    for key in ("models", "errors"):
        rows = page.tables[key]
        assert [row[0] for row in rows].index(TITLE) == len(rows) - 1
    assert page.tables["precision"][0][-1] == TITLE
    assert page.tables["curves"][-1][0] == TITLE
    reading = Reading.of(simulated())
    k = reading.cutoff(ORACLE)
    assert page.tables["models"][-1][2].startswith(percent(figure("precision", ORACLE, k).value))


def test_its_line_is_drawn_like_no_other(page: Page) -> None:
    dash = " ".join(map(str, CEILING.dash))
    legends = page.html.count(f'stroke-dasharray="{dash}"')
    assert legends == 3
    row = curves(Reading.of(simulated()))[0]
    assert isinstance(row, Row)
    for one in row.figures:
        assert one.legend[3].label == TITLE
        marks = [(mark.colour, mark.dash) for mark in one.legend]
        assert len(set(marks)) == len(marks)
        assert ",".join(map(str, CEILING.dash)) in one.svg
        assert CEILING.colour in one.svg


def test_the_summary_says_how_much_of_it_is_found(page: Page) -> None:
    reading = Reading.of(simulated())
    k = reading.k
    mine, best = (figure("precision", model, k).value for model in ("boosted", ORACLE))
    assert f"Among the {k} of them with the highest true chance, {percent(best)}" in page.text
    assert f"The precision of “boosted” is {100 * mine / best:.0f}% of it." in page.text
    assert "by the other rankings: “logistic”" in page.text
    assert "“oracle”" not in page.text
    assert "of real people nobody can know it" in page.text


def test_a_report_without_it_says_nothing_of_it() -> None:
    for html in (rendered(), render(replace(content(), simulated=True))):
        for word in ("ceiling", "oracle", "true chance"):
            assert word not in html.lower()


def test_a_ceiling_at_other_cut_offs_is_not_compared() -> None:
    k = Reading.of(simulated()).k
    assert k is not None
    metrics = tuple(m for m in simulated().metrics if (m.model, m.k) != (ORACLE, k))
    text = Page(render(replace(simulated(), metrics=metrics))).text
    assert "had the outcome: the ceiling." in text
    assert "% of it." not in text
    none = tuple(m for m in metrics if m.model != ORACLE or m.k is None)
    text = Page(render(replace(simulated(), metrics=none))).text
    assert "are simulated." not in text
    assert TITLE in text
