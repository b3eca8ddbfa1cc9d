"""The printed card on the page: its words, its ranges, and several cards beside each other."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from commonweal.core.results import Metric
from commonweal.evaluation.proportions import wilson
from commonweal.models.scorecard.card import Card, Item
from commonweal.models.scorecard.words import Called, Words
from commonweal.models.spec import ScorecardSpec
from commonweal.reports.content import CardSummary, Content
from commonweal.reports.page import render
from commonweal.reports.reading import Reading
from commonweal.reports.sections.card import card
from reports.reader import Page
from reports.sample import content

DAY = date(2013, 1, 1)
CARD = Card(
    (
        Item("force.5y", 0, "at_least", 3.0, 2, 900.0),
        Item("force.5y", 0, "at_least", 6.0, 1, 300.0),
        Item("unit", 1, "is", 1.0, -1, 400.0),
        Item("tenure", 2, "missing", 0.0, 1, 200.0),
    ),
    -2.0, 0.5, 9000.0,
)  # fmt: skip
WORDS = Words({
    "force.5y": Called("Complaints of force in 5 years", counts=True),
    "unit": Called("Most recent unit", ("District 7 <night>", "District 11 & reserve")),
    "tenure": Called("Years of service"),
})  # fmt: skip
RANGES = ((2, 4, 300, 120), (1, 1, 700, 140), (-1, 0, 1400, 140))


def figures(model: str) -> list[Metric]:
    found, upto = [], 0
    chance = dict(zip(CARD.totals.tolist(), CARD.chances.tolist(), strict=True))
    for low, high, n, hits in RANGES:
        upto += n
        least, most = wilson(hits, n)
        one = Metric(metric="card.observed", value=hits / n, low=least, high=most, n=n, k=upto,
                     model=model, as_of=DAY)  # fmt: skip
        found.append(one)
        for name, value in (("from", low), ("to", high), ("chance_from", chance[low]),
                            ("chance_to", chance[high])):  # fmt: skip
            found.append(replace(one, metric=f"card.{name}", value=value, low=None, high=None))
    return found


def study(*cards: CardSummary) -> Content:
    specs = {one.model: ScorecardSpec(kind="scorecard") for one in cards}
    more = [m for one in cards for m in figures(one.model)]
    whole = content()
    return replace(whole, models={**whole.models, **specs}, cards=cards,
                   metrics=(*whole.metrics, *more))  # fmt: skip


SUMMARY = CardSummary(model="by_hand", card=CARD, words=WORDS)


def rows(page: Page, key: str) -> list[list[str]]:
    """Return the rows of a table below its headings."""
    return [[cell.strip() for cell in row] for row in page.tables[key]][1:]


def test_the_card_is_on_the_page_in_words() -> None:
    page = Page(render(study(SUMMARY)))
    assert rows(page, "card-lines-by_hand") == [
        ["Complaints of force in 5 years: at least 3", "+2"],
        ["Complaints of force in 5 years: at least 6 (on top of the line above)", "+1"],
        ["Most recent unit: District 11 & reserve", "-1"],
        ["Years of service: not recorded", "+1"],
    ]
    shown = rows(page, "card-risk-by_hand")
    assert [row[0] for row in shown] == ["2 to 4", "1", "-1 to 0"]
    assert [row[1] for row in shown] == ["26.9% to 50.0%", "18.2%", "7.6% to 11.9%"]
    assert [row[2] for row in shown] == ["300", "700", "1,400"]
    assert shown[0][3].startswith("40.0%")
    assert "In 3 of 3 ranges the 95% interval" in page.text
    every = rows(page, "card-scores-by_hand")
    assert [int(row[0]) for row in every] == CARD.totals.tolist() == [-1, 0, 1, 2, 3, 4]


def test_a_study_without_a_card_has_no_such_section() -> None:
    assert not card(Reading.of(content())).parts
    assert 'id="card"' not in render(content())


def test_several_cards_stand_under_their_names() -> None:
    other = CardSummary(model="second", card=replace(CARD, items=()), words=Words())
    hidden = CardSummary(model="third", card=None, words=Words())
    page = render(study(SUMMARY, other, hidden))
    text = Page(page).text
    assert "the card of “second” is empty" in text
    assert "The card of “third” is not shown" in text
    assert page.count("card-lines-") > 0
    assert page == render(study(SUMMARY, other, hidden))


def test_a_date_without_figures_still_prints_the_card() -> None:
    bare = replace(study(SUMMARY), metrics=())
    text = render(bare)
    assert "The lines of the card" in text
    assert "What became of each score" not in text


@pytest.mark.parametrize("kind", ["help", "burden"])
def test_whatever_the_action_the_card_is_a_rule(kind: str) -> None:
    whole = study(SUMMARY)
    page = render(replace(whole, action=replace(whole.action, kind=kind)))  # type: ignore[arg-type]
    assert "says nothing about anybody by itself" in " ".join(page.split())
