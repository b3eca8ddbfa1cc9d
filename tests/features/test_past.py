"""Which codes are told apart."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pytest

from commonweal.cohorts.history import History
from commonweal.core.engines.duckdb import DuckDB
from commonweal.features.past import Past
from commonweal.features.rows import Rows
from commonweal.features.spec import CountsSpec
from commonweal.records.spec import Column, Source

DAY, LATER = date(2015, 1, 1), date(2016, 1, 1)
SOURCE = Source(
    table="t", occurred_on="occurred_on", known_on="known_on", columns={"code": Column()}
)
SPEC = CountsSpec(kind="counts", event="arrest", windows=(), by=("code",))


@pytest.mark.parametrize("backwards", [False, True])
def test_the_commonest_of_training_rows_and_among_equals_the_lesser(backwards: bool) -> None:
    codes = [*"bbaaccc", *"zzzzz"]  # z comes after the training date
    days = [date(2014, 1, 1)] * 7 + [date(2015, 6, 1)] * 5
    order = list(range(12))[:: -1 if backwards else 1]
    table = pa.table({
        "record_id": [str(i) for i in order],
        "event_id": [str(i) for i in order],
        "entity_id": ["p"] * 12,
        "occurred_on": pa.array([days[i] for i in order]),
        "known_on": pa.array([days[i] for i in order]),
        "code": [codes[i] for i in order],
    })  # fmt: skip
    rows = pa.table({"row": [0, 1], "entity_id": ["p", "p"], "as_of": pa.array([DAY, LATER])})
    with DuckDB(2) as engine:
        history = History(engine, {"arrest": engine.table(table)}, {"arrest": SOURCE})
        past = Past.of(history, Rows.of(history, rows, [DAY]), {"arrests": SPEC})
        assert past.codes("arrests", ["arrest"], "code", 9) == ["c", "a", "b"]
        assert past.codes("arrests", ["arrest"], "code", 2) == ["c", "a"]
        chosen = {("arrests", "code"): ("z", "q")}
        again = Past.of(history, past.rows, {"arrests": SPEC}, chosen)
        assert again.codes("arrests", ["arrest"], "code", 2) == ["z", "q"]
