"""No feature of a window sees anything known on or after its as-of date; plain windows would."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from commonweal.cohorts.history import History
from commonweal.core.dates import EPOCH, Period
from commonweal.core.engines.duckdb import DuckDB
from commonweal.features.spec import AttributesSpec, BlockSpec, CountsSpec, RecencySpec
from commonweal.records.episode_spec import EpisodeSpec, Resolution, source_of
from commonweal.records.episodes import consolidate, episodes
from commonweal.records.spec import Column, Condition
from features.histories import (
    ARREST,
    WINDOWS,
    Built,
    World,
    built,
    change_future,
    changed_histories,
    draw_world,
    events_of,
    people_of,
)

CASE = replace(
    ARREST, columns={**ARREST.columns, "closed": Column(type="date", decided_on="closed")}
)
SPELL = EpisodeSpec(
    of="arrest",
    ends="closed",
    gap=Period.parse("20 days"),
    columns={
        "code": Resolution(rule="mode"),
        "amount": Resolution(rule="sum"),
        "verdict": Resolution(rule="latest"),
    },
    groups={
        "several": Condition(column="records", at_least=2),
        "open": Condition(column="ended_on", present=False),
    },
)
GROUPS = ("several", "open")
BLOCKS: dict[str, BlockSpec] = {
    "counts": CountsSpec(
        kind="counts", event="spell", windows=WINDOWS, groups=GROUPS, by=("code", "verdict")
    ),
    "recency": RecencySpec(kind="recency", event="spell", groups=GROUPS),
    "attributes": AttributesSpec(
        kind="attributes", event="spell", columns=("code", "amount", "verdict", "records", "days")
    ),
}
Make = Callable[[pa.Table], pa.Table]


def versions(arrests: pa.Table) -> pa.Table:
    return episodes(arrests, SPELL).events


def build(worlds: list[World], make: Make = versions) -> dict[str, Built]:
    """Every block of every person at the world's as-of date; a case is closed by its verdict."""
    arrests = events_of(worlds, "arrest")
    for name in ("closed", "closed__known_on"):
        arrests = arrests.append_column(name, arrests["verdict__known_on"])
    source = source_of(SPELL, {"arrest": CASE})
    with DuckDB(2) as engine:
        history = History(engine, {"spell": engine.table(make(arrests))}, {"spell": source})
        return built(history, people_of(worlds), BLOCKS)


def drawn(count: int, seed: int) -> tuple[list[World], list[World]]:
    rng = np.random.default_rng(seed)
    before = [draw_world(number, rng) for number in range(count)]
    return before, [change_future(world, rng) for world in before]


def test_a_thousand_random_histories_change_no_feature_of_a_window() -> None:
    before, after = drawn(1000, 31)
    assert changed_histories(build(before), build(after)) == set()


def test_features_of_windows_are_not_all_alike() -> None:
    before, _ = drawn(50, 32)
    other, _ = drawn(50, 33)
    assert len(changed_histories(build(before), build(other))) > 45
    for block in build(before).values():
        assert np.nanstd(block.values, axis=0).max() > 0


def hidden_until_its_last_change(arrests: pa.Table) -> pa.Table:
    return consolidate(arrests, SPELL)


def shown_from_its_first_day(arrests: pa.Table) -> pa.Table:
    made = consolidate(arrests, SPELL)
    return made.set_column(made.column_names.index("known_on"), "known_on", made["occurred_on"])


def never_replaced(arrests: pa.Table) -> pa.Table:
    made = versions(arrests)
    never = pa.array([EPOCH.replace(year=2999)] * made.num_rows, pa.date32())
    return made.set_column(made.column_names.index("known_until"), "known_until", never)


@pytest.mark.parametrize("make", [hidden_until_its_last_change, shown_from_its_first_day])
def test_one_row_a_window_gives_the_future_away(make: Make) -> None:
    before, after = drawn(200, 34)
    assert len(changed_histories(build(before, make), build(after, make))) > 50


def test_a_version_that_never_ends_is_another_history() -> None:
    before, _ = drawn(50, 35)
    assert len(changed_histories(build(before), build(before, never_replaced))) > 30
