from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from commonweal.core.canonical import file_digest
from commonweal.core.errors import DataError
from commonweal.core.tables import write_table
from commonweal.records.assemble import Assembled, assemble_source
from commonweal.records.spec import STRUCTURE, Checks, Column, Condition, Join, Policy, Source

EXTRACTED = date(2020, 1, 1)
HEADER = ["id", "person", "incident", "on", "known", "charge", "score", "finding", "closed"]
SOUND = [
    ["1", "p1", "i1", "2019-01-01", "2019-01-02", "THEFT", "1.5", "SU", "2019-03-01"],
    ["2", "p2", "i1", "2019-01-01", "2019-01-01", "FRAUD", "", "", ""],
    ["3", "p1", "", "2018-05-05", "2018-05-06", "THEFT", "99", "NS", "2018-05-06"],
    ["4", "p3", "i2", "2017-01-01", "2017-01-01", "ARSON", "0", "", "2019-01-01"],
]
SOURCE = Source(
    table="t.csv", entity="person", event="incident", record=("id",), occurred_on="on",
    known_on="known",
    columns={
        "charge": Column(required=True),
        "score": Column(type="number", min=0, max=100),
        "finding": Column(decided_on="closed", allowed=("SU", "NS")),
    },
)  # fmt: skip
Change = Mapping[str, str]


def write(
    folder: Path, rows: list[list[str]], header: list[str] = HEADER, name: str = "t.csv"
) -> None:
    text = "\n".join(",".join(f'"{v}"' if v else v for v in row) for row in [header, *rows])
    (folder / name).write_text(text + "\n", encoding="utf-8")


def changed(*changes: tuple[int, Change], extra: list[list[str]] | None = None) -> list[list[str]]:
    """The sound rows with some cells changed; rows are numbered from 1."""
    rows = [list(row) for row in SOUND]
    for row, cells in changes:
        for column, value in cells.items():
            rows[row - 1][HEADER.index(column)] = value
    return rows + (extra or [])


def assembled(folder: Path, rows: list[list[str]], source: Source = SOURCE) -> Assembled:
    write(folder, rows)
    return assemble_source("arrest", source, folder, EXTRACTED)


def refused(folder: Path, source: Source = SOURCE) -> list[str]:
    with pytest.raises(DataError) as caught:
        assemble_source("arrest", source, folder, EXTRACTED)
    return [str(problem) for problem in caught.value.problems]


def event(result: Assembled, record: str) -> dict[str, Any] | None:
    rows = [row for row in result.events.to_pylist() if row["record_id"] == record]
    return rows[0] if rows else None


def with_policy(check: str, policy: Policy, source: Source = SOURCE) -> Source:
    return replace(source, checks=replace(source.checks, **{check: policy}))


def test_sound_rows_become_dated_events(tmp_path: Path) -> None:
    result = assembled(tmp_path, SOUND)
    assert tuple(result.events.column_names[: len(STRUCTURE)]) == STRUCTURE
    assert result.events.column_names[len(STRUCTURE) :] == [
        "charge", "finding", "finding__known_on", "score",
    ]  # fmt: skip
    assert result.events["record_id"].to_pylist() == ["3", "1", "2", "4"]  # person, then known
    assert event(result, "1") == {
        "record_id": "1", "event_id": "i1", "entity_id": "p1", "role": "subject",
        "occurred_on": date(2019, 1, 1), "known_on": date(2019, 1, 2), "charge": "THEFT",
        "score": 1.5, "finding": "SU", "finding__known_on": date(2019, 3, 1),
    }  # fmt: skip
    assert result.quarantine.num_rows == 0
    report = result.report
    assert (report.rows_read, report.rows_kept, report.rows_left_out) == (4, 4, 0)
    assert report.mistakes == ()
    assert report.missing == {"charge": 0, "finding": 2, "score": 1}
    assert (report.first, report.last) == ("2017-01-01", "2019-01-01")


def test_a_record_of_no_incident_is_an_incident_of_its_own(tmp_path: Path) -> None:
    rows = changed((1, {"incident": "3"}))  # an incident that is called like record 3
    result = assembled(tmp_path, rows)
    third, first = event(result, "3"), event(result, "1")
    assert third is not None
    assert first is not None
    assert third["event_id"] != first["event_id"]
    alone = assembled(tmp_path, SOUND, replace(SOURCE, event=None))
    assert alone.events["event_id"].to_pylist() == alone.events["record_id"].to_pylist()


