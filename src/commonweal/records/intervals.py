"""Intervals of entities, in order, and what was known of each on which day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from commonweal.core.dates import EPOCH, Period, day_number
from commonweal.core.errors import DataError, problem
from commonweal.records.cast import Mask
from commonweal.records.episode_spec import EpisodeSpec
from commonweal.records.resolution import Ints

FOREVER = 1 << 22
"""A day after every day of the calendar, in days since 1970-01-01."""
_SPAN = 1 << 24
_CENTURY = 36_525
_CHUNK = 4_000_000
_MOST = 200_000_000


@dataclass(frozen=True, slots=True)
class Intervals:
    """Records as intervals, ordered by entity, first day, day known and record id.

    Every array has shape (records,); days are counted since 1970-01-01.

    Parameters
    ----------
    order
        Place of each record in the table of events.
    entity
        Rank of its entity's id among all.
    start, known
        First day, and day the record was known.
    end, ended
        Last day, never before `start`, and the first day on which it has both come and is
        known; `FOREVER` where there is none.
    reach
        Last day on which a later interval may begin and be of the same window once the end is
        known.
    moment
        Equal for records of one entity that begin and were known on the same days.
    upside_down
        How many ends lie before their start, and are taken as the start's day.
    """

    order: Ints
    entity: Ints
    start: Ints
    known: Ints
    end: Ints
    ended: Ints
    reach: Ints
    moment: Ints
    upside_down: int


def intervals(events: pa.Table, spec: EpisodeSpec) -> Intervals:
    """Read the intervals of a source's events."""
    start, known = _days(events["occurred_on"]), _days(events["known_on"])
    entity = ranks(events["entity_id"])
    order = np.lexsort((ranks(events["record_id"]), known, start, entity))
    there = events[spec.ends].is_valid().to_numpy()[order]
    start, known, entity = start[order], known[order], entity[order]
    end = np.where(there, _days(events[spec.ends])[order], FOREVER)
    upside_down = there & (end < start)
    end = np.where(upside_down, start, end)
    ended = np.maximum(end, known)
    if f"{spec.ends}__known_on" in events.column_names:
        ended = np.maximum(ended, day_known(events, spec.ends)[order])
    same = (np.diff(entity) == 0) & (np.diff(start) == 0) & (np.diff(known) == 0)
    moment = np.cumsum(np.append([0], ~same)) if len(order) else order
    reach = _after(end, spec.gap)
    return Intervals(order, entity, start, known, end, ended, reach, moment, int(upside_down.sum()))


def day_known(events: pa.Table, column: str) -> Ints:
    """Return the day each value of a column was known; `FOREVER` where it never was."""
    name = f"{column}__known_on"
    known = _days(events["known_on"])
    if name not in events.column_names:
        return known
    decided = np.where(events[name].is_valid().to_numpy(), _days(events[name]), FOREVER)
    return np.maximum(known, decided)


def begins(group: Ints, start: Ints, reach: Ints) -> Mask:
    """Return which intervals begin a window: the first of a group, and those nothing reaches.

    Parameters
    ----------
    group, start, reach
        Shape (intervals,), ordered by group and start.
    """
    found = np.ones(len(group), dtype=np.bool_)
    farthest = np.maximum.accumulate(group * _SPAN + reach)[:-1]
    found[1:] = group[1:] * _SPAN + start[1:] > farthest
    return found


def stretches(spans: Intervals) -> Ints:
    """Return, for each interval, a number shared by all that could ever be of its window.

    An open interval overlaps what begins before its end is known, so intervals of different
    stretches never meet, whatever is known.
    """
    return np.cumsum(begins(spans.entity, spans.start, np.maximum(spans.reach, spans.ended))) - 1


@dataclass(frozen=True, slots=True)
class Steps:
    """Days on which something of a stretch became known, ordered by stretch and day.

    Parameters
    ----------
    stretch, day
        Shape (steps,).
    """

    stretch: Ints
    day: Ints

    @property
    def last(self) -> Mask:
        """Which steps are the last of their stretch: all that is known by now."""
        found = np.ones(len(self.stretch), dtype=np.bool_)
        found[:-1] = self.stretch[1:] != self.stretch[:-1]
        return found


def steps(stretch: Ints, days: list[Ints], before: int) -> Steps:
    """Return the steps before a day; `days` are those on which something of each interval was."""
    keys = [(stretch * _SPAN + day)[day < before] for day in days]
    found = np.sort(np.concatenate(keys))
    found = found[np.append(True, found[1:] != found[:-1])[: len(found)]]
    # Days before 1970 are negative: the stretch of a step is found by rounding to the nearest.
    whose = (found + _SPAN // 2) // _SPAN
    return Steps(whose, found - whose * _SPAN)


def seen_by(spans: Intervals, stretch: Ints, at: Steps) -> Iterator[tuple[Ints, Ints]]:
    """Yield (step, interval) of every interval known at every step, in order, piece by piece.

    Raises
    ------
    DataError
        If one entity's intervals never part for so long that the work would not end.
    """
    size = np.bincount(stretch)
    first = np.cumsum(size) - size
    count = size[at.stretch]
    if len(count) and np.bincount(at.stretch, count).max() > _MOST:
        what = f"holds {size.max():,} intervals of one entity that never part"
        mend = "an id that stands for many looks like this: take it out, or fill the ends"
        raise problem(DataError, "episodes", what, mend)
    for start, end in pairwise(_pieces(count)):
        step = np.arange(start, end)
        many = count[step]
        place = np.arange(many.sum()) - np.repeat(np.cumsum(many) - many, many)
        interval = place + np.repeat(first[at.stretch[step]], many)
        step = np.repeat(step, many)
        known = spans.known[interval] <= at.day[step]
        yield step[known], interval[known]


def _pieces(count: Ints) -> list[int]:
    """Return where to cut the steps so that a piece holds little more than `_CHUNK` intervals."""
    total = np.cumsum(count)
    full = np.arange(_CHUNK, total[-1] if len(total) else 0, _CHUNK)
    cuts = np.searchsorted(total, full) + 1
    return [int(cut) for cut in np.unique([0, *cuts, len(count)])]


def ranks(column: pa.ChunkedArray) -> Ints:
    """Return the rank of each text among the distinct ones."""
    encoded = column.combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    place = np.empty(len(encoded.dictionary), dtype=np.int64)
    place[pc.sort_indices(encoded.dictionary).to_numpy()] = np.arange(len(place))
    found: Ints = place[encoded.indices.to_numpy()]
    return found


def _days(column: pa.ChunkedArray) -> Ints:
    numbers = column.cast(pa.int32()).fill_null(0).to_numpy()
    return np.asarray(numbers, dtype=np.int64)


def _after(end: Ints, gap: Period | None) -> Ints:
    """Return the day so long after each end; what no calendar holds is `FOREVER`."""
    if gap is None:
        return end
    days, place = np.unique(end, return_inverse=True)
    last = day_number(date.max) - _CENTURY
    moved = [
        day_number(gap.after(date.fromordinal(EPOCH.toordinal() + int(day))))
        if day < last
        else FOREVER
        for day in days
    ]
    return np.array(moved, dtype=np.int64)[place]
