"""Protected attributes as known before each as-of date."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest

from commonweal.cohorts.history import History
from commonweal.core.tables import Engine
from commonweal.oversight.attributes import UNKNOWN, attribute
from commonweal.oversight.spec import Protected

Event = tuple[str, str, date, date, Any]


def grouped(
    events: list[Event], rows: list[tuple[str, date]], bands: tuple[int, ...] = ()
) -> list[str]:
    """The group of each row, from events (record, person, occurred, known, value)."""
    record, person, occurred, known, value = (list(c) for c in zip(*events, strict=True))
    table = pa.table({
        "record_id": record, "entity_id": person, "occurred_on": pa.array(occurred, pa.date32()),
        "known_on": pa.array(known, pa.date32()), "value": value,
    })  # fmt: skip
    asked = pa.table({
        "row": list(range(len(rows))), "entity_id": [r[0] for r in rows],
        "as_of": pa.array([r[1] for r in rows], pa.date32()),
    })  # fmt: skip
    source: Any = SimpleNamespace(decided=lambda: ())
    with Engine(threads=1) as engine:
        history = History(engine, {"person": engine.table(table)}, {"person": source})
        spec = Protected(event="person", column="value", age_bands=bands)
        found: list[str] = attribute(spec, history, engine.table(asked), len(rows)).to_pylist()
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
