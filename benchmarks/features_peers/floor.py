"""The floor under any count of a person's own history: read the events and sort them by person.

DuckDB reads the five columns that are needed from Parquet and sorts them by person and day.
"""

from __future__ import annotations

from datetime import date

import duckdb
from work import Work, contend


def read(work: Work, _: date) -> duckdb.DuckDBPyConnection:
    """Read and sort."""
    database = duckdb.connect()
    database.execute("SET threads = 2; SET enable_progress_bar = false")
    for source, one in work.sources.items():
        database.execute(
            f"CREATE TEMP TABLE {source} AS "
            f"SELECT entity_id, event_id, occurred_on, known_on, {one.column} AS code "
            f"FROM '{work.events(source)}' ORDER BY entity_id, occurred_on"
        )
    return database


if __name__ == "__main__":
    contend(read, lambda _work, _day, _database: None)
