"""Our own features on the work of `features.py`, each step in a process of its own.

usage: features_ours.py STEP DATA OUT DATE,...   (steps: own, network, job, boosted)

It prints the cost as the peers do: ``read`` is making cells from the events on disk, ``work`` is
writing them out as dense rows, a part at a time.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from features_peers.work import Work, keep, peak

from commonweal.cohorts.history import History
from commonweal.core.dates import Period
from commonweal.core.tables import Engine, read_table
from commonweal.features.columns import Block
from commonweal.features.registry import build_block
from commonweal.features.rows import Rows
from commonweal.features.spec import BlockSpec, CountsSpec, NetworkSpec, RecencySpec
from commonweal.records.conditions import Condition
from commonweal.records.spec import Column, Source

TRAINING = 650_000
TREES = 3


@dataclass(frozen=True, slots=True)
class Made:
    """Cells of some rows: the columns' names, and dense rows in order, a part at a time."""

    names: tuple[str, ...]
    parts: Callable[[], Iterator[np.ndarray]]


def own_history(data: Path, dates: Sequence[date]) -> Made:
    """Count incidents and find first and last days of the cohorts at some as-of dates."""
    work = Work.read(data)
    windows = tuple(Period(days, "days") for days in work.windows)
    specs: dict[str, BlockSpec] = {}
    for source, one in work.sources.items():
        groups = tuple(index for index in one.indices if index != "all")
        specs[f"{source}s"] = CountsSpec(
            kind="counts", event=source, windows=windows, groups=groups, by=(one.column,), top=100
        )
        specs[f"{source} days"] = RecencySpec(kind="recency", event=source, groups=groups)
    return built(work, dates, specs)


def network(data: Path, as_of: date) -> Made:
    """Count what happened among the people the cohort was involved with."""
    return built(Work.read(data), [as_of], {"network": network_spec(Work.read(data))})


def network_spec(work: Work) -> NetworkSpec:
    """Return the network's declaration."""
    return NetworkSpec(
        kind="network",
        edges=("arrest", "arrest-victimization"),
        built_from=Period(5 * 12, "months"),
        count={s: tuple(i for i in one.indices if i != "all") for s, one in work.sources.items()},
        windows=tuple(Period(days, "days") for days in work.windows),
        ever=True,
    )


def whole_job(data: Path, dates: Sequence[date]) -> Iterator[np.ndarray]:
    """Make all columns of all cohorts, from events on disk to dense rows."""
    for day in dates:
        both = own_history(data, [day]), network(data, day)
        for parts in zip(*(one.parts() for one in both), strict=True):
            yield np.concatenate(parts, axis=1)


def built(work: Work, dates: Sequence[date], specs: dict[str, BlockSpec]) -> Made:
    """Build blocks of the cohorts at some as-of dates, one date after the other."""
    made: list[list[Block]] = []
    tables = {source: work.events(source) for source in work.sources}
    for day in dates:
        with Engine(2) as engine:
            history = History.open(engine, tables, declared(work))
            rows = Rows.of(history, cohort(work, day), dates)
            made.append([build_block(name, spec, rows, history) for name, spec in specs.items()])
    names = tuple(feature.name for block in made[0] for feature in block.features)

    def parts() -> Iterator[np.ndarray]:
        for blocks in made:
            yield np.concatenate([block.values for block in blocks], axis=1)

    return Made(names, parts)


def cohort(work: Work, day: date) -> pa.Table:
    """Return the cohort's people at one as-of date, numbered from 0."""
    table = read_table(work.data / "cohort.parquet")
    table = table.filter(pc.equal(table["as_of"], day)).sort_by("row")
    place = table.column_names.index("row")
    return table.set_column(place, "row", [np.arange(table.num_rows)])


def declared(work: Work) -> dict[str, Source]:
    """Return the sources with their indices as groups."""
    return {
        name: Source(
            table="", occurred_on="occurred_on", known_on="known_on",
            columns={one.column: Column()},
            groups={
                index: Condition(column=one.column, any_of=codes)
                for index, codes in one.indices.items() if index != "all"
            },
        )
        for name, one in work.sources.items()
    }  # fmt: skip


def shot(work: Work, dates: Sequence[date]) -> np.ndarray:
    """Return whether each row's person is shot in the eighteen months from its as-of date."""
    days = ", ".join(f"DATE '{day}'" for day in dates)
    found = duckdb.sql(f"""
        SELECT count(s.entity_id) > 0 AS shot FROM '{work.data / "cohort.parquet"}' c
        LEFT JOIN '{work.events("shooting")}' s ON s.entity_id = c.entity_id
            AND s.known_on >= as_of AND s.known_on < as_of + INTERVAL 18 MONTH
        WHERE as_of IN ({days}) GROUP BY c."row" ORDER BY c."row"
    """)
    return found.fetchnumpy()["shot"]


def boosted(data: Path, dates: Sequence[date]) -> tuple[int, int]:
    """Fit a few trees on the first rows of the whole job; return the shape of their matrix."""
    import lightgbm

    labels = shot(Work.read(data), dates)[:TRAINING]
    matrix, filled = None, 0
    for part in whole_job(data, dates):
        if matrix is None:
            matrix = np.empty((len(labels), part.shape[1]), np.float32)
        taken = min(len(part), len(matrix) - filled)
        matrix[filled : filled + taken] = part[:taken]
        filled += taken
        if filled == len(matrix):
            break
    assert matrix is not None
    parameters = {"objective": "binary", "num_threads": 2, "verbose": -1, "force_row_wise": True}
    lightgbm.train(parameters, lightgbm.Dataset(matrix, labels), num_boost_round=TREES)
    return matrix.shape


def main(step: str, data: Path, out: str, dates: Sequence[date]) -> None:
    """Run one step and tell its cost."""
    laps = [(time.process_time(), time.perf_counter())]
    made, shape, held = None, (0, 0), []
    if step == "boosted":
        shape = boosted(data, dates)
    elif step == "job":
        shape = passed(whole_job(data, dates), None)
    else:
        made = own_history(data, dates) if step == "own" else network(data, dates[0])
    laps.append((time.process_time(), time.perf_counter()))
    if made is not None:
        shape = passed(made.parts(), held if out != "-" else None)
    laps.append((time.process_time(), time.perf_counter()))
    told = {
        "read": laps[1][0] - laps[0][0], "work": laps[2][0] - laps[1][0],
        "wall": laps[2][1] - laps[0][1], "memory": peak(), "rows": shape[0], "columns": shape[1],
    }  # fmt: skip
    if made is not None and held:
        keep(dict(zip(made.names, np.concatenate(held).T, strict=True)), Path(out))
    print(json.dumps(told))


def passed(parts: Iterable[np.ndarray], held: list[np.ndarray] | None) -> tuple[int, int]:
    """Take dense rows as they come, and hold them if asked; return how many there are."""
    rows, columns = 0, 0
    for part in parts:
        rows, columns = rows + part.shape[0], part.shape[1]
        if held is not None:
            held.append(part)
    return rows, columns


if __name__ == "__main__":
    _, a, b, c, d = sys.argv
    main(a, Path(b), c, [date.fromisoformat(day) for day in d.split(",")])
