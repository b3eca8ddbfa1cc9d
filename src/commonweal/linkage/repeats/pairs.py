"""Pairs of ids that share items of a history: who is compared, and how much they share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commonweal.linkage.repeats.items import Histories
from commonweal.records.codes import Ints

_AT_ONCE = 1_000_000


@dataclass(frozen=True, slots=True)
class Candidates:
    """Pairs of ids that share an item rare enough to suggest that they are one person's.

    Parameters
    ----------
    one, other
        Places of the two ids, the smaller first; every pair once, in order.
    oversized
        Items that stand under too many ids to suggest a pair.
    never
        Ids with a history all of whose items are oversized: they were compared with nobody.
    """

    one: Ints
    other: Ints
    oversized: int
    never: int


@dataclass(frozen=True, slots=True)
class Shared:
    """What the two ids of each pair share.

    Parameters
    ----------
    items
        Number of items both have.
    least
        Number of items of the shorter history.
    due
        Number of items of the longer history that were known by the day the earlier of the two
        ids had its last order: the other should list them too.
    since
        Day on which the last of those shared items became known that the overlap asks for.
    """

    items: Ints
    least: Ints
    due: Ints
    since: Ints


def candidates(past: Histories, ids: int, largest: int) -> Candidates:
    """Return the pairs of ids that share an item standing under at most `largest` ids."""
    size = np.bincount(past.item, minlength=past.count)
    usable = (size >= 2) & (size <= largest)
    too_many = size > largest
    stuck = np.bincount(past.owner[too_many[past.item]], minlength=ids)
    never = int(((stuck == past.size) & (past.size > 0)).sum())
    held = usable[past.item]
    owner, item = past.owner[held], past.item[held]
    order = np.argsort(item, kind="stable")
    owner, item = owner[order], item[order]
    found = [np.empty(0, dtype=np.int64)]
    for step in range(1, min(largest, owner.size)):
        near = np.flatnonzero(item[step:] == item[:-step])
        if not near.size:
            break
        found.append(np.unique(owner[near] * ids + owner[near + step]))
    pairs = np.unique(np.concatenate(found))
    ids = max(1, ids)
    return Candidates(pairs // ids, pairs % ids, int(too_many.sum()), never)


def shared(past: Histories, one: Ints, other: Ints, last: Ints, overlap: float) -> Shared:
    """Count what each pair shares.

    Parameters
    ----------
    past
        Histories of all ids.
    one, other
        Places of the two ids of each pair.
    last
        Day on which each id's last order was known.
    overlap
        Share of the shorter history asked for.
    """
    parts = [
        _shared(past, one[start : start + _AT_ONCE], other[start : start + _AT_ONCE], last, overlap)
        for start in range(0, max(1, one.size), _AT_ONCE)
    ]
    return Shared(*(np.concatenate([getattr(p, name) for p in parts]) for name in Shared.__slots__))


def needed(least: Ints, overlap: float) -> Ints:
    """Return how many items of the shorter history must be shared: one at least."""
    whole: Ints = np.maximum(np.ceil(least * overlap - 1e-9).astype(np.int64), 1)
    return whole


def _shared(past: Histories, one: Ints, other: Ints, last: Ints, overlap: float) -> Shared:
    shorter = np.where(past.size[one] <= past.size[other], one, other)
    longer = one + other - shorter
    least = past.size[shorter]
    pair, mine = _listed(past, shorter)
    theirs = past.find(longer[pair], past.item[mine])
    hit = theirs >= 0
    pair, known = pair[hit], np.maximum(past.known[mine[hit]], past.known[theirs[hit]])
    items = np.bincount(pair, minlength=one.size).astype(np.int64)
    known = known[np.lexsort((known, pair))]
    reached = np.cumsum(items) - items + np.minimum(needed(least, overlap), items) - 1
    since = known[np.minimum(reached, known.size - 1)] if known.size else np.zeros_like(items)
    whole, place = _listed(past, longer)
    by_then = past.known[place] <= np.minimum(last[one], last[other])[whole]
    due = np.bincount(whole[by_then], minlength=one.size).astype(np.int64)
    return Shared(items, least, due, np.where(items > 0, since, 0))


def _listed(past: Histories, ids: Ints) -> tuple[Ints, Ints]:
    """Return, for every item of every id, the id's number in `ids` and the item's place."""
    size = past.size[ids]
    number = np.repeat(np.arange(ids.size), size)
    start = np.cumsum(size) - size
    return number, past.first[ids][number] + np.arange(number.size) - start[number]
