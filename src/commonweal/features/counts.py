"""Counts of a person's own incidents by group and code in nested windows (paper C, A.3.2-A.3.3)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from commonweal.core.dates import Period
from commonweal.features.cells import Cells, Ints, Layout, exact
from commonweal.features.columns import EVER, Block, Feature
from commonweal.features.kernels import spread
from commonweal.features.past import Past, inside
from commonweal.features.rows import unseen
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
    start = np.arange(len(series), dtype=np.int32) * width
    source = past.history.sources[spec.event]
    layout = Layout(
        fill=np.zeros(len(series) * width, np.float32),
        end=np.repeat(start + width, width).astype(np.int32),
        unseen=unseen(past.rows.dates, source, series, spec.windows, spec.ever),
    )
    features = tuple(
        feature
        for one in series
        for feature in windowed(
            name, f"{spec.event}.{one.slug}.count", f"Number of incidents of {one.words}",
            "incidents", spec.windows, spec.ever,
        )
    )  # fmt: skip

    def parts() -> Iterator[Cells]:
        found = tally(past, spec.event, spec.windows)
        starts = found.starts(series, start)
        for rows in past.chunks(found.size):
            yield _cells(found, rows, starts, width, layout)

    return Block(features, layout, parts, {"codes": chosen}, past.rows.as_of)


def windowed(
    block: str, stem: str, what: str, unit: str, windows: Sequence[Period], ever: bool
) -> Iterator[Feature]:
    """Describe a run of nested windows, narrowest first."""
    early = "the window begins before the records do"
    for window in windows:
        words = f"{what} in the {window} before the as-of date."
        yield Feature(f"{stem}.{window.slug}", block, words, unit, str(window), early)
    if ever:
        words = f"{what} ever recorded before the as-of date."
        yield Feature(f"{stem}.{EVER}", block, words, unit, EVER, "the records begin later")


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
