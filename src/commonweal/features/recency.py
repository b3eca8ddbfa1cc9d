"""Days since a person's first and most recent event (paper C, A.3.2)."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from commonweal.cohorts.history import History
from commonweal.core.tables import collect
from commonweal.features.columns import Block, Feature
from commonweal.features.rows import Rows, group_series, grouped
from commonweal.features.spec import RecencySpec


def build_recency(name: str, spec: RecencySpec, rows: Rows, history: History) -> Block:
    """Build a recency block: days from the event to the as-of date; missing where there is none."""
    past = history.of(spec.event, rows.relation)
    series = group_series(history, spec.event, spec.groups)
    events = grouped(history, spec.event, past, series)
    days = events.occurred_on
    found = events.group_by("row", "series").agg(first=days.min(), last=days.max())
    table = collect(found, "row", "series")
    values = np.full((rows.count, len(series), 2), np.nan, dtype=np.float32)
    row, place = table["row"].to_numpy(), table["series"].to_numpy()
    # Days are subtracted here: no two engines agree on the difference of two dates.
    for end, column in enumerate(("first", "last")):
        day = table[column].cast(pa.date32()).cast(pa.int32()).to_numpy()
        values[row, place, end] = rows.as_of[row] - day
    features = tuple(
        Feature(
            name=f"{spec.event}.{one.slug}.days_since_{end}",
            block=name,
            meaning=f"Days from the {words} {one.words} to the as-of date; missing if none.",
            unit="days",
        )
        for one in series
        for end, words in (("first", "first recorded"), ("last", "most recent"))
    )
    return Block(features, values.reshape(rows.count, -1), {})
