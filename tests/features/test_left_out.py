"""What a study leaves out is as if it had never been recorded, for oneself and for others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from commonweal.cohorts.history import History
from commonweal.core.engines.duckdb import DuckDB
from commonweal.records.spec import Condition
from features.histories import (
    BLOCKS,
    SOURCES,
    Built,
    World,
    built,
    draw_world,
    events_of,
    people_of,
)

LeftOut = Mapping[str, Sequence[Condition]]
GUNS = Condition(column="code", any_of=("gun", "battery"))
FILTERS = [
    pytest.param({"arrest": [GUNS]}, id="own and network"),
    pytest.param({"victim": [Condition(column="code", starts_with=("t", "d"))]}, id="household"),
    pytest.param({"arrest": [Condition(column="amount", at_least=25)]}, id="no feature's column"),
    pytest.param(
        {"arrest": [Condition(column="gang", present=True), GUNS],
         "victim": [Condition(column="home", present=False)]},
        id="several",
    ),
]  # fmt: skip


def build(
    tables: Mapping[str, pa.Table], worlds: list[World], left_out: LeftOut
) -> dict[str, Built]:
    with DuckDB(2) as engine:
        events = {name: engine.table(table) for name, table in tables.items()}
        return built(History(engine, events, SOURCES, {}, left_out), people_of(worlds), BLOCKS)


def met(condition: Condition, table: pa.Table) -> np.ndarray:
    """Where a condition holds, row by row; None where there is nothing to test."""

    def test(value: object) -> bool:
        if condition.present is not None:
            return (value is not None) == condition.present
        if value is None:
            return False
        if condition.at_least is not None:
            return bool(value >= condition.at_least)
        if condition.starts_with:
            return str(value).startswith(condition.starts_with)
        return value in condition.any_of if condition.any_of else value == condition.equals

    return np.array([test(value) for value in table[condition.column].to_pylist()], bool)


def deleted(table: pa.Table, conditions: Sequence[Condition]) -> pa.Table:
    out = np.zeros(table.num_rows, bool)
    for condition in conditions:
        out |= met(condition, table)
    assert 0 < out.sum() < table.num_rows
    return table.filter(pa.array(~out))


def differing(one: dict[str, Built], other: dict[str, Built]) -> list[str]:
    """Features that are not alike, by name."""
    assert list(one) == list(other) == list(BLOCKS)
    found = []
    for name, block in one.items():
        assert block.features == other[name].features, name
        assert block.notes == other[name].notes, name
        same = np.array_equal
        found += [
            feature.name
            for place, feature in enumerate(block.features)
            if not same(block.values[:, place], other[name].values[:, place], equal_nan=True)
        ]
    return found


@pytest.fixture(scope="module")
def worlds() -> list[World]:
    rng = np.random.default_rng(31)
    return [draw_world(number, rng) for number in range(120)]


@pytest.mark.parametrize("left_out", FILTERS)
def test_what_is_left_out_was_never_recorded(worlds: list[World], left_out: LeftOut) -> None:
    tables = {name: events_of(worlds, name) for name in SOURCES}
    fewer = {name: deleted(tables[name], list(c)) for name, c in left_out.items()}
    assert differing(build(tables, worlds, left_out), build(tables | fewer, worlds, {})) == []


def test_a_filter_moves_the_blocks_that_read_its_source_and_no_other(worlds: list[World]) -> None:
    """Else the test above would pass on a filter that is never looked at."""
    tables = {name: events_of(worlds, name) for name in SOURCES}
    whole = build(tables, worlds, {})
    fewer = build(tables, worlds, {"arrest": [Condition(column="amount", at_least=25)]})
    moved = {
        name
        for name, block in whole.items()
        if block.features != fewer[name].features
        or not np.array_equal(block.values, fewer[name].values, equal_nan=True)
    }
    assert set(whole) - moved == {"victims"}


@pytest.mark.parametrize(
    "condition",
    [Condition(column="verdict", equals="guilty"), Condition(column="verdict", present=False)],
)
def test_what_is_decided_later_is_left_out_from_the_day_after(
    worlds: list[World], condition: Condition
) -> None:
    """An arrest is left out for its verdict once the verdict was known, and not before."""
    some = 0
    for as_of in {world.as_of for world in worlds}:
        here = [world for world in worlds if world.as_of == as_of]
        tables = {name: events_of(here, name) for name in SOURCES}
        arrests = tables["arrest"]
        day = pa.scalar(as_of, pa.int32()).cast(pa.date32())
        decided = pc.less(arrests["verdict__known_on"], day).fill_null(False)
        verdict = pc.if_else(decided, arrests["verdict"], None)
        then = arrests.set_column(arrests.schema.get_field_index("verdict"), "verdict", verdict)
        left = deleted(then, [condition])["record_id"]
        fewer = arrests.filter(pc.is_in(arrests["record_id"], left.combine_chunks()))
        found = build(tables, here, {"arrest": [condition]})
        assert differing(found, build(tables | {"arrest": fewer}, here, {})) == []
        in_the_end = met(condition, arrests)
        some += int((in_the_end != met(condition, then)).sum())
    assert some > 20, "verdicts come after the as-of dates"


def test_a_filter_goes_by_what_was_known(worlds: list[World]) -> None:
    """Deleting arrests by the verdict in the end is another thing: it tells of the future."""
    tables = {name: events_of(worlds, name) for name in SOURCES}
    guilty = [Condition(column="verdict", equals="guilty")]
    fewer = {"arrest": deleted(tables["arrest"], guilty)}
    found = build(tables, worlds, {"arrest": guilty})
    counts, others = found["counts"], build(tables | fewer, worlds, {})["counts"]
    place = [feature.name for feature in counts.features].index("arrest.all.count.ever")
    assert (counts.values[:, place] >= others.values[:, place]).all()
    assert (counts.values[:, place] > others.values[:, place]).any()
