"""Columns as bins: a byte a cell, cut between neighbouring values, a place of its own for gaps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from commonweal.models.trees.tree import Kind

MOST = 255
"""Most bins of a column: a byte holds one more place, which is that of missing values."""
Floats = NDArray[np.float64]
Codes = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Column:
    """How one column was cut.

    Parameters
    ----------
    kind
        What it holds.
    cuts
        Bin b holds what is above ``cuts[b - 1]`` and at most ``cuts[b]``; of categories, the code
        of bin b, the last bin holding all others. Shape (bins - 1,), ascending.
    missing
        Place of missing values: the one after the last bin; None where none is missing.
    """

    kind: Kind
    cuts: Floats
    missing: int | None

    @property
    def bins(self) -> int:
        """Number of bins, that of missing values not counted."""
        return len(self.cuts) + 1


@dataclass(frozen=True, slots=True)
class Binned:
    """Rows as places of bins.

    Parameters
    ----------
    codes
        Bin of each cell, shape (rows, columns), uint8, in C order.
    columns
        How each column was cut.
    """

    codes: Codes
    columns: tuple[Column, ...]

    @property
    def places(self) -> int:
        """Most places any column has, that of missing values counted."""
        return max((c.bins + (c.missing is not None) for c in self.columns), default=1)

    def some(self, rows: NDArray[np.int64]) -> Binned:
        """Return some of the rows, with the same cuts."""
        return Binned(self.codes[rows], self.columns)


def binned(values: NDArray[np.generic], kinds: Sequence[Kind], most: int = MOST) -> Binned:
    """Cut columns into bins.

    A column of at most `most` different values is cut between each two neighbours, half way, as
    scikit-learn's trees are; one of more where about equally many rows lie to each side.

    Parameters
    ----------
    values
        Shape (rows, columns), NaN where missing; of any type of number.
    kinds
        What each column holds. Of a column of `most` categories or more the most frequent can be
        told apart; no split singles out the others.
    most
        Most bins a column, from 2 to 255.
    """
    if values.dtype.kind in "bu" and values.itemsize == 1 and set(kinds) <= {"binary"}:
        cut = Column("binary", np.array([0.5]), None)
        return Binned(np.ascontiguousarray(values).view(np.uint8), (cut,) * len(kinds))
    codes = np.empty(values.shape, np.uint8)
    columns = []
    for place, kind in enumerate(kinds):
        column, codes[:, place] = _cut(values[:, place], kind, most)
        columns.append(column)
    return Binned(codes, tuple(columns))


def _cut(values: NDArray[np.generic], kind: Kind, most: int) -> tuple[Column, Codes]:
    wide = values.astype(np.float64)
    gaps = np.isnan(wide)
    different, counts = np.unique(wide[~gaps], return_counts=True)
    if kind == "category":
        order = np.lexsort((different, -counts))
        cuts = np.sort(different[order[: most - 1]])
        at = np.searchsorted(cuts, wide)
        known = at < len(cuts)
        known[known] = cuts[at[known]] == wide[known]
        codes = np.where(known, at, len(cuts))
    else:
        cuts = _between(different, counts, most)
        codes = np.searchsorted(cuts, wide, side="left")
    bins = len(cuts) + 1
    codes[gaps] = bins
    return Column(kind, cuts, bins if gaps.any() else None), codes.astype(np.uint8)


def _between(different: Floats, counts: NDArray[np.int64], most: int) -> Floats:
    """Return where to cut between neighbouring values, at most `most` - 1 times."""
    lower, upper = different[:-1], different[1:]
    middle = lower / 2 + upper / 2
    middle = np.where((middle >= upper) | ~np.isfinite(middle), lower, middle)
    if len(different) <= most:
        return middle
    below = np.cumsum(counts)[:-1]
    wanted = counts.sum() * np.arange(1, most) / most
    at = np.unique(np.searchsorted(below, wanted).clip(0, len(middle) - 1))
    return np.asarray(middle[at], np.float64)
