"""A person's place in the network (paper C, A.3.4)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from commonweal.features.cells import Cells, Ints, Longs, Values
from commonweal.features.columns import Block
from commonweal.features.network.eigen import Floats, eigenvector
from commonweal.features.network.kernels import places
from commonweal.features.network.memo import Graphs
from commonweal.features.network.walk import Met, Notes, by_date, pieces
from commonweal.features.past import Past
from commonweal.features.runs import Runs
from commonweal.features.spec import CentralitySpec

_AROUND = ((1, "the linked people"), (2, "the people two links away"))
_INSIDE = "within the largest connected part of the network, 0 outside it"


def build_centrality(name: str, spec: CentralitySpec, past: Past, graphs: Graphs) -> Block:
    """Build a centrality block. Who is linked to nobody has zeros, and is ``network.absent``.

    The notes are whole once the parts were read.
    """
    runs = _columns(name, spec)
    layout = runs.layout(past.rows)
    notes = Notes(spec.largest_incident is not None)

    def parts() -> Iterator[Cells]:
        for at in by_date(past, spec, graphs, notes):
            scores = eigenvector(at.graph) if "eigenvector" in spec.measures else np.zeros(0)
            yield from pieces(lambda rows, at=at, scores=scores: _cells(  # type: ignore[misc]
                _values(spec, at, scores, rows)), at.rows, graphs.threads)  # fmt: skip

    return Block(tuple(runs.features), layout, parts, notes.kept, past.rows.as_of)


def _columns(name: str, spec: CentralitySpec) -> Runs:
    runs = Runs(name)
    if "degree" in spec.measures:
        runs.plain("network.degree", "Number of people linked to the person.", "links")
    if "degree_by_edge" in spec.measures:
        for edge in dict.fromkeys(spec.edges):
            words = f"Number of people linked to the person by incidents of {_spoken(edge)}."
            runs.plain(f"network.degree.{edge}", words, "links")
    if "second" in spec.measures:
        runs.plain("network2.people", "Number of people exactly two links away.", "people")
    if "eigenvector" in spec.measures:
        runs.plain("network.eigenvector", f"Eigenvector centrality {_INSIDE}.", "centrality")
    if "neighbours" in spec.measures:
        if "degree" in spec.measures:
            for hop, whom in _AROUND:
                words = f"Greatest number of people that any of {whom} is linked to."
                runs.plain(f"network{hop}.max_degree", words, "links")
        if "eigenvector" in spec.measures:
            for hop, whom in _AROUND:
                words = f"Greatest eigenvector centrality of {whom}, {_INSIDE}."
                runs.plain(f"network{hop}.max_eigenvector", words, "centrality")
    if "absent" in spec.measures:
        runs.plain("network.absent", "Whether the person is linked to nobody.", "yes/no")
    return runs


def _spoken(edge: str) -> str:
    left, _, right = edge.replace("_", " ").partition("-")
    return f"{left} and {right}" if right else left


def _values(spec: CentralitySpec, at: Met, scores: Floats, rows: Ints) -> Values:
    """Return the columns of some rows, in the order of `_columns`."""
    columns: list[NDArray[np.generic]] = []
    graph, measures = at.graph, spec.measures
    score = scores if len(scores) else np.zeros(len(graph.people))
    if "degree" in measures:
        columns.append(_at(graph.degree, rows))
    if "degree_by_edge" in measures:
        columns += [_at(graph.by_edge[edge], rows) for edge in dict.fromkeys(spec.edges)]
    if "second" in measures or "neighbours" in measures:
        second, degree, top = places(rows, graph.first, graph.link, score)
    if "second" in measures:
        columns.append(second)
    if "eigenvector" in measures:
        columns.append(_at(score, rows))
    if "neighbours" in measures and "degree" in measures:
        columns += [degree[:, 0], degree[:, 1]]
    if "neighbours" in measures and "eigenvector" in measures:
        columns += [top[:, 0], top[:, 1]]
    if "absent" in measures:
        columns.append(rows < 0)
    return np.stack(columns, axis=1).astype(np.float32)


def _at(values: Ints | Longs | Floats, rows: Ints) -> NDArray[np.generic]:
    return np.append(values, 0)[rows]  # no node is the last


def _cells(values: Values) -> Cells:
    """Keep what is not 0."""
    row, column = np.nonzero(values)
    start = np.searchsorted(row, np.arange(len(values) + 1))
    return Cells(start.astype(np.int64), column.astype(np.int32), values[row, column])