# check -> cells of row 1 that fail it, the column that is named, what `warn` makes of the row
FAILING: list[tuple[str, str, Change, str, Change | None]] = [
    ("type", "type", {"score": "high"}, "score", {"score": ""}),
    ("type", "type", {"on": "2019-02-30"}, "on", None),
    ("range", "range", {"score": "101"}, "score", {"score": ""}),
    ("range", "range", {"finding": "su"}, "finding", {"finding": ""}),
    ("missing", "missing", {"charge": " "}, "charge", {"charge": ""}),
    ("missing", "missing", {"person": ""}, "person", None),
    ("missing", "missing", {"known": ""}, "known", None),
    ("missing", "missing", {"id": ""}, "id", None),
    ("placeholder", "missing", {"charge": "NULL"}, "charge", {"charge": ""}),
    ("placeholder", "missing", {"person": "Unknown"}, "person", None),
    ("impossible_date", "impossible_date", {"on": "1899-12-31"}, "on", None),
    ("impossible_date", "impossible_date", {"closed": "2019-01-01"}, "closed", {"finding": ""}),
    ("future_date", "future_date", {"known": "2020-01-01", "closed": "", "finding": ""},
     "known", None),
    ("future_date", "future_date", {"closed": "2020-01-01"}, "closed", None),
    ("known_before_occurred", "known_before_occurred", {"on": "2019-01-03"}, "on",
     {"on": "2019-01-02"}),
    ("unsafe_text", "unsafe_text", {"charge": "=1+1"}, "charge", {"charge": "=1+1"}),
]  # fmt: skip
NAMES = {"charge": "charge", "score": "score", "finding": "finding", "on": "occurred_on"}


@pytest.mark.parametrize("policy", get_args(Policy))
@pytest.mark.parametrize(("code", "check", "cells", "column", "mended"), FAILING)
def test_each_check_under_each_policy(
    tmp_path: Path, code: str, check: str, cells: Change, column: str, mended: Change | None,
    policy: Policy,
) -> None:  # fmt: skip
    write(tmp_path, changed((1, cells)))
    source = with_policy(check, policy)
    if mended is None and policy == "warn":
        source = with_policy("missing", "warn", source)
    if policy == "error":
        told = refused(tmp_path, source)
        assert len(told) == 1, told
        assert told[0].startswith(f"t.csv: column {column}, row 1: ")
        return
    result = assemble_source("arrest", source, tmp_path, EXTRACTED)
    assert (code, column, 1) in {(c, name, n) for c, name, _, n in result.report.mistakes}
    assert result.report.rows_kept + result.report.rows_quarantined == 4
    kept = event(result, cells.get("id", "1"))
    if policy == "quarantine" or mended is None:
        assert kept is None
        assert result.report.rows_quarantined == 1
        aside = result.quarantine.to_pylist()
        assert column in {row["column"] for row in aside}
        assert {row["record_id"] for row in aside} == {cells.get("id", "1")}
        return
    assert kept is not None
    assert {m[1:] for m in result.report.mistakes} == {(column, "warn", 1)}
    assert result.quarantine.num_rows == 0
    for name, value in mended.items():
        read = kept[NAMES[name]]
        assert (str(read) if read is not None else "") == value
    assert kept["known_on"] >= kept["occurred_on"]


def test_every_failed_check_is_told_at_once(tmp_path: Path) -> None:
    write(tmp_path, changed((1, {"score": "x"}), (2, {"charge": ""}), (4, {"on": "2018-01-01"})))
    told = refused(tmp_path)
    assert [line.split(": ")[1] for line in told] == [
        "column score, row 1", "column charge, row 2", "column on, row 4",
    ]  # fmt: skip


def test_cells_that_are_wrong_and_cells_that_are_empty_are_both_set_aside(tmp_path: Path) -> None:
    rows = changed((1, {"on": "soon"}), (2, {"on": ""}))
    checks = Checks(type="warn", missing="warn")
    result = assembled(tmp_path, rows, replace(SOURCE, checks=checks))
    assert result.report.rows_kept == 2
    assert result.events["occurred_on"].null_count == 0


