"""A history narrowed to some people is their history."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa

from commonweal.cohorts.history import History
from commonweal.core.engines.duckdb import DuckDB
from commonweal.core.tables import collect
from features.histories import SOURCES, draw_world, events_of


def test_records_that_were_theirs_then_are_kept_though_they_are_others_in_the_end() -> None:
    """Of one person only, under whose id thirty records of others stood at the first date."""
    rng = np.random.default_rng(5)
    events = events_of([draw_world(number, rng) for number in range(12)], "arrest")
    dates = [date(2015, 1, 1), date(2015, 7, 1)]
    moved = pa.table({
        "as_of": pa.array([dates[0]] * 30),
        "record_id": events["record_id"][:30],
        "entity_id": ["somebody"] * 30,
    })  # fmt: skip
    rows = pa.table({"row": [0, 1], "entity_id": ["somebody"] * 2, "as_of": pa.array(dates)})
    with DuckDB(1) as engine:
        given, changed = engine.table(events), engine.table(moved)
        history = History(engine, {"arrest": given}, SOURCES, {"arrest": changed})
        whole = collect(history.of("arrest", engine.table(rows)), "row", "record_id")
        people = engine.table(pa.table({"entity_id": ["somebody"], "person": [7]}))
        named = engine.table(rows.set_column(1, "entity_id", pa.array([7, 7])))
        some = history.about(people, {"arrest": ["code", "verdict"]})
        few = collect(some.of("arrest", named), "row", "record_id")
    assert whole.num_rows > 5
    for column in ("row", "as_of", "record_id", "occurred_on", "code", "verdict"):
        assert few[column].to_pylist() == whole[column].to_pylist()
