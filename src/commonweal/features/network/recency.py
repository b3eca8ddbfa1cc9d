"""How long ago something last happened to the people around a person."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from commonweal.core.dates import day_number
from commonweal.features.cells import Cells, Ints, exact
from commonweal.features.columns import Block
from commonweal.features.network.events import Counted, packs
from commonweal.features.network.kernels import last_days, latest
from commonweal.features.network.memo import Graphs
from commonweal.features.network.runs import counted
from commonweal.features.network.walk import Met, Notes, by_date, joined, pieces, starts
from commonweal.features.past import Past
from commonweal.features.runs import Runs
from commonweal.features.spec import NetworkRecencySpec

_WHOM = ("linked person", "person two links away")


def build_network_recency(
    name: str, spec: NetworkRecencySpec, past: Past, graphs: Graphs
) -> Block:  # fmt: skip
    """Build a network recency block.

    Days from the most recent event of any person at distance 1, and at distance exactly 2, to
    the as-of date; missing where there is none. The notes are whole once the parts were read.
    """
    series = counted(past.history, spec.count, spec.total)
    runs = Runs(name)
    for hop, whom in enumerate(_WHOM[: spec.hops]):
        for source, one in series:
            meaning = f"Days from the most recent {one.words} of any {whom} to the as-of date."
            stem = f"network{hop + 1}.{source}.{one.slug}"
            runs.plain(f"{stem}.days_since_last", meaning, "days", "where there is none")
    layout = runs.layout(past.rows, np.nan)
    notes = Notes(spec.largest_incident is not None)

    def parts() -> Iterator[Cells]:
        for at in by_date(past, spec, graphs, notes):
            yield from _days(past, spec, graphs, series, at)

    return Block(tuple(runs.features), layout, parts, notes.kept, past.rows.as_of)


def _days(
    past: Past, spec: NetworkRecencySpec, graphs: Graphs, series: list[Counted], at: Met
) -> Iterator[Cells]:
    """Look around the rows of one date."""
    width = len(series)
    today = day_number(at.day)
    looks: list[Callable[[Ints], Cells]] = []
    for some in packs(series):
        events = graphs.events(past.history, spec, series[some], at.rows, at.day)
        start, which, day = last_days(events.first, events.mask, events.day, some.stop - some.start)
        column = which + np.int32(some.start)

        def look(
            rows: Ints, start: object = start, column: Ints = column, day: Ints = day
        ) -> Cells:  # fmt: skip
            cells, place, last = latest(
                rows, spec.hops, at.graph.first, at.graph.link, start, column, day, width
            )
            return Cells(starts(cells), place, exact((today - last).astype(np.float64)))

        looks.append(look)

    def all_of(rows: Ints) -> Cells:
        return joined([look(rows) for look in looks], width * spec.hops)

    yield from pieces(all_of, at.rows, graphs.threads)
