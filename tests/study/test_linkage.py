"""A study that starts from unlinked records, from its files to its report."""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from commonweal.cli import app
from commonweal.core.errors import DataError, StudyError
from commonweal.core.progress import progress
from commonweal.core.store import Store
from commonweal.core.tables import read_table
from commonweal.simulate.world import simulate
from commonweal.study import stages
from commonweal.study.features import features
from commonweal.study.link import link_run, verify_run
from commonweal.study.load import load
from commonweal.study.matrix import matrix
from commonweal.study.prepared import prepare
from commonweal.study.run import Run, run
from study.small import write_study

LAST = date(2018, 4, 1)
KNOWN = {"arrests": "arrested_on", "victimizations": "reported_on", "shootings": "reported_on",
         "homicides": "reported_on"}  # fmt: skip


def replaced(path: Path, *changes: tuple[str, str]) -> None:
    text = path.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path.write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A city of 6,000 whose study has few features, and models that are soon fitted."""
    folder = tmp_path_factory.mktemp("linked") / "world"
    simulate("violence-prevention", folder, 6_000)
    study = folder / "study.toml"
    text = study.read_text(encoding="utf-8")
    kept = {"arrests", "victimizations", "shootings", "shooting_timing"}
    for name in re.findall(r"^\[(features\.\w+|models\.boosted)\]", text, re.MULTILINE):
        if name.partition(".")[2] not in kept:
            start = text.index(f"[{name}]")
            text = text[:start] + text[text.index("\n[", start) + 1 :]
    text = text.replace('"boosted"', '"logistic"').replace("[100.0, 1000.0]", "[100.0]")
    text = re.sub(r"^blocks = .*\n", "", text, count=1, flags=re.MULTILINE)
    study.write_text(text.replace("[evaluation]\n", "[evaluation]\ndraws = 100\n"), "utf-8")
    return folder


@pytest.fixture
def world(files: Path, tmp_path: Path) -> Path:
    """A copy of the city's files that a test may change."""
    return Path(shutil.copytree(files, tmp_path / "world"))


@pytest.fixture(scope="module")
def steps(files: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, Run]]:
    """What `link run` said, and the run that went on from there."""
    with pytest.MonkeyPatch.context() as patched:
        key = tmp_path_factory.mktemp("key") / "pseudonym.key"
        key.write_text("0123456789abcdef0123456789abcdef", encoding="utf-8")
        patched.setenv("COMMONWEAL_KEY_FILE", str(key))
        out = tmp_path_factory.mktemp("linked") / "run"
        told = ask("link", "run", files / "study.toml", "--out", out)
        yield told, run(load(files / "study.toml"), out)


@pytest.fixture(scope="module")
def finished(steps: tuple[Any, Run]) -> Run:
    return steps[1]


@pytest.fixture
def out(finished: Run, tmp_path: Path) -> Path:
    """A copy of the finished run's folder."""
    return Path(shutil.copytree(finished.out, tmp_path / "out"))


def stage(out: Path, name: str) -> Path:
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    (folder,) = [one["folder"] for one in manifest["stages"] if one["stage"] == name]
    return out / "store" / str(folder)


def ask(*arguments: object) -> Any:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_a_study_of_unlinked_records_runs_to_its_report(files: Path, finished: Run) -> None:
    page = finished.report.read_text(encoding="utf-8")
    assert "Whose records are whose" in page
    names = {m.metric for m in finished.metrics}
    assert {"linkage.open.precision", "linkage.open.recall", "linkage.people",
            "linkage.later.unchanged"} <= names  # fmt: skip
    found = {f.code for f in finished.findings}
    assert {"linkage.people", "linkage.training", "linkage.rules", "linkage.quality",
            "linkage.later-records", "linkage.review"} <= found  # fmt: skip
    for name in ("arrest", "victimization", "shooting", "homicide"):
        events = read_table(stage(finished.out, f"linked/{name}") / "events.parquet")
        raw = read_table(stage(finished.out, f"records/{name}") / "events.parquet")
        keep = [c for c in raw.column_names if c != "entity_id"]
        by = [("record_id", "ascending")]
        assert events.select(keep).sort_by(by).equals(raw.select(keep).sort_by(by))
        assert events["entity_id"].null_count == 0
    crosswalk = read_table(stage(finished.out, "linkage") / "crosswalk.parquet")
    truth = read_table(files / "truth" / "records.parquet")
    assert crosswalk.num_rows == sum(
        n for name, n in Counter(truth["table"].to_pylist()).items() if name in KNOWN
    )
    assert pc.count_distinct(crosswalk["entity_id"]).as_py() > 5_000


