"""The network by DuckDB joins, told what an expert knows: windows are nested.

An incident counts in every window that holds its most recent day, so each incident and each
person is grouped once, and no distinct aggregate is needed.
"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
from duckdb_joins import Database, network, placed, read
from work import Source, Work, contend


def series(
    database: Database, work: Work, day: date, one: Source, index: str, stem: str, rows: int
) -> dict[str, np.ndarray]:
    """Count distinct incidents and distinct people of one series in all windows."""
    codes = ", ".join(f"'{code}'" for code in one.indices[index])
    only = "" if index == "all" else f"WHERE code IN ({codes})"
    columns = {}
    for unit, column in (("incidents", "event_id"), ("people", "other")):
        aggregates, names = [], {}
        for slug, days in zip(work.slugs, (*work.windows, None), strict=True):
            chosen = "true" if days is None else f"last >= DATE '{day - timedelta(days)}'"
            aggregates.append(f"sum(CASE WHEN {chosen} THEN 1 ELSE 0 END)::INT AS w_{slug}")
            names[f"w_{slug}"] = f"{stem}.{unit}.{slug}"
        nearest = (
            f"SELECT place, {column}, max(occurred_on) AS last FROM theirs {only} GROUP BY ALL"
        )
        query = f"SELECT place, {', '.join(aggregates)} FROM ({nearest}) GROUP BY place"
        columns |= placed(database, query, names, rows)
    return columns


if __name__ == "__main__":
    contend(read, lambda work, day, database: network(work, day, database, series))
