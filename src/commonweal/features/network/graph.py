"""The network of one date: people, and the links between those of one incident."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from commonweal.cohorts.history import History
from commonweal.core.dates import Period
from commonweal.core.errors import DataError, problem
from commonweal.features.cells import Ints, Longs
from commonweal.features.network.incidence import Incidence, both, incidence
from commonweal.features.network.kernels import by_key, degrees, links

MOST_LINKS = 1 << 28
"""More links than these, counted at both ends, are refused before they are made: a gigabyte."""


@dataclass(frozen=True, slots=True)
class Graph:
    """Who is linked to whom at one date. Only people with a link are in it.

    Parameters
    ----------
    people
        Their ids, ascending: the order of the nodes.
    first, link
        Place of each node's first neighbour in `link` (and the end of the last's), and the
        neighbours, ascending.
    by_edge
        Edge -> degree of each node by links of that edge alone.
    too_large
        How many incidents made no links because they name too many people.
    """

    people: pa.Array
    first: Longs
    link: Ints
    by_edge: dict[str, Ints]
    too_large: int

    @property
    def degree(self) -> Longs:
        """Number of people each node is linked to."""
        return np.diff(self.first)

    @property
    def nbytes(self) -> int:
        """Memory it takes: 8 bytes a person and 4 a link's end, beside ids and degrees."""
        own = self.first.nbytes + self.link.nbytes + sum(x.nbytes for x in self.by_edge.values())
        return int(own + self.people.nbytes)


@dataclass(frozen=True, slots=True)
class _Groups:
    """Who links to whom, group by group: the nodes of `key` to the `member` of their groups."""

    first: Longs
    group: Longs
    begin: Longs
    member: Ints
    spans: dict[str, tuple[int, int]]


def build_graph(
    history: History, edges: Sequence[str], built_from: Period, largest: int | None, day: date
) -> Graph:
    """Build the network of one date.

    Parameters
    ----------
    history
        The door to the past.
    edges, built_from
        See `NetworkSpec`.
    largest
        Incidents that name more people make no links; None for no limit.
    day
        As-of date.

    Raises
    ------
    DataError
        If there would be too many links, which a placeholder among the incident ids makes.
    """
    found, too_large = _limited(incidence(history, edges, built_from, day), largest)
    groups = _groups(found, edges)
    _check(found, groups, len(found.incidents), day)
    whole = (groups.first, groups.group, groups.begin, groups.member)
    last = len(groups.begin)
    degree = degrees(*whole, 0, last)
    start = np.concatenate([[0], np.cumsum(degree)]).astype(np.int64)
    link = links(*whole, start)
    linked = degree > 0
    name = (np.cumsum(linked) - 1).astype(np.int32)
    by_edge = {
        edge: degrees(*whole, low, high)[linked].astype(np.int32)
        for edge, (low, high) in groups.spans.items()
    }
    people = found.people.filter(pa.array(linked))
    first = np.concatenate([[0], np.cumsum(degree[linked])]).astype(np.int64)
    return Graph(people, first, name[link], by_edge, too_large)


def _limited(found: Incidence, largest: int | None) -> tuple[Incidence, int]:
    if largest is None:
        return found, 0
    size = _sizes(found)
    kept = size[found.incident] <= largest
    narrowed = Incidence(
        found.person[kept], found.incident[kept], found.side[kept],
        found.people, found.incidents, found.sides,
    )  # fmt: skip
    return narrowed, int((size > largest).sum())


def _sizes(found: Incidence) -> Longs:
    key = found.incident.astype(np.int64) * max(len(found.people), 1) + found.person
    incident = np.unique(key) // max(len(found.people), 1)
    return np.bincount(incident, minlength=len(found.incidents)).astype(np.int64)


def _groups(found: Incidence, edges: Sequence[str]) -> _Groups:
    """Turn edges into groups: the people of one side of an incident, whom the other side meets."""
    incidents = len(found.incidents)
    key, group, member, of = [], [], [], []
    spans: dict[str, tuple[int, int]] = {}
    done = 0
    for edge in dict.fromkeys(edges):
        left, right = both(edge)
        begun = done
        for mine, theirs in dict.fromkeys([(left, right), (right, left)]):
            here = found.side == found.sides.index(mine)
            there = found.side == found.sides.index(theirs)
            key.append(found.person[here])
            group.append(found.incident[here].astype(np.int64) + done)
            member.append(found.person[there])
            of.append(found.incident[there].astype(np.int64) + done)
            done += incidents
        spans[edge] = (begun, done)
    first, order = _sorted(np.concatenate(key), len(found.people))
    begin, there_order = _sorted(np.concatenate(of), done)
    return _Groups(
        first, np.concatenate(group)[order], begin, np.concatenate(member)[there_order], spans
    )


def _sorted(key: NDArray[np.integer], keys: int) -> tuple[Longs, Longs]:
    first, order = by_key(key.astype(np.int64), keys, np.arange(len(key)))
    return first, order


def _check(found: Incidence, groups: _Groups, incidents: int, day: date) -> None:
    """Refuse what would not fit, before any link is made."""
    size = np.diff(groups.begin).astype(np.float64)
    meets = np.bincount(groups.group, weights=size[groups.group], minlength=len(size))
    if meets.sum() <= MOST_LINKS:
        return
    worst = found.incidents[int(np.argmax(meets)) % incidents].as_py()
    people = int(_sizes(found)[int(np.argmax(meets)) % incidents])
    what = (
        f"the incidents before {day} would make up to {meets.sum():,.0f} links, more than "
        f"{MOST_LINKS:,}; incident {worst!r} names {people:,} people"
    )
    mend = "if its id stands for a missing one, set largest_incident = 100 in the block"
    raise problem(DataError, "features", what, mend)
