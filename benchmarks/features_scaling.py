"""The data of `features.py` made larger, and with one id that is many people's.

Copies of the city live side by side: nobody of one copy meets anybody of another.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
from features_peers.work import Work

BUSY = "99999999"
FORMAT = "(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 131072)"


def opened() -> duckdb.DuckDBPyConnection:
    """Open a database that keeps the order of rows."""
    database = duckdb.connect()
    database.execute("SET threads = 2; SET enable_progress_bar = false")
    return database


def enlarged(data: Path, folder: Path, copies: float) -> int:
    """Write the data several times over with new ids, or half of its people; count its events."""
    work = Work.read(data)
    (folder / "events").mkdir(parents=True, exist_ok=True)
    (folder / "work.json").write_text((data / "work.json").read_text())
    half = "WHERE hash(entity_id) % 2 = 0" if copies < 1 else ""
    events = 0
    with opened() as database:
        for source, one in work.sources.items():
            columns = f"occurred_on, known_on, {one.column}"
            parts = [
                f"SELECT '{k}' || record_id AS record_id, '{k}' || event_id AS event_id, "
                f"'{k}' || entity_id AS entity_id, {columns} FROM '{work.events(source)}' {half}"
                for k in range(max(1, int(copies)))
            ]
            out = folder / "events" / f"{source}.parquet"
            database.execute(f"COPY ({' UNION ALL '.join(parts)}) TO '{out}' {FORMAT}")
            events += database.execute(f"SELECT count(*) FROM '{out}'").fetchall()[0][0]
        parts = [
            f"SELECT '{k}' || entity_id AS entity_id, as_of FROM '{data / 'cohort.parquet'}' {half}"
            for k in range(max(1, int(copies)))
        ]
        numbered(database, " UNION ALL ".join(parts), folder)
    return events


def numbered(database: duckdb.DuckDBPyConnection, people: str, folder: Path) -> None:
    """Write a cohort, its rows numbered by as-of date and person."""
    order = "(row_number() OVER (ORDER BY as_of, entity_id) - 1)::BIGINT"
    query = f'SELECT {order} AS "row", entity_id, as_of FROM ({people}) ORDER BY "row"'
    database.execute(f"COPY ({query}) TO '{folder / 'cohort.parquet'}' {FORMAT}")


def with_busy_id(data: Path, folder: Path, day: date, degree: int) -> int:
    """Write the data with one more id, arrested with so many people where there are; count them."""
    work = Work.read(data)
    (folder / "events").mkdir(parents=True, exist_ok=True)
    (folder / "work.json").write_text((data / "work.json").read_text())
    with opened() as database:
        for source, one in work.sources.items():
            columns = f"record_id, event_id, entity_id, occurred_on, known_on, {one.column}"
            query = f"SELECT {columns} FROM '{work.events(source)}'"
            if source == "arrest":
                query = f"""
                    {query} UNION ALL SELECT 'busy' || record_id, event_id, '{BUSY}', occurred_on,
                        known_on, {one.column} FROM (
                            SELECT DISTINCT ON (entity_id) * FROM '{work.events(source)}'
                            WHERE occurred_on >= DATE '{work.edges_since[day]}'
                            AND known_on < DATE '{day}' ORDER BY entity_id, occurred_on, record_id
                            LIMIT {degree}
                        )
                """
            out = folder / "events" / f"{source}.parquet"
            database.execute(f"COPY ({query}) TO '{out}' {FORMAT}")
        people = f"SELECT entity_id, as_of FROM '{data / 'cohort.parquet'}'"
        numbered(database, f"{people} UNION ALL SELECT '{BUSY}', DATE '{day}'", folder)
        counted = f"SELECT count(*) FROM '{folder / 'events' / 'arrest.parquet'}'"
        return database.execute(f"{counted} WHERE entity_id = '{BUSY}'").fetchall()[0][0]