@pytest.mark.parametrize(
    "text",
    ["=HYPERLINK(1)", "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+3+cmd|'x'!A0", "-x", "<b>", "a<script>",
     "</td>", "<!--", "\x07", "a\x1b[31m", "a\u200bb", "\u202ea", "\ufffd", "\uff1d1"],
)  # fmt: skip
def test_text_that_could_run_or_hide_is_told(tmp_path: Path, text: str) -> None:
    result = assembled(tmp_path, changed((1, {"charge": text})))
    assert result.report.mistakes == (("unsafe_text", "charge", "warn", 1),)


@pytest.mark.parametrize(
    "text",
    [
        "a = b",
        "-1.5",
        "+31 20 123",
        "- 3",
        "1 < 2",
        "a@b.org",
        "AT&T",
        "O'Neil",
        "5>4",
        "naïve",
        "空",
    ],
)
def test_ordinary_text_is_not(tmp_path: Path, text: str) -> None:
    assert assembled(tmp_path, changed((1, {"charge": text}))).report.mistakes == ()


def test_a_decision_is_known_on_its_own_day(tmp_path: Path) -> None:
    result = assembled(tmp_path, SOUND)
    for record, finding, day in (("1", "SU", date(2019, 3, 1)), ("3", "NS", date(2018, 5, 6)),
                                 ("2", None, None), ("4", None, date(2019, 1, 1))):  # fmt: skip
        row = event(result, record)
        assert row is not None
        assert (row["finding"], row["finding__known_on"]) == (finding, day)


def test_an_undated_decision_is_never_visible(tmp_path: Path) -> None:
    result = assembled(tmp_path, changed((1, {"closed": ""})))
    row = event(result, "1")
    assert row is not None
    assert (row["finding"], row["finding__known_on"]) == (None, None)
    assert result.report.mistakes == (("undated_decision", "finding", "warn", 1),)


@pytest.mark.parametrize("day", ["1950-01-01", "2019-01-01"])
def test_a_decision_before_its_record_is_never_visible(tmp_path: Path, day: str) -> None:
    source = with_policy("impossible_date", "warn")
    row = event(assembled(tmp_path, changed((1, {"closed": day})), source), "1")
    assert row is not None
    assert (row["finding"], row["finding__known_on"]) == (None, None)


def test_two_decisions_may_share_a_day(tmp_path: Path) -> None:
    columns = {**SOURCE.columns, "charge": Column(decided_on="closed")}
    source = with_policy("impossible_date", "warn", replace(SOURCE, columns=columns))
    result = assembled(tmp_path, changed((1, {"closed": "2019-01-01"})), source)
    row = event(result, "1")
    assert row is not None
    assert (row["charge"], row["finding"]) == (None, None)
    assert ("impossible_date", "closed", "warn", 1) in result.report.mistakes


def test_duplicates_by_id(tmp_path: Path) -> None:
    again = ["1", "p9", "i9", "2019-01-01", "2019-01-02", "ZZZ", "", "", ""]
    write(tmp_path, changed(extra=[again]))
    told = refused(tmp_path)
    assert told == [
        "t.csv: column id, row 5: stands more than once ('1') -> "
        "remove the copy, or declare what identifies a row; "
        'or set checks.duplicate = "quarantine" to set such rows aside'
    ]
    result = assemble_source("a", with_policy("duplicate", "quarantine"), tmp_path, EXTRACTED)
    assert (result.report.rows_kept, result.report.rows_quarantined) == (4, 1)
    kept = event(result, "1")
    assert kept is not None
    assert kept["entity_id"] == "p1"
    warned = assemble_source("a", with_policy("duplicate", "warn"), tmp_path, EXTRACTED)
    assert warned.report.rows_kept == 5


def test_a_sound_row_is_not_the_duplicate_of_one_set_aside(tmp_path: Path) -> None:
    future = ["1", "a0", "i0", "2030-01-01", "2030-01-01", "A", "", "", ""]
    source = with_policy("future_date", "quarantine", with_policy("duplicate", "quarantine"))
    result = assembled(tmp_path, [future, *SOUND], source)
    assert result.report.rows_kept == 4
    assert {row["check"] for row in result.quarantine.to_pylist()} == {"future_date"}


