"""A run's crossings, other outcomes and whom the records miss, against the town's raw tables."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from commonweal.core.errors import StudyError
from commonweal.core.tables import read_table
from commonweal.reports.words import decimal, number, percent
from commonweal.study.load import load
from commonweal.study.run import run
from reports.reader import Page

HERE = Path(__file__).resolve().parents[2]
TEST = date(2018, 7, 1)
OTHERS = """
[outcomes.violent_arrest]
event = "arrest"
where = [{ column = "charge", any_of = ["BATTERY", "ROBBERY", "SHOOTING"] }]
within = "18 months"
dated_by = "known_on"

[outcomes.far_ahead]
event = "arrest"
within = "5 years"

[outcomes.convicted]
event = "arrest"
where = [{ column = "disposition", equals = "convicted" }]
within = "18 months"
"""
Record = dict[str, Any]


def study_on(folder: Path, town: Path, real: bool = False) -> Path:
    shutil.copytree(town, folder / "data")
    shutil.copy(HERE / "town" / "agency.toml", folder)
    text = (HERE / "town" / "study.toml").read_text(encoding="utf-8")
    text = text.replace(
        "[evaluation]", '[evaluation]\ncrossings = [["race", "gender"], ["gender", "age"]]'
    )
    (folder / "study.toml").write_text(text + OTHERS, encoding="utf-8")
    if real:
        agency = (folder / "agency.toml").read_text(encoding="utf-8")
        (folder / "agency.toml").write_text(agency.replace("simulated =", "# ="), encoding="utf-8")
    return folder / "study.toml"


@pytest.fixture(scope="module")
def ran(town: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("examined")
    with pytest.MonkeyPatch.context() as patched:
        (folder / "key").write_text("0123456789abcdef0123456789abcdef", encoding="utf-8")
        patched.setenv("COMMONWEAL_KEY_FILE", str(folder / "key"))
        run(load(study_on(folder, town)), folder / "run")
    return folder


def metrics(folder: Path) -> list[Record]:
    found: list[Record] = json.loads((folder / "run" / "metrics.json").read_text(encoding="utf-8"))
    return found


def stage(folder: Path, name: str, file: str) -> Path:
    (path,) = (folder / "run" / "store").glob(f"{name}-*/{file}")
    return path


def one(found: list[Record], metric: str, **about: Any) -> Record:
    keys = ("group", "outcome", "k", "against")
    asked = {key: about.get(key) for key in keys}
    (record,) = [
        r for r in found if r["metric"] == metric and {key: r.get(key) for key in keys} == asked
        and r.get("model", "boosted") == "boosted"
    ]  # fmt: skip
    return record


def raw(folder: Path, table: str, where: str) -> list[tuple[Any, ...]]:
    path = folder / "data" / table
    found: list[tuple[Any, ...]] = duckdb.sql(
        f"select distinct person_id from '{path}' where {where}"
    ).fetchall()
    return found


def people_of(folder: Path) -> tuple[list[str], np.ndarray, dict[str, list[str]]]:
    """Id, outcome and groups of the people of the test date."""
    cohort = read_table(stage(folder, "cohort", "cohort.parquet"))
    here = np.flatnonzero(np.array(cohort["as_of"].to_pylist()) == TEST)
    labels = read_table(stage(folder, "labels", "labels.parquet"))["label"].take(here)
    groups = read_table(stage(folder, "groups", "groups.parquet")).take(here)
    ids = cohort["entity_id"].take(here).to_pylist()
    return ids, np.array(labels.to_pylist()), {n: groups[n].to_pylist() for n in ("race", "gender")}


def test_crossings_are_counted(ran: Path) -> None:
    _, labels, groups = people_of(ran)
    cells = [
        f"race={r} & gender={g}" for r, g in zip(groups["race"], groups["gender"], strict=True)
    ]
    found = metrics(ran)
    for name, count in Counter(cells).items():
        mine = labels[[cell == name for cell in cells]]
        assert one(found, "crossing.people", group=name)["value"] == count
        rate = one(found, "crossing.base_rate", group=name)
        assert (rate["value"], rate["n"]) == (pytest.approx(mine.mean()), count)
    tops = [r for r in found if r["metric"] == "crossing.people" and r.get("k") == 60
            and r["group"].startswith("race")]  # fmt: skip
    assert sum(r["value"] for r in tops) == pytest.approx(60)


def test_everybody_with_the_outcome_is_counted_once(ran: Path) -> None:
    ids, labels, groups = people_of(ran)
    window = "known_on >= '2018-07-01' and known_on < '2020-01-01'"
    everyone = {person for (person,) in raw(ran, "shootings.parquet", window)}
    inside = {person for person, label in zip(ids, labels, strict=True) if label == 1}
    assert inside <= everyone
    registered = duckdb.sql(
        f"select person_id, gender from '{ran / 'data' / 'registrations.parquet'}'"
    ).fetchall()
    gender: dict[str, str] = dict(registered)
    found = metrics(ran)
    overall = one(found, "composition.covered")
    assert (overall["value"], overall["n"]) == (
        pytest.approx(len(inside) / len(everyone)), len(everyone),
    )  # fmt: skip
    for group in ("F", "M"):
        total = sum(gender[person] == group for person in everyone)
        held = sum(gender[person] == group for person in inside)
        share = one(found, "composition.everyone", group=f"gender={group}")
        assert share["value"] == pytest.approx(total / len(everyone))
        covered = one(found, "composition.covered", group=f"gender={group}")
        assert (covered["value"], covered["n"]) == (pytest.approx(held / total), total)
    assert set(groups["gender"]) == {"F", "M"}


def test_no_id_is_kept_of_those_outside(ran: Path) -> None:
    table = read_table(stage(ran, "everyone", "outside.parquet"))
    assert table.column_names == ["as_of", "race", "gender", "age", "people"]


def test_another_outcome_is_measured_on_the_same_list(ran: Path) -> None:
    ids, _, _ = people_of(ran)
    window = (
        "known_on >= '2018-07-01' and known_on < '2020-01-01' "
        "and charge in ('BATTERY', 'ROBBERY', 'SHOOTING')"
    )
    everyone = {person for (person,) in raw(ran, "arrests.parquet", window)}
    found, outcome = metrics(ran), "violent_arrest"
    rate = one(found, "base_rate", outcome=outcome)
    assert (rate["value"], rate["n"]) == (
        pytest.approx(np.mean([person in everyone for person in ids])), len(ids),
    )  # fmt: skip
    precision = one(found, "precision", outcome=outcome, k=60)
    assert precision["value"] > rate["value"]
    recall = one(found, "total_recall", outcome=outcome, k=60)
    assert recall["n"] == len(everyone)
    assert recall["value"] == pytest.approx(precision["value"] * 60 / len(everyone))


def test_what_cannot_be_measured_is_skipped_and_said(ran: Path) -> None:
    (path,) = (ran / "run" / "store").glob("evaluation-*/findings.json")
    said = {
        f["where"]: f for f in json.loads(path.read_text(encoding="utf-8"))
        if f["code"] == "oversight.other-outcomes"
    }  # fmt: skip
    assert said["violent_arrest"]["severity"] == "pass"
    assert said["far_ahead"]["severity"] == "skipped"
    assert "wholly observed" in said["far_ahead"]["message"]
    assert said["convicted"]["severity"] == "skipped"
    assert "undecided" in said["convicted"]["message"]
    assert not any(r.get("outcome") in ("far_ahead", "convicted") for r in metrics(ran))


def test_the_report_says_it(ran: Path) -> None:
    page = (ran / "run" / "report.html").read_text(encoding="utf-8")
    for words in (
        "Other outcomes of the same list", "Observed and predicted, by race and gender",
        "What goes wrong for whom in the top", "Differences from the largest group",
        "No measure decides", "whatever the model", "an arrest is recorded where the police look",
    ):  # fmt: skip
        assert words in page, words
    assert "Chouldechova" in page


def test_every_figure_of_the_tables_is_in_the_metrics(ran: Path) -> None:
    allowed: set[str] = set()
    for r in metrics(ran):
        values = [r[key] for key in ("value", "low", "high") if r[key] is not None]
        allowed |= {form(v) for v in values for form in (percent, decimal)}
        allowed |= {f"{abs(100 * v):.1f}" for v in values}
        allowed |= {number(n) for n in (r["n"], r.get("k") or 0)}
    page, seen = Page((ran / "run" / "report.html").read_text(encoding="utf-8")), 0
    kinds = ("errors-", "differences-", "crossing-", "outcomes-table", "composition-")
    for key, rows in page.tables.items():
        for row in rows[1:] if key.startswith(kinds) else ():
            for cell in row[1:]:
                text = re.sub(r"p < 0.001|under \d+|\d+ to \d+(?![.%])|\d+ and over", "", cell)
                for found in re.findall(r"\d[\d,]*(?:\.\d+)?%?", text):
                    assert found.rstrip(",") in allowed, (key, row)
                    seen += 1
    assert seen > 200


def test_no_model_is_trained_on_another_outcome(ran: Path) -> None:
    manifest = json.loads((ran / "run" / "manifest.json").read_text(encoding="utf-8"))
    for made in manifest["stages"]:
        if made["stage"].startswith(("models/", "features/", "blocks/")):
            assert not any("outcomes" in parent for parent in made["parents"])


@pytest.mark.slow
def test_real_people_are_shown_by_crossing_only_where_no_cell_is_small(
    town: Path, tmp_path: Path
) -> None:
    finished = run(load(study_on(tmp_path, town, real=True)), tmp_path / "run")
    said = {f.where: f for f in finished.findings if f.code == "oversight.crossings"}
    assert set(said) == {"race, gender", "gender, age"}
    for m in finished.metrics:
        if m.metric.startswith(("crossing.", "composition.everyone")) or m.outcome:
            counts = [m.n, m.value * m.n, m.n - m.value * m.n]
            if m.metric in ("crossing.base_rate", "crossing.precision", "base_rate", "precision"):
                assert not [c for c in counts if 0 < round(c, 6) <= 10], m
    other = {f.where: f for f in finished.findings if f.code == "oversight.other-outcomes"}
    assert set(other) == {"violent_arrest", "far_ahead", "convicted"}
    shown = any(m.outcome == "violent_arrest" for m in finished.metrics)
    assert shown != other["violent_arrest"].message.startswith("Not shown")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('crossings = [["race", "gendre"]]', "did you mean gender"),
        ('crossings = [["race"]]', r"evaluation.crossings\[1\]: names 1 of them"),
        ('crossings = [["race", "race"]]', "names 'race' more than once"),
        ('crossings = [["race", "gender"], ["gender", "race"]]', "more than once"),
        ('[outcomes."Bad name"]\nevent = "arrest"\nwithin = "1 year"', "not a usable name"),
        ('[outcomes.one]\nevent = "arest"\nwithin = "1 year"', "did you mean arrest"),
        ('[outcomes.one]\nevent = "arrest"\nrole = "x"\nwithin = "1 year"', "outcomes.one.role"),
        ('[outcomes.one]\nevent = "arrest"', "outcomes.one.within: is missing"),
        (
            '[outcomes.one]\nevent = "arrest"\nwithin = "1 year"\n'
            'where = [{ column = "chargee", present = true }]',
            r"outcomes.one.where\[1\]",
        ),
        (
            '[outcomes.same]\nevent = "shooting"\nrole = "victim"\nwithin = "18 months"\n'
            'dated_by = "known_on"',
            "is the outcome predicted",
        ),
    ],
)
def test_mistakes_are_told_before_any_work(small_study: Path, text: str, said: str) -> None:
    study = small_study.read_text(encoding="utf-8")
    if text.startswith("["):
        study += f"\n{text}\n"
    else:
        study = study.replace("[evaluation]", f"[evaluation]\n{text}")
    small_study.write_text(study, encoding="utf-8")
    with pytest.raises(StudyError, match=said):
        load(small_study)
