"""Protected attributes as known before each as-of date."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest

from commonweal.cohorts.history import History
from commonweal.core.engines.duckdb import DuckDB
from commonweal.core.errors import StudyError
from commonweal.oversight.attributes import UNKNOWN, attribute
from commonweal.oversight.spec import Protected
from commonweal.study.load import load
from study.small import AGENCY, STUDY

Event = tuple[str, str, date, date, Any]


def event_table(events: list[Event]) -> pa.Table:
    record, person, occurred, known, value = (list(c) for c in zip(*events, strict=True))
    return pa.table({
        "record_id": record, "entity_id": person, "occurred_on": pa.array(occurred, pa.date32()),
        "known_on": pa.array(known, pa.date32()), "value": value,
    })  # fmt: skip


def row_table(rows: list[tuple[str, date]]) -> pa.Table:
    return pa.table({
        "row": list(range(len(rows))), "entity_id": [r[0] for r in rows],
        "as_of": pa.array([r[1] for r in rows], pa.date32()),
    })  # fmt: skip


def grouped(
    events: list[Event], rows: list[tuple[str, date]], bands: tuple[int, ...] = ()
) -> list[str]:
    """The group of each row, from events (record, person, occurred, known, value)."""
    table, asked = event_table(events), row_table(rows)
    source: Any = SimpleNamespace(decided=lambda: ())
    with DuckDB(threads=1) as engine:
        history = History(engine, {"person": engine.table(table)}, {"person": source})
        spec = Protected(event="person", column="value", age_bands=bands)
        found: list[str] = attribute(spec, history, engine.table(asked), len(rows)).to_pylist()
    return found


def from_several(
    events: dict[str, list[Event]], rows: list[tuple[str, date]], bands: tuple[int, ...] = ()
) -> list[str]:
    """The group of each row, from events of several sources, the first named first."""
    source: Any = SimpleNamespace(decided=lambda: ())
    with DuckDB(threads=2) as engine:
        tables = {name: engine.table(event_table(found)) for name, found in events.items()}
        history = History(engine, tables, dict.fromkeys(events, source))
        spec = Protected(event=tuple(events), column="value", age_bands=bands)
        asked = engine.table(row_table(rows))
        found: list[str] = attribute(spec, history, asked, len(rows)).to_pylist()
    return found


def day(text: str) -> date:
    return date.fromisoformat(text)


def event(record: str, occurred: str, value: Any, known: str = "", person: str = "p") -> Event:
    return record, person, day(occurred), day(known or occurred), value


def test_the_latest_value_known_before_the_date_counts() -> None:
    events = [
        event("1", "2015-01-01", "a"),
        event("2", "2016-01-01", "b"),
        event("3", "2017-01-01", "c"),
    ]
    dates = ["2015-01-01", "2015-01-02", "2016-06-01", "2017-01-01", "2017-01-02"]
    found = grouped(events, [("p", day(d)) for d in dates])
    assert found == [UNKNOWN, "a", "b", "b", "c"]


def test_what_became_known_later_does_not_count() -> None:
    events = [event("1", "2015-01-01", "a"), event("2", "2016-01-01", "b", known="2018-01-01")]
    assert grouped(events, [("p", day("2017-01-01")), ("p", day("2018-01-02"))]) == ["a", "b"]


def test_among_events_of_one_day_the_one_known_last_counts_then_the_record() -> None:
    one = event("1", "2015-01-01", "late", known="2015-03-01")
    two = event("2", "2015-01-01", "early", known="2015-02-01")
    three = event("3", "2015-01-01", "early too", known="2015-02-01")
    for events in ([one, two, three], [three, two, one]):
        assert grouped(events, [("p", day("2016-01-01"))]) == ["late"]
        assert grouped(events, [("p", day("2015-02-15"))]) == ["early too"]


def test_a_missing_value_does_not_hide_an_earlier_one() -> None:
    events = [event("1", "2015-01-01", "a"), event("2", "2016-01-01", None)]
    assert grouped(events, [("p", day("2017-01-01"))]) == ["a"]


def test_people_without_a_record_are_unknown() -> None:
    events = [event("1", "2015-01-01", "a"), event("2", "2015-01-01", None, person="q")]
    rows = [(person, day("2017-01-01")) for person in ("nobody", "p", "q")]
    assert grouped(events, rows) == [UNKNOWN, "a", UNKNOWN]


@pytest.mark.parametrize(
    ("born", "band"),
    [
        (2017, "under 18"), (2000, "under 18"), (1999, "18 to 29"), (1988, "18 to 29"),
        (1987, "30 and over"), (1900, "30 and over"), (2018, UNKNOWN),
    ],
)  # fmt: skip
def test_age_bands_by_the_as_of_year(born: int, band: str) -> None:
    events = [event("1", "2016-12-31", born)]
    assert grouped(events, [("p", day("2017-06-01"))], (0, 18, 30)) == [band]


def test_age_moves_with_the_date_and_ages_below_the_bands_are_unknown() -> None:
    events = [event("1", "2010-01-01", 1990)]
    rows = [("p", day(f"{year}-06-01")) for year in (2010, 2011, 2014, 2015)]
    assert grouped(events, rows, (21, 25)) == [UNKNOWN, "21 to 24", "21 to 24", "25 and over"]
    assert grouped(events, rows[:1], (0,)) == ["0 and over"]


def test_of_several_sources_the_most_recent_value_counts() -> None:
    events = {
        "arrest": [event("1", "2015-01-01", "a"), event("2", "2017-01-01", None)],
        "shooting": [event("1", "2016-01-01", "b"), event("9", "2014-01-01", "c", person="q")],
    }
    rows = [("p", day(text)) for text in ("2015-06-01", "2016-06-01", "2018-01-01")]
    rows += [("q", day("2018-01-01")), ("nobody", day("2018-01-01"))]
    assert from_several(events, rows) == ["a", "b", "b", "c", UNKNOWN]


def test_among_records_of_one_day_the_source_named_first_counts_then_the_record() -> None:
    one = [event("1", "2015-01-01", "a"), event("2", "2015-01-01", "b")]
    two = [event("8", "2015-01-01", "c"), event("9", "2015-01-01", "d")]
    rows = [("p", day("2016-01-01"))]
    assert from_several({"one": one, "two": two}, rows) == ["b"]
    assert from_several({"two": two, "one": one}, rows) == ["d"]
    later = [event("0", "2015-01-01", "e", known="2015-02-01")]
    assert from_several({"one": one, "two": later}, rows) == ["e"]


def test_one_source_in_a_list_is_that_source() -> None:
    events = [event("1", "2015-01-01", 1990), event("2", "2016-01-01", 1991)]
    rows = [("p", day("2015-06-01")), ("p", day("2017-06-01")), ("q", day("2017-06-01"))]
    bands = (0, 26)
    assert from_several({"person": events}, rows, bands) == grouped(events, rows, bands)
    assert from_several({"person": events}, rows) == ["1990", "1991", UNKNOWN]


@pytest.mark.parametrize(("value", "word"), [(True, "True"), (1.5, "1.5"), (2.0, "2.0")])
def test_values_are_spelt_alike_everywhere(value: Any, word: str) -> None:
    assert grouped([event("1", "2015-01-01", value)], [("p", day("2016-01-01"))]) == [word]


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        ('event = ["registration", "vist"]', "race.event: there is no source 'vist'"),
        ('event = ["registration", "contact"]', "race.column: there is no column of contact"),
        ('event = ["visit", "visit"]', "race.event: names 'visit' more than once"),
        ("event = []", "race.event: is empty"),
        ("event = 3", r"race.event: should be text or a list of text \(found 3\)"),
        ('event = ["visit", 3]', r"race.event\[2\]: should be text \(found 3\)"),
        ('event = ["visit", "contact"]', "race.column: is text in visit, integer in contact"),
        ('event = ["visit", "registration"], age_bands = [0]', "race.age_bands: needs a year"),
    ],
)
def test_several_sources_are_checked_one_by_one(tmp_path: Path, declared: str, said: str) -> None:
    agency, study = (
        AGENCY,
        STUDY.replace('race = { event = "registration"', f"race = {{ {declared}"),
    )
    if "integer in contact" in said:
        agency = agency.replace("beat = {}", 'race = { type = "integer" }')
    (tmp_path / "agency.toml").write_text(agency, encoding="utf-8")
    (tmp_path / "study.toml").write_text(study, encoding="utf-8")
    with pytest.raises(StudyError) as caught:
        load(tmp_path / "study.toml")
    assert len(caught.value.problems) == 1
    assert re.search(said.replace(".", r"\.", 1), str(caught.value))


def test_a_study_may_name_several(tmp_path: Path) -> None:
    (tmp_path / "agency.toml").write_text(AGENCY, encoding="utf-8")
    several = STUDY.replace('event = "registration", column = "race"',
                            'event = ["visit", "registration"], column = "race"')  # fmt: skip
    (tmp_path / "study.toml").write_text(several, encoding="utf-8")
    protected = load(tmp_path / "study.toml").spec.protected
    assert protected["race"].sources == ("visit", "registration")
    assert protected["age"].sources == ("registration",)
