"""Compiled loops over cells. They see plain arrays and know nothing of dates or people.

All loops that call each other stand in this one file: what numba keeps compiled is made again when
its own file changes, not when a function of another file does.
"""

from __future__ import annotations

import numpy as np
from numba import njit

NEVER = np.int32(2_000_000_000)
"""A day that comes after all others."""
MANY = 64
"""Entries of one row from which on they are not sorted one by one."""


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
                to = place[j]
                if to >= 0:
                    out[i, to] = value[k] if np.isnan(out[i, to]) else out[i, to] + value[k]


@njit(cache=True, nogil=True, inline="always")
def _series(key, radix, first, listed, found):
    """Write the series that a key is in into `found`; return how many there are."""
    count = 0
    base = 0
    for c in range(len(radix)):
        facet = base + key % radix[c]
        key //= radix[c]
        base += radix[c]
        for k in range(first[facet], first[facet + 1]):
            found[count] = listed[k]
            count += 1
    return count


@njit(cache=True, nogil=True)
def spread(
    row,
    key,
    bucket,
    n,
    more_row,
    more_column,
    more_n,
    radix,
    first,
    listed,
    start,
    width,
    rows,
    columns,
):
    """Turn a tally into cells, by row and column, in time linear in both.

    Parameters
    ----------
    row, key, bucket, n
        The tally.
    more_row, more_column, more_n
        Numbers whose column is known already.
    radix, first, listed, start, width
        As for `expand`.
    rows, columns : int
        How many there are.

    Returns
    -------
    start : int64, shape (rows + 1,)
    column : int32
    value : float64
    """
    order = _counted(row, np.arange(len(row)), rows)
    more = _counted(more_row, np.arange(len(more_row)), rows)
    most = len(more_row)
    found = np.empty(len(listed), np.int32)
    for i in range(len(row)):
        most += _series(key[i], radix, first, listed, found)
    begin = np.zeros(rows + 1, np.int64)
    column = np.empty(most, np.int32)
    value = np.empty(most, np.float64)
    sums = np.zeros(columns, np.float64)
    words = np.zeros(columns // 64 + 1, np.uint64)
    one = np.uint64(1)
    i, j, k = 0, 0, 0
    for r in range(rows):
        while i < len(row) and row[order[i]] == r:
            entry = order[i]
            i += 1
            if n[entry] == 0 or bucket[entry] >= width:
                continue
            for place in range(_series(key[entry], radix, first, listed, found)):
                to = start[found[place]]
                if to >= 0:
                    to += bucket[entry]
                    sums[to] += n[entry]
                    words[to >> 6] |= one << np.uint64(to & 63)
        while j < len(more_row) and more_row[more[j]] == r:
            to = more_column[more[j]]
            sums[to] += more_n[more[j]]
            words[to >> 6] |= one << np.uint64(to & 63)
            j += 1
        for w in range(len(words)):
            bits = words[w]
            to = w << 6
            while bits:
                if bits & one:
                    column[k], value[k] = to, sums[to]
                    sums[to] = 0.0
                    k += 1
                bits >>= one
                to += 1
            words[w] = np.uint64(0)
        begin[r + 1] = k
    return begin, column[:k].copy(), value[:k].copy()


@njit(cache=True, nogil=True)
def expand(row, key, bucket, n, radix, first, listed, start, width):
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
    width : int
        Columns of a run; an event too old for all of them is left out.

    Returns
    -------
    row, column : int32
    n : float64
    """
    found = np.empty(len(listed), np.int32)
    count = 0
    for step in range(2):
        if step == 1:
            out_row = np.empty(count, np.int32)
            out_column = np.empty(count, np.int32)
            out = np.empty(count, np.float64)
            count = 0
        for i in range(len(row)):
            if n[i] == 0 or bucket[i] >= width:
                continue
            for k in range(_series(key[i], radix, first, listed, found)):
                place = start[found[k]]
                if place < 0:
                    continue
                if step == 1:
                    out_row[count] = row[i]
                    out_column[count] = place + bucket[i]
                    out[count] = n[i]
                count += 1
    return out_row, out_column, out


@njit(cache=True, nogil=True)
def extremes(row, key, oldest, newest, radix, first, listed, place, rows, series):
    """Return the first and the last day of each row and series; a first above the last is none.

    Parameters
    ----------
    row, key, oldest, newest
        The tally, days as whole numbers.
    radix, first, listed
        As for `expand`.
    place : int32, shape (series,)
        Place of each wanted series among those tallied.
    rows, series : int
        How many there are.

    Returns
    -------
    first, last : int32, shape (rows, series)
    """
    wanted = np.full(listed.max() + 1 if len(listed) else 0, -1, np.int32)
    for s in range(series):
        if place[s] < len(wanted):
            wanted[place[s]] = s
    found = np.empty(len(listed), np.int32)
    begin = np.full((rows, series), NEVER, np.int32)
    end = np.full((rows, series), -NEVER, np.int32)
    for i in range(len(row)):
        for k in range(_series(key[i], radix, first, listed, found)):
            s = wanted[found[k]]
            if s >= 0:
                begin[row[i], s] = min(begin[row[i], s], oldest[i])
                end[row[i], s] = max(end[row[i], s], newest[i])
    return begin, end


@njit(cache=True, nogil=True)
def since(first, last, days):
    """Return cells of days since the first and the last event, two columns a series."""
    rows, series = first.shape
    start = np.zeros(rows + 1, np.int64)
    for r in range(rows):
        for s in range(series):
            if first[r, s] <= last[r, s]:
                start[r + 1] += 2
        start[r + 1] += start[r]
    column = np.empty(start[rows], np.int32)
    value = np.empty(start[rows], np.float32)
    for r in range(rows):
        k = start[r]
        for s in range(series):
            if first[r, s] <= last[r, s]:
                column[k], value[k] = 2 * s, days[r] - first[r, s]
                column[k + 1], value[k + 1] = 2 * s + 1, days[r] - last[r, s]
                k += 2
    return start, column, value


@njit(cache=True, nogil=True)
def sparse(matrix, fill):
    """Return the cells of a dense matrix that differ from the filling of their column."""
    rows, columns = matrix.shape
    start = np.zeros(rows + 1, np.int64)
    for step in range(2):
        if step == 1:
            column = np.empty(start[rows], np.int32)
            value = np.empty(start[rows], np.float32)
        k = 0
        for r in range(rows):
            for c in range(columns):
                x = matrix[r, c]
                if x == fill[c] or (np.isnan(x) and np.isnan(fill[c])):
                    continue
                if step == 1:
                    column[k], value[k] = c, x
                k += 1
            start[r + 1] = k
    return start, column, value


@njit(cache=True, nogil=True)
def _by_row_place_day(row, place, day, rows):
    """Return the entries in order of row, place and day."""
    order = _counted(row, np.arange(len(row)), rows)
    i = 0
    while i < len(order):
        end = i
        while end < len(order) and row[order[end]] == row[order[i]]:
            end += 1
        if end - i > MANY:
            mine = order[i:end].copy()
            keys = np.empty(len(mine), np.int64)
            for k in range(len(mine)):
                keys[k] = (np.int64(place[mine[k]]) << 32) + np.int64(day[mine[k]])
            order[i:end] = mine[np.argsort(keys, kind="mergesort")]
        else:
            for j in range(i + 1, end):
                one, k = order[j], j
                while k > i and (place[order[k - 1]], day[order[k - 1]]) > (place[one], day[one]):
                    order[k] = order[k - 1]
                    k -= 1
                order[k] = one
        i = end
    return order


@njit(cache=True, nogil=True)
def steps(row, place, day, rows, series):
    """Summarize days between successive different days, in any order; several may be equal.

    Returns
    -------
    mean, shortest, longest, latest : float32, shape (rows, series)
        NaN where there are fewer than two days.
    """
    shape = (rows, series)
    mean = np.full(shape, np.nan, np.float32)
    shortest = np.full(shape, np.nan, np.float32)
    longest = np.full(shape, np.nan, np.float32)
    latest = np.full(shape, np.nan, np.float32)
    order = _by_row_place_day(row, place, day, rows)
    i = 0
    while i < len(row):
        r, s = row[order[i]], place[order[i]]
        first = last = day[order[i]]
        count = 0
        i += 1
        while i < len(row) and row[order[i]] == r and place[order[i]] == s:
            step = day[order[i]] - last
            if step > 0:
                if count == 0 or step < shortest[r, s]:
                    shortest[r, s] = step
                if count == 0 or step > longest[r, s]:
                    longest[r, s] = step
                latest[r, s] = step
                last = day[order[i]]
                count += 1
            i += 1
        if count > 0:
            mean[r, s] = (last - first) / count
    return mean, shortest, longest, latest


@njit(cache=True, nogil=True)
def summaries(row, code, n, when, rows):
    """Summarize the values recorded for each row, from one entry a row and value.

    Parameters
    ----------
    row, code : int32
        Row, and place of the value in ascending order of values.
    n : int64
        Records that hold the value.
    when : int64
        Larger the more recent the most recent of them is.
    rows : int
        Number of rows.

    Returns
    -------
    latest, mode : int32
        Code of the most recent value (the larger among equals), and of the commonest (the most
        recent, then the larger among equals); -1 where there is none.
    distinct : int32
        Number of values.
    """
    latest = np.full(rows, -1, np.int32)
    mode = np.full(rows, -1, np.int32)
    distinct = np.zeros(rows, np.int32)
    last = np.zeros(rows, np.int64)
    most = np.zeros(rows, np.int64)
    recent = np.zeros(rows, np.int64)
    for i in range(len(row)):
        r = row[i]
        if distinct[r] == 0 or (when[i], code[i]) > (last[r], latest[r]):
            latest[r], last[r] = code[i], when[i]
        if distinct[r] == 0 or (n[i], when[i], code[i]) > (most[r], recent[r], mode[r]):
            mode[r], most[r], recent[r] = code[i], n[i], when[i]
        distinct[r] += 1
    return latest, mode, distinct


@njit(cache=True, nogil=True)
def present(start, column, value, end, found, told):
    """Add up, for each column, the rows that are not 0 and those that have a cell.

    Parameters
    ----------
    start, column, value, end
        Cells, and where their runs of columns end.
    found, told : int64, shape (columns,)
        Rows with a number other than 0, and rows with any cell, added to.

    Returns
    -------
    float
        The largest number, nested windows added up.
    """
    largest = 0.0
    for r in range(len(start) - 1):
        done = 0
        total = 0.0
        for k in range(start[r], start[r + 1]):
            c = column[k]
            total = value[k] + (0.0 if end[c] > done else total)
            largest = max(largest, abs(total))
            if end[c] > done:
                for j in range(c, end[c]):
                    told[j] += 1
                    if value[k] != 0:
                        found[j] += 1
                done = end[c]
    return largest
