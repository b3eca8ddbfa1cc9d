"""Whose record is whose, the chances that follow, and that nothing else can read them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from commonweal.cohorts.history import History
from commonweal.core.canonical import file_digest
from commonweal.core.engines.duckdb import DuckDB
from commonweal.core.errors import DataError
from commonweal.core.tables import write_table
from commonweal.evaluation.oracle import NOBODY, Oracle, persons
from commonweal.simulate.seal import SEAL, write_seal
from commonweal.simulate.truth import TRUTH_SEAL, write_truth_seal

ROOT = Path(__file__).resolve().parent.parent.parent
TABLES = {"arrest": "arrests.parquet", "victim": "victims.parquet", "first": "arrests.parquet"}
Event = tuple[str, str, str]
"""Entity, record, day it was known."""


def day(text: str) -> date:
    return date.fromisoformat(text)


def whose(
    folder: Path, events: Mapping[str, Sequence[Event]], truth: Sequence[tuple[str, str, int]],
    rows: Sequence[tuple[str, str]],
) -> list[int]:  # fmt: skip
    """The person of each row (entity, as-of date)."""
    columns = [list(c) for c in zip(*truth, strict=True)] or [[], [], []]
    records = pa.table({
        "table": pa.array(columns[0], pa.string()), "record_id": pa.array(columns[1], pa.string()),
        "person": pa.array(columns[2], pa.int64()),
    })  # fmt: skip
    write_table(records, folder / "records.parquet")
    asked = pa.table({
        "row": [10 + place for place in range(len(rows))], "entity_id": [r[0] for r in rows],
        "as_of": pa.array([day(r[1]) for r in rows], pa.date32()),
    })  # fmt: skip
    with DuckDB(2) as engine:
        relations: dict[str, Any] = {}
        for name, found in events.items():
            table = {
                "entity_id": pa.array([e[0] for e in found], pa.string()),
                "record_id": pa.array([e[1] for e in found], pa.string()),
                "known_on": pa.array([day(e[2]) for e in found], pa.date32()),
            }
            relations[name] = engine.table(pa.table(table))
        source: Any = SimpleNamespace(decided=lambda: ())
        history = History(engine, relations, dict.fromkeys(events, source))
        tables = {name: TABLES[name] for name in events}
        return persons(asked, history, tables, folder / "records.parquet").tolist()


def test_a_row_is_the_person_most_of_its_records_belong_to(tmp_path: Path) -> None:
    events = {
        "arrest": [("e", "1", "2010-01-01"), ("e", "2", "2011-01-01"), ("f", "3", "2010-01-01")],
        "victim": [("e", "1", "2010-01-01"), ("e", "2", "2010-01-01")],
    }
    truth = [
        ("arrests", "1", 4), ("arrests", "2", 4), ("arrests", "3", 9),
        ("victims", "1", 7), ("victims", "2", 7),
    ]  # fmt: skip
    rows = [("e", "2010-06-01"), ("e", "2011-06-01"), ("f", "2010-06-01"), ("e", "2011-01-01")]
    assert whose(tmp_path, events, truth, rows) == [7, 4, 9, 7]


def test_what_is_known_on_the_date_or_later_says_nothing(tmp_path: Path) -> None:
    events = {"arrest": [("e", "1", "2010-01-01"), ("e", "2", "2010-06-01"),
                         ("e", "3", "2010-06-02")]}  # fmt: skip
    truth = [("arrests", "1", 5), ("arrests", "2", 3), ("arrests", "3", 3)]
    rows = [("e", "2010-06-01"), ("e", "2010-06-02"), ("e", "2010-06-03")]
    assert whose(tmp_path, events, truth, rows) == [5, 3, 3]


def test_a_record_in_two_sources_of_one_table_counts_once(tmp_path: Path) -> None:
    events = {
        "arrest": [("e", "1", "2010-01-01"), ("e", "2", "2010-01-01"), ("e", "3", "2010-01-01")],
        "first": [("e", "1", "2010-01-01")],
    }
    truth = [("arrests", "1", 1), ("arrests", "2", 2), ("arrests", "3", 2)]
    assert whose(tmp_path, events, truth, [("e", "2010-06-01")]) == [2]
    assert whose(tmp_path, events, truth[:2], [("e", "2010-06-01")]) == [1]


def test_an_entity_of_nobody_is_nobody(tmp_path: Path) -> None:
    events = {"arrest": [("e", "1", "2010-01-01"), ("f", "2", "2012-01-01")]}
    rows = [("e", "2010-06-01"), ("f", "2011-01-01"), ("g", "2011-01-01")]
    assert whose(tmp_path, events, [("arrests", "x", 1), ("victims", "1", 1)], rows) == [NOBODY] * 3
    assert whose(tmp_path, events, [], rows) == [NOBODY] * 3


def test_persons_are_those_of_a_slow_count(tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    events: dict[str, list[Event]] = {"arrest": [], "victim": [], "first": []}
    for source, found in events.items():
        for record in range(400):
            known = date(2010, 1, 1).toordinal() + int(random.integers(0, 900))
            entity = f"e{random.integers(40)}"
            if source == "first":
                entity, _, text = events["arrest"][record]
                found.append((entity, str(record), text))
            else:
                found.append((entity, str(record), date.fromordinal(known).isoformat()))
    truth = [(table, str(r), int(random.integers(5))) for table in ("arrests", "victims")
             for r in range(400) if random.random() < 0.9]  # fmt: skip
    rows = [(f"e{e}", text) for e in range(42) for text in ("2010-03-01", "2011-03-01")]
    owner = {(table, record): person for table, record, person in truth}
    slow = []
    for entity, text in rows:
        counts: dict[int, int] = {}
        for source, table in (("arrest", "arrests"), ("victim", "victims")):
            for who, record, known in events[source]:
                if who == entity and known < text and (table, record) in owner:
                    person = owner[table, record]
                    counts[person] = counts.get(person, 0) + 1
        slow.append(min(counts, key=lambda p: (-counts[p], p)) if counts else NOBODY)
    assert whose(tmp_path, events, truth, rows) == slow
    assert len(set(slow)) == 6


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A world of two records; the chance of person 1 is 0.1, of person 2 is 0.2."""
    chance = ModuleType("tiny.chance")
    chance.chance = (  # type: ignore[attr-defined]
        lambda folder, outcome, people, as_of, until: people / 10 if outcome == "harm" else None
    )
    monkeypatch.setitem(sys.modules, "tiny", ModuleType("tiny"))
    monkeypatch.setitem(sys.modules, "tiny.chance", chance)
    worlds = __import__("commonweal.simulate.world", fromlist=["WORLDS"]).WORLDS
    monkeypatch.setitem(worlds, "tiny", "tiny")
    data, truth = tmp_path / "data", tmp_path / "truth"
    for folder in (data, truth):
        folder.mkdir()
    write_table(pa.table({"record_id": ["1", "2"]}), data / "arrests.parquet")
    records = pa.table({"table": ["arrests"] * 2, "record_id": ["1", "2"], "person": [1, 2]})
    write_table(records, truth / "records.parquet")
    write_seal(data, "tiny", 1, 2, ["arrests.parquet"])
    write_truth_seal(truth, "tiny", file_digest(data / SEAL))
    return data


