"""The DuckDB in which records are compared."""

from __future__ import annotations

from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Database = Any
"""A DuckDB connection, which ships no usable types for strict checking."""


def connect(threads: int) -> Database:
    """Return an empty database in memory."""
    database = duckdb.connect()
    database.execute(f"SET threads = {int(threads)}")
    database.execute("SET enable_progress_bar = false")
    database.execute("SET preserve_insertion_order = true")
    return database


def first(database: Database, sql: str) -> tuple[Any, ...]:
    """Return the first row of a result, empty where there is none."""
    rows = database.execute(sql).fetchall()
    return rows[0] if rows else ()


def number(database: Database, sql: str) -> float:
    """Return the one number of a result; 0 where it is missing."""
    row = first(database, sql)
    return float(row[0]) if row and row[0] is not None else 0.0


def columns(database: Database, sql: str) -> dict[str, NDArray[Any]]:
    """Return a result's columns as arrays."""
    found = database.execute(sql).fetchnumpy()
    return {name: np.asarray(values) for name, values in found.items()}


def put(database: Database, name: str, table: pa.Table) -> None:
    """Copy an Arrow table into the database."""
    database.register("incoming", table)
    database.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM incoming")
    database.unregister("incoming")
