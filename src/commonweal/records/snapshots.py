"""The windows of many moments at once: what was known at each, and what it made of each column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from commonweal.records.episode_spec import EpisodeSpec
from commonweal.records.intervals import FOREVER, Intervals, Steps, begins
from commonweal.records.resolution import Ints, Resolved, resolve


@dataclass(frozen=True, slots=True)
class Values:
    """One column of the intervals, in their order.

    Parameters
    ----------
    code
        Place of each interval's value in `values`, -1 where it has none.
    values
        The distinct values.
    known
        The day each was known.
    """

    code: Ints
    values: pa.Array
    known: Ints

    @classmethod
    def of(cls, events: pa.Table, name: str, known: Ints, spans: Intervals) -> Values:
        """Read a column of the events; `known` is in the order of the intervals."""
        encoded = events[name].combine_chunks().dictionary_encode()
        if isinstance(encoded, pa.ChunkedArray):
            encoded = encoded.combine_chunks()
        code = encoded.indices.fill_null(-1).to_numpy().astype(np.int64)
        return cls(code[spans.order], encoded.dictionary, known)


@dataclass(frozen=True, slots=True)
class Windows:
    """Windows at steps; every array has shape (windows,).

    Parameters
    ----------
    step, interval
        The step, and the window's first interval.
    records
        How many intervals it holds.
    end
        Its last day, `FOREVER` while one of them is open.
    columns
        What each column was settled as.
    """

    step: Ints
    interval: Ints
    records: Ints
    end: Ints
    columns: Mapping[str, Resolved]


def snapshot(
    spans: Intervals, at: Steps, columns: Mapping[str, Values], spec: EpisodeSpec,
    step: Ints, interval: Ints,
) -> Windows:  # fmt: skip
    """Return the windows of some steps, from the intervals known at each."""
    day = at.day[step]
    closed = spans.ended[interval] <= day
    end = np.where(closed, spans.end[interval], FOREVER)
    reach = np.where(closed, spans.reach[interval], FOREVER)
    first = np.flatnonzero(begins(step, spans.start[interval], reach))
    moment = spans.moment[interval]
    settled = {}
    for name, one in columns.items():
        code = np.where(one.known[interval] <= day, one.code[interval], -1)
        settled[name] = resolve(first, code, moment, one.values, spec.columns[name])
    records = np.diff(first, append=len(step))
    return Windows(step[first], interval[first], records, np.maximum.reduceat(end, first), settled)


def joined(parts: list[Windows], events: pa.Table, spec: EpisodeSpec) -> Windows:
    """Put the windows of all steps together."""
    none = np.empty(0, dtype=np.int64)
    if not parts:
        empty = {
            name: Resolved(pa.array([], events.schema.field(name).type), none.astype(np.int8))
            for name in sorted(spec.columns)
        }
        return Windows(none, none, none, none, empty)
    return Windows(
        np.concatenate([p.step for p in parts]),
        np.concatenate([p.interval for p in parts]),
        np.concatenate([p.records for p in parts]),
        np.concatenate([p.end for p in parts]),
        {
            name: Resolved(
                pa.concat_arrays([p.columns[name].values for p in parts]),
                np.concatenate([p.columns[name].state for p in parts]),
            )
            for name in parts[0].columns
        },
    )
