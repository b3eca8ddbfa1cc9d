"""The same cells on every engine: features, the past under changing ids, and hard values."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import ibis
import numpy as np
import pyarrow as pa
import pytest

from commonweal.cohorts.history import History
from commonweal.core.engines.open import open_engine
from commonweal.core.errors import DataError
from commonweal.core.tables import Engine, Relation, collect, write_table
from commonweal.records.conditions import expression, holds
from commonweal.records.spec import Condition
from features.histories import SOURCES, build, draw_world, events_of

WORDS = [
    "b",
    "B",
    "a",
    "Ä",
    "ä",
    "_",
    "é",
    "zz",
    "10",
    "9",
    "Z",
    "",
    "a,b",
    'a"b',
    "a\nb",
    "\\.",
    "😀",
]


def hard() -> pa.Table:
    """Values that a language's order, a text format or a null could spoil."""
    count = len(WORDS)
    return pa.table({
        "key": pa.array(range(count), pa.int64()),
        "word": pa.array(WORDS, pa.string()),
        "maybe": pa.array([None if i % 3 == 0 else word for i, word in enumerate(WORDS)]),
        "code": pa.array(WORDS, pa.string()).dictionary_encode(),
        "small": pa.array([None, *range(-1, count - 2)], pa.int32()),
        "real": pa.array([None, 0.1, 1e-300, 1e300, *[i / 7 for i in range(count - 4)]]),
        "day": pa.array([None, *[date(1900 + 9 * i, 2, 28) for i in range(count - 1)]]),
        "yes": pa.array([None, *[i % 2 == 0 for i in range(count - 1)]]),
    })  # fmt: skip


def shapes(events: Relation, engine: Engine) -> list[pa.Table]:
    """What relations of this library are made of, each read out."""
    orders = [
        [ibis.desc("maybe"), ibis.desc("word")],
        [ibis.asc("maybe"), ibis.asc("code")],
        [ibis.desc("day"), ibis.asc(events.small.cast("string"))],
        [ibis.asc("real"), ibis.desc("yes"), ibis.asc("key")],
    ]
    found = [collect(events, "word"), collect(events.filter(events.key < 0), "key")]
    for order in orders:
        ranked = events.mutate(place=ibis.row_number().over(order_by=order))
        found.append(collect(ranked, "key"))
        found.append(events.order_by(order).limit(5).to_pyarrow())
    grouped = events.group_by("yes").agg(
        n=events.count(), different=events.maybe.nunique(where=events.small > 3),
        last=events.word.max(), first=events.day.min(), total=events.small.sum(),
    )  # fmt: skip
    kept = engine.cache(grouped.mutate(text=grouped.n.cast("string")))
    found.append(collect(kept, "n", "yes"))
    other = engine.table(pa.table({"word": WORDS[:5], "key": pa.array(range(5), pa.int64())}))
    found.append(collect(events.anti_join(other, "word"), "key"))
    found.append(collect(events.semi_join(other, ["word", "key"]), "key"))
    found.append(collect(events.left_join(other, "word").select("key", k=other.key), "key"))
    doubled = ibis.union(events.select("maybe"), other.select(maybe=other.word), distinct=True)
    found.append(collect(doubled, "maybe"))
    return found


def test_hard_values_and_every_shape_of_relation(elsewhere: str, tmp_path: Path) -> None:
    write_table(hard(), tmp_path / "events.parquet")
    tables = []
    for url in (None, elsewhere):
        with open_engine(url) as engine:
            made = shapes(engine.table(hard()), engine)
            tables.append([*made, *shapes(engine.parquet(tmp_path / "events.parquet"), engine)])
    assert sum(table.num_rows for table in tables[0]) > 200
    for here, there in zip(*tables, strict=True):
        assert here.to_pydict() == there.to_pydict()


def test_every_cell_of_every_feature(elsewhere: str) -> None:
    rng = np.random.default_rng(21)
    worlds = [draw_world(number, rng) for number in range(60)]
    here, there = build(worlds), build(worlds, elsewhere)
    for name, block in here.items():
        assert block.features == there[name].features
        assert block.notes == there[name].notes
        assert np.array_equal(block.values, there[name].values, equal_nan=True), name


