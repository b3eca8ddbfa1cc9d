"""A study whose unit is the window, from its files to its report."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pyarrow.compute as pc
import pytest

from commonweal.core.errors import StudyError
from commonweal.core.progress import progress
from commonweal.core.results import Finding, Severity
from commonweal.core.store import Artefact, Store
from commonweal.core.tables import read_table
from commonweal.oversight.disclosure import Disclosure
from commonweal.records.episodes import consolidate
from commonweal.study import stages
from commonweal.study.check import check_tables
from commonweal.study.episodes import episode_findings, episode_metrics, episodes
from commonweal.study.load import load
from commonweal.study.run import Run, rebuild, run
from commonweal.study.show import trace
from study.small import AGENCY, STUDY, write_study

WINDOWS = """
[episodes.spell]
of = "contact"
ends = "disposed_on"
gap = "200 days"
role = "family"

[episodes.spell.columns]
level = { rule = "most_severe", order = ["low", "high"] }
charge = { rule = "mode" }
resolved = { rule = "any" }
score = { rule = "sum" }
beat = { rule = "latest" }
disposition = { rule = "earliest" }

[episodes.spell.groups]
several = { column = "records", at_least = 2 }
serious = { column = "level", equals = "high" }
"""
BLOCKS = """\
[features.spells]
kind = "counts"
event = "spell"
windows = ["1 year", "2 years"]
groups = ["several", "serious"]
by = ["charge"]

[features.spell_attributes]
kind = "attributes"
event = "spell"
columns = ["level", "days", "resolved"]

