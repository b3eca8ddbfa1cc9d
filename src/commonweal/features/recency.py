"""Days since a person's first and most recent event (paper C, A.3.2)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from commonweal.features.cells import Cells, Layout
from commonweal.features.columns import Block, Feature
from commonweal.features.kernels import extremes, since
from commonweal.features.past import Past, inside
from commonweal.features.rows import group_series
from commonweal.features.spec import RecencySpec
from commonweal.features.tally import tally


def build_recency(name: str, spec: RecencySpec, past: Past) -> Block:
    """Build a recency block: days from the event to the as-of date; missing where there is none."""
    series = group_series(past.history, spec.event, spec.groups, spec.total)
    features = tuple(
        Feature(
            name=f"{spec.event}.{one.slug}.days_since_{end}",
            block=name,
            meaning=f"Days from the {words} {one.words} to the as-of date.",
            unit="days",
            missing="there is none",
        )
        for one in series
        for end, words in (("first", "first recorded"), ("last", "most recent"))
    )
    count = len(features)
    layout = Layout(np.full(count, np.nan, np.float32), np.arange(1, count + 1, dtype=np.int32), {})

    def parts() -> Iterator[Cells]:
        found = tally(past, spec.event)
        for rows in past.chunks(found.size):
            table = inside(found.counted, rows)
            first, last = extremes(
                table["row"].to_numpy() - rows.start,
                table["key"].to_numpy().astype(np.int64),
                table["oldest"].cast("int32").to_numpy(),
                table["newest"].cast("int32").to_numpy(),
                found.facets.radix, found.facets.first, found.facets.listed,
                found.places(series), rows.stop - rows.start, len(series),
            )  # fmt: skip
            days = past.rows.as_of[rows]
            yield Cells(*since(first, last, days))

    return Block(features, layout, parts, {}, past.rows.as_of)