def test_a_rerun_recomputes_nothing(files: Path, finished: Run) -> None:
    again = run(load(files / "study.toml"), finished.out)
    assert again.made == ()
    assert "linkage" in again.reused


def test_a_run_in_which_nobody_had_the_outcome_says_so(finished: Run) -> None:
    without = tuple(m for m in finished.metrics if m.metric != "auc")
    assert "AUC of logistic" in finished.sentence()
    assert replace(finished, metrics=without).sentence() == (
        "As of 2018-04-01: none or all had the outcome, so no AUC can be given."
    )


def stages_of(study: Path, store: Path) -> tuple[pa.Table, dict[str, set[tuple[str, str]]], Any]:
    """Rows of the features at the last date, people's records then, and how many there are."""
    loaded = load(study)
    store.mkdir()
    with progress() as shown:
        shop = stages.Workshop(loaded, Store(store), 1, shown)
        digests = stages.input_digests(loaded)
        ready = prepare(shop, stages.records(shop, digests), digests)
        people = stages.cohort(ready.shop, ready.made)
        blocks = features(ready.shop, ready.made, people)
    assert ready.linkage is not None
    rows = read_table(people.file("cohort.parquet"))
    held = matrix(blocks)
    values = held.take(np.arange(held.rows))
    for name, column in zip(held.names, values.T, strict=True):
        rows = rows.append_column(name, pa.array(column, from_pandas=True))
    at = rows.filter(pc.equal(rows["as_of"], LAST))
    whose = read_table(ready.linkage.file("crosswalk.parquet")).to_pylist()
    named = {(r["source"], r["record_id"]): r["entity_id"] for r in whose}
    for r in read_table(ready.linkage.file("identities.parquet")).to_pylist():
        if r["as_of"] == LAST:
            named[r["source"], r["record_id"]] = r["entity_id"]
    people_then: dict[str, set[tuple[str, str]]] = {}
    for source in ("arrest", "victimization", "shooting", "homicide"):
        events = read_table(ready.made[source].file("events.parquet"), ["record_id", "known_on"])
        for r in events.filter(pc.less(events["known_on"], LAST)).to_pylist():
            key = (source, r["record_id"])
            people_then.setdefault(named[key], set()).add(key)
    return at, people_then, len(named)


@pytest.mark.slow
def test_what_is_known_later_changes_nobodys_past(world: Path, tmp_path: Path) -> None:
    whole, people, records = stages_of(world / "study.toml", tmp_path / "whole")
    for name, column in KNOWN.items():
        path = world / "data" / f"{name}.parquet"
        table = pq.read_table(path)
        pq.write_table(table.filter(pc.less(table[column], pa.scalar(LAST))), path)
    early, then, fewer = stages_of(world / "study.toml", tmp_path / "early")
    assert fewer < records - 100
    assert {frozenset(mine) for mine in people.values()} == {
        frozenset(mine) for mine in then.values()
    }
    assert whole.num_rows == early.num_rows > 100
    # The same records' rows, feature by feature: names of people may differ, nothing else.
    mine = {frozenset(people[r["entity_id"]]): r for r in whole.to_pylist()}
    for row in early.to_pylist():
        other = mine[frozenset(then[row["entity_id"]])]
        for name in set(row) - {"row", "entity_id"}:
            assert row[name] == other[name], name
    assert len(whole.column_names) > 40


def test_link_run_links_and_a_run_goes_on_from_there(steps: tuple[Any, Run]) -> None:
    told, finished = steps
    assert (told.exit_code, told.stderr) == (0, "")
    assert "records are" in told.stdout
    assert f"next: commonweal link verify {finished.out}" in told.stdout
    sound = ask("link", "verify", finished.out)
    assert sound.exit_code == 0
    assert sound.stdout.rstrip().endswith("people held against every rule: 0 people break one.")
    done = {name for name in finished.made if name.startswith(("records/", "linkage", "linked/"))}
    assert done == set()
    assert {"linkage", "records/arrest", "linked/arrest"} <= set(finished.reused)


