"""Incidents of the people around a person, and how many of these people (paper C, A.3.4)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from commonweal.core.errors import DataError, problem
from commonweal.features.cells import Cells, Ints, exact
from commonweal.features.columns import Block
from commonweal.features.network.events import Counted, Events, packs
from commonweal.features.network.kernels import holders, shared, tally, vectors
from commonweal.features.network.memo import Graphs
from commonweal.features.network.runs import Starts, Unit, count_runs, counted
from commonweal.features.network.walk import Met, Notes, by_date, joined, pieces, starts
from commonweal.features.past import Past
from commonweal.features.runs import Runs
from commonweal.features.spec import NetworkSpec

WORDS: tuple[dict[Unit, str], ...] = (
    {
        "incidents": "Number of distinct incidents involving any linked person",
        "people": "Number of linked people involved in an incident",
    },
    {
        "incidents": "Number of distinct incidents involving any person two links away",
        "people": "Number of people two links away involved in an incident",
    },
)


def build_network(name: str, spec: NetworkSpec, past: Past, graphs: Graphs) -> Block:
    """Build a network block.

    Nodes are people, edges join people of one incident that occurred in the `built_from` before
    the as-of date and was known before it. For the people at distance 1, and those at distance
    exactly 2, of each counted source and group: the number of distinct incidents that involve
    any of them, and the number of them involved. An incident falls into the narrowest window
    that holds any of their records of it that is in the group.

    The notes are whole once the parts were read.
    """
    series = counted(past.history, spec.count, spec.total)
    runs = Runs(name)
    first = Starts(np.zeros(0, np.int32), np.zeros(0, np.int32))
    for hop in range(spec.hops):
        words = {unit: WORDS[hop][unit] for unit in spec.units}
        found = count_runs(
            runs, past.history, series, f"network{hop + 1}", words, spec.windows, spec.ever
        )
        first = found if hop == 0 else first
    layout = runs.layout(past.rows)
    notes = Notes(spec.largest_incident is not None)

    def parts() -> Iterator[Cells]:
        for at in by_date(past, spec, graphs, notes):
            yield from _counts(past, spec, graphs, series, first, layout.columns, at)

    return Block(tuple(runs.features), layout, parts, notes.kept, past.rows.as_of)


def _counts(
    past: Past, spec: NetworkSpec, graphs: Graphs, series: list[Counted], first: Starts,
    columns: int, at: Met,
) -> Iterator[Cells]:  # fmt: skip
    """Count around the rows of one date."""
    tallies: list[Callable[[Ints], Cells]] = []
    for some in packs(series):
        events = graphs.events(past.history, spec, series[some], at.rows, at.day)
        here = Starts(first.incidents[some], first.people[some])
        tallies.append(_tally(spec, events, here, columns, at))

    def count(rows: Ints) -> Cells:
        return joined([one(rows) for one in tallies], columns)

    yield from pieces(count, at.rows, graphs.threads)


def _tally(
    spec: NetworkSpec, events: Events, first: Starts, columns: int, at: Met
) -> Callable[[Ints], Cells]:
    """Sort the events by how they are counted; return what counts them around some rows."""
    ages = len(spec.windows) + spec.ever
    width = columns // spec.hops
    bucket = events.ages(at.day, spec.windows)
    if not spec.ever:
        kept = bucket < ages
        events, bucket = events.narrowed(kept), bucket[kept]
    kind = holders(events.person, events.incident, bucket, events.incidents)
    entries = (events.first, events.incident, events.mask, bucket, kind)
    vector = vectors(*entries, first.incidents, first.people, width)
    several = "incidents" in spec.units
    same = shared(*entries, 1 if several else -1)
    mixed = shared(*entries, 2 if several else -1)

    def count(rows: Ints) -> Cells:
        cells, column, number = tally(
            rows, spec.hops, at.graph.first, at.graph.link, *vector, *same, *mixed,
            first.incidents, ages, width,
        )  # fmt: skip
        if (cells < 0).any():
            what = f"more than {(1 << 31) - 1:,} incidents around one person before {at.day}"
            raise problem(DataError, "features", what, "is an id shared by many people?")
        return Cells(starts(cells), column, exact(number.astype(np.float64)))

    return count
