"""The records of a simulated city as one table, and whose they are in truth."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from commonweal.core.tables import read_table
from commonweal.linkage.counting import PairCounts, count_pairs
from commonweal.linkage.link import Linkage
from commonweal.linkage.spec import Columns, LinkageSpec
from commonweal.study.load import load

COLUMNS = Columns(
    source="source", record="record_id", occurred_on="occurred_on", known_on="known_on",
    terminal="terminal",
)  # fmt: skip


@dataclass(frozen=True)
class City:
    """Records, the agency's declaration, and the true person of each record."""

    records: pa.Table
    spec: LinkageSpec
    person: np.ndarray


def city_of(folder: Path) -> City:
    """Read a simulated violence-prevention world."""
    agency = load(folder / "study.toml").agency
    spec = agency.linkage
    assert spec is not None
    assert spec.trusted_id is not None
    wanted = [*spec.fields, spec.trusted_id.column, "record_id"]
    parts = []
    for name in agency.linked():
        source = agency.sources[name]
        raw = read_table(folder / "data" / source.table)
        held = {column: raw[column] for column in wanted if column in raw.column_names}
        held["record_id"] = raw["record_id"].cast(pa.string())
        held["occurred_on"], held["known_on"] = raw[source.occurred_on], raw[source.known_on]
        held["source"] = pa.array([name] * raw.num_rows)
        held["table"] = pa.array([Path(source.table).stem] * raw.num_rows)
        held["terminal"] = pa.array([name in spec.terminal] * raw.num_rows)
        parts.append(pa.table(held))
    table = pa.concat_tables(parts, promote_options="default").combine_chunks()
    truth = read_table(folder / "truth" / "records.parquet")
    known, asked = (_keys(one["table"], one["record_id"]) for one in (truth, table))
    person = truth["person"].take(pc.index_in(asked, value_set=known))
    return City(table.drop_columns(["table"]), spec, np.asarray(person).astype(np.int64))


def _keys(table: pa.ChunkedArray, record: pa.ChunkedArray) -> pa.Array:
    return pc.binary_join_element_wise(table.cast(pa.string()), record, ":").combine_chunks()


def closed(found: Linkage) -> np.ndarray:
    """Which rows of the input carry a trusted id."""
    made = found.candidates.prepared
    held = np.empty(made.count, np.bool_)
    held[made.place] = made.trusted >= 0
    return held


def open_counts(found: Linkage, person: np.ndarray) -> PairCounts:
    """Pairs of which one record at least lacks a trusted id, against the truth."""
    return count_pairs(found.entity, person, closed(found))