def test_a_tampered_crosswalk_is_found_by_the_verifier(out: Path) -> None:
    crosswalk = stage(out, "linkage") / "crosswalk.parquet"
    arrests = read_table(stage(out, "records/arrest") / "events.parquet").to_pylist()
    since = [r for r in arrests if r["ir_number"] and r["occurred_on"] >= date(2010, 1, 1)]
    ids = {r["ir_number"]: r["record_id"] for r in since}
    pair = sorted(ids.values())[:2]
    table = pq.read_table(crosswalk)
    rows = table.to_pylist()
    names = [r["entity_id"] for r in rows]
    place = {(r["source"], r["record_id"]): n for n, r in enumerate(rows)}
    one, other = (place["arrest", record] for record in pair)
    names[other] = names[one]
    at = table.column_names.index("entity_id")
    pq.write_table(table.set_column(at, "entity_id", pa.array(names)), crosswalk)
    told = ask("link", "verify", out)
    assert told.exit_code == 1
    assert "one_trusted_id is broken by " in told.stderr
    assert all(f"arrest:{record}" in told.stderr for record in pair)
    _, broken = verify_run(out)
    assert {violation.rule for violation, _ in broken} >= {"one_trusted_id"}


def answered(path: Path, say: dict[int, str]) -> list[dict[str, str]]:
    """Fill the answers of a review in; return its rows."""
    with path.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    for number, row in enumerate(rows):
        row["answer"] = say.get(number, "")
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return rows


def test_a_review_is_written_answered_and_used(world: Path, out: Path, tmp_path: Path) -> None:
    to = tmp_path / "review"
    before = link_run(load(world / "study.toml"), out)
    assert ask("link", "review", out).exit_code == 1
    inside = ask("link", "review", out, "--to", out / "review")
    assert (inside.exit_code, "lies in the run's folder" in inside.stderr) == (1, True)
    told = ask("link", "review", out, "--to", to)
    assert told.exit_code == 0
    assert "they name people: keep them safe" in told.stdout
    assert ask("link", "review", out, "--to", to).exit_code == 1, "answers are not written over"
    near = read_table(stage(out, "linkage") / "near.parquet").to_pylist()
    rows = answered(to / "review.csv", {})
    assert len(rows) == len(near) > 10
    page = (to / "review.html").read_text(encoding="utf-8")
    assert "log_odds" not in page
    assert "log_odds" not in rows[0]
    together = {
        (r["source_1"], r["record_1"], r["source_2"], r["record_2"]): r["together"] for r in near
    }
    keys = [(r["source_1"], r["record_1"], r["source_2"], r["record_2"]) for r in rows]
    joined = next(n for n, key in enumerate(keys) if together[key])
    answered(to / "review.csv", {joined: "different", 1 - (joined == 1): "unsure"})
    read = ask("link", "review", out, "--answers", to / "review.csv")
    assert read.exit_code == 0
    assert "Clerks found 0 of 1 pairs to be one person's" in read.stdout
    answered(to / "review.csv", {joined: "perhaps"})
    bad = ask("link", "review", out, "--answers", to / "review.csv")
    assert bad.exit_code == 1
    assert f"review.csv: column answer, row {joined + 1}: 'perhaps' is no answer" in bad.stderr
    # Used by the study.
    replaced(world / "agency.toml", ("[linkage]\n", '[linkage]\nanswers = "review.csv"\n'))
    with pytest.raises(DataError, match=r"linkage\.answers: review\.csv: there is no such file"):
        link_run(load(world / "study.toml"), out)
    answered(to / "review.csv", dict.fromkeys(range(len(rows)), "different"))
    shutil.copy(to / "review.csv", world / "review.csv")
    after = link_run(load(world / "study.toml"), out)
    assert after.crosswalk != before.crosswalk
    people = [
        pc.count_distinct(read_table(one.crosswalk)["entity_id"]).as_py() for one in (before, after)
    ]
    assert people[1] > people[0]
    again = link_run(load(world / "study.toml"), out)
    assert again.crosswalk == after.crosswalk


