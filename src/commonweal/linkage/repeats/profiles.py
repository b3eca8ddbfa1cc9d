"""What orders say about a person: how far two ids contradict each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from commonweal.records.codes import Ints, coded


@dataclass(frozen=True, slots=True)
class Profiles:
    """The distinct descriptions of each id, by id.

    Parameters
    ----------
    values
        One row a description, one column a characteristic; -1 is missing.
    known
        Day from which the description is known, in days since 1970-01-01.
    first, size
        Place of each id's first description, and how many it has.
    """

    values: NDArray[np.int64]
    known: Ints
    first: Ints
    size: Ints


def profiles(owner: Ints, known: Ints, orders: pa.Table, columns: tuple[str, ...]) -> Profiles:
    """Gather the distinct descriptions of each id from its orders."""
    values = np.column_stack([owner, *(coded(orders[name])[0] for name in columns)])
    order = np.lexsort((known, *values.T[::-1]))
    values, known = values[order], known[order]
    new = np.ones(len(values), dtype=np.bool_)
    new[1:] = (values[1:] != values[:-1]).any(axis=1)
    values, known = values[new], known[new]
    size = np.bincount(values[:, 0]).astype(np.int64)
    return Profiles(values[:, 1:], known, np.cumsum(size) - size, size)


def agreement(held: Profiles, one: Ints, other: Ints, allowed: Ints) -> tuple[Ints, Ints]:
    """Return the fewest characteristics in which two ids differ, and since when they agree.

    Parameters
    ----------
    held
        Descriptions of all ids.
    one, other
        Places of the two ids of each pair.
    allowed
        How many characteristics may differ, a pair.

    Returns
    -------
    tuple of numpy.ndarray
        Fewest differences over the descriptions of both, and the first day on which two
        descriptions that differ in no more than `allowed` were known (0 where there are none).
    """
    many = held.size[one] * held.size[other]
    pair = np.repeat(np.arange(one.size), many)
    place = np.arange(pair.size) - (np.cumsum(many) - many)[pair]
    width = held.size[other][pair]
    mine = held.first[one][pair] + place // np.maximum(width, 1)
    theirs = held.first[other][pair] + place % np.maximum(width, 1)
    a, b = held.values[mine], held.values[theirs]
    differ = ((a != b) & (a >= 0) & (b >= 0)).sum(axis=1)
    known = np.maximum(held.known[mine], held.known[theirs])
    never = np.iinfo(np.int64).max
    known = np.where(differ <= allowed[pair], known, never)
    start = np.cumsum(many) - many
    if not pair.size:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    since = np.minimum.reduceat(known, start)
    return np.minimum.reduceat(differ, start), np.where(since == never, 0, since)
