from __future__ import annotations

from datetime import date

import pyarrow as pa

from commonweal.cohorts.labels import Labelled, label
from commonweal.cohorts.spec import OutcomeSpec
from commonweal.cohorts.splits import Split
from commonweal.core.dates import Period
from commonweal.core.engines.duckdb import DuckDB
from commonweal.records.spec import Column, Condition, Source

A = date(2015, 1, 1)
SOURCE = Source(
    table="x.csv",
    entity="person",
    occurred_on="occurred_on",
    known_on="known_on",
    role="victim",
    columns={"kind": Column(), "finding": Column(decided_on="decided_on")},
)
YEAR = Period.parse("1 year")


def labelled(
    events: list[tuple[str, str, date, date, str | None, str | None, date | None]],
    spec: OutcomeSpec,
    closes: date = date(2016, 1, 1),
    known_by: date = date(2016, 1, 1),
) -> Labelled:
    """Label persons a, b, c; events are (person, incident, occurred, known, kind, finding, day)."""
    names = ("entity_id", "event_id", "occurred_on", "known_on", "kind", "finding",
             "finding__known_on")  # fmt: skip
    types = [pa.date32() if n.endswith("_on") else pa.string() for n in names]
    columns = {
        n: pa.array([e[i] for e in events], t)
        for i, (n, t) in enumerate(zip(names, types, strict=True))
    }
    columns["role"] = pa.array(["victim"] * len(events), pa.string())
    cohort = pa.table(
        {
            "row": pa.array([0, 1, 2], pa.int64()),
            "entity_id": ["a", "b", "c"],
            "as_of": pa.array([A] * 3, pa.date32()),
        }
    )
    with DuckDB(1) as engine:
        split = Split(A, "test", closes, known_by)
        return label(
            spec, SOURCE, engine.table(pa.table(columns)), engine.table(cohort), [split], engine
        )


def values(found: Labelled) -> list[int | None]:
    return found.labels["label"].to_pylist()


def test_the_window_is_half_open() -> None:
    found = labelled(
        [
            ("a", "1", A, A, None, None, None),
            ("b", "2", date(2016, 1, 1), date(2016, 1, 1), None, None, None),
            ("c", "3", date(2014, 12, 31), date(2014, 12, 31), None, None, None),
        ],
        OutcomeSpec(event="x", within=YEAR),
        known_by=date(2017, 1, 1),
    )
    assert values(found) == [1, 0, 0]


def test_a_window_not_wholly_observed_is_null_even_for_a_positive() -> None:
    events = [("a", "1", A, A, None, None, None)]
    found = labelled(events, OutcomeSpec(event="x", within=YEAR), known_by=date(2015, 12, 31))
    assert values(found) == [None, None, None]
    assert found.everyone == {}


def test_what_was_entered_later_than_known_by_does_not_count() -> None:
    late = [("a", "1", date(2015, 6, 1), date(2016, 1, 1), None, None, None)]
    assert values(labelled(late, OutcomeSpec(event="x", within=YEAR))) == [0, 0, 0]
    assert values(
        labelled(late, OutcomeSpec(event="x", within=YEAR), known_by=date(2016, 1, 2))
    ) == [1, 0, 0]


def test_at_least_counts_incidents_not_records() -> None:
    events = [
        ("a", "1", A, A, None, None, None),
        ("a", "1", A, A, None, None, None),
        ("b", "2", A, A, None, None, None),
        ("b", "3", A, A, None, None, None),
    ]
    spec = OutcomeSpec(event="x", within=YEAR, at_least=2)
    assert values(labelled(events, spec)) == [0, 1, 0]


def test_role_and_conditions() -> None:
    events = [
        ("a", "1", A, A, "force", None, None),
        ("b", "2", A, A, "search", None, None),
        ("c", "3", A, A, None, None, None),
    ]
    where = (Condition(column="kind", starts_with=("fo",)),)
    assert values(labelled(events, OutcomeSpec(event="x", within=YEAR, where=where))) == [1, 0, 0]
    spec = OutcomeSpec(event="x", within=YEAR, role="offender")
    assert values(labelled(events, spec)) == [0, 0, 0]


def test_an_undecided_condition_keeps_the_label_null_until_decided_or_waited_out() -> None:
    guilty = (Condition(column="finding", equals="SU"),)
    events = [
        ("a", "1", A, A, None, "SU", date(2015, 9, 1)),
        ("b", "2", A, A, None, "SU", date(2016, 9, 1)),
        ("c", "3", A, A, None, "NS", date(2015, 3, 1)),
    ]
    spec = OutcomeSpec(event="x", within=YEAR, where=guilty)
    assert values(labelled(events, spec)) == [1, None, 0]
    assert values(labelled(events, spec, known_by=date(2016, 9, 2))) == [1, 1, 0]
    waited = OutcomeSpec(
        event="x", within=YEAR, where=guilty, decided_within=Period.parse("11 months")
    )
    assert values(labelled(events, waited)) == [1, 0, 0]
    patient = OutcomeSpec(
        event="x", within=YEAR, where=guilty, decided_within=Period.parse("13 months")
    )
    assert values(labelled(events, patient)) == [1, None, 0]


def test_everyone_counts_people_outside_the_cohort() -> None:
    events = [
        ("a", "1", A, A, None, None, None),
        ("x", "2", A, A, None, None, None),
        ("y", "3", A, A, None, None, None),
    ]
    assert labelled(events, OutcomeSpec(event="x", within=YEAR)).everyone == {A: 3}


def test_settling_and_waiting_move_the_day_a_window_closes() -> None:
    spec = OutcomeSpec(
        event="x",
        within=YEAR,
        settled_after=Period.parse("1 month"),
        decided_within=Period.parse("2 years"),
    )
    assert spec.closes(A) == date(2018, 2, 1)


def test_of_a_window_the_version_that_stands_when_the_label_is_known_counts() -> None:
    """A window that later proves to be part of an earlier one is no outcome of its own."""
    june, july, close = date(2015, 6, 1), date(2015, 7, 1), date(2016, 1, 1)
    until = [july, None, close]  # replaced before the label is known; standing; replaced that day
    columns = {
        "entity_id": pa.array(["a", "b", "c"]),
        "event_id": pa.array(["1", "2", "3"]),
        "role": pa.array(["victim"] * 3),
        "occurred_on": pa.array([june] * 3, pa.date32()),
        "known_on": pa.array([june] * 3, pa.date32()),
        "known_until": pa.array(until, pa.date32()),
    }
    people = {"row": pa.array([0, 1, 2], pa.int64()), "entity_id": ["a", "b", "c"]}
    cohort = pa.table({**people, "as_of": pa.array([A] * 3, pa.date32())})
    source = Source(table="x.csv", entity="person", occurred_on="begun", known_on="begun")
    spec = OutcomeSpec(event="x", within=YEAR)
    with DuckDB(1) as engine:
        split = Split(A, "test", close, close)
        events = engine.table(pa.table(columns))
        found = label(spec, source, events, engine.table(cohort), [split], engine)
    assert values(found) == [0, 1, 1]