@pytest.mark.slow
def test_sensitivity_says_a_line_a_shift(files: Path, finished: Run) -> None:
    told = ask("link", "sensitivity", files / "study.toml", "--out", finished.out,
               "--shift", "0", "--shift", "3")  # fmt: skip
    assert told.exit_code == 0
    lines = told.stdout.splitlines()
    assert len(lines) == 2
    counts = [int(line.split(": ")[1].split(" people")[0].replace(",", "")) for line in lines]
    assert "(+0.0)" in lines[0]
    assert "(+3.0)" in lines[1]
    assert counts[1] >= counts[0], "a higher threshold puts fewer records together"
    assert all("auc" in line and "n = " in line for line in lines)
    summary = json.loads((stage(finished.out, "linkage") / "summary.json").read_text("utf-8"))
    assert counts[0] == summary["people"]


FIELD = 'sex = { kind = "category" }\nrace = { kind = "category" }\n'


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (FIELD, 'sx = { kind = "category" }\n',
         "linkage.fields.sx: there is no column of a linked source 'sx' -> did you mean sex?"),
        (FIELD, 'sex = { kind = "category", also = ["gendr"] }\n',
         "linkage.fields.sex: there is no column of a linked source 'gendr' -> "),
        ('sex = { kind = "category" }', 'sex = { kind = "date" }',
         "linkage.fields.sex: is date, but its column is text -> "),
        ('birth_date = { kind = "birth_date" }', 'birth_date = { kind = "name" }',
         "linkage.fields.birth_date: is name, but its column is date -> "),
        ('sex = { kind = "category" }', 'sex = { kind = "gender" }', "linkage.fields.sex.kind: "),
        ('terminal = ["homicide"]', 'terminal = ["homcide"]',
         "linkage.terminal: there is no source 'homcide' -> did you mean homicide?"),
        ('terminal = ["homicide"]', 'terminal = ["homicide", "homicide"]', "linkage.terminal"),
        ("[linkage]\n", '[linkage]\nsources = ["arrest", "victimization", "shooting", "homicide", '
         '"jail"]\n', "linkage.sources: there is no source 'jail' -> "),
        ("[linkage]\n", '[linkage]\ngroups = ["rce"]\n',
         "linkage.groups: there is no field 'rce' -> did you mean race?"),
        ("[linkage]\n", '[linkage]\ngroups = ["age"]\n', "linkage.groups: age is no category -> "),
        ('"ir_number", since', '"ir_numbr", since',
         "linkage.trusted_id.column: there is no column of a linked source 'ir_numbr' -> "),
        ('"ir_number", since', '"sex", since', "linkage.trusted_id.column: is a field as well -> "),
        ("[linkage]\n", '[linkage]\nconstraints = ["one_id"]\n', "linkage.constraints"),
        ("[linkage]\n", "[linkage]\nages_within = -1\n", "linkage.ages_within: "),
        ("[linkage]\n", "[linkage]\nedits = 9\n", "linkage.edits: "),
        ("[linkage]\n", "[linkage]\nmax_pairs = 0\n", "linkage.max_pairs: "),
        ("[linkage]\n", "[linkage]\nthreshold_shift = 30\n", "linkage.threshold_shift: "),
        ("[linkage]\n", '[linkage]\ndiverged = "maybe"\n', "linkage.diverged: "),
        ("[linkage]\n", '[linkage]\nanswers = " "\n', "linkage.answers: is empty -> "),
        ("[linkage]\n", "[linkage]\nthreshhold = 2\n", "linkage.threshhold: "),
    ],
)  # fmt: skip
def test_a_mistake_in_the_linkage_is_one_problem_that_names_its_place(
    world: Path, old: str, new: str, told: str
) -> None:
    replaced(world / "agency.toml", (old, new))
    with pytest.raises(StudyError) as caught:
        load(world / "study.toml")
    (problem,) = caught.value.problems
    assert str(problem).startswith(f"agency.toml: {told}")


def test_a_column_decided_later_is_no_field(world: Path) -> None:
    replaced(
        world / "agency.toml",
        ("gang = {}", 'gang = { decided_on = "arrested_on" }'),
        (FIELD, FIELD + 'gang = { kind = "category" }\n'),
    )
    with pytest.raises(StudyError) as caught:
        load(world / "study.toml")
    assert [str(p) for p in caught.value.problems] == [
        "agency.toml: linkage.fields.gang: is decided later -> link by what is known at the event"
    ]


