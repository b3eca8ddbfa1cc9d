"""Linked ids to people: who is one person, under which name, and since when that is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from commonweal.records.codes import Ints

ALWAYS = -(2**31)
"""Day on which an id that gives its person the name joined it."""


@dataclass(frozen=True, slots=True)
class People:
    """The person of every id.

    Parameters
    ----------
    name
        Place of the id that gives the person the name: the one whose first order was known
        first, so that no later record renames anybody; the smallest among equals.
    joined
        Day on which the id was known to be this person's, `ALWAYS` for the one that names it.
    """

    name: Ints
    joined: Ints


def people(opened: Ints, one: Ints, other: Ints, since: Ints) -> People:
    """Join ids that are linked, directly or through others.

    Parameters
    ----------
    opened
        Day on which each id's first order was known.
    one, other
        Linked ids.
    since
        Day on which each link was known.
    """
    ids = opened.size
    graph = coo_array((np.ones(one.size), (one, other)), shape=(ids, ids))
    count, part = connected_components(graph, directed=False)
    order = np.lexsort((np.arange(ids), opened, part))
    new = np.ones(ids, dtype=np.bool_)
    new[1:] = np.diff(part[order]) > 0
    first = order[new]
    assert first.size == count
    name = first[part].astype(np.int64)
    return People(name, _joined(name, one, other, since))


def _joined(name: Ints, one: Ints, other: Ints, since: Ints) -> Ints:
    """Add links day by day; an id joins when it is first connected with the one that names it."""
    joined = np.full(name.size, ALWAYS, dtype=np.int64)
    together: dict[int, list[int]] = {}
    for link in np.lexsort((other, one, since)):
        a, b, day = int(one[link]), int(other[link]), int(since[link])
        mine, theirs = together.setdefault(a, [a]), together.setdefault(b, [b])
        if mine is theirs:
            continue
        naming = int(name[a])
        if naming in theirs:
            mine, theirs = theirs, mine
        if naming in mine:
            joined[theirs] = day
        mine += theirs
        for member in theirs:
            together[member] = mine
    return joined
