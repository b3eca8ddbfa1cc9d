"""A scorecard in a study: the card that is printed is the model, and little enough is told."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from commonweal.core.errors import StudyError
from commonweal.models.scorecard.card import Card
from commonweal.models.scorecard.fitted import card_of
from commonweal.study.load import load
from commonweal.study.run import Run, rebuild, run
from reports.reader import Page

MODEL = """
[features.charge]
kind = "attributes"
event = "arrest"
columns = ["charge"]
summaries = ["latest"]
encode = "category"
top = 10

[models.card]
kind = "scorecard"
items = 6
points = 3
min_rows = 60
positive = ["arrest.*.count.*"]
"""

FEW = """
[selection]
features = 6
sizes = [4]
kinds = ["logistic", "ols", "scorecard"]
"""


def study(path: Path, kind: str = "help", model: str = MODEL) -> Path:
    """Leave two models and the blocks about arrests; the card leads."""
    text = path.read_text(encoding="utf-8").replace('kind = "help"', f'kind = "{kind}"', 1)
    before, _, after = text.partition("[features.arrest_place]")
    rest = after[after.index("[models.past_arrests]") :]
    rest = rest.replace('[models.past_victimizations]\nkind = "count_rank"\n'
                        'feature = "victimization.all.count.4y"\n', "")  # fmt: skip
    rest = rest.replace('headline = "boosted"', 'headline = "card"')
    path.write_text(before + model + rest[: rest.index("[recommendation]")], encoding="utf-8")
    return path


def card_in(out: Path) -> Card:
    (folder,) = (out / "store").glob("models-card-*")
    said: dict[str, Any] = json.loads((folder / "scorecard.json").read_text(encoding="utf-8"))
    return card_of(said)


@dataclass(frozen=True)
class Range:
    """What is published of a range of scores."""

    low: int
    high: int
    upto: int
    n: int
    hits: int
    least: float
    most: float


def ranges(done: Run) -> list[Range]:
    found: dict[int, dict[str, Any]] = {}
    for m in done.metrics:
        if m.metric.startswith("card.") and m.k is not None:
            found.setdefault(m.k, {})[m.metric] = m
    return [
        Range(round(one["card.from"].value), round(one["card.to"].value), k,
              one["card.observed"].n, round(one["card.observed"].value * one["card.observed"].n),
              one["card.chance_from"].value, one["card.chance_to"].value)
        for k, one in sorted(found.items())
    ]  # fmt: skip


def rows_of(done: Run, key: str) -> list[list[str]]:
    """Return a table of the page, without its headings, as a reader sees it."""
    page = Page(done.report.read_text(encoding="utf-8"))
    return [[cell.strip() for cell in row] for row in page.tables.get(key, [])][1:]


def plain(done: Run) -> Mapping[str, float]:
    return {m.metric: m.value for m in done.metrics
            if m.model == "card" and m.whole and m.k is None}  # fmt: skip


def test_the_page_prints_the_card_that_was_fitted(small_study: Path, tmp_path: Path) -> None:
    done = run(load(study(small_study, model=MODEL + FEW)), tmp_path / "run")
    card = card_in(done.out)
    assert 1 <= len(card.items) <= 6
    for item in card.items:
        assert item.points > 0 or not re.match(r"arrest\..*\.count\.", item.column)
        assert item.held >= 60
    lines = rows_of(done, "card-lines-card")
    assert [int(points) for _, points in lines] == [item.points for item in card.items]
    assert all("before the as-of date" in line or "value of charge" in line or "Days from" in line
               for line, _ in lines)  # fmt: skip
    assert "category " not in str(lines)
    scores = rows_of(done, "card-scores-card")
    assert [int(score) for score, _ in scores] == card.totals.tolist()
    # Simulated people whom the study helps: everything may be shown, their chances too.
    assert {"brier", "log_loss", "mean_prediction"} <= plain(done).keys()
    found = ranges(done)
    shown = [f"{r.low} to {r.high}" if r.low < r.high else str(r.low) for r in found]
    assert [row[0] for row in rows_of(done, "card-risk-card")] == shown
    assert found[0].high == card.totals[-1]
    assert found[-1].low == card.totals[0]
    assert [a.low - 1 for a, _ in pairwise(found)] == [b.high for _, b in pairwise(found)]
    assert min(r.n for r in found) >= 30
    assert all(a.least >= b.most for a, b in pairwise(found))
    # Models of the four best features alone, of every kind asked for, stand beside it.
    few = {m.variant for m in done.metrics if m.metric == "auc" and m.variant}
    assert few == {"logistic_best_4", "ols_best_4", "scorecard_best_4"}
    before = done.report.read_bytes()
    assert rebuild(done.out).report.read_bytes() == before


def test_a_burden_study_shows_the_rule_and_nobody(small_study: Path, tmp_path: Path) -> None:
    done = run(load(study(small_study, "burden")), tmp_path / "run")
    assert rows_of(done, "card-lines-card")
    found = ranges(done)
    assert found
    # By outcome and range, and by all that further figures and ranges give: nobody or many.
    cutoffs = {m.k: round(m.value * m.k) for m in done.metrics
               if m.model == "card" and m.metric == "precision" and m.whole and m.k}  # fmt: skip
    upto = [(0, 0), *((r.upto, sum(x.hits for x in found if x.upto <= r.upto)) for r in found)]
    for one, other in pairwise(sorted({*upto, *cutoffs.items()})):
        people, hits = other[0] - one[0], other[1] - one[1]
        assert all(count == 0 or count > 10 for count in (people, hits, people - hits))
    # Means of chances would tell how many have each score: none is published.
    told = {m.metric for m in done.metrics if m.model == "card" or m.against == "card"}
    closed = [f for f in done.findings if f.code == "oversight.card-chances"]
    assert [f.severity for f in closed] == ["warn"]
    assert told.isdisjoint({
        "brier", "log_loss", "mean_prediction", "calibration.predicted", "difference.brier",
        "calibration_within.predicted", "calibration.slope",
    })  # fmt: skip
    assert not list(done.out.glob("recommendation*"))
    # Chances are known as far as they are printed: exactly, they would tell of those learned from.
    ends = [chance for r in found for chance in (r.least, r.most)]
    assert ends == [round(chance, 3) for chance in ends]


def test_a_card_that_may_tell_people_apart_is_not_printed(
    small_study: Path, tmp_path: Path
) -> None:
    few = MODEL.replace("min_rows = 60", "min_rows = 2").replace("items = 6", "items = 30")
    done = run(load(study(small_study, "burden", few)), tmp_path / "run")
    (said,) = [f for f in done.findings if f.code == "oversight.card-hidden"]
    card = card_in(done.out)
    rare = [i for i in card.items if min(i.held, card.rows - i.held) <= 30]
    assert rare
    assert said.severity == "warn"
    assert not rows_of(done, "card-lines-card")


@pytest.mark.parametrize(("old", "new", "where", "said"), [
    ("items = 6", "items = 0", "models.card.items", "is 0"),
    ("items = 6", 'missing = { columns = ["arrest.*"] }', "models.card.missing",
     "added up by hand"),
    ('positive = ["arrest.*.count.*"]', 'positive = ["arest.*"]', "models.card.positive",
     "no feature is called 'arest.*'"),
    ('positive = ["arrest.*.count.*"]',
     'positive = ["arrest.*.count.*"]\nnegative = ["arrest.all.*"]', "models.card.negative",
     "which `positive` names too"),
])  # fmt: skip
def test_mistakes_are_named(
    small_study: Path, tmp_path: Path, old: str, new: str, where: str, said: str
) -> None:
    assert old in MODEL
    path = study(small_study, model=MODEL.replace(old, new))
    with pytest.raises(StudyError) as error:
        run(load(path), tmp_path / "run")
    (found,) = error.value.problems
    assert found.where.endswith(where)
    assert said in found.what
