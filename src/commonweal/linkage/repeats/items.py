"""Histories as sets of items: what an item is, whose it is, and since when that is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from commonweal.core.dates import day_number
from commonweal.records.codes import Ints, coded, day_numbers
from commonweal.records.spec import Source

_ROOM = 2**62


@dataclass(frozen=True, slots=True)
class Histories:
    """The distinct items of every id, by id and then by item.

    Parameters
    ----------
    owner
        Place of the id among all ids.
    item
        Number of the item; equal items have equal numbers.
    known
        Day from which the item is known to stand under the id, in days since 1970-01-01.
    count
        How many items there are.
    first, size
        Place of each id's first item in the three arrays, and how many it has.
    """

    owner: Ints
    item: Ints
    known: Ints
    count: int
    first: Ints
    size: Ints

    def find(self, owner: Ints, item: Ints) -> Ints:
        """Return the place of each item under an id, -1 where it does not stand under it."""
        if not self.owner.size:
            return np.full(owner.size, -1)
        keys = self.owner * self.count + self.item
        asked = owner * self.count + item
        place = np.minimum(np.searchsorted(keys, asked), keys.size - 1)
        return np.where(keys[place] == asked, place, -1)


def item_codes(
    events: pa.Table, source: Source, key: Sequence[str], as_of: date | None = None
) -> tuple[Ints, Ints]:
    """Return the item of every record and the day from which it is known.

    Parameters
    ----------
    events
        The source's events.
    source
        Its declaration.
    key
        Columns of its table that together identify an item; missing is a value like others.
    as_of
        Values decided on or after this day are taken as missing.
    """
    codes = np.zeros(events.num_rows, dtype=np.int64)
    known = day_numbers(events["known_on"])
    room = 1
    for column in key:
        values, decided = _values(events, source, column)
        if decided is not None:
            there, day = np.asarray(decided.is_valid()), day_numbers(decided)
            if as_of is not None:
                there &= day < day_number(as_of)
            known = np.where(there, np.maximum(known, day), known)
            values = np.where(there, values, -1)
        several = int(values.max(initial=0)) + 2
        if room * several > _ROOM:
            codes = np.unique(codes, return_inverse=True)[1].astype(np.int64)
            room = int(codes.max(initial=0)) + 1
        codes, room = codes * several + values + 1, room * several
    return codes, known


def _values(events: pa.Table, source: Source, column: str) -> tuple[Ints, pa.ChunkedArray | None]:
    """Return a key column's values as numbers, and the days on which they were decided."""
    name = source.in_events(column)
    assert name is not None
    values, _ = coded(events[name])
    if name.endswith("__known_on"):
        return values, events[name]
    decided = f"{name}__known_on"
    return values, events[decided] if decided in events.column_names else None


def histories(owner: Ints, codes: Ints, known: Ints, ids: int) -> Histories:
    """Gather each id's distinct items; `owner` is -1 where a record is of no id compared."""
    owned = owner >= 0
    owner, known = owner[owned], known[owned]
    values, item = np.unique(codes[owned], return_inverse=True)
    count = max(1, values.size)
    key = owner * count + item
    order = np.lexsort((known, key))
    key = key[order]
    new = np.ones(key.size, dtype=np.bool_)
    new[1:] = key[1:] != key[:-1]
    key, known = key[new], known[order][new]
    owner = key // count
    size = np.bincount(owner, minlength=ids).astype(np.int64)
    return Histories(owner, key % count, known, count, np.cumsum(size) - size, size)
