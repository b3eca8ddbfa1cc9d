"""Events of the people one was involved with (paper C, A.3.4; distance 1)."""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import numpy as np
import pyarrow as pa

from commonweal.cohorts.history import History, lookback_starts
from commonweal.core.tables import Relation, collect
from commonweal.features.columns import Block, Feature, Values
from commonweal.features.rows import (
    Rows,
    before_records,
    bucketed,
    cumulated,
    group_series,
    grouped,
    not_begun,
)
from commonweal.features.spec import NetworkSpec

OVERSIZED = 1000
"""A person linked to this many others is more often a bad id than a busy person: reported."""


def build_network(name: str, spec: NetworkSpec, rows: Rows, history: History) -> Block:
    """Build a network block.

    Nodes are people, edges join people of one incident that occurred in the `built_from`
    before the as-of date and was known before it. Per counted source and group: the number of
    distinct incidents that involve any neighbour, and the number of neighbours involved; and
    the person's degree.
    """
    links = history.engine.cache(edges(spec, rows, history))
    degree = collect(links.group_by("row").agg(n=links.neighbour.nunique()), "row")
    degrees = np.zeros(rows.count, dtype=np.float32)
    degrees[degree["row"].to_numpy()] = degree["n"].to_numpy()
    features = [Feature("network.degree", name, "Number of people linked to the person.", "people")]
    columns: list[Values] = [degrees]
    for source, groups in sorted(spec.count.items()):
        found, numbers = _neighbours(name, spec, source, groups, links, rows, history)
        features += found
        columns += numbers
    notes: dict[str, object] = {
        "oversized_above": OVERSIZED,
        "oversized": int((degrees > OVERSIZED).sum()),
    }
    return Block(tuple(features), np.stack(columns, axis=1), notes)


def edges(spec: NetworkSpec, rows: Rows, history: History) -> Relation:
    """Return the distinct links (row, as_of, neighbour) of the rows' people."""
    dates = rows.dates
    starts = history.engine.table(lookback_starts(dates, [spec.built_from]))
    parts = []
    for edge in spec.edges:
        left, _, right = edge.partition("-")
        for mine, theirs in dict.fromkeys([(left, right or left), (right or left, left)]):
            own = history.of(mine, rows.relation).join(starts, "as_of")
            own = own.filter(own.occurred_on >= own.start_0)
            own = own.select("row", "as_of", "entity_id", "event_id")
            other = history.everyone(theirs, dates).join(starts, "as_of")
            other = other.filter(other.occurred_on >= other.start_0)
            other = other.select("as_of", "event_id", neighbour=other.entity_id)
            pairs = own.join(other, ["as_of", "event_id"])
            pairs = pairs.filter(pairs.entity_id != pairs.neighbour)
            parts.append(pairs.select("row", "as_of", "neighbour"))
    together = ibis.union(*parts) if parts[1:] else parts[0]
    return together.distinct()


def _neighbours(
    name: str, spec: NetworkSpec, source: str, groups: Sequence[str], links: Relation, rows: Rows,
    history: History,
) -> tuple[list[Feature], list[Values]]:  # fmt: skip
    """Count neighbours' incidents and the neighbours involved, for one source."""
    series = group_series(history, source, groups)
    past = grouped(history, source, history.everyone(source, rows.dates), series)
    past = past.select("as_of", "series", "occurred_on", "event_id", neighbour=past.entity_id)
    joined = history.engine.cache(links.join(past, ["as_of", "neighbour"]))
    declared = history.sources[source]
    features: list[Feature] = []
    columns: list[Values] = []
    for thing, unit in (("event_id", "incidents"), ("neighbour", "people")):
        counts: pa.Table = bucketed(joined, thing, rows, spec.windows, history)
        values = cumulated(counts, rows, len(series), len(spec.windows) + 1)
        what = "Number of distinct incidents involving any linked person"
        if unit == "people":
            what = "Number of linked people involved in an incident"
        for place, one in enumerate(series):
            starts = declared.starts(*one.columns)
            missing = before_records(rows, starts, spec.windows)
            stem = f"network1.{source}.{one.slug}.{unit}"
            for w, window in enumerate(spec.windows):
                columns.append(values[:, place, w] + missing[:, w])
                words = f"{what}: {one.words} in the {window} before the as-of date."
                features.append(Feature(f"{stem}.{window.slug}", name, words, unit))
            if spec.ever:
                unseen = np.where(not_begun(rows, starts), np.float32(np.nan), np.float32(0))
                columns.append(values[:, place, -1] + unseen)
                words = f"{what}: {one.words}, ever recorded before the as-of date."
                features.append(Feature(f"{stem}.ever", name, words, unit))
    return features, columns
