"""The rows of one source on their way to events: typed columns and what was found wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from commonweal.records.cast import Mask
from commonweal.records.checks import SHOWN, Mistake
from commonweal.records.spec import Policy

OCCURRED, KNOWN = "__occurred_on", "__known_on"


@dataclass(frozen=True, slots=True)
class Partner:
    """The joined table.

    Parameters
    ----------
    table
        Its file, as declared.
    columns
        Columns that come from it.
    rows
        For each row of the source, the partner's row (from 0), or -1 where there is none.
    """

    table: str
    columns: frozenset[str]
    rows: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Rows:
    """The raw rows of one source; every check returns new ones.

    Parameters
    ----------
    table
        The source's table, as declared.
    columns
        Name -> typed values, one a raw row.
    keep
        Rows that count: the source's ``where`` holds on them. A check that fails on another
        row is no mistake.
    mistakes
        What the checks found so far.
    partner
        The joined table, where there is one.
    """

    table: str
    columns: Mapping[str, pa.Array]
    keep: Mask
    mistakes: tuple[Mistake, ...] = ()
    partner: Partner | None = None

    @property
    def count(self) -> int:
        """Number of raw rows."""
        return len(self.keep)

    def noted(self, code: str, column: str, policy: Policy, failed: Mask, values: pa.Array) -> Rows:
        """Return the rows with a failed check on record; `values` are shown as samples."""
        failed = failed & self.keep
        for earlier in self.mistakes:
            if (earlier.code, earlier.column) == (code, column):
                failed = failed | earlier.rows
        if not failed.any():
            return self
        others = [m for m in self.mistakes if (m.code, m.column) != (code, column)]
        table, numbers = self.table, np.arange(self.count)
        if self.partner is not None and column in self.partner.columns:
            table, numbers = self.partner.table, self.partner.rows
        places = np.flatnonzero(failed)
        _, first = np.unique(numbers[places], return_index=True)
        samples = tuple(
            (int(numbers[place]) + 1, shown(values, int(place))) for place in places[first[:SHOWN]]
        )
        found = Mistake(code, column, policy, failed, table, samples)
        return replace(self, mistakes=(*others, found))

    def having(self, **columns: pa.Array) -> Rows:
        """Return the rows with some columns added or replaced."""
        return replace(self, columns={**self.columns, **columns})

    def blanked(self, column: str, where: Mask) -> Rows:
        """Return the rows with a column made missing in some of them."""
        return self.having(**{column: blank(self.columns[column], where)})

    def failing(self, column: str, *codes: str) -> Mask:
        """Return where a column failed one of `codes` and was not kept in spite of it."""
        found = np.zeros(self.count, dtype=np.bool_)
        for item in self.mistakes:
            if item.column == column and item.code in codes and item.policy != "warn":
                found |= item.rows
        return found

    def set_aside(self) -> Mask:
        """Return the rows that failed a check whose policy is ``quarantine``."""
        aside = np.zeros(self.count, dtype=np.bool_)
        for item in self.mistakes:
            if item.policy == "quarantine":
                aside |= item.rows
        return aside


def mask(values: pa.Array) -> Mask:
    """Return Arrow's truth values as numpy's; missing is false."""
    return np.asarray(pc.fill_null(values, False).to_numpy(zero_copy_only=False), dtype=np.bool_)


def days(values: pa.Array) -> NDArray[np.int64]:
    """Days since 1970-01-01; a missing date is 0, so always test for presence beside it."""
    numbers = pc.fill_null(values.cast(pa.int32()), 0).to_numpy(zero_copy_only=False)
    return np.asarray(numbers, dtype=np.int64)


def blank(values: pa.Array, where: Mask) -> pa.Array:
    """Return the values, missing in some places."""
    return pc.if_else(pa.array(where), pa.scalar(None, values.type), values)


def shown(values: pa.Array | pa.ChunkedArray, place: int) -> object:
    """Return a value as Python's, or its type's name where Python has none for it."""
    value = values[place]
    try:
        return value.as_py()
    except (ValueError, OverflowError, ImportError):  # year 10000, nanoseconds, broken text
        return f"a {value.type} beyond what can be shown"
