from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from commonweal.core.dates import day_number
from commonweal.core.tables import read_table
from commonweal.records.assemble import assemble_source
from commonweal.simulate.seal import SEAL
from commonweal.study.load import load
from town.incidents import CHARGES, CRIMES
from town.town import EXTRACTED_ON, simulate_town

HERE = Path(__file__).resolve().parent
NAMES = ("arrests", "victimizations", "shootings", "registrations")
Tables = Mapping[str, pa.Table]


@pytest.fixture(scope="module")
def tables(town: Path) -> Tables:
    return {name: read_table(town / f"{name}.parquet") for name in NAMES}


def days(table: pa.Table, name: str) -> np.ndarray:
    return table[name].cast(pa.int32()).to_numpy()


def pairs(table: pa.Table, *columns: str) -> list[tuple[object, ...]]:
    return list(zip(*(table[name].to_pylist() for name in columns), strict=True))


def test_the_same_seed_writes_the_same_bytes(tmp_path: Path) -> None:
    simulate_town(1000, 5, tmp_path / "first")
    simulate_town(1000, 6, tmp_path / "other")
    code = "import sys, pathlib; from town.town import simulate_town; "
    code += "simulate_town(1000, 5, pathlib.Path(sys.argv[1]))"
    environment = {**os.environ, "PYTHONHASHSEED": "99", "PYTHONPATH": str(HERE.parent)}
    again = [sys.executable, "-c", code, str(tmp_path / "again")]
    subprocess.run(again, env=environment, check=True)
    for name in [*(f"{name}.parquet" for name in NAMES), SEAL]:
        first, other, same = (tmp_path / f / name for f in ("first", "other", "again"))
        assert first.read_bytes() == same.read_bytes()
        assert first.read_bytes() != other.read_bytes()


def test_the_study_reads_every_row_and_knows_the_tables_are_simulated(
    small_study: Path, tables: Tables
) -> None:
    study = load(small_study)
    assert study.simulated
    for name, source in study.agency.sources.items():
        assembled = assemble_source(name, source, study.data, study.agency.extracted_on)
        assert assembled.report.mistakes == ()
        assert assembled.report.rows_kept == tables[f"{name}s"].num_rows
    with (study.data / "shootings.parquet").open("ab") as table:
        table.write(b"\0")
    assert not load(small_study).simulated


def test_nothing_is_known_before_it_happened_or_after_the_extraction(tables: Tables) -> None:
    for name in NAMES[:3]:
        occurred, known = days(tables[name], "occurred_on"), days(tables[name], "known_on")
        assert occurred.min() >= day_number(date(2010, 1, 1))
        assert known.max() < day_number(EXTRACTED_ON)
        delay = known - occurred
        assert delay.min() == 0
        assert 0.9 < (delay <= 3).mean() < 1
        assert delay.max() > 28


def test_dispositions_are_decided_later_or_not_yet(tables: Tables) -> None:
    arrests = tables["arrests"]
    assert arrests["disposition"].is_null().equals(arrests["disposed_on"].is_null())
    decided = arrests.filter(arrests["disposed_on"].is_valid())
    assert (days(decided, "disposed_on") > days(decided, "known_on")).all()
    assert days(decided, "disposed_on").max() < day_number(EXTRACTED_ON)
    recent = arrests.filter(pc.greater_equal(arrests["occurred_on"], pa.scalar(date(2019, 10, 1))))
    assert 0.3 < recent["disposition"].null_count / recent.num_rows < 1


def test_codes_are_those_declared(tables: Tables) -> None:
    assert set(tables["arrests"]["charge"].to_pylist()) == {charge.code for charge in CHARGES}
    assert set(tables["victimizations"]["crime"].to_pylist()) == set(CRIMES)


def test_people_share_incidents_and_are_in_each_once(tables: Tables) -> None:
    there = [pair for name in NAMES[:2] for pair in pairs(tables[name], "incident_id", "person_id")]
    assert len(set(there)) == len(there)
    arrested = tables["arrests"]["incident_id"].to_pylist()
    harmed = set(tables["victimizations"]["incident_id"].to_pylist())
    assert len(set(arrested)) < 0.95 * len(arrested)
    assert len(set(arrested) & harmed) > 0.2 * len(set(arrested))


def test_nothing_happens_to_the_dead(tables: Tables) -> None:
    died = dict(pairs(tables["shootings"].filter(pc.field("fatal")), "person_id", "occurred_on"))
    assert len(died) > 5
    for name in NAMES[:3]:
        for person, day in pairs(tables[name], "person_id", "occurred_on"):
            assert day <= died.get(person, day)


def test_everyone_with_a_record_is_registered_from_the_first_known_on(tables: Tables) -> None:
    first: dict[object, object] = {}
    for name in NAMES[:3]:
        for person, day in pairs(tables[name], "person_id", "known_on"):
            first[person] = min(first.get(person, day), day)
    people = pairs(tables["registrations"], "person_id", "registered_on")
    assert first == dict(people)
    assert len(people) == len(first)
