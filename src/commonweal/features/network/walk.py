"""Rows a date at a time, and a date's rows a piece at a time, several at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

import numpy as np

from commonweal.core.dates import day_number
from commonweal.core.parallel import each
from commonweal.features.cells import Cells, Ints, Longs
from commonweal.features.network.graph import Graph
from commonweal.features.network.ids import located
from commonweal.features.network.memo import Graphs, Linking
from commonweal.features.past import Past

PIECE = 4096
"""Rows walked by one thread at a time."""
OVERSIZED = 1000
"""A person linked to this many others is more often a bad id than a busy person: reported."""
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Met:
    """A date, its network, and the node of each of its rows, -1 where it has none."""

    day: date
    graph: Graph
    rows: Ints


@dataclass(slots=True)
class Notes:
    """What a block has met on the way. It is whole once all of its parts were read.

    Parameters
    ----------
    kept
        The notes, as plain JSON values: ``oversized`` rows are linked to more people than
        ``oversized_above``; ``too_large`` incidents made no links.
    """

    limited: bool
    kept: dict[str, object] = field(default_factory=dict)
    _rows: dict[date, int] = field(default_factory=dict)
    _incidents: dict[date, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.kept |= {"oversized_above": OVERSIZED, "oversized": 0}
        if self.limited:
            self.kept["too_large"] = 0

    def met(self, at: Met) -> None:
        """Take down what is odd at a date."""
        degree = np.append(at.graph.degree, 0)[at.rows]
        self._rows[at.day] = int((degree > OVERSIZED).sum())
        self.kept["oversized"] = sum(self._rows.values())
        if self.limited:
            self._incidents[at.day] = at.graph.too_large
            self.kept["too_large"] = sum(self._incidents.values())


def by_date(past: Past, spec: Linking, graphs: Graphs, notes: Notes) -> Iterator[Met]:
    """Return each date's network and where its rows are in it."""
    people = past.rows.entities
    for day in past.rows.dates:
        low, high = span(past, day)
        graph = graphs.graph(past.history, spec, day)
        at = Met(day, graph, located(people.slice(low, high - low), graph.people))
        notes.met(at)
        yield at


def span(past: Past, day: date) -> tuple[int, int]:
    """Return the first of a date's rows, and the row after its last."""
    number = day_number(day)
    low, high = np.searchsorted(past.rows.as_of, [number, number + 1])
    return int(low), int(high)


def pieces(work: Callable[[Ints], Result], rows: Ints, threads: int) -> Iterator[Result]:
    """Do the work on some rows at a time, in order; what is done and not taken stays little."""
    parts = [rows[start : start + PIECE] for start in range(0, len(rows), PIECE)]
    wave = 4 * threads
    for start in range(0, len(parts), wave):
        yield from each(work, parts[start : start + wave], threads)


def starts(count: Longs) -> Longs:
    """Return where each row's cells begin, and the end of the last row's."""
    return np.concatenate([[0], np.cumsum(count)]).astype(np.int64)


def joined(parts: list[Cells], columns: int) -> Cells:
    """Put cells of the same rows, in different columns, together."""
    if len(parts) == 1:
        return parts[0]
    rows = parts[0].rows
    row = np.concatenate([np.repeat(np.arange(rows), np.diff(part.start)) for part in parts])
    column = np.concatenate([part.column for part in parts])
    return Cells.of(row, column, np.concatenate([part.value for part in parts]), rows, columns)
