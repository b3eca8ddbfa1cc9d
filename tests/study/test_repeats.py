"""Repeated orders and derived dates in a study: settings, stages, what is said."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow.compute as pc
import pytest

import commonweal.api as cw
from commonweal.core.errors import StudyError
from commonweal.core.tables import read_table
from commonweal.study.show import trace

PEOPLE = 6_000


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return cw.simulate("custody", tmp_path_factory.mktemp("custody") / "world", PEOPLE).folder


@pytest.fixture(scope="module")
def done(world: Path, tmp_path_factory: pytest.TempPathFactory) -> cw.Run:
    return cw.run(cw.load(world / "study.toml"), tmp_path_factory.mktemp("run") / "run")


Edit = Callable[..., Path]


@pytest.fixture
def edited(world: Path, tmp_path: Path) -> Edit:
    """Return a function that copies the study with some text replaced, tables left in place."""

    def edit(*changes: tuple[str, str]) -> Path:
        for name in ("agency.toml", "study.toml"):
            text = (world / name).read_text(encoding="utf-8")
            if name == "agency.toml":
                text = text.replace('data = "data"', f'data = "{world / "data"}"')
            for old, new in changes:
                text = text.replace(old, new)
            (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path / "study.toml"

    return edit


def stage(run: cw.Run, name: str) -> Path:
    manifest = json.loads((run.out / "manifest.json").read_text(encoding="utf-8"))
    (found,) = (one["folder"] for one in manifest["stages"] if one["stage"] == name)
    return run.out / "store" / str(found)


# Settings

REPEATS = [
    ('orders = "detainer"', 'orders = "detainers"', "repeats.orders", "did you mean detainer?"),
    ('history = "crime"', 'history = "crimes"', "repeats.history", "did you mean crime?"),
    ('history = "crime"', 'history = "detainer"', "repeats.history", "name another source"),
    ('history = "crime"\n', "", "repeats.history", "is missing"),
    ('"charged_on", "status"', '"charged", "status"', "repeats.history_key", "charged_on"),
    ('["birth_year", "gender"', '["birth_yr", "gender"', "repeats.characteristics", "birth_year"),
    ('["birth_year", "gender"', '["detained", "gender"', "repeats.characteristics", "decided"),
    ("conflicts_allowed = 1", "conflicts_allowed = 4", "repeats.conflicts_allowed", "at most 3"),
    ("conflicts_allowed = 1", 'conflicts_allowed = "1"', "repeats.conflicts_allowed", "whole"),
    ("overlap = 0.8", "overlap = 1.8", "repeats.overlap", "at most 1"),
    ("overlap = 0.8", "overlaps = 0.8", "repeats.overlaps", "did you mean overlap?"),
    ("overlap = 0.8", "largest_block = 1", "repeats.largest_block", "2 or more"),
    ("overlap = 0.8", 'apart = "soon"', "repeats.apart", "length of time"),
    ("priority = {", "superseded = {}\npriority = {", "columns.superseded", "rename"),
]


@pytest.mark.parametrize(("old", "new", "where", "said"), REPEATS)
def test_a_mistake_about_repeats_is_told_by_its_path(
    edited: Edit, old: str, new: str, where: str, said: str
) -> None:
    with pytest.raises(StudyError) as error:
        cw.load(edited((old, new)))
    told = [str(p) for p in error.value.problems if where in p.where]
    assert any(said in line for line in told), str(error.value)


def test_a_rule_may_test_what_is_computed(edited: Edit) -> None:
    where = 'where = [{ column = "superseded", present = false }]'
    rule = f'include = [{{ event = "detainer", {where} }}, '
    study = cw.load(edited(("include = [", rule)))
    assert len(study.spec.cohort.include) == 2
    with pytest.raises(StudyError, match="superseded"):
        cw.load(edited(("include = [", rule), ("\n[repeats]", "\n[repeat]")))


# Stages


def test_every_source_is_put_under_the_ids_of_people(done: cw.Run) -> None:
    people = read_table(stage(done, "repeats") / "people.parquet")
    other = people.filter(pc.not_equal(people["entity_id"], people["person_id"]))
    assert other.num_rows > 100
    for name in ("crime", "detainer", "rearrest", "release"):
        raw = read_table(stage(done, f"records/{name}") / "events.parquet")
        events = read_table(stage(done, f"people/{name}") / "events.parquet")
        assert not pc.any(
            pc.is_in(events["entity_id"], other["entity_id"].combine_chunks())
        ).as_py()
        assert (events.num_rows < raw.num_rows) == (name == "crime")
    cohort = read_table(stage(done, "cohort") / "cohort.parquet")
    assert not pc.any(pc.is_in(cohort["entity_id"], other["entity_id"].combine_chunks())).as_py()


def test_the_share_of_repeats_is_reported_beside_the_papers(done: cw.Run) -> None:
    (share,) = (m for m in done.metrics if m.metric == "records.repeats")
    assert share.value == pytest.approx(0.175, abs=0.01)
    assert share.group == "source=detainer"
    found = {f.code: f for f in done.findings}
    assert "(paper A: 17.1%)" in found["records.repeats"].message
    assert found["records.repeats"].count == round(share.value * share.n)
    assert found["records.repeats-oversized"].severity == "pass"
    page = done.report.read_text(encoding="utf-8")
    assert "paper A: 17.1%" in page


def test_nothing_about_a_person_leaves_the_store(done: cw.Run) -> None:
    ids = set(read_table(stage(done, "repeats") / "people.parquet")["entity_id"].to_pylist())
    outside = [p for p in done.out.iterdir() if p.is_file()]
    assert {p.name for p in outside} == {
        ".lock", "agency.toml", "study.toml", "manifest.json", "metrics.json", "report.html",
        "openings.jsonl", "dictionary.csv",
    }  # fmt: skip
    for path in outside:
        words = set(path.read_text(encoding="utf-8").replace('"', " ").replace("<", " ").split())
        assert not words & ids, path.name


def test_a_second_run_computes_nothing(done: cw.Run, world: Path) -> None:
    again = cw.run(cw.load(world / "study.toml"), done.out)
    assert again.made == ()
    assert cw.rebuild(done.out).made == ()


def test_a_person_is_traced_under_every_id(done: cw.Run) -> None:
    people = read_table(stage(done, "repeats") / "people.parquet")
    other = people.filter(pc.not_equal(people["entity_id"], people["person_id"]))
    cohort = read_table(stage(done, "cohort") / "cohort.parquet", ["entity_id"])
    there = other.filter(pc.is_in(other["person_id"], cohort["entity_id"].combine_chunks()))
    lines = trace(done.out, str(there["entity_id"][0]))
    assert any(line.startswith("record detainer") for line in lines)
    assert any(line.startswith("cohort as of") for line in lines)


def test_without_repeats_ids_stay_and_that_is_said(edited: Edit, tmp_path: Path) -> None:
    study, agency = edited(), tmp_path / "agency.toml"
    kept, cut, _ = agency.read_text(encoding="utf-8").partition("# Detainers for a person already")
    assert cut
    agency.write_text(kept, encoding="utf-8")
    run = cw.run(cw.load(study), tmp_path / "run")
    found = {f.code: f.severity for f in run.findings}
    assert found["records.repeats"] == "not applicable"
    assert found["records.window-not-over"] == found["records.imputed"] == "not applicable"
    assert not [name for name in run.made if name.startswith(("people/", "derived/", "repeats"))]


def test_an_item_under_too_many_ids_is_a_warning(edited: Edit, tmp_path: Path) -> None:
    coarse = ('history_key = ["crime", "charged_on", "status", "status_on", "sentence_days"]',
              'history_key = ["crime"]\nlargest_block = 2')  # fmt: skip
    run = cw.run(cw.load(edited(coarse)), tmp_path / "run")
    found = {f.code: f for f in run.findings}["records.repeats-oversized"]
    assert found.severity == "warn"
    assert found.count is not None
    assert found.count > PEOPLE / 2
