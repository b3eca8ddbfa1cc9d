"""A figure that is not there becomes words; the page never fails for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from commonweal.core.results import Metric
from commonweal.decisions.spec import Capacity
from commonweal.reports.content import Content
from commonweal.reports.page import render
from reports.reader import Page
from reports.sample import content, rendered


def keeping(wanted: Callable[[Metric], bool]) -> Content:
    """Return the sample with some figures taken out."""
    return replace(content(), metrics=tuple(m for m in content().metrics if wanted(m)))


def test_no_figure_at_all() -> None:
    page = Page(render(replace(content(), metrics=())))
    assert "No figure about “boosted” could be published." in page.text
    assert "No cut-off of any ranking could be published." in page.text
    assert "Nothing is published by race" in page.text


def test_no_source_no_count_no_block_no_check_no_attribute() -> None:
    empty = replace(
        content(), sources=(), flow=(), blocks=(), findings=(), protected={}, inputs={},
        versions={}, splits=(), recommendation=None,
    )  # fmt: skip
    page = Page(render(empty))
    for words in ("No source is on record", "No counts of the cohort", "uses no feature on record",
                  "That is not a pass", "declares no protected attribute",
                  "wrote no recommendation"):  # fmt: skip
        assert words in page.text


def test_no_cutoff_published() -> None:
    page = Page(render(keeping(lambda m: m.k is None)))
    assert "No cut-off of the ranking could be published" in page.text
    assert "No calibration of “boosted” is published" in page.text
    assert "No cut-off of the ranking could be published by race." in page.text


def test_no_figure_of_one_attribute() -> None:
    page = Page(render(keeping(lambda m: not (m.group or "").startswith("race="))))
    assert "Nothing is published by race" in page.text
    assert "By race, no part of the list could be published." in page.text
    assert "composition-1" in page.tables


def test_a_headline_that_is_no_probability() -> None:
    spec = replace(content().evaluation, headline="past_force")
    page = Page(render(replace(content(), evaluation=spec)))
    assert "its scores are not probabilities" in page.text
    assert "Calibration does not apply to “past force”" in page.text


def test_a_ranking_without_cutoffs_beside_others() -> None:
    page = Page(render(keeping(lambda m: m.model != "base_rate" or m.k is None)))
    row = next(row for row in page.tables["models"] if row[0] == "base rate")
    assert row[1:3] == ["not published", "not published"]


def test_no_total_recall_and_no_intervals() -> None:
    bare = tuple(replace(m, low=None, high=None) for m in content().metrics
                 if m.metric != "total_recall")  # fmt: skip
    page = Page(render(replace(content(), metrics=bare)))
    column = page.tables["cutoffs"][0].index("Total recall")
    assert {row[column] for row in page.tables["cutoffs"][1:]} == {"not published"}


def test_a_cutoff_other_than_the_capacity_is_said() -> None:
    page = Page(render(replace(content(), capacity=Capacity(k=231, unit="places"))))
    assert "the nearest to the capacity of 231 places" in page.text


def test_nobody_selected_in_a_group() -> None:
    def emptied(m: Metric) -> Metric | None:
        if m.group != "gender=FEMALE" or m.k is None or m.metric == "precision":
            return None if m.metric == "precision" and m.group == "gender=FEMALE" else m
        return replace(m, value=0.0) if m.metric == "selection_rate" else m

    metrics = tuple(new for m in content().metrics if (new := emptied(m)) is not None)
    page = Page(render(replace(content(), metrics=metrics)))
    assert "nobody selected" in page.tables["selection-1"][1]


def test_ties_at_the_cutoff_show_the_worst_and_best_case() -> None:
    page = Page(rendered())
    assert "If ties fell worst or best" in page.tables["models"][0]


def test_several_test_dates_are_shown_and_the_last_one_leads() -> None:
    said, earlier = content(), date(2011, 7, 1)
    older = tuple(replace(m, as_of=earlier) for m in said.metrics if m.model == "boosted")
    splits = tuple(replace(s, role="test") if s.as_of == earlier else s for s in said.splits)
    page = Page(render(replace(said, metrics=(*older, *said.metrics), splits=splits)))
    assert [row[0] for row in page.tables["dates"]] == ["As-of date", "2011-07-01", "2013-01-01"]
    assert "All figures are measured as of 1 January 2013" in page.text


@pytest.mark.parametrize("share", [0.0, None])
def test_model_that_does_not_say_what_it_uses(share: float | None) -> None:
    blocks = tuple(replace(b, share=share or 0.0) for b in content().blocks)
    page = Page(render(replace(content(), blocks=blocks)))
    assert "does not say how much it draws on each" in page.text
