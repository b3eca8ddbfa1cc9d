"""Counts of a person's own incidents by group and code in nested windows (paper C, A.3.2-A.3.3)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from commonweal.features.cells import Cells, Ints, Layout, exact
from commonweal.features.columns import Block
from commonweal.features.kernels import spread
from commonweal.features.past import Past, inside
from commonweal.features.runs import Runs
from commonweal.features.spec import CountsSpec
from commonweal.features.tally import Tally, counted_series, tally


def build_counts(name: str, spec: CountsSpec, past: Past) -> Block:
    """Build a counts block.

    Each value is the number of distinct incidents in [a - w, a), known before a, of one group
    or code. It is missing where the window begins before the source, or the column the group
    rests on, was recorded. Codes are the commonest in the past of the training rows.
    """
    series, chosen = counted_series(name, spec, past)
    width = len(spec.windows) + spec.ever
    source, runs = past.history.sources[spec.event], Runs(name)
    places = [
        runs.nested(
            f"{spec.event}.{one.slug}.count", f"Number of incidents of {one.words}", "incidents",
            spec.windows, spec.ever, source.starts(*one.columns),
        )
        for one in series
    ]  # fmt: skip
    start, layout = np.array(places, np.int32), runs.layout(past.rows)

    def parts() -> Iterator[Cells]:
        found = tally(past, spec.event, spec.windows)
        starts = found.starts(series, start)
        for rows in past.chunks(found.size):
            yield _cells(found, rows, starts, width, layout)

    return Block(tuple(runs.features), layout, parts, {"codes": chosen}, past.rows.as_of)


def _cells(found: Tally, rows: slice, start: Ints, width: int, layout: Layout) -> Cells:
    table = inside(found.counted, rows)
    more = _repeated(found, rows, start, width)
    begin, column, value = spread(
        table["row"].to_numpy() - rows.start, table["key"].to_numpy().astype(np.int64),
        table["bucket"].to_numpy(), table["n"].to_numpy(), *more,
        found.facets.radix, found.facets.first, found.facets.listed, start, width,
        rows.stop - rows.start, layout.columns,
    )  # fmt: skip
    return Cells(begin, column, exact(value))


def _repeated(found: Tally, rows: slice, start: Ints, width: int) -> tuple[Ints, Ints, Ints]:
    """Return row, column and number of the incidents that were counted one by one."""
    if found.repeated is None:
        nothing = np.zeros(0, np.int32)
        return nothing, nothing, nothing
    more = inside(found.repeated, rows)
    row, series, bucket, n = (more[c].to_numpy() for c in ("row", "series", "bucket", "n"))
    kept = (start[series] >= 0) & (bucket < width)
    column = start[series] + bucket
    return (
        (row - rows.start)[kept].astype(np.int32), column[kept].astype(np.int32),
        n[kept].astype(np.int32),
    )  # fmt: skip