def test_chances_are_those_of_the_rows_people(world: Path) -> None:
    oracle = Oracle.beside(world)
    assert oracle is not None
    events = pa.table({
        "entity_id": ["b", "a"], "record_id": ["1", "2"],
        "known_on": pa.array([day("2010-01-01")] * 2, pa.date32()),
    })  # fmt: skip
    start, end = day("2011-01-01"), day("2012-01-01")
    rows = pa.table({"row": [3, 5], "entity_id": ["a", "b"],
                     "as_of": pa.array([start] * 2, pa.date32())})  # fmt: skip
    with DuckDB(1) as engine:
        source: Any = SimpleNamespace(decided=lambda: ())
        history = History(engine, {"arrest": engine.table(events)}, {"arrest": source})
        tables = {"arrest": "arrests.parquet"}
        found = oracle.chances(rows, history, tables, "harm", start, end)
        assert found is not None
        assert found.tolist() == [0.2, 0.1]
        assert oracle.chances(rows, history, tables, "joy", start, end) is None


def test_there_is_no_oracle_without_a_truth(world: Path) -> None:
    shutil.rmtree(world.parent / "truth")
    assert Oracle.beside(world) is None


def test_a_truth_that_is_not_sound_is_refused(world: Path) -> None:
    truth = world.parent / "truth"
    before = Oracle.beside(world)
    assert before is not None
    records = (truth / "records.parquet").read_bytes()
    (truth / "records.parquet").write_bytes(records + b" ")
    with pytest.raises(DataError, match="holds a table that was changed"):
        Oracle.beside(world)
    (truth / "records.parquet").unlink()
    with pytest.raises(DataError, match="is damaged"):
        Oracle.beside(world)
    (truth / "records.parquet").write_bytes(records)
    write_truth_seal(truth, "nowhere", file_digest(world / SEAL))
    with pytest.raises(DataError, match="a world there is not"):
        Oracle.beside(world)
    write_truth_seal(truth, "tiny", "0" * 64)
    with pytest.raises(DataError, match="belongs to other tables"):
        Oracle.beside(world)
    (truth / TRUTH_SEAL).write_text("{", encoding="utf-8")
    with pytest.raises(DataError, match="is damaged"):
        Oracle.beside(world)


