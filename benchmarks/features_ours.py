"""Our own features on the work of `features.py`, each step in a process of its own.

usage: features_ours.py STEP DATA OUT DATE,...   (steps: own, network, job, boosted)

It prints the cost as the peers do: ``read`` is making cells from the events on disk, ``work`` is
writing them out as dense rows, a part at a time.
"""

from __future__ import annotations

import atexit
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import lightgbm
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from features_peers.work import Work, keep, peak

from commonweal.cohorts.history import History
from commonweal.core.dates import Period
from commonweal.core.engines.duckdb import DuckDB
from commonweal.core.tables import read_table
from commonweal.features.cells import CellFile
from commonweal.features.matrix import FeatureMatrix, StoredBlock
from commonweal.features.past import Past
from commonweal.features.registry import build_block
from commonweal.features.rows import Rows
from commonweal.features.spec import BlockSpec, CentralitySpec, CountsSpec, NetworkSpec, RecencySpec
from commonweal.models.binned import binned, binning
from commonweal.models.data import Sample
from commonweal.records.spec import Column, Condition, Source
from commonweal.study.features import write_block
from commonweal.study.load import load
from commonweal.study.matrix import CELLS

TRAINING = 650_000
TREES = 3


@dataclass(frozen=True, slots=True)
class Made:
    """Cells of some rows: columns' names, dense rows in order, a part at a time, and where from."""

    names: tuple[str, ...]
    parts: Callable[[], Iterator[np.ndarray]]
    matrix: FeatureMatrix


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


def network(data: Path, dates: Sequence[date]) -> Made:
    """Count what happened among the people the cohort was involved with."""
    counts = network_spec(Work.read(data))
    degree = CentralitySpec(
        kind="centrality", edges=counts.edges, built_from=counts.built_from, measures=("degree",)
    )
    return built(Work.read(data), dates, {"network": counts, "network_place": degree})


def network_spec(work: Work) -> NetworkSpec:
    """Return the network's declaration."""
    return NetworkSpec(
        kind="network",
        edges=("arrest", "arrest-victimization"),
        built_from=Period(5 * 12, "months"),
        count={s: tuple(i for i in one.indices if i != "all") for s, one in work.sources.items()},
        windows=tuple(Period(days, "days") for days in work.windows),
        ever=True,
        hops=2,
    )


def whole_job(data: Path, dates: Sequence[date]) -> Made:
    """Make the paper's columns of all cohorts, from events on disk to dense rows."""
    study = load(data / "paper.toml", data)
    return built(Work.read(data), dates, study.spec.features, study.agency.sources)


def built(
    work: Work, dates: Sequence[date], specs: Mapping[str, BlockSpec],
    sources: Mapping[str, Source] | None = None,
) -> Made:  # fmt: skip
    """Build blocks of the cohorts at some as-of dates: cells on disk, read as dense rows."""
    sources = sources or declared(work)
    tables = {name: work.events(name) for name in sources}
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder)
    stored = {}
    with DuckDB(2) as engine:
        history = History.open(engine, tables, sources)
        rows = Rows.of(history, cohort(work, dates), dates)
        past = Past.of(history, rows, specs, threads=2)
        for name, spec in specs.items():
            block = build_block(name, spec, past)
            (folder / name).mkdir()
            write_block(block, folder / name)
            cells = CellFile.open(folder / name / CELLS)
            stored[name] = StoredBlock(cells, block.layout, block.features)
    matrix = FeatureMatrix(stored)
    return Made(matrix.names, lambda: matrix.chunks(np.arange(matrix.rows), threads=2), matrix)


def cohort(work: Work, dates: Sequence[date]) -> pa.Table:
    """Return the cohorts' people at some as-of dates, numbered from 0."""
    table = read_table(work.data / "cohort.parquet")
    table = table.filter(pc.is_in(table["as_of"], pa.array(dates, pa.date32()))).sort_by("row")
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


def boosted(made: Made, labels: np.ndarray) -> tuple[int, int]:
    """Fit a few trees on the first rows of the whole job; return the shape of their matrix."""
    rows = np.arange(min(TRAINING, len(labels)))
    parameters = {
        "objective": "binary", "num_threads": 2, "verbose": -1, "force_row_wise": True,
        "num_leaves": 31, "min_data_in_leaf": 40, **binning(1),
    }  # fmt: skip
    sample = Sample(made.matrix, rows, labels[rows].astype(np.int8))
    known = set(made.matrix.categorical)
    places = tuple(i for i, name in enumerate(made.names) if name in known)
    lightgbm.train(parameters, binned(lightgbm, sample, parameters, places), TREES)
    return len(rows), len(made.names)


def main(step: str, data: Path, out: str, dates: Sequence[date]) -> None:
    """Run one step and tell its cost."""
    laps = [(time.process_time(), time.perf_counter())]
    held: list[np.ndarray] = []
    if step in ("job", "boosted"):
        made = whole_job(data, dates)
    else:
        made = own_history(data, dates) if step == "own" else network(data, dates)
    laps.append((time.process_time(), time.perf_counter()))
    if step == "boosted":
        shape = boosted(made, shot(Work.read(data), dates))
    else:
        shape = passed(made.parts(), held if out != "-" else None)
    laps.append((time.process_time(), time.perf_counter()))
    told = {
        "read": laps[1][0] - laps[0][0], "work": laps[2][0] - laps[1][0],
        "wall": laps[2][1] - laps[0][1], "memory": peak(), "rows": shape[0], "columns": shape[1],
    }  # fmt: skip
    if held:
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
