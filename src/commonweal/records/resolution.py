"""Which value a window has where its records differ: one function a rule, ties made explicit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from commonweal.core.errors import DataError, problem
from commonweal.records.cast import Mask
from commonweal.records.episode_spec import Resolution, RuleName

Ints = NDArray[np.int64]
MISSING, AGREED, DECIDED, TIED = range(4)
"""How a window's value came about: no record has one; all that have one agree; the rule decided;
the rule left several, and the declared order among equals decided."""


@dataclass(frozen=True, slots=True)
class Entries:
    """The values of windows, missing ones left out; every window has at least one.

    Parameters
    ----------
    first
        Place of each window's first entry; shape (windows,), ascending.
    code
        Place of each entry's value in `values`; shape (entries,). Within a window entries are
        ordered by the day they occurred, the day they were known, and the record id.
    moment
        Equal for entries of one window that occurred and were known on the same days.
    values
        The distinct values.
    """

    first: Ints
    code: Ints
    moment: Ints
    values: pa.Array

    @property
    def count(self) -> Ints:
        """How many entries each window has."""
        found: Ints = np.diff(self.first, append=len(self.code))
        return found

    @property
    def window(self) -> Ints:
        """Window of each entry."""
        found: Ints = np.repeat(np.arange(len(self.first)), self.count)
        return found

    def of(self, windows: Mask) -> Entries:
        """Return the entries of some windows."""
        kept = np.repeat(windows, self.count)
        count = self.count[windows]
        first = np.cumsum(count) - count
        return Entries(first, self.code[kept], self.moment[kept], self.values)


Settled = tuple[pa.Array, Mask]
"""The value of each window, and whether the rule left several to choose from."""


def mode(entries: Entries, _: Resolution) -> Settled:
    """Take the commonest value, of several the one entered latest; tied if there are several."""
    order = np.lexsort((entries.code, entries.window))
    window, code = entries.window[order], entries.code[order]
    ends = np.ones(len(order), dtype=np.bool_)
    ends[:-1] = (window[1:] != window[:-1]) | (code[1:] != code[:-1])
    places = np.flatnonzero(ends)
    count = np.diff(places, prepend=-1)
    latest = order[places]  # lexsort keeps the order among equals: a run ends with its latest
    whose = window[places]
    best = np.lexsort((latest, count, whose))
    last = np.append(whose[best][1:] != whose[best][:-1], True)
    most = count[best][last]
    tied = np.bincount(whose, count == most[whose]) > 1
    return entries.values.take(pa.array(code[places][best][last])), tied


def most_severe(entries: Entries, how: Resolution) -> Settled:
    """Take the value that stands last in the declared order; never tied.

    Raises
    ------
    DataError
        If a value has no place in the order.
    """
    place = {value: rank for rank, value in enumerate(how.order)}
    known = entries.values.to_pylist()
    for value in known:
        if value not in place:
            what = f"holds {value!r}, which has no place in the order of severity"
            raise problem(DataError, "most_severe", what, "name every value in `order`")
    ranks = np.array([place[value] for value in known], dtype=np.int64)
    worst = np.maximum.reduceat(ranks[entries.code], entries.first)
    return pa.array(how.order, pa.string()).take(pa.array(worst)), _never(entries)


def latest(entries: Entries, _: Resolution) -> Settled:
    """Take the value of the last entry; tied if another of its moment differs."""
    return _at(entries, entries.first + entries.count - 1)


def earliest(entries: Entries, _: Resolution) -> Settled:
    """Take the value of the first entry; tied if another of its moment differs."""
    return _at(entries, entries.first)


def any_true(entries: Entries, _: Resolution) -> Settled:
    """Say whether any value is true; never tied."""
    true = entries.values.take(pa.array(entries.code)).to_numpy(zero_copy_only=False)
    return pa.array(np.logical_or.reduceat(true, entries.first)), _never(entries)


def total(entries: Entries, _: Resolution) -> Settled:
    """Add the values up, in the order of the entries; never tied."""
    values = entries.values.to_numpy(zero_copy_only=False)[entries.code]
    return pa.array(np.add.reduceat(values, entries.first)), _never(entries)


def _at(entries: Entries, place: Ints) -> Settled:
    chosen, window = entries.code[place], entries.window
    rival = (entries.moment == entries.moment[place][window]) & (entries.code != chosen[window])
    return entries.values.take(pa.array(chosen)), np.logical_or.reduceat(rival, entries.first)


def _never(entries: Entries) -> Mask:
    return np.zeros(len(entries.first), dtype=np.bool_)


RULES: Mapping[RuleName, Callable[[Entries, Resolution], Settled]] = {
    "mode": mode,
    "most_severe": most_severe,
    "latest": latest,
    "earliest": earliest,
    "any": any_true,
    "sum": total,
}


def resolve(first: Ints, code: Ints, moment: Ints, values: pa.Array, how: Resolution) -> Resolved:
    """Settle one column of some windows.

    Parameters
    ----------
    first
        Place of each window's first record; shape (windows,), ascending from 0; none is empty.
    code
        Place of each record's value in `values`, -1 where it is missing; shape (records,), in
        the order `Entries` asks for.
    moment
        Equal for records of one window that occurred and were known on the same days.
    values
        The distinct values.
    how
        The rule.

    Returns
    -------
    Resolved
        The value of each window, null where no record has one, and how it came about.
    """
    there = code >= 0
    count = np.add.reduceat(there.astype(np.int64), first) if len(first) else first
    some = count > 0
    count = count[some]
    every = Entries(np.cumsum(count) - count, code[there], moment[there], values)
    state = np.full(len(first), MISSING, dtype=np.int8)
    state[some] = AGREED
    # Where all agree, the first entry's value is the window's; only the others need the rule.
    answer = values.take(pa.array(_spread(every.code[every.first], some), mask=~some))
    disputed = _disputed(every, how)
    if not disputed.any():
        return Resolved(answer, state)
    settled, tied = RULES[how.rule](every.of(disputed), how)
    where = np.flatnonzero(some)[disputed]
    state[where] = np.where(tied, TIED, DECIDED)
    mask = np.zeros(len(first), dtype=np.bool_)
    mask[where] = True
    return Resolved(pc.replace_with_mask(answer, mask, settled.cast(answer.type)), state)


@dataclass(frozen=True, slots=True)
class Resolved:
    """One column of some windows.

    Parameters
    ----------
    values
        One a window, null where no record has one.
    state
        `MISSING`, `AGREED`, `DECIDED` or `TIED`; shape (windows,).
    """

    values: pa.Array
    state: NDArray[np.int8]


def _disputed(entries: Entries, how: Resolution) -> Mask:
    """Which windows need the rule: several different values; to be added up, several at all."""
    if how.rule == "sum" or not len(entries.first):
        return entries.count > 1
    low = np.minimum.reduceat(entries.code, entries.first)
    return np.asarray(low != np.maximum.reduceat(entries.code, entries.first), dtype=np.bool_)


def _spread(values: Ints, where: Mask) -> Ints:
    found = np.zeros(len(where), dtype=np.int64)
    found[where] = values
    return found