def contract() -> dict[str, Any]:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    contracts = tomllib.loads(text)["tool"]["importlinter"]["contracts"]
    found: dict[str, Any] = next(c for c in contracts if c["name"].startswith("only evaluation.or"))
    return found


def test_the_contract_names_everything_but_the_simulation_and_the_oracle() -> None:
    package = ROOT / "src" / "commonweal"
    named = {path.name.removesuffix(".py") for path in package.iterdir() if path.name[0] != "_"}
    inside = {path.stem for path in (package / "evaluation").glob("*.py")} - {"__init__", "oracle"}
    expected = {f"commonweal.{name}" for name in named - {"simulate", "evaluation", "py.typed"}}
    expected |= {f"commonweal.evaluation.{name}" for name in inside}
    assert set(contract()["source_modules"]) == expected


@pytest.mark.parametrize(
    ("place", "line", "kept"),
    [
        ("features/counts.py", "", True),
        ("features/counts.py", "from commonweal.simulate.truth import Truth\n", False),
        ("evaluation/groups.py", "from commonweal.simulate import truth\n", False),
        ("study/run.py", "import commonweal.simulate.planted.chance\n", False),
    ],
)
def test_a_planted_import_breaks_the_contract(
    tmp_path: Path, place: str, line: str, kept: bool
) -> None:
    package = tmp_path / "commonweal"
    shutil.copytree(
        ROOT / "src" / "commonweal", package, ignore=shutil.ignore_patterns("__pycache__")
    )
    (package / "simulate" / "planted").mkdir()
    for name in ("__init__", "chance"):
        (package / "simulate" / "planted" / f"{name}.py").write_text("", encoding="utf-8")
    text = (package / place).read_text(encoding="utf-8")
    (package / place).write_text(f"{text}\n{line}", encoding="utf-8")
    command = [
        str(Path(sys.executable).with_name("lint-imports")), "--no-cache",
        "--config", str(ROOT / "pyproject.toml"),
    ]  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    told = subprocess.run(
        command, env=environment, capture_output=True, text=True, cwd=tmp_path
    ).stdout
    verdict = "KEPT" if kept else "BROKEN"
    assert f"{contract()['name']} {verdict}" in told
