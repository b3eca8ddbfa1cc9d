"""Lengths of time between a person's successive events (paper B's history of reports)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from commonweal.core.tables import Relation
from commonweal.features.cells import Cells, Layout, Values
from commonweal.features.columns import Block, Feature
from commonweal.features.kernels import expand, sparse, steps
from commonweal.features.past import Past, inside
from commonweal.features.rows import group_series
from commonweal.features.spec import GapsSpec
from commonweal.features.tally import Facets

_WORDS = {
    "mean": "Mean number of days between successive days with",
    "shortest": "Fewest days between successive days with",
    "longest": "Most days between successive days with",
    "latest": "Days between the last two days with",
}


def build_gaps(name: str, spec: GapsSpec, past: Past) -> Block:
    """Build a gaps block: days between successive event days; missing with fewer than two."""
    series = group_series(past.history, spec.event, spec.groups, spec.total)
    features = tuple(
        Feature(
            f"{spec.event}.{one.slug}.gap.{summary}", name, f"{_WORDS[summary]} {one.words}.",
            "days", missing="there are fewer than two such days",
        )
        for one in series
        for summary in spec.summaries
    )  # fmt: skip
    count = len(features)
    layout = Layout(np.full(count, np.nan, np.float32), np.arange(1, count + 1, dtype=np.int32), {})

    def days() -> tuple[Facets, Relation, int]:
        facets = Facets.of(past.own, spec.event, series)
        keyed = facets.keyed(past.of_source(spec.event))
        found = past.own.engine.cache(keyed.select("row", "key", "occurred_on"))
        return facets, found, int(found.count().to_pyarrow().as_py())

    def parts() -> Iterator[Cells]:
        facets, found, size = past.once(("gaps", name), days)
        for rows in past.chunks(size):
            lengths = _lengths(inside(found, rows), facets, rows, len(series))
            chosen: Values = np.stack([lengths[how] for how in spec.summaries], axis=2)
            flat = chosen.reshape(rows.stop - rows.start, count)
            yield Cells(*sparse(flat, layout.fill))

    return Block(features, layout, parts, {}, past.rows.as_of)


def _lengths(
    table: pa.Table, facets: Facets, rows: slice, series: int
) -> dict[str, NDArray[np.float32]]:
    """Return each summary, shape (rows, series), NaN where there are fewer than two days."""
    ones = np.ones(table.num_rows, np.int64)
    places = np.arange(series, dtype=np.int32)
    # The days take the place of the numbers counted: one entry a row, series and day.
    row, place, day = expand(
        table["row"].to_numpy() - rows.start, table["key"].to_numpy().astype(np.int64),
        np.zeros(table.num_rows, np.int32), ones * _days(table["occurred_on"]),
        facets.radix, facets.first, facets.listed, places, 1,
    )  # fmt: skip
    found = steps(row, place, day, rows.stop - rows.start, series)
    return dict(zip(("mean", "shortest", "longest", "latest"), found, strict=True))


def _days(column: Any) -> NDArray[np.int64]:
    return np.asarray(column.cast("int32").to_numpy(), dtype=np.int64) + _SHIFT


_SHIFT = 1_000_000
"""Added to days so that none is 0, which stands for nothing in a tally."""
