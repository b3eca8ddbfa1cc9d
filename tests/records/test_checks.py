from __future__ import annotations

import re
from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from commonweal.core.errors import DataError
from commonweal.core.results import Severity
from commonweal.records.assemble import _CHECKED
from commonweal.records.checks import MESSAGES, Mistake, SourceReport, problems, raise_for
from commonweal.records.rows import Partner, Rows, shown
from commonweal.records.spec import Policy


def found(policy: Policy, *rows: int, count: int = 20) -> Mistake:
    mask = np.zeros(count, dtype=np.bool_)
    mask[list(rows)] = True
    samples = tuple((row + 1, f"v{row}") for row in rows[:5])
    return Mistake("type", "score", policy, mask, "a.csv", samples)


def test_only_errors_are_problems_and_each_names_its_row() -> None:
    mistakes = [found("warn", 1), found("error", 3, 4), found("quarantine", 2)]
    assert [str(p) for p in problems(mistakes)] == [
        f"a.csv: column score, row {row}: is not of its declared type ('{value}') -> "
        "write dates as YYYY-MM-DD and numbers without units, or change the type; "
        'or set checks.type = "quarantine" to set such rows aside'
        for row, value in ((4, "v3"), (5, "v4"))
    ]
    raise_for([found("warn", 1), found("quarantine", 2)])
    with pytest.raises(DataError) as caught:
        raise_for(mistakes)
    assert len(caught.value.problems) == 2


def test_many_rows_are_counted_not_listed() -> None:
    told = [str(p) for p in problems([found("error", *range(12))])]
    assert len(told) == 6
    assert told[-1] == "a.csv: column score: 7 more rows where it is not of its declared type"


def test_long_values_are_cut_and_dates_are_written_plainly() -> None:
    mask = np.array([True])
    long = Mistake("range", "x", "error", mask, "a.csv", ((1, "y" * 500),))
    assert len(str(problems([long])[0])) < 260
    dated = Mistake("range", "x", "error", mask, "a.csv", ((1, date(2020, 1, 2)),))
    assert "(2020-01-02)" in str(problems([dated])[0])
    empty = Mistake("missing", "x", "error", mask, "a.csv", ((1, None),))
    assert "None" not in str(problems([empty])[0])


def test_every_check_has_its_words() -> None:
    assert set(MESSAGES) == set(_CHECKED)


def test_silence_is_never_a_pass() -> None:
    report = SourceReport(
        source="arrest", table="a.csv", rows_read=10, rows_left_out=1, rows_quarantined=2,
        rows_kept=7, checked=_CHECKED, missing={}, first="", last="",
        mistakes=(("type", "score", "quarantine", 2), ("unsafe_text", "charge", "warn", 1)),
    )  # fmt: skip
    findings = report.findings()
    assert {f.code for f in findings} == {f"records.{c.replace('_', '-')}" for c in _CHECKED}
    failed = {f.code: f for f in findings if f.severity is Severity.WARN}
    assert set(failed) == {"records.type", "records.unsafe-text"}
    assert (failed["records.type"].count, failed["records.type"].where) == (2, "arrest")
    assert "set aside" in failed["records.type"].message
    assert "kept" in failed["records.unsafe-text"].message
    assert all(f.severity is Severity.PASS for f in findings if f.code not in failed)


def rows(**more: object) -> Rows:
    keep = np.array([True, True, False, True])
    return Rows("a.csv", {"x": pa.array(["a", "b", "c", "d"])}, keep, **more)  # type: ignore[arg-type]


def mask(*places: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.isin(np.arange(4), places)


def test_rows_are_never_changed_in_place() -> None:
    first = rows()
    second = first.noted("type", "x", "quarantine", mask(0, 2), first.columns["x"])
    third = second.blanked("x", mask(1))
    assert first.mistakes == ()
    assert first.columns["x"].to_pylist() == ["a", "b", "c", "d"]
    assert third.columns["x"].to_pylist() == ["a", None, "c", "d"]
    # The row that is left out is no mistake.
    assert third.mistakes[0].rows.tolist() == [True, False, False, False]
    assert third.mistakes[0].samples == ((1, "a"),)
    assert third.set_aside().tolist() == [True, False, False, False]
    assert third.failing("x", "type").tolist() == [True, False, False, False]
    assert not third.failing("x", "range").any()


def test_the_same_check_twice_is_one_mistake_of_all_its_rows() -> None:
    one = rows()
    for place in (0, 3, 0):
        one = one.noted("impossible_date", "x", "warn", mask(place), one.columns["x"])
    assert len(one.mistakes) == 1
    assert one.mistakes[0].count == 2
    assert [row for row, _ in one.mistakes[0].samples] == [1, 4]
    assert not one.set_aside().any()
    assert not one.failing("x", "impossible_date").any()
    assert one.noted("type", "x", "error", mask(2), one.columns["x"]) is one


def test_a_column_of_the_partner_names_the_partners_rows() -> None:
    partner = Partner("b.csv", frozenset({"x"}), np.array([7, 7, 2, 0]))
    one = rows(partner=partner).noted("type", "x", "error", mask(0, 1, 3), pa.array(list("abcd")))
    assert one.mistakes[0].table == "b.csv"
    assert one.mistakes[0].samples == ((1, "d"), (8, "a"))


def test_what_python_has_no_value_for_is_shown_all_the_same() -> None:
    far = pa.array([2**31 - 1], pa.int32()).cast(pa.date32())
    assert re.search("date32", str(shown(far, 0)))
    assert shown(pa.array([1, None]), 1) is None