def test_the_past_under_ids_that_changed(elsewhere: str) -> None:
    rng = np.random.default_rng(5)
    worlds = [draw_world(number, rng) for number in range(12)]
    events = events_of(worlds, "arrest")
    dates = (date(2015, 1, 1), date(2015, 7, 1))
    moved = pa.table({
        "as_of": pa.array([dates[0]] * 30),
        "record_id": events["record_id"][:30],
        "entity_id": ["somebody"] * 30,
    })  # fmt: skip
    whose = sorted({"somebody", *events["entity_id"].to_pylist()[:40]})
    rows = pa.table({
        "row": pa.array(range(2 * len(whose)), pa.int64()),
        "entity_id": [*whose, *whose],
        "as_of": pa.array([day for day in dates for _ in whose]),
    })  # fmt: skip
    pasts = []
    for url in (None, elsewhere):
        with open_engine(url) as engine:
            given = {"arrest": engine.table(events)}
            history = History(engine, given, SOURCES, {"arrest": engine.table(moved)})
            own = collect(history.of("arrest", engine.table(rows)), "row", "record_id")
            numbers = pa.array(range(len(whose)), pa.int32())
            people = engine.table(pa.table({"entity_id": whose, "person": numbers}))
            some = history.about(people, {"arrest": ["code", "verdict"]})
            named = rows.set_column(1, "entity_id", pa.concat_arrays([numbers, numbers]))
            narrowed = collect(some.of("arrest", engine.table(named)), "row", "record_id")
            everyone = collect(history.everyone("arrest", dates), "as_of", "record_id")
            assert narrowed.num_rows == own.num_rows
            pasts.append([table.to_pydict() for table in (own, everyone, narrowed)])
    assert "somebody" in pasts[0][0]["entity_id"]
    assert pasts[0] == pasts[1]


CONDITIONS = [
    Condition(column="word", equals="a"),
    Condition(column="maybe", present=True),
    Condition(column="maybe", present=False),
    Condition(column="word", any_of=("a", "Ä", "")),
    Condition(column="word", starts_with=("a", "Z", "_", "\\")),
    Condition(column="small", at_least=2, at_most=5),
    Condition(column="small", any_of=("3", "-1")),
    Condition(column="real", any_of=("0.1", "1e300")),
    Condition(column="real", at_most=0.1),
    Condition(column="yes", equals=True),
    Condition(column="yes", any_of=("true",)),
    Condition(column="day", equals="1918-02-28"),
    Condition(column="day", any_of=("1918-02-28", "1900-02-28")),
]


def test_every_kind_of_condition(elsewhere: str) -> None:
    data = hard()
    with open_engine(elsewhere) as engine:
        events = engine.table(data)
        named = {f"c{i}": expression(one, events) for i, one in enumerate(CONDITIONS)}
        found = collect(events.select("key", **named), "key")
    for place, one in enumerate(CONDITIONS):
        wanted = holds(one, data[one.column].combine_chunks())
        assert found[f"c{place}"].to_pylist() == wanted.tolist(), one
        assert 0 < wanted.sum() < len(wanted), one


def test_postgresql_loads_a_table_once_for_each_content(postgres: str, tmp_path: Path) -> None:
    first, same, other = (tmp_path / name for name in ("first", "same", "other"))
    for path in (first, same):
        write_table(pa.table({"x": [1, 2]}), path)
    write_table(pa.table({"x": [1, 3]}), other)
    names = []
    for path in (first, same, other):
        with open_engine(postgres) as engine:
            names.append(engine.parquet(path).get_name())
            assert collect(engine.parquet(path), "x")["x"].to_pylist()[0] == 1
    assert names[0] == names[1] != names[2]


def test_what_postgresql_cannot_store_is_one_clear_error(postgres: str, tmp_path: Path) -> None:
    with open_engine(postgres) as engine:
        with pytest.raises(DataError, match="cannot store a value"):
            engine.table(pa.table({"word": ["a\0b"]}))
        write_table(pa.table({"parts": [[1, 2]]}), tmp_path / "odd.parquet")
        with pytest.raises(DataError, match="parts: is of type list"):
            engine.parquet(tmp_path / "odd.parquet")
