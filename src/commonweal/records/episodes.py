"""Windows: overlapping or near intervals of one entity, consolidated as they were known.

A window is not a record. It grows, joins another or parts as records of it arrive, and a later
record may change what the commonest or most severe value is. One row a window with one day on
which it was known would therefore give the future away, whichever day it is: on the day of its
first record its values are those of later ones; and hidden, or without values, until its last
record, a window that is not there says that another record will come. So each window has a row
for every state it was known in, a *version*: known from `known_on`, and until `known_until`, the
day something newer was known. As of a day exactly one version of each window stands, and it is
what consolidating only the records, ends and decided values known before that day gives.

Source: Shroff, *Predictive Analytics for City Agencies* (2017), "Cleaning and Processing Data".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from commonweal.core.dates import day_number
from commonweal.records.cast import Mask
from commonweal.records.episode_spec import EpisodeSpec
from commonweal.records.intervals import (
    FOREVER,
    Intervals,
    Steps,
    day_known,
    intervals,
    seen_by,
    steps,
    stretches,
)
from commonweal.records.resolution import Ints, Resolved
from commonweal.records.snapshots import Values, Windows, joined, snapshot
from commonweal.records.spec import STRUCTURE, UNTIL


@dataclass(frozen=True, slots=True)
class Counts:
    """How the windows' values of one column came about, as known last.

    Parameters
    ----------
    rule
        The rule.
    missing, agreed, decided, tied
        Windows in which no record has a value; all that have one agree (for ``sum``: only one
        has); they differ and the rule decided; they differ and the rule left several, of which
        the declared order among equals took one.
    """

    rule: str
    missing: int
    agreed: int
    decided: int
    tied: int


@dataclass(frozen=True, slots=True)
class EpisodeReport:
    """What consolidating one source counted.

    Parameters
    ----------
    records, windows, several, open
        Records consolidated; windows as known last; those of several records; those still open.
    withdrawn
        Windows that were known and then no longer: a record made them part of an earlier one.
    upside_down
        Records whose end lies before their start; the start's day stands.
    columns
        Column -> counts.
    """

    records: int
    windows: int
    several: int
    open: int
    withdrawn: int
    upside_down: int
    columns: Mapping[str, Counts]


@dataclass(frozen=True, slots=True)
class Episodes:
    """Windows and what was counted.

    Parameters
    ----------
    events
        One row a version of a window: `STRUCTURE`, ``known_until``, then the declared columns and
        ``records``, ``ended_on``, ``days``. ``record_id`` and ``event_id`` are the entity and the
        window's first day: one a window as of any day. Ordered by entity, known_on, occurred_on.
    report
        Counts.
    """

    events: pa.Table
    report: EpisodeReport


def consolidate(events: pa.Table, spec: EpisodeSpec, as_of: date | None = None) -> pa.Table:
    """Consolidate intervals into windows, one row each, as known on a day.

    Parameters
    ----------
    events
        Events of the source `spec` names, as `assemble_source` returns them: ``record_id`` is
        unique. The order of the rows does not matter.
    spec
        What a window is. Days are inclusive: intervals that share a day are of one window, and
        with a gap those that begin at most so long after the last day of what came before.
    as_of
        Only records, ends and decided values known strictly before this day are used; all of
        them where none is given.

    Returns
    -------
    pyarrow.Table
        `STRUCTURE`, the declared columns, ``records``, ``ended_on`` and ``days``. ``known_on`` is
        the day since which the window is known as it stands here.

    Raises
    ------
    DataError
        If a value has no place in the order of its column's severity.
    """
    found = episodes(events, spec, as_of).events
    return found.filter(found[UNTIL].is_null()).drop_columns([UNTIL])


def episodes(events: pa.Table, spec: EpisodeSpec, before: date | None = None) -> Episodes:
    """Consolidate intervals into windows, one row a version, and count what was settled how.

    Parameters
    ----------
    events, spec
        See `consolidate`.
    before
        What is known on or after this day is left out.
    """
    limit = FOREVER if before is None else day_number(before)
    spans = intervals(events, spec)
    stretch = stretches(spans)
    known = {name: day_known(events, name)[spans.order] for name in sorted(spec.columns)}
    at = steps(stretch, [spans.known, spans.ended, *known.values()], limit)
    columns = {name: Values.of(events, name, known[name], spans) for name in known}
    parts = [
        snapshot(spans, at, columns, spec, step, interval)
        for step, interval in seen_by(spans, stretch, at)
    ]
    return _versions(events, spec, spans, at, joined(parts, events, spec), limit)


def _versions(
    events: pa.Table, spec: EpisodeSpec, spans: Intervals, at: Steps, found: Windows, limit: int
) -> Episodes:
    """Join the steps at which a window stood unchanged into one version each."""
    stretch, start = at.stretch[found.step], spans.start[found.interval]
    order = np.lexsort((found.step, start, stretch))
    step = found.step[order]
    same = np.zeros(len(order), dtype=np.bool_)
    same[1:] = (np.diff(stretch[order]) == 0) & (np.diff(start[order]) == 0)
    kept = same.copy()
    kept[1:] &= np.diff(step) == 1
    for values in (found.records, found.end, *(_places(c.values) for c in found.columns.values())):
        kept[1:] &= np.diff(values[order]) == 0
    heads, tails = np.flatnonzero(~kept), np.flatnonzero(np.append(~kept[1:], True)[: len(kept)])
    last = at.last[step[tails]]
    gone = ~np.append(same[heads[1:]], False)[: len(heads)] & ~last
    newer = at.day[np.minimum(step[tails] + 1, max(len(at.day) - 1, 0))]
    table = _table(events, spec, spans, found, order[heads], at.day[step[heads]])
    until = pa.array(newer.astype(np.int32), mask=last).cast(pa.date32())
    table = table.add_column(len(STRUCTURE), UNTIL, until)
    now = at.last[found.step]
    report = EpisodeReport(
        records=int((spans.known < limit).sum()),
        windows=int(now.sum()),
        several=int((found.records[now] > 1).sum()),
        open=int((found.end[now] == FOREVER).sum()),
        withdrawn=int(gone.sum()),
        upside_down=spans.upside_down,
        columns={name: _counted(c, spec, name, now) for name, c in found.columns.items()},
    )
    return Episodes(table.take(pa.array(_in_order(spans, found, at, order[heads]))), report)


def _in_order(spans: Intervals, found: Windows, at: Steps, rows: Ints) -> NDArray[np.intp]:
    interval = found.interval[rows]
    return np.lexsort((spans.start[interval], at.day[found.step[rows]], spans.entity[interval]))


def _counted(column: Resolved, spec: EpisodeSpec, name: str, now: Mask) -> Counts:
    missing, agreed, decided, tied = np.bincount(column.state[now], minlength=4).tolist()
    return Counts(spec.columns[name].rule, missing, agreed, decided, tied)


def _table(
    events: pa.Table, spec: EpisodeSpec, spans: Intervals, found: Windows, rows: Ints, known: Ints
) -> pa.Table:
    interval = found.interval[rows]
    start, end = spans.start[interval], found.end[rows]
    first = pa.array(spans.order[interval])
    entity = events["entity_id"].combine_chunks().take(first)
    since, is_open = _dates(start), end == FOREVER
    record = pc.binary_join_element_wise(entity, since.cast(pa.string()), "|")
    role = events["role"].combine_chunks().take(first)
    if spec.role is not None:
        role = pa.array([spec.role], pa.string()).take(pa.array(np.zeros(len(rows), np.int64)))
    columns = {
        "record_id": record, "event_id": record, "entity_id": entity, "role": role,
        "occurred_on": since, "known_on": _dates(known),
    }  # fmt: skip
    columns |= {name: found.columns[name].values.take(pa.array(rows)) for name in found.columns}
    columns["records"] = pa.array(found.records[rows])
    columns["ended_on"] = pa.array(end.astype(np.int32), mask=is_open).cast(pa.date32())
    columns["days"] = pa.array(end - start + 1, mask=is_open)
    return pa.table(columns)


def _dates(days: Ints) -> pa.Array:
    return pa.array(days.astype(np.int32)).cast(pa.date32())


def _places(values: pa.Array) -> Ints:
    """Return a number for each value, the same for equal ones and for missing ones."""
    found: Ints = values.dictionary_encode().indices.fill_null(-1).to_numpy().astype(np.int64)
    return found
