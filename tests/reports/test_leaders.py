"""What leaders read: thresholds, a moved line, costs, units and stability, as parts of the page."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from commonweal.core.dates import Period
from commonweal.core.results import Metric
from commonweal.evaluation.costs import break_even
from commonweal.evaluation.spec import ROLLING, Assumed, CostsSpec, StabilitySpec, UnitsSpec
from commonweal.evaluation.units import units
from commonweal.reports.content import Content
from commonweal.reports.page import render
from reports.reader import Page
from reports.sample import WANTED, content

DAY, K = date(2013, 1, 1), 200
DAYS = (DAY, date(2013, 7, 1), date(2014, 1, 1))


def _about(name: str, value: float, n: int, **more: object) -> Metric:
    given: dict[str, object] = {"model": "boosted", "as_of": DAY, **more}
    return Metric(metric=name, value=value, n=n, **given)  # type: ignore[arg-type]


def _moved() -> list[Metric]:
    found = []
    for group, size, people in (
        (None, 2400, 300),
        ("race=BLACK", 800, 190),
        ("race=WHITE", 1100, 0),
    ):
        lines = [("people", float(people), size), ("share", people / size, size)]
        lines += [("precision", 0.25, people)] if people else []
        lines += [("precision_change", -0.1, size), ("recall_change", 0.125, size)]
        found += [_about(f"moved.{name}", value, n, k=500, against="200", group=group)
                  for name, value, n in lines]  # fmt: skip
    return found


def _costs() -> list[Metric]:
    spent = break_even(0.13 * K, K, 1_900_000, 0.5)
    lines = [("break_even", spent, None), ("social_cost", spent * 2 * K, None),
             ("saved", spent * K, None), ("break_even", spent / 2, "lowest assumptions"),
             ("break_even", spent * 2, "highest assumptions")]  # fmt: skip
    return [_about(f"costs.{name}", value, K, k=K, variant=variant, low=value * 0.8,
                   high=value * 1.2) for name, value, variant in lines]  # fmt: skip


def _units() -> list[Metric]:
    random = np.random.default_rng(5)
    chances = random.uniform(0.1, 0.4, 2400)
    held = np.array([f"office {i % 6}" for i in range(2400)])
    poor = held == "office 3"
    labels = (random.random(2400) < np.where(poor, np.minimum(2 * chances, 0.9), chances)).astype(
        int
    )
    found, metrics = units(labels, chances, held), []
    for r in found.rows:
        lines = [
            ("people", r.people, None, None), ("observed", r.observed, None, None),
            ("expected", r.expected, None, None), ("ratio", r.ratio, r.ratio_low, r.ratio_high),
            ("shrunken", r.shrunken, r.shrunken_low, r.shrunken_high),
            ("limits_95", 1.0, r.inner_low, r.inner_high),
            ("limits_998", 1.0, r.outer_low, r.outer_high), ("beyond_chance", r.holm, None, None),
        ]  # fmt: skip
        metrics += [_about(f"units.{name}", float(value), r.people, low=low, high=high,
                           group=f"unit={r.name}") for name, value, low, high in lines]  # fmt: skip
    metrics.append(_about("units.spread", found.spread, 2400, low=found.spread_low,
                          high=found.spread_high))  # fmt: skip
    metrics.append(_about("units.count", 6.0, 2400))
    metrics.append(_about("units.outside_95", float(found.outside), 2400))
    return metrics


def _stability() -> list[Metric]:
    found = []
    for place, day in enumerate(DAYS):
        if place:
            for name, against in (("overlap", DAYS[place - 1]), ("first_overlap", DAYS[0])):
                found.append(_about(f"stability.{name}", 0.8 - place / 10, K, k=K, as_of=day,
                                    variant=ROLLING, against=str(against)))  # fmt: skip
            found.append(_about("stability.rank_correlation", 0.91, 2200, as_of=day,
                                variant=ROLLING, against=str(DAYS[place - 1])))  # fmt: skip
        if place < 2:
            for name, k in (("base_rate", None), ("auc", None), ("precision", K)):
                found.append(_about(name, 0.5 - place / 50, K if k else 2400, k=k, as_of=day,
                                    variant=ROLLING, low=0.41, high=0.55))  # fmt: skip
    found.append(_about("stability.auc_per_year", -0.04, 2600, low=-0.07, high=-0.01,
                        variant=ROLLING))  # fmt: skip
    return found


def asked() -> Content:
    """Return the sample of a study that asks for everything leaders ask."""
    said = content()
    more = (*_moved(), *_costs(), *_units(), *_stability())
    return replace(
        said, metrics=(*said.metrics, *more),
        costs=CostsSpec(per_event=Assumed(value=1_900_000, low=950_000, high=3_800_000),
                        effect=0.5, unit="dollars", source="Cook and Ludwig (2000)"),
        units=UnitsSpec(event="assignment", column="unit", noun="borough office"),
        stability=StabilitySpec(every=Period(6, "months"), dates=3),
    )  # fmt: skip


@pytest.fixture(scope="module")
def page() -> Page:
    return Page(render(asked()))


def test_sections_nobody_asked_for_are_left_out(page: Page) -> None:
    titles = [re.sub(r"^\d+\. ", "", text) for level, text in page.headings if level == 2]
    asked_for = ["Costs and benefits", "Units, adjusted for how hard their cases are",
                 "Stability over time"]  # fmt: skip
    assert [t for t in titles if t in asked_for] == asked_for
    plain = [text for level, text in Page(render(content())).headings if level == 2]
    assert not [t for t in plain if any(one in t for one in asked_for)]
    assert any("Where to draw the line" in t for t in plain)


def test_thresholds_stand_in_one_table_and_by_group(page: Page) -> None:
    rows = page.tables["thresholds"]
    ks = [int(row[0].split(" ")[0].replace(",", "")) for row in rows[1:]]
    assert ks == sorted(ks)
    assert all(min(abs(k - want) for k in ks) <= 15 for want in (100, 400, *WANTED)), ks
    races = {row[0] for row in page.tables["thresholds-0"][1:]}
    assert races == {"BLACK", "HISPANIC", "WHITE"}


def test_a_moved_line_shows_every_group_that_is_published(page: Page) -> None:
    rows = page.tables["moved-500"]
    assert rows[0][1] == "Officers who gain a place"
    assert [row[0] for row in rows[1:]] == ["everybody", "race: BLACK", "race: WHITE"]
    assert [row[1] for row in rows[1:]] == ["300", "190", "0"]
    assert rows[3][3] == "nobody between"
    assert "-10.0%" in rows[1][4]


def test_costs_say_up_to_what_spending_pays_and_on_what_it_rests(page: Page) -> None:
    text = " ".join(page.html.split())
    assert "Spending up to 123,500 (98,800 to 148,200) dollars" in text
    assert "if each outcome costs 1,900,000 dollars and the offer prevents 50.0%" in text
    assert "it is 61,750 to 247,000; with the doubt about the people as well, 49,400 to" in text
    assert "Cook and Ludwig (2000)" in text
    assert page.tables["costs-table"][1][0] == "200"


def test_where_the_action_burdens_nobody_gains_a_place() -> None:
    said = asked()
    burden = render(replace(said, action=replace(said.action, kind="burden"), recommendation=None))
    assert "who would come under the action" in burden
    assert "a place" not in burden.split("Where to draw the line")[-1].split("What the model")[0]


def test_units_stand_by_name_and_one_beyond_chance_is_named(page: Page) -> None:
    rows = page.tables["units-table"]
    assert [row[0] for row in rows[1:]] == [f"office {i}" for i in range(6)]
    assert [row[-1] for row in rows[1:]][3] == "yes"
    assert "not a ranking" in page.html
    figure = next(e for e in page.all("svg")
                  if "limits of chance" in (e.attributes.get("aria-label") or ""))  # fmt: skip
    assert figure.attributes["role"] == "img"
    assert "beyond chance, all units considered" in page.html


def test_stability_says_what_is_not_known_yet(page: Page) -> None:
    rows = page.tables["stability-table"]
    assert [row[0] for row in rows[1:]] == [str(day) for day in DAYS]
    assert rows[1][1] == "first date"
    assert rows[3][4] == "not yet known"
    assert "the AUC changes by -0.040 a year (-0.070 to -0.010" in page.html
    # Dates the model is only followed to are no test dates.
    assert "Other test dates" not in page.html


def test_ids_are_unique_and_no_score_is_named(page: Page) -> None:
    ids = [e.attributes["id"] for e in page.elements if "id" in e.attributes]
    assert len(ids) == len(set(ids))
    assert "lowest score" not in page.html