def test_without_an_id_a_row_is_its_contents(tmp_path: Path) -> None:
    source = replace(SOURCE, record=())
    result = assembled(tmp_path, SOUND, source)
    ids = result.events["record_id"].to_pylist()
    assert len(set(ids)) == 4
    assert all(len(record) == 20 for record in ids)
    shuffled = assembled(tmp_path, SOUND[::-1], source)
    assert shuffled.events["record_id"].to_pylist() == ids
    write(tmp_path, [*SOUND, SOUND[0]])
    assert "column (all columns), row" in refused(tmp_path, source)[0]


def test_ids_of_several_columns_do_not_run_together(tmp_path: Path) -> None:
    rows = changed((1, {"id": "a|b", "incident": "c"}), (2, {"id": "a", "incident": "b|c"}),
                   (3, {"incident": "i3"}))  # fmt: skip
    result = assembled(tmp_path, rows, replace(SOURCE, record=("id", "incident")))
    assert len(set(result.events["record_id"].to_pylist())) == 4
    assert "4|i2" in result.events["record_id"].to_pylist()


def test_ids_that_are_numbers(tmp_path: Path) -> None:
    days = [date(2019, 1, 1)] * 3
    source = Source(table="t.parquet", entity="person", record=("id",), occurred_on="on",
                    known_on="on")  # fmt: skip
    for kind in (pa.int64(), pa.int32(), pa.float64(), pa.uint64()):
        table = pa.table(
            {"id": pa.array([3, 1, 2], kind), "person": pa.array([7, 7, 8], kind), "on": days}
        )
        pq.write_table(table, tmp_path / "t.parquet")
        result = assemble_source("a", source, tmp_path, EXTRACTED)
        assert result.events["record_id"].to_pylist() == ["1", "3", "2"]
        assert result.events["entity_id"].to_pylist() == ["7", "7", "8"]


def test_where_leaves_rows_out_before_anything_is_asked_of_them(tmp_path: Path) -> None:
    source = replace(SOURCE, where=(Condition(column="charge", any_of=("THEFT", "FRAUD")),))
    bad = {"on": "1850-01-01", "known": "2030-01-01", "score": "x", "person": ""}
    result = assembled(tmp_path, changed((4, bad)), source)
    assert (result.report.rows_left_out, result.report.rows_kept) == (1, 3)
    assert result.report.mistakes == ()
    present = replace(SOURCE, where=(Condition(column="closed", present=True),))
    assert assembled(tmp_path, SOUND, present).report.rows_left_out == 1


def test_a_damaged_cell_does_not_make_an_event_vanish(tmp_path: Path) -> None:
    source = replace(SOURCE, where=(Condition(column="score", at_least=1),))
    write(tmp_path, changed((1, {"score": "1,5"}), (4, {"score": "0"})))
    assert refused(tmp_path, source)[0].startswith("t.csv: column score, row 1: ")
    for policy, aside in (("quarantine", 1), ("warn", 0)):
        result = assemble_source("a", with_policy("type", policy, source), tmp_path, EXTRACTED)
        report = result.report
        assert (report.rows_quarantined, report.rows_kept) == (aside, 1)
        assert report.rows_left_out + report.rows_quarantined + report.rows_kept == 4
        assert report.mistakes == (("type", "score", policy, 1),)


def test_no_row_left_is_told(tmp_path: Path) -> None:
    write(tmp_path, SOUND)
    none = replace(SOURCE, where=(Condition(column="charge", equals="NONE SUCH"),))
    (told,) = refused(tmp_path, none)
    assert told.startswith("t.csv: no row is left after the checks -> ")


def test_when_no_row_is_left_the_checks_that_took_them_are_named(tmp_path: Path) -> None:
    write(tmp_path, [[cell.replace("-", "/") for cell in row] for row in SOUND])
    none = with_policy("type", "quarantine")
    told = refused(tmp_path, none)
    assert len(told) > 1
    assert "is not of its declared type ('2019/01/01')" in told[1]


JOINED = replace(
    SOURCE, join=Join(table="cases.csv", on="incident"), event="incident", occurred_on="happened",
    columns={"charge": Column(), "place": Column(allowed=("north", "south"))},
)  # fmt: skip
CASES = [["i1", "2019-01-01", "north"], ["i2", "2017-01-01", "south"], ["i7", "1000-01-01", "moon"]]


