from __future__ import annotations

from datetime import date

import pyarrow as pa

from commonweal.cohorts.draw import draw
from commonweal.cohorts.history import History
from commonweal.cohorts.spec import CohortSpec, Rule
from commonweal.core.dates import Grid, Period
from commonweal.core.engines.duckdb import DuckDB
from commonweal.records.spec import Column, Condition, Source

FIRST, SECOND = date(2015, 1, 1), date(2016, 1, 1)
SOURCE = Source(
    table="x.csv", entity="person", occurred_on="occurred_on", known_on="known_on",
    columns={"fatal": Column(type="boolean", decided_on="decided_on")},
)  # fmt: skip


def drawn(
    events: dict[str, list[tuple[str, str, date, date]]], **spec: object
) -> tuple[list[tuple[str, date]], dict[tuple[date, str], int]]:
    with DuckDB(1) as engine:
        relations = {}
        for name, rows in events.items():
            columns = {
                "entity_id": [r[0] for r in rows],
                "event_id": [r[1] for r in rows],
                "occurred_on": pa.array([r[2] for r in rows], pa.date32()),
                "known_on": pa.array([r[3] for r in rows], pa.date32()),
                "fatal": pa.array([True] * len(rows)),
                "fatal__known_on": pa.array([r[3] for r in rows], pa.date32()),
            }
            relations[name] = engine.table(pa.table(columns))
        history = History(engine, relations, dict.fromkeys(events, SOURCE))
        grid = Grid(every=Period.parse("1 year"), first=FIRST, last=SECOND)
        table, flow = draw(CohortSpec(as_of=grid, **spec), history)  # type: ignore[arg-type]
    rows = list(zip(table["entity_id"].to_pylist(), table["as_of"].to_pylist(), strict=True))
    assert table["row"].to_pylist() == list(range(len(rows)))
    return rows, {(s.as_of, s.kind): s.people for s in flow}


def test_lookback_is_half_open_and_knowledge_strict() -> None:
    events = {
        "arrest": [
            ("in", "1", date(2014, 1, 1), date(2014, 1, 1)),
            ("before", "2", date(2013, 12, 31), date(2013, 12, 31)),
            ("same-day", "3", date(2014, 12, 31), FIRST),
            ("late", "4", date(2014, 6, 1), date(2015, 6, 1)),
        ]
    }
    rule = (Rule(event="arrest", within=Period.parse("1 year")),)
    rows, _ = drawn(events, include=rule)
    assert [person for person, day in rows if day == FIRST] == ["in"]


def test_any_include_rule_lets_in_and_any_exclude_rule_puts_out() -> None:
    day = date(2014, 6, 1)
    events = {
        "arrest": [("a", "1", day, day), ("b", "2", day, day)],
        "victim": [("c", "3", day, day), ("c", "4", day, day), ("d", "5", day, day)],
        "death": [("b", "6", day, day)],
    }
    rows, flow = drawn(
        events,
        include=(Rule(event="arrest"), Rule(event="victim", at_least=2)),
        exclude=(Rule(event="death"),),
        within=Period.parse("1 year"),
    )
    assert [person for person, day in rows if day == FIRST] == ["a", "c"]
    assert flow[(FIRST, "known")] == 4
    assert flow[(FIRST, "exclude")] == 1
    assert flow[(FIRST, "cohort")] == 2
    assert flow[(SECOND, "cohort")] == 0  # the events are more than a year old by then


def test_two_records_of_one_incident_are_one_event() -> None:
    day = date(2014, 6, 1)
    events = {"victim": [("c", "3", day, day), ("c", "3", day, day)]}
    rows, _ = drawn(events, include=(Rule(event="victim", at_least=2),))
    assert rows == []


def test_a_condition_decided_later_is_unseen_until_then() -> None:
    events = {"victim": [("c", "3", date(2014, 6, 1), date(2015, 3, 1))]}
    rule = Rule(event="victim", where=(Condition(column="fatal", equals=True),))
    rows, _ = drawn(events, include=(rule,))
    assert rows == [("c", SECOND)]
