"""Compiled loops over cells. They see plain arrays and know nothing of dates or people."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def by_row(row, column, value, rows, columns):
    """Sort cells by row and column in linear time, adding up those of one row and column.

    Returns
    -------
    start : int64, shape (rows + 1,)
    column : int32
    value : float64
    """
    n = len(row)
    order = _counted(column, np.arange(n), columns)
    order = _counted(row, order, rows)
    start = np.zeros(rows + 1, np.int64)
    kept_column = np.empty(n, np.int32)
    kept = np.empty(n, np.float64)
    place = -1
    last_row, last_column = -1, -1
    for i in order:
        if row[i] == last_row and column[i] == last_column:
            kept[place] += value[i]
            continue
        place += 1
        last_row, last_column = row[i], column[i]
        start[last_row + 1] += 1
        kept_column[place] = last_column
        kept[place] = value[i]
    for r in range(rows):
        start[r + 1] += start[r]
    return start, kept_column[: place + 1].copy(), kept[: place + 1].copy()


@njit(cache=True, nogil=True)
def _counted(key, order, keys):
    """Return `order` sorted by key, stable: counting sort."""
    first = np.zeros(keys + 1, np.int64)
    for k in key:
        first[k + 1] += 1
    for k in range(keys):
        first[k + 1] += first[k]
    out = np.empty(len(order), np.int64)
    for i in order:
        k = key[i]
        out[first[k]] = i
        first[k] += 1
    return out


@njit(cache=True, nogil=True)
def fill_in(start, column, value, end, place, rows, out):
    """Write the cells of some rows into a filled dense matrix."""
    for i in range(len(rows)):
        r = rows[i]
        for k in range(start[r], start[r + 1]):
            c = column[k]
            for j in range(c, end[c]):
                if place[j] < 0:
                    continue
                if np.isnan(out[i, place[j]]):  # nothing but the filling yet
                    out[i, place[j]] = value[k]
                else:
                    out[i, place[j]] += value[k]


@njit(cache=True, nogil=True)
def expand(row, key, bucket, n, radix, first, listed, start):
    """Give every tallied number to the series it belongs to.

    A key is a mixed-radix number of facets, one a column; `listed` holds, for each column and
    facet, the series it is in. A series that a block does not want starts at -1.

    Parameters
    ----------
    row, key, bucket, n
        The tally.
    radix : int64, shape (columns,)
        Facets of each column.
    first : int64, shape (sum of radix + 1,)
        Place in `listed` of the first series of each facet, column after column.
    listed : int32
        Series.
    start : int32, shape (series,)
        First column of each series' run of windows.

    Returns
    -------
    row, column : int32
    n : float64
    """
    count = 0
    for step in range(2):
        if step == 1:
            out_row = np.empty(count, np.int32)
            out_column = np.empty(count, np.int32)
            out = np.empty(count, np.float64)
            count = 0
        for i in range(len(row)):
            if n[i] == 0:
                continue
            rest = key[i]
            base = 0
            for c in range(len(radix)):
                facet = base + rest % radix[c]
                rest //= radix[c]
                base += radix[c]
                for k in range(first[facet], first[facet + 1]):
                    place = start[listed[k]]
                    if place < 0:
                        continue
                    if step == 1:
                        out_row[count] = row[i]
                        out_column[count] = place + bucket[i]
                        out[count] = n[i]
                    count += 1
    return out_row, out_column, out