def test_a_source_without_an_entity_has_to_be_linked(world: Path) -> None:
    path = world / "agency.toml"
    text = path.read_text(encoding="utf-8")
    linked = ["arrest", "victimization", "homicide"]
    replaced(path, ("[linkage]\n", f"[linkage]\nsources = {json.dumps(linked)}\n"))
    with pytest.raises(StudyError) as caught:
        load(world / "study.toml")
    assert [str(p) for p in caught.value.problems] == [
        "agency.toml: sources.shooting.entity: is missing -> name the column that says whom a "
        "record is about, or link the source"
    ]
    path.write_text(text[: text.index("[linkage]")], encoding="utf-8")
    with pytest.raises(StudyError) as caught:
        load(world / "study.toml")
    assert {p.where for p in caught.value.problems} == {
        f"agency.toml: sources.{name}.entity" for name in (*linked, "shooting")
    }


def test_a_terminal_source_is_a_linked_one(world: Path) -> None:
    linked = ["arrest", "victimization", "shooting"]
    replaced(
        world / "agency.toml",
        ("[linkage]\n", f"[linkage]\nsources = {json.dumps(linked)}\n"),
        ('table = "homicides.parquet"\n', 'table = "homicides.parquet"\nentity = "record_id"\n'),
    )
    with pytest.raises(StudyError) as caught:
        load(world / "study.toml")
    assert [str(p).split(" ->")[0] for p in caught.value.problems] == [
        "agency.toml: linkage.terminal: homicide is not linked"
    ]


def test_linkage_beside_repeats_is_one_problem(world: Path) -> None:
    path = world / "agency.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text
        + '\n[repeats]\norders = "arrest"\nhistory = "victimization"\nhistory_key = ["crime"]\n'
        'characteristics = ["sex"]\n',
        "utf-8",
    )
    with pytest.raises(StudyError) as caught:
        load(world / "study.toml")
    mine = [p for p in caught.value.problems if p.where == "agency.toml: linkage"]
    assert [p.what for p in mine] == ["stands beside [repeats], which needs ids"]


def test_linking_is_refused_where_nothing_is_declared(tmp_path: Path) -> None:
    study = write_study(tmp_path / "study")
    told = ask("link", "run", study, "--out", tmp_path / "out")
    assert told.exit_code == 1
    assert "declares nothing to link -> add [linkage] to the agency file" in told.stderr
    out = run(load(study), tmp_path / "run").out
    for command in (["verify", out], ["review", out, "--to", tmp_path / "r"]):
        told = ask("link", *command)
        assert (told.exit_code, "links no records" in told.stderr) == (1, True)


@pytest.mark.slow
def test_a_burden_study_holds_nobody_outside_its_store(world: Path, tmp_path: Path) -> None:
    text = (world / "study.toml").read_text(encoding="utf-8")
    text = text[: text.index("[recommendation]")].replace('kind = "help"', 'kind = "burden"', 1)
    (world / "study.toml").write_text(text, encoding="utf-8")
    out = tmp_path / "run"
    done = run(load(world / "study.toml"), out)
    assert done.recommendation is None
    outside = {p.relative_to(out).as_posix() for p in out.rglob("*")
               if p.is_file() and out / "store" not in p.parents}  # fmt: skip
    assert {"report.html", "metrics.json", "manifest.json", "study.toml", "agency.toml"} <= outside
    tables = {name for name in outside if name.endswith((".csv", ".parquet"))}
    assert tables == {"dictionary.csv"}  # of features, not of people
    told = "".join((out / name).read_text(encoding="utf-8", errors="ignore") for name in outside)
    crosswalk = read_table(stage(out, "linkage") / "crosswalk.parquet")
    assert not [name for name in set(crosswalk["entity_id"].to_pylist()) if name in told]
    arrests = pq.read_table(world / "data" / "arrests.parquet")
    assert not [i for i in set(arrests["ir_number"].drop_null().to_pylist())
                if f">{i}<" in told or f'"{i}"' in told]  # fmt: skip
    listed = [m for m in done.metrics if m.metric.startswith("linkage.")]
    assert listed
    assert min(m.n for m in listed) > 10
