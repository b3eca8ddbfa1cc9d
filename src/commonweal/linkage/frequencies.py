"""How common each value is: agreeing on a rare name says more than agreeing on a common one.

Frequencies count people, not records: whoever is in the records a hundred times has one name. As
people are what linkage has yet to find, records equal in all names and in birth date (or year)
count once.
"""

from __future__ import annotations

from commonweal.linkage.database import Database, first
from commonweal.linkage.prepare import Layout


def frequent(layout: Layout) -> list[str]:
    """Return the columns whose values' frequencies count."""
    found = [*layout.names, *layout.categories]
    return [*found, "address"] if layout.address else found


def count_frequencies(database: Database, layout: Layout, seen: str = "TRUE") -> dict[str, float]:
    """Make a table ``frequency_COLUMN`` (value, share) for each column that has one.

    Parameters
    ----------
    database
        Database with the table ``profile``.
    layout
        What its columns are.
    seen
        Condition on profiles that count; values only others have are given the smallest share.

    Returns
    -------
    dict
        Column -> chance that two random people agree on it (the sum of squared shares). Birth
        date and earlier id are among the columns.
    """
    stands_for = [*layout.names]
    if layout.birth:
        stands_for.append("birth")
    if layout.year:
        stands_for.append(
            "round(year)" if not layout.birth else "CASE WHEN birth IS NULL THEN round(year) END"
        )
    person = f"hash({', '.join(stands_for)})" if stands_for else "uid"
    chances: dict[str, float] = {}
    single = [c for c, there in (("birth", layout.birth), ("raw_id", layout.raw_id)) if there]
    for column in [*frequent(layout), *layout.dates, *single]:
        database.execute(
            f"CREATE OR REPLACE TABLE frequency_{column} AS "
            f"WITH once AS (SELECT DISTINCT {column}, {person} AS person FROM profile "
            f"WHERE {column} IS NOT NULL AND ({seen})), "
            f"counted AS (SELECT {column}, count(*) AS people FROM once GROUP BY 1) "
            f"SELECT {column}, people, people / sum(people) OVER () AS share FROM counted"
        )
        total, squares = first(
            database, f"SELECT sum(people), sum(people * (people - 1)) FROM frequency_{column}"
        )
        total = float(total or 0)
        chances[column] = float(squares or 0) / (total * (total - 1)) if total > 1 else 0.0
        # Nobody shares a value by chance in the file: one pair of people would be the next finer.
        chances[column] = max(chances[column], 1.0 / max(total * total, 4.0))
    return chances


def with_frequencies(database: Database, layout: Layout, table: str, to: str) -> None:
    """Copy a table, with a column ``tf_COLUMN`` beside each column that has frequencies."""
    columns = frequent(layout)
    picked, joins = [], []
    for column in columns:
        least = f"(SELECT 1.0 / greatest(sum(people), 1) FROM frequency_{column})"
        picked.append(
            f"CASE WHEN t.{column} IS NOT NULL THEN coalesce(f_{column}.share, {least}) END "
            f"AS tf_{column}"
        )
        joins.append(
            f"LEFT JOIN frequency_{column} AS f_{column} ON t.{column} = f_{column}.{column}"
        )
    more = ", ".join(["t.*", *picked])
    database.execute(
        f"CREATE OR REPLACE TABLE {to} AS SELECT {more} FROM {table} AS t {' '.join(joins)}"
    )
