"""Records that cannot be told apart are compared once: profiles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from commonweal.linkage.cells import Ints, Mask
from commonweal.linkage.database import Database, columns, put
from commonweal.linkage.prepare import Layout, Prepared


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
        Profile -> the first of its visible records; of all its records where none is visible.
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


def profile(database: Database, prepared: Prepared, visible: Mask) -> Profiles:
    """Group records, and put one row a profile into the table ``profile``.

    Beside what is compared the table holds ``records``, how many visible records the profile
    has, and ``seen``, whether it has any.

    Parameters
    ----------
    database
        Where the table is put.
    prepared
        The records.
    visible
        Records that may be looked at. Profiles come in the order of their first visible record,
        those without one last: records that may not be looked at change no other's place.
    """
    of, first = _grouped(database, prepared)
    seen = np.full(len(first), prepared.count, np.int64)
    np.minimum.at(seen, of[visible], np.flatnonzero(visible))
    there = seen < prepared.count
    first = np.where(there, seen, first)
    order = np.lexsort((first, ~there))
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    found = Profiles(rank[of], first[order], prepared.trusted[first[order]])
    count = np.bincount(found.of[visible], minlength=found.count)
    kept = prepared.table.take(pa.array(found.first))
    kept = kept.append_column("records", pa.array(count)).append_column("seen", pa.array(count > 0))
    put(database, "kept", kept)
    columns_ = ", ".join(["trusted", "records", "seen", *compared(prepared.layout)])
    database.execute(
        "CREATE OR REPLACE TABLE profile AS "
        f"SELECT (row_number() OVER () - 1)::INTEGER AS uid, {columns_} FROM kept"
    )
    database.execute("DROP TABLE kept")
    return found


def _grouped(database: Database, prepared: Prepared) -> tuple[Ints, Ints]:
    """Return the group of each record, and the first record of each group."""
    database.register("prepared", prepared.table)
    keys = ["trusted", *compared(prepared.layout)]
    keys = ["round(year, 1)" if key == "year" else key for key in keys]
    key = columns(database, f"SELECT hash({', '.join(keys)}) AS key FROM prepared")["key"]
    alone = ~_collapsible(database, prepared.layout)
    database.unregister("prepared")
    # The two kinds of keys are told apart by the lowest bit.
    own = np.arange(len(key), dtype=np.uint64) << np.uint64(1)
    key = np.where(alone, own, key.astype(np.uint64) | np.uint64(1))
    _, first, of = np.unique(key, return_index=True, return_inverse=True)
    return of.ravel(), first


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
