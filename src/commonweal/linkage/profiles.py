"""Records that cannot be told apart are compared once: profiles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from commonweal.linkage.database import Database, columns, put
from commonweal.linkage.prepare import Ints, Layout, Mask, Prepared


@dataclass(frozen=True, slots=True)
class Profiles:
    """Groups of records equal in every field that is compared.

    A trusted id, or an earlier id or full birth date with all names, is what it takes: without
    them equal records may well be two people's.

    Parameters
    ----------
    of
        Record (uid) -> its profile (0, 1, ...).
    first
        Profile -> the first of its records; ascending.
    trusted
        Profile -> code of its trusted id, -1 where there is none.
    """

    of: Ints
    first: Ints
    trusted: Ints

    @property
    def count(self) -> int:
        """Number of profiles."""
        return len(self.first)


def compared(layout: Layout) -> list[str]:
    """Return the columns in which records are compared."""
    found = [*layout.names, *layout.dates, *layout.categories]
    for name, there in (("birth", layout.birth), ("year", layout.year), ("raw_id", layout.raw_id)):
        found += [name] if there else []
    return [*found, "address", "street"] if layout.address else found


def profile(database: Database, prepared: Prepared) -> Profiles:
    """Group records, and put one row a profile into the table ``profile``."""
    database.register("prepared", prepared.table)
    fields = compared(prepared.layout)
    keys = ["trusted", *(f"round({c}, 1)" if c == "year" else c for c in fields)]
    sql = f"SELECT hash({', '.join(keys)}) AS key FROM prepared"
    key = columns(database, sql)["key"].astype(np.uint64)
    alone = ~_collapsible(database, prepared.layout)
    # The two kinds of keys are told apart by the lowest bit.
    key = np.where(alone, np.arange(len(key), dtype=np.uint64) << np.uint64(1), key | np.uint64(1))
    _, first, of = np.unique(key, return_index=True, return_inverse=True)
    order = np.argsort(first, kind="stable")
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    found = Profiles(rank[of.ravel()], first[order], prepared.trusted[first[order]])
    kept = prepared.table.take(pa.array(found.first))
    put(database, "kept", kept.append_column("records", pa.array(np.bincount(found.of))))
    database.execute(
        f"CREATE OR REPLACE TABLE profile AS SELECT (row_number() OVER () - 1)::INTEGER AS uid, "
        f"{', '.join(['trusted', 'records', *fields])} FROM kept"
    )
    database.execute("DROP TABLE kept")
    database.unregister("prepared")
    return found


def _collapsible(database: Database, layout: Layout) -> Mask:
    """Return which records are one person's wherever they are equal."""
    sure = ["trusted IS NOT NULL"]
    if layout.names[1:]:
        named = " AND ".join(f"{name} IS NOT NULL" for name in layout.names)
        sure += [f"({named} AND raw_id IS NOT NULL)"] if layout.raw_id else []
        sure += [f"({named} AND birth IS NOT NULL)"] if layout.birth else []
    sql = f"SELECT {' OR '.join(sure)} AS sure FROM prepared"
    found: Mask = columns(database, sql)["sure"].astype(np.bool_)
    return found
