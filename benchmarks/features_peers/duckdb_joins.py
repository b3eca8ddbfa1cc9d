"""The network by DuckDB joins: links as a table, each series counted with distinct aggregates.

Links of the second degree are a self-join less the first degree and oneself. `network` needs only
a folder of events, so that tests can use it as an oracle on a small world.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import duckdb
import numpy as np
from work import Source, Work, contend

Database = duckdb.DuckDBPyConnection
Series = Callable[[Database, Work, date, Source, str, str, int], dict[str, np.ndarray]]


def read(work: Work, day: date) -> Database:
    """Read the events known at an as-of date, and its cohort."""
    database = duckdb.connect()
    database.execute("SET threads = 2; SET enable_progress_bar = false")
    for source, one in work.sources.items():
        database.execute(
            f"CREATE TEMP TABLE {source} AS "
            f"SELECT entity_id, event_id, occurred_on, {one.column} AS code "
            f"FROM '{work.events(source)}' WHERE known_on < DATE '{day}'"
        )
    database.execute(
        "CREATE TEMP TABLE cohort AS "
        'SELECT (row_number() OVER (ORDER BY "row") - 1)::INT AS place, entity_id '
        f"FROM '{work.data / 'cohort.parquet'}' WHERE as_of = DATE '{day}'"
    )
    return database


def join_people(database: Database, since: date) -> None:
    """Make the tables of links: `edges` among all people, `links1` and `links2` of the cohort."""
    recent = f"WHERE occurred_on >= DATE '{since}'"
    pair = "SELECT DISTINCT l.entity_id AS one, r.entity_id AS other"
    database.execute(f"""
        CREATE TEMP TABLE arrestees AS SELECT entity_id, event_id FROM arrest {recent};
        CREATE TEMP TABLE victims AS SELECT entity_id, event_id FROM victimization {recent};
        CREATE TEMP TABLE edges AS
            {pair} FROM arrestees l JOIN arrestees r USING (event_id) WHERE one <> other
            UNION {pair} FROM arrestees l JOIN victims r USING (event_id) WHERE one <> other
            UNION {pair} FROM victims l JOIN arrestees r USING (event_id) WHERE one <> other;
        CREATE TEMP TABLE links1 AS
            SELECT place, other FROM cohort JOIN edges ON entity_id = one;
        CREATE TEMP TABLE links2 AS
            SELECT DISTINCT l.place, e.other FROM links1 l JOIN edges e ON l.other = e.one
            ANTI JOIN links1 n ON n.place = l.place AND n.other = e.other
            ANTI JOIN cohort c ON c.place = l.place AND c.entity_id = e.other;
    """)


def network(
    work: Work, day: date, database: Database, count: Series | None = None
) -> dict[str, np.ndarray]:
    """Return all columns at one as-of date, each series as `count` does: with `series` if None."""
    count = count or series
    join_people(database, work.edges_since[day])
    rows = database.execute("SELECT count(*) FROM cohort").fetchall()[0][0]
    degree = "SELECT place, count(*) AS n FROM links1 GROUP BY place"
    columns = placed(database, degree, {"n": "network.degree"}, rows)
    for hop in (1, 2):
        for source, one in work.sources.items():
            database.execute(
                "CREATE OR REPLACE TEMP TABLE theirs AS SELECT place, other, event_id, occurred_on,"
                f" code FROM links{hop} JOIN {source} ON entity_id = other"
            )
            for index in one.indices:
                stem = f"network{hop}.{source}.{index}"
                columns |= count(database, work, day, one, index, stem, rows)
    return columns


def series(
    database: Database, work: Work, day: date, one: Source, index: str, stem: str, rows: int
) -> dict[str, np.ndarray]:
    """Count distinct incidents and distinct people of one series in all windows."""
    aggregates, names = [], {}
    for unit, column in (("incidents", "event_id"), ("people", "other")):
        for slug, days in zip(work.slugs, (*work.windows, None), strict=True):
            chosen = "true" if days is None else f"occurred_on >= DATE '{day - timedelta(days)}'"
            alias = f"{unit}_{slug}"
            names[alias] = f"{stem}.{unit}.{slug}"
            aggregates.append(f"count(DISTINCT {column}) FILTER (WHERE {chosen}) AS {alias}")
    codes = ", ".join(f"'{code}'" for code in one.indices[index])
    only = "" if index == "all" else f"WHERE code IN ({codes})"
    query = f"SELECT place, {', '.join(aggregates)} FROM theirs {only} GROUP BY place"
    return placed(database, query, names, rows)


def placed(
    database: Database, query: str, names: dict[str, str], rows: int
) -> dict[str, np.ndarray]:
    """Return the columns of a query in order of cohort row; 0 where it has no row."""
    found = database.execute(query).fetchnumpy()
    columns = {}
    for alias, name in names.items():
        columns[name] = np.zeros(rows, np.float32)
        columns[name][found["place"]] = found[alias]
    return columns


if __name__ == "__main__":
    contend(read, network)