def write_joined(folder: Path, rows: list[list[str]], cases: list[list[str]]) -> None:
    write(folder, rows)
    write(folder, cases, ["incident", "happened", "place"], "cases.csv")


def test_columns_come_from_the_partner(tmp_path: Path) -> None:
    rows = changed((3, {"incident": "i1", "known": "2019-05-05"}))
    write_joined(tmp_path, rows, CASES)
    result = assemble_source("a", JOINED, tmp_path, EXTRACTED)
    found = {r["record_id"]: (r["occurred_on"], r["place"]) for r in result.events.to_pylist()}
    first, second = (date(2019, 1, 1), "north"), (date(2017, 1, 1), "south")
    assert found == {"1": first, "2": first, "3": first, "4": second}
    assert result.report.mistakes == ()  # nobody refers to i7


def test_a_missing_partner_under_each_policy(tmp_path: Path) -> None:
    write_joined(tmp_path, SOUND, CASES)  # row 3 has no incident
    told = refused(tmp_path, JOINED)
    assert told == [
        "t.csv: column incident, row 3: has no partner in the joined table -> add the missing row; "
        'or set checks.missing_partner = "quarantine" to set such rows aside'
    ]
    for policy in ("quarantine", "warn"):  # without a partner there is no date: never kept
        source = with_policy("missing_partner", policy, with_policy("missing", "warn", JOINED))
        report = assemble_source("a", source, tmp_path, EXTRACTED).report
        assert (report.rows_kept, report.rows_quarantined) == (3, 1)


def test_a_key_twice_in_the_partner_is_told(tmp_path: Path) -> None:
    write_joined(tmp_path, SOUND, [*CASES, ["i1", "2019-01-02", "south"]])
    assert refused(tmp_path, JOINED) == [
        "cases.csv: column incident, row 1: 'i1' stands more than once -> one row a key"
    ]


def test_a_mistake_in_the_partner_names_the_partner(tmp_path: Path) -> None:
    rows = changed((3, {"incident": "i1", "known": "2019-05-05"}))
    write_joined(tmp_path, rows, [CASES[1], ["i1", "2019-01-32", "moon"]])
    told = refused(tmp_path, JOINED)
    assert told[0].startswith("cases.csv: column happened, row 2: is not of its declared type")
    assert any(line.startswith("cases.csv: column place, row 2: is outside") for line in told)


def test_a_column_in_both_tables_is_ambiguous(tmp_path: Path) -> None:
    write(tmp_path, SOUND)
    write(tmp_path, [["i1", "2019-01-01", "north", "x"]],
          ["incident", "happened", "place", "charge"], "cases.csv")  # fmt: skip
    assert refused(tmp_path, JOINED) == [
        "cases.csv: column charge: stands in t.csv as well -> rename one"
    ]


def test_the_order_of_rows_leaves_no_trace(tmp_path: Path) -> None:
    """The same bytes, with duplicates, quarantined rows and equal keys among them."""
    rng = np.random.default_rng(5)
    rows = []
    for i in range(300):
        day = f"201{rng.integers(9)}-0{rng.integers(1, 9)}-1{rng.integers(9)}"
        rows.append([
            str(rng.integers(250)), f"p{rng.integers(20)}", f"i{rng.integers(50)}", day,
            day if i % 11 else "2009-01-01", str(rng.choice(["A", "B", "=C", ""])),
            str(rng.integers(-5, 110)), str(rng.choice(["SU", "NS", ""])), day if i % 3 else "",
        ])  # fmt: skip
    for policy in ("quarantine", "warn"):
        source = replace(
            SOURCE, checks=Checks(**dict.fromkeys(Checks.__dataclass_fields__, policy))
        )
        digests = set()
        for _ in range(5):
            result = assembled(tmp_path, [rows[i] for i in rng.permutation(len(rows))], source)
            write_table(result.events, tmp_path / "events.parquet")
            write_table(result.quarantine, tmp_path / "quarantine.parquet")
            names = ("events.parquet", "quarantine.parquet")
            text = repr((sorted(result.report.mistakes), result.report.missing))
            digests.add((*(file_digest(tmp_path / n) for n in names),
                         hashlib.sha256(text.encode()).hexdigest()))  # fmt: skip
            assert result.report.rows_kept > 50
        assert len(digests) == 1, policy
