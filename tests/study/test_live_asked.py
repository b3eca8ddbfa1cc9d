"""Who is built live features and who is refused, what is written where, and what is told."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

import commonweal.api as cw
from commonweal.cli import app
from commonweal.study import finished as finished_module
from commonweal.study import release
from study.live import BETWEEN, TEST_DAY, Live, same_bits, write_live_study


def ask(*arguments: object) -> tuple[int, str]:
    """Run the command line; return its exit code and everything it said."""
    said = CliRunner().invoke(app, [str(one) for one in arguments])
    return said.exit_code, said.output


def write_ids(path: Path, ids: Sequence[object]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream, lineterminator="\n").writerows([["entity_id"], *([one] for one in ids)])
    return path


def as_rules_say(study: Path, day: date) -> tuple[set[str], set[str], set[str]]:
    """Who was known, met a rule of inclusion and was excluded at a date, by hand."""
    tables = {name: pq.read_table(study.parent / "data" / f"{name}.parquet").to_pylist()
              for name in ("arrests", "victimizations", "shootings", "registrations")}  # fmt: skip
    start = day.replace(year=day.year - 6)
    known = {r["person_id"] for r in tables["registrations"] if r["registered_on"] < day}
    met = {}
    for name in ("arrests", "victimizations"):
        for row in tables[name]:
            if row["known_on"] < day and row["occurred_on"] >= start:
                met.setdefault((name, row["person_id"]), set()).add(row["incident_id"])
    least = {"arrests": 1, "victimizations": 2}
    included = {person for (name, person), found in met.items() if len(found) >= least[name]}
    dead = {r["person_id"] for r in tables["shootings"] if r["known_on"] < day and r["fatal"]}
    return known, included, dead


def test_who_is_outside_the_population_is_refused_and_counted(live: Live, tmp_path: Path) -> None:
    known, included, dead = as_rules_say(live.study, BETWEEN)
    later = {r["person_id"] for r in pq.read_table(
        live.study.parent / "data" / "registrations.parquet").to_pylist()} - known  # fmt: skip
    assert later
    asked = sorted(included)[:300] + sorted(included & dead) + sorted(known - included)[:40]
    asked = list(dict.fromkeys([*asked, *sorted(later)[:5], "nobody", "=1+1"]))
    why = {
        one: "unknown id" if one not in known
        else "does not meet the rules of inclusion" if one not in included else "excluded"
        for one in asked if one not in included or one in dead
    }  # fmt: skip
    assert set(why.values()) == {
        "unknown id", "does not meet the rules of inclusion", "excluded"
    }  # fmt: skip
    file, to = write_ids(tmp_path / "ids.csv", asked), tmp_path / "out" / "live.parquet"
    code, said = ask("features", live.out, "--as-of", BETWEEN, "--entities", file, "--to", to)
    assert code == 0, said
    built = [one for one in sorted(asked) if one not in why]
    table = pq.read_table(to)
    assert table["entity_id"].to_pylist() == built
    assert set(table["as_of"].to_pylist()) == {BETWEEN}
    assert table.column_names == ["entity_id", "as_of", *live.stored.names]
    with (tmp_path / "out" / "live.refused.csv").open(newline="", encoding="utf-8") as stream:
        refused = list(csv.reader(stream))
    told = {("'" + one if one.startswith("=") else one): reason for one, reason in why.items()}
    assert refused == [
        ["entity_id", "reason"],
        *([one, told[one]] for one in sorted(told, key=lambda x: x.lstrip("'"))),
    ]
    unknown = sum(one == "unknown id" for one in why.values())
    excluded = sum(one == "excluded" for one in why.values())
    assert (
        f"As of 2017-10-01: {len(asked)} asked for, {len(built)} built, {len(why)} refused "
        f"({unknown} with an unknown id, {len(why) - unknown - excluded} who do not meet the "
        f"rules of inclusion, {excluded} whom the rules exclude)."
    ) in said


def test_nobody_in_the_population_is_an_error(live: Live) -> None:
    with pytest.raises(cw.DataError, match=r"nobody asked for .* 2 with an unknown id"):
        cw.live_features(live.out, BETWEEN, ["nobody", "no one"])


def test_the_same_command_gives_the_same_bytes(live: Live, tmp_path: Path) -> None:
    ids = live.people(TEST_DAY, 40)
    first = write_ids(tmp_path / "ids.csv", [*ids, "nobody"])
    second = tmp_path / "ids.parquet"
    pq.write_table(pa.table({"n": range(41), "entity_id": ["nobody", *ids[::-1]]}), second)
    written = []
    for file, threads in ((first, 2), (first, 2), (second, 1)):
        to = tmp_path / f"{len(written)}.parquet"
        cw.write_live_features(live.out, TEST_DAY, file, to, threads=threads)
        written.append((to.read_bytes(), to.with_suffix(".refused.csv").read_bytes()))
    assert written[0] == written[1] == written[2]
    assert not list(tmp_path.glob(".tmp-*"))


def test_nothing_is_written_into_the_runs_folder(live: Live, tmp_path: Path) -> None:
    def state() -> dict[Path, tuple[int, int]]:
        stats = {path: path.stat() for path in [live.out, *live.out.rglob("*")]}
        return {path: (s.st_mtime_ns, s.st_size) for path, s in stats.items()}

    before = state()
    file = write_ids(tmp_path / "ids.csv", live.people(TEST_DAY))
    cw.write_live_features(live.out, TEST_DAY, file, tmp_path / "live.parquet")
    cw.live_features(live.out, BETWEEN, file, data=live.study.parent / "data")
    inside = live.out / "live.parquet"
    code, said = ask("features", live.out, "--as-of", TEST_DAY, "--entities", file, "--to", inside)
    assert (code, "lies in the run's folder" in said) == (1, True)
    assert state() == before


def test_a_burden_study_refuses(live: Live, town: Path, tmp_path: Path) -> None:
    study = write_live_study(town, tmp_path / "study", "18 months")
    text = study.read_text(encoding="utf-8").replace('kind = "help"', 'kind = "burden"')
    study.write_text(text, encoding="utf-8")
    cw.run(cw.load(study), tmp_path / "run")
    file, to = write_ids(tmp_path / "ids.csv", live.people(TEST_DAY)), tmp_path / "x.parquet"
    with pytest.raises(cw.BurdenError, match="features of a person serve a person's score"):
        cw.live_features(tmp_path / "run", TEST_DAY, file)
    code, said = ask(
        "features", tmp_path / "run", "--as-of", TEST_DAY, "--entities", file, "--to", to
    )
    assert (code, "evaluated in aggregate only" in said) == (1, True)
    assert not to.exists()
    named = tmp_path / "run" / "study.toml"
    named.write_text(text.replace('kind = "burden"', 'kind = "help"'), encoding="utf-8")
    with pytest.raises(cw.DataError, match=r"study\.toml: is not what the run wrote"):
        cw.live_features(tmp_path / "run", TEST_DAY, file)


BAD = {
    "duplicate": (b"entity_id\nP0001\nP0002\nP0001\n",
                  "ids.csv: column entity_id, row 3: 'P0001' stands in row 1 already -> name"),
    "empty cell": (b"entity_id,x\nP0001,1\n,2\n",
                   "ids.csv: column entity_id, row 2: is empty -> fill in the id"),
    "no rows": (b"entity_id\n", "ids.csv: column entity_id: names nobody -> add a row"),
    "no bytes": (b"", "ids.csv: is empty -> the first line names the columns"),
    "no column": (b"entity\nP0001\n", "ids.csv: column entity_id: is not in the table -> did"),
    "ragged": (b"entity_id\nP0001,2\n", "ids.csv: row 1: has 2 values"),
    "not text": (b"entity_id\nP\xff\n", "ids.csv: column entity_id, row 1: is not UTF-8"),
}  # fmt: skip


@pytest.mark.parametrize("kind", sorted(BAD))
def test_a_bad_file_is_one_error(live: Live, tmp_path: Path, kind: str) -> None:
    content, expected = BAD[kind]
    file, to = tmp_path / "ids.csv", tmp_path / "live.parquet"
    file.write_bytes(content)
    code, said = ask("features", live.out, "--as-of", TEST_DAY, "--entities", file, "--to", to)
    assert (code, to.exists()) == (1, False)
    assert f"error: {expected}" in said
    assert "1 problem" in said


def test_other_bad_files(live: Live, tmp_path: Path) -> None:
    damaged = tmp_path / "ids.parquet"
    damaged.write_bytes(b"PAR1 no more")
    numbers = tmp_path / "numbers.parquet"
    pq.write_table(pa.table({"entity_id": [1.0, 2.5]}), numbers)
    for file, expected in (
        (tmp_path / "none.csv", "there is no such file"), (tmp_path, "is a folder"),
        (damaged, "cannot be read as Parquet"), (numbers, r"row 2: is no id \(2.5\)"),
    ):  # fmt: skip
        with pytest.raises(cw.DataError, match=expected):
            cw.live_features(live.out, TEST_DAY, file)
    many = write_ids(tmp_path / "many.csv", ["P0001"] * 30)
    with pytest.raises(cw.DataError, match="has 19 more such rows"):
        cw.live_features(live.out, TEST_DAY, many)


def test_dates_outside_the_records(live: Live, tmp_path: Path) -> None:
    ids = live.people(TEST_DAY)
    cw.live_features(live.out, date(2020, 1, 1), ids)
    with pytest.raises(cw.StudyError, match="hold only what was known before 2020-01-01"):
        cw.live_features(live.out, date(2020, 1, 2), ids)
    with pytest.raises(cw.StudyError, match="nothing was known before"):
        cw.live_features(live.out, date(2010, 1, 1), ids)
    data = live.study.parent / "data"
    with pytest.raises(cw.StudyError, match="in the future"):
        cw.live_features(live.out, date(2999, 1, 1), ids, data=data)
    with pytest.raises(cw.StudyError, match="none are given"):
        cw.live_features(live.out, TEST_DAY, ids, extracted_on=TEST_DAY)
    newer = cw.live_features(live.out, date(2020, 3, 1), ids, data=data)
    assert newer.people.as_of == date(2020, 3, 1)


def test_other_code_or_packages_are_told(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = live.people(TEST_DAY)
    monkeypatch.setattr(release, "versions", lambda: {"duckdb": "0.1"})
    (told,) = cw.live_features(live.out, TEST_DAY, ids).warnings
    assert re.search(r"duckdb [\d.]+ \(0\.1 is here\): the last bits may differ", told)
    monkeypatch.setattr(finished_module, "blocks_code", lambda: "other")
    with pytest.raises(cw.StudyError, match="built by other code than is installed"):
        cw.live_features(live.out, TEST_DAY, ids)


@pytest.mark.slow
def test_whole_numbers_are_ids(town: Path, tmp_path: Path) -> None:
    study = write_live_study(town, tmp_path / "study", "18 months")
    for path in (study.parent / "data").glob("*.parquet"):
        table = pq.read_table(path)
        number = pc.utf8_slice_codeunits(table["person_id"], 1).cast(pa.int64())
        place = table.column_names.index("person_id")
        pq.write_table(table.set_column(place, "person_id", number), path)
    run = Live.of(study, tmp_path / "run")
    ids = [int(one) for one in run.people(TEST_DAY, 12)]
    file = tmp_path / "ids.parquet"
    pq.write_table(pa.table({"entity_id": pa.array(ids, pa.int32())}), file)
    forms = [ids, [str(one) for one in ids], pa.array(ids), np.array(ids), file,
             [float(one) for one in ids], write_ids(tmp_path / "ids.csv", ids)]  # fmt: skip
    found = [cw.live_features(run.out, TEST_DAY, form) for form in forms]
    assert all(one.refused == () and same_bits(one, found[0]) for one in found)
    assert len(found[0].values) == 12
