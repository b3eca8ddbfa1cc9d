"""Counts of a person's own events by group and code in nested windows (paper C, A.3.2-A.3.3)."""

from __future__ import annotations

import ibis
import numpy as np

from commonweal.cohorts.history import History
from commonweal.features.columns import Block, Feature
from commonweal.features.rows import (
    Rows,
    Series,
    before_records,
    bucketed,
    coded,
    common_codes,
    cumulated,
    group_series,
    grouped,
    not_begun,
)
from commonweal.features.spec import CountsSpec


def build_counts(name: str, spec: CountsSpec, rows: Rows, history: History) -> Block:
    """Build a counts block.

    Each value is the number of distinct incidents in [a - w, a), known before a, of one group
    or code. It is missing where the window begins before the source, or the column the group
    rests on, was recorded. Codes are the commonest in the past of the training rows.
    """
    past = history.engine.cache(history.of(spec.event, rows.relation))
    series = group_series(history, spec.event, spec.groups, spec.total)
    parts = [grouped(history, spec.event, past, series)] if series else []
    chosen: dict[str, object] = {}
    for column in spec.by:
        codes = common_codes(history, spec.event, column, rows, spec.top)
        chosen[column] = codes
        if codes:
            parts.append(coded(past, column, codes, len(series), history).drop("code"))
        noun = spec.event.replace("_", " ")
        series += [
            Series(f"{column}={code}", f"{noun} ({column} {code})", (column,)) for code in codes
        ]
    events = [part.select("row", "as_of", "series", "occurred_on", "event_id") for part in parts]
    together = ibis.union(*events) if events[1:] else events[0]
    counts = bucketed(together, "event_id", rows, spec.windows, history)
    values = cumulated(counts, rows, len(series), len(spec.windows) + 1)
    source = history.sources[spec.event]
    features, columns = [], []
    for place, one in enumerate(series):
        starts = source.starts(*one.columns)
        missing = before_records(rows, starts, spec.windows)
        for w, window in enumerate(spec.windows):
            columns.append(values[:, place, w] + missing[:, w])
            features.append(_feature(name, spec.event, one, window.slug, f"in the {window} before"))
        if spec.ever:
            unseen = np.where(not_begun(rows, starts), np.float32(np.nan), np.float32(0))
            columns.append(values[:, place, -1] + unseen)
            features.append(_feature(name, spec.event, one, "ever", "ever recorded before"))
    return Block(tuple(features), np.stack(columns, axis=1), {"codes": chosen})


def _feature(block: str, source: str, series: Series, slug: str, when: str) -> Feature:
    return Feature(
        name=f"{source}.{series.slug}.count.{slug}",
        block=block,
        meaning=f"Number of incidents of {series.words} {when} the as-of date.",
        unit="events",
    )
