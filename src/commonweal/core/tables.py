"""Tables on disk: written whole, in one byte order, and read as Ibis or Arrow."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

ROW_GROUP = 131_072
Relation = Any
"""An Ibis table expression. Ibis ships no usable types for strict checking."""


def write_table(table: pa.Table, path: Path) -> None:
    """Write `table` as Parquet so that equal tables are equal files.

    The schema's metadata is dropped and chunks are merged: neither may leave a trace.
    """
    plain = table.replace_schema_metadata(None).combine_chunks()
    pq.write_table(plain, path, compression="zstd", row_group_size=ROW_GROUP, version="2.6")


def read_table(path: Path, columns: list[str] | None = None) -> pa.Table:
    """Read a Parquet file written by `write_table`, wholly or some columns."""
    return pq.read_table(path, columns=columns, partitioning=None)


class Engine(Protocol):
    """Where relations over Parquet files are built; what it made is gone when it is left.

    Cells are the same on every engine (``commonweal.core.engines``), so no artefact's
    fingerprint holds which one computed it.
    """

    @property
    def kind(self) -> str:
        """``duckdb``, ``postgresql`` or ``spark``."""

    def __enter__(self) -> Engine:
        """Return the engine itself."""

    def __exit__(self, *_: object) -> None:
        """Leave the engine."""

    def parquet(self, path: Path) -> Relation:
        """Return the relation that reads one Parquet file."""

    def table(self, data: pa.Table) -> Relation:
        """Return a relation over an Arrow table."""

    def cache(self, relation: Relation) -> Relation:
        """Compute a relation once and return the relation over its result."""


def collect(relation: Relation, *order: str) -> pa.Table:
    """Compute a relation and return it ordered by `order`, which must be a key of it."""
    return relation.order_by(list(order)).to_pyarrow()


def column_types(schema: pa.Schema) -> Mapping[str, pa.DataType]:
    """Return name -> Arrow type."""
    return {field.name: field.type for field in schema}