[models.boosted]
"""
AGENCY_WITH = (
    AGENCY.replace(
        'disposition = { decided_on = "disposed_on" }\n',
        'disposition = { decided_on = "disposed_on" }\n'
        'disposed_on = { type = "date", decided_on = "disposed_on" }\n',
    )
    + WINDOWS
)
STUDY_WITH = STUDY.replace("[models.boosted]\n", BLOCKS).replace(
    'include = [{ event = "contact", at_least = 1 }]', 'include = [{ event = "spell" }]'
)


@pytest.fixture
def study(tmp_path: Path) -> Path:
    path = write_study(tmp_path / "study")
    path.write_text(STUDY_WITH, encoding="utf-8")
    (path.parent / "agency.toml").write_text(AGENCY_WITH, encoding="utf-8")
    return path


def stage(out: Path, name: str) -> Path:
    return next((out / "store").glob(f"{name}-*"))


def said(finished: Run, code: str) -> dict[str, Finding]:
    return {f.where: f for f in finished.findings if f.code == code}


def test_a_study_of_windows_runs_to_its_report(study: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    loaded = load(study)
    assert check_tables(loaded)[-1] == "The study can run."
    finished = run(loaded, out)
    assert "episodes/spell" in finished.made
    events = read_table(stage(out, "records-contact") / "events.parquet")
    spells = read_table(stage(out, "episodes-spell") / "events.parquet")
    now = spells.filter(spells["known_until"].is_null()).drop_columns(["known_until"])
    assert now.equals(consolidate(events, loaded.agency.episodes["spell"]))
    assert set(spells["role"].to_pylist()) == {"family"}
    assert pc.max(now["records"]).as_py() > 1
    described = (stage(out, "features-spells") / "features.json").read_text(encoding="utf-8")
    names = {feature["name"] for feature in json.loads(described)["features"]}
    assert {"spell.several.count.1y", "spell.charge=THEFT.count.2y"} <= names
    assert "record_id" not in names
    cohort = read_table(stage(out, "cohort") / "cohort.parquet").to_pylist()
    for row in cohort:
        seen = consolidate(events, loaded.agency.episodes["spell"], row["as_of"]).to_pylist()
        assert row["entity_id"] in {w["entity_id"] for w in seen}
    assert "spell" in finished.report.read_text(encoding="utf-8")
    assert any("artefact episodes/spell " in line for line in trace(out, cohort[0]["entity_id"]))
    assert run(load(study), out).made == ()
    assert rebuild(out).made == ()


def test_what_windows_settled_is_found_and_no_small_count_shows(
    study: Path, tmp_path: Path
) -> None:
    finished = run(load(study), tmp_path / "run")
    (made,) = said(finished, "records.episodes").values()
    assert made.where == "spell"
    assert "300 records of contact became" in made.message or "is not shown" in made.message
    conflicts = said(finished, "records.episode-conflicts")
    columns = ("beat", "charge", "disposition", "level", "resolved", "score")
    assert tuple(conflicts) == tuple(f"spell.{name}" for name in columns)
    for finding in conflicts.values():
        assert finding.count is None or finding.count == 0 or finding.count > 10
    assert any(f.count is not None for f in conflicts.values())


@pytest.mark.parametrize("exempt", [True, False])
def test_counts_follow_the_report_and_small_ones_do_not_show(
    study: Path, tmp_path: Path, exempt: bool
) -> None:
    def counts(agreed: int, decided: int, tied: int, missing: int) -> dict[str, object]:
        return {
            "rule": "mode", "agreed": agreed, "decided": decided, "tied": tied, "missing": missing,
        }  # fmt: skip

    report = {
        "records": 300, "windows": 200, "several": 80, "open": 20, "withdrawn": 0,
        "upside_down": 0, "columns": {
            "fine": counts(140, 40, 20, 0), "few": counts(150, 45, 5, 0),
            "all but few": counts(125, 55, 20, 0), "none": counts(200, 0, 0, 0),
        },
    }  # fmt: skip
    (tmp_path / "report.json").write_text(json.dumps(report), encoding="utf-8")
    made = {"spell": Artefact("episodes/spell", "", "", tmp_path, {}, {})}
    agency, rule = load(study).agency, Disclosure(exempt=exempt)
    found = {f.where: f for f in episode_findings(agency, made, rule)}
    assert found["spell"].count == 80
    assert "300 records of contact became 200 windows; 40.0%" in found["spell"].message
    assert found["spell.fine"].count == 20
    assert found["spell.fine"].severity == Severity.WARN
    assert "left 20 in conflict: there the one of the commonest" in found["spell.fine"].message
    assert found["spell.none"].severity == Severity.PASS
    assert "conflict" not in found["spell.none"].message
    hidden = {where for where, f in found.items() if f.count is None}
    assert hidden == (set() if exempt else {"spell.few", "spell.all but few"})
    told = {(m.metric, m.group): m.value for m in episode_metrics(agency, made, rule)}
    assert told["episodes.several", "source=spell"] == 80
    assert told["episodes.decided", "column=spell.fine"] == 40
    shown = {f"column={where}" for where in found if where not in hidden} - {"column=spell"}
    assert {group for _, group in told} - {"source=spell"} == shown


def test_a_group_of_windows_changes_no_window(study: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    run(load(study), out)
    agency = study.parent / "agency.toml"
    text = agency.read_text(encoding="utf-8")
    agency.write_text(text.replace("at_least = 2 }", "at_least = 3 }"), encoding="utf-8")
    made = run(load(study), out).made
    assert "episodes/spell" not in made
    assert "features/spells" in made
    agency.write_text(text.replace('gap = "200 days"', 'gap = "201 days"'), encoding="utf-8")
    assert "episodes/spell" in run(load(study), out).made


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ('of = "contact"', 'of = "contct"', "spell.of"),
        ('ends = "disposed_on"', 'ends = "closed_on"', "spell.ends"),
        ('ends = "disposed_on"', 'ends = "score"', "spell.ends"),
        ('ends = "disposed_on"\n', "", "spell.ends"),
        ('gap = "200 days"', 'gap = "0 days"', "spell.gap"),
        ('gap = "200 days"', "gap = 200", "spell.gap"),
        ('gap = "200 days"', 'grap = "200 days"', "spell.grap"),
        ('role = "family"', 'role = ""', "spell.role"),
        ('beat = { rule = "latest" }', 'bet = { rule = "latest" }', "spell.columns.bet"),
        ('beat = { rule = "latest" }', 'beat = { rule = "last" }', "spell.columns.beat.rule"),
        ('beat = { rule = "latest" }', 'beat = { rule = "sum" }', "spell.columns.beat.rule"),
        ('beat = { rule = "latest" }', 'beat = { rule = "any" }', "spell.columns.beat.rule"),
        ('beat = { rule = "latest" }', 'beat = { rule = "most_severe", order = ["a"] }',
         "spell.columns.beat"),
        ('beat = { rule = "latest" }', 'beat = { rule = "latest", order = ["a"] }',
         "spell.columns.beat.order"),
        ('beat = { rule = "latest" }', 'days = { rule = "latest" }', "spell.columns.days"),
        ('"most_severe", order = ["low", "high"] }', '"most_severe" }',
         "spell.columns.level.order"),
        ('order = ["low", "high"]', 'order = ["low"]', "spell.columns.level.order"),
        ('order = ["low", "high"]', 'order = ["low", "high", "hgh"]', "spell.columns.level.order"),
        ('order = ["low", "high"]', 'order = ["low", "high", "low"]', "spell.columns.level.order"),
        ('order = ["low", "high"]', "order = [1, 2]", "spell.columns.level.order[1]"),
        ('column = "records", at_least', 'column = "recrds", at_least', "spell.groups.several"),
        ('column = "records", at_least = 2', 'column = "records", equals = "2"',
         "spell.groups.several"),
        ("several = {", "all = {", "spell.groups.all"),
        ("episodes.spell", "episodes.Spell", "Spell"),
        ("episodes.spell", "episodes.visit", "visit"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_set_of_windows_is_one_problem_that_names_its_place(
    study: Path, old: str, new: str, where: str
) -> None:
    agency = study.parent / "agency.toml"
    assert old in WINDOWS
    text = AGENCY_WITH[: -len(WINDOWS)] + WINDOWS.replace(old, new)
    agency.write_text(text, encoding="utf-8")
    with pytest.raises(StudyError) as caught:
        load(study)
    places = {p.where for p in caught.value.problems}
    expected = f"agency.toml: episodes.{where}"
    if where == "spell.columns.level.order[1]":
        expected, places = expected[:-3], {p.split("[")[0] for p in places}
    assert places == {expected}


def test_labels_count_the_windows_known_when_the_outcome_is_settled(
    study: Path, tmp_path: Path
) -> None:
    outcome = STUDY_WITH.replace('event = "harm"\nrole = "victim"', 'event = "spell"', 1)
    study.write_text(outcome, encoding="utf-8")
    loaded = load(study)
    spec, within = loaded.agency.episodes["spell"], loaded.spec.outcome.within
    (tmp_path / "store").mkdir()
    with progress() as shown:
        shop = stages.Workshop(loaded, Store(tmp_path / "store"), 1, shown)
        made = episodes(shop, stages.records(shop, stages.input_digests(loaded)))
        people = stages.cohort(shop, made)
        labels = read_table(stages.labels(shop, made, people).file("labels.parquet"))
    events = read_table(made["contact"].file("events.parquet"))
    begun = {
        split.as_of: {
            w["entity_id"]
            for w in consolidate(events, spec, split.known_by).to_pylist()
            if split.as_of <= w["occurred_on"] < within.after(split.as_of)
        }
        for split in shop.splits
    }
    rows = read_table(people.file("cohort.parquet")).to_pylist()
    assert labels["label"].to_pylist() == [int(r["entity_id"] in begun[r["as_of"]]) for r in rows]
    assert 0 < pc.sum(labels["label"]).as_py() < len(rows)


def test_no_version_is_known_on_or_after_the_day_of_extraction(study: Path, tmp_path: Path) -> None:
    loaded = load(study)
    early = replace(loaded, agency=replace(loaded.agency, extracted_on=date(2016, 1, 1)))
    (tmp_path / "store").mkdir()
    with progress() as shown:
        shop = stages.Workshop(loaded, Store(tmp_path / "store"), 1, shown)
        made = stages.records(shop, stages.input_digests(loaded))
        last = {
            name: pc.max(read_table(found["spell"].file("events.parquet"))["known_on"]).as_py()
            for name, found in {
                "all": episodes(shop, made),
                "early": episodes(replace(shop, study=early), made),
            }.items()
        }
    assert date(2015, 11, 1) < last["early"] < date(2016, 1, 1) < last["all"]


def test_an_outcome_may_not_rest_on_what_still_changes(study: Path) -> None:
    outcome = 'event = "spell"\nrole = "family"\nwhere = [{ column = "COLUMN", present = true }]'
    for column, settled in (("charge", True), ("disposition", False), ("days", False)):
        text = STUDY_WITH.replace(
            'event = "harm"\nrole = "victim"', outcome.replace("COLUMN", column), 1
        )
        study.write_text(text, encoding="utf-8")
        if settled:
            assert load(study).spec.outcome.event == "spell"
            continue
        with pytest.raises(StudyError, match=r"outcome\.where\[1\]: rests on") as caught:
            load(study)
        assert len(caught.value.problems) == 1
