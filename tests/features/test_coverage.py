"""Windows that reach before the records begin are missing, never 0."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np

from commonweal.cohorts.history import History
from commonweal.core.dates import day_number
from commonweal.core.engines.duckdb import DuckDB
from features.histories import ARREST, BLOCKS, SOURCES, VICTIM, Built, built, draw_world, events_of


def build_from(start: date | None, column_start: date | None, as_of: date) -> dict[str, Built]:
    worlds = [draw_world(number, np.random.default_rng(number)) for number in range(5)]
    columns = {**ARREST.columns, "code": replace(ARREST.columns["code"], covers_from=column_start)}
    sources = {
        "arrest": replace(ARREST, covers_from=start, columns=columns),
        "victim": replace(VICTIM, covers_from=start),
    }
    with DuckDB(1) as engine:
        events = {name: engine.table(events_of(worlds, name)) for name in SOURCES}
        history = History(engine, events, sources)
        return built(history, [("p0-0", day_number(as_of))], BLOCKS)


def value(blocks: dict[str, Built], name: str) -> float:
    found = [
        b.values[0, i] for b in blocks.values() for i, f in enumerate(b.features) if f.name == name
    ]
    assert len(found) == 1, name
    return float(found[0])


def test_a_window_that_reaches_before_the_records_is_missing() -> None:
    blocks = build_from(date(2014, 6, 1), None, date(2015, 1, 1))
    assert not np.isnan(value(blocks, "arrest.all.count.90d"))
    assert np.isnan(value(blocks, "arrest.all.count.1y"))
    assert np.isnan(value(blocks, "network1.arrest.all.people.1y"))
    assert not np.isnan(value(blocks, "arrest.all.count.ever"))


def test_a_window_that_begins_on_the_first_day_recorded_counts() -> None:
    blocks = build_from(date(2014, 1, 1), None, date(2015, 1, 1))
    assert not np.isnan(value(blocks, "arrest.all.count.1y"))


def test_a_column_that_begins_later_bounds_only_what_rests_on_it() -> None:
    blocks = build_from(None, date(2014, 6, 1), date(2015, 1, 1))
    assert not np.isnan(value(blocks, "arrest.all.count.1y"))
    assert np.isnan(value(blocks, "arrest.violent.count.1y"))
    assert not np.isnan(value(blocks, "arrest.convicted.count.1y"))


def test_before_the_first_day_recorded_all_is_missing() -> None:
    blocks = build_from(date(2015, 1, 1), None, date(2015, 1, 1))
    assert np.isnan(value(blocks, "arrest.all.count.ever"))
