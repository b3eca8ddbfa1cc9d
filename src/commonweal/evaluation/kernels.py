"""The compiled loops of drawing people again; `curves`, `compare` and `calibration` call them."""

from __future__ import annotations

import numpy as np
from numba import njit

TILE = 32
"""Columns gathered at once: four cache lines of a row."""


@njit(cache=True, nogil=True)
def tally(drawn, times):
    """Count how often each person was drawn; return whether every count fits in `times`."""
    times[:] = 0
    for person in drawn:
        if times[person] == 255:
            return False
        times[person] += 1
    return True


@njit(cache=True, nogil=True)
def walk(times, labels, ends, ks, state, out):
    """Write the expected hits among the first k drawn people, for ascending ks.

    `state` holds where the walk stands, so that the next call goes on from there: next block of
    equal scores, people and hits before the last block walked, people and hits in it.
    """
    block, before, above, size, inside = state
    for j in range(ks.size):
        k = ks[j]
        while before + size < k:
            before += size
            above += inside
            size = 0
            inside = 0
            for i in range(ends[block - 1] if block else 0, ends[block]):
                size += times[i]
                inside += times[i] * labels[i]
            block += 1
        out[j] = above
        if inside:
            left = k - before
            out[j] = above + inside if left == size else above + inside * (left / size)
    state[:] = block, before, above, size, inside


@njit(cache=True, nogil=True)
def walks(start, stop, times, labels, ends, ks, state, out):
    """Do `walk` for the draws from `start` to `stop`, a row each."""
    for i in range(start, stop):
        walk(times[i], labels, ends, ks, state[i], out[i])


@njit(cache=True, nogil=True)
def _reach(buckets, rank):
    """Return the first and last bucket that hold the values at `rank` and the next rank.

    And how many values lie in buckets before the first.
    """
    below, at = 0, 0
    while below + buckets[at] <= rank:
        below += buckets[at]
        at += 1
    last, reach = at, below + buckets[at]
    while reach <= rank + 1 and last + 1 < buckets.size:
        last += 1
        reach += buckets[last]
    return at, last, below


@njit(cache=True, nogil=True)
def _pair(kept, held, first):
    """Return the values at place `first` and the next of ascending order."""
    least, most = kept[0], kept[0]
    for i in range(held):
        least = min(least, kept[i])
        most = max(most, kept[i])
    if least == most:
        return least, most
    some = np.sort(kept[:held])
    return some[first], some[min(first + 1, held - 1)]


@njit(cache=True, nogil=True)
def _linear(one, other, part):
    """Return numpy's value between two, to the bit."""
    if part >= 0.5:
        return other - (other - one) * (1.0 - part)
    return one + (other - one) * part


@njit(cache=True, nogil=True, fastmath={"nnan", "nsz", "reassoc"})
def _ends(values):
    """Return the least and the largest value; which order they are compared in changes neither."""
    least, most = values[0], values[0]
    for i in range(values.size):
        least = min(least, values[i])
        most = max(most, values[i])
    return least, most


@njit(cache=True, nogil=True)
def _tails(values, places, buckets, kept):
    """Return the two values each of the 2.5th and 97.5th percentile lies between.

    By counting: values into buckets in their order, then only those in the buckets that hold a
    percentile are sorted.
    """
    n = values.size
    least, most = _ends(values)
    if least == most:
        return least, least, least, least
    scale = (buckets.size - 1) / (most - least)
    buckets[:] = 0
    for i in range(n):
        places[i] = int((values[i] - least) * scale)
    for i in range(n):
        buckets[places[i]] += 1
    low = min(int(0.025 * (n - 1)), n - 1)
    high = min(int(0.975 * (n - 1)), n - 1)
    at, last, below = _reach(buckets, low)
    at2, last2, below2 = _reach(buckets, high)
    held, held2 = 0, 0
    for i in range(n):
        if at <= places[i] <= last:
            kept[0, held] = values[i]
            held += 1
        if at2 <= places[i] <= last2:
            kept[1, held2] = values[i]
            held2 += 1
    a, b = _pair(kept[0], held, low - below)
    c, d = _pair(kept[1], held2, high - below2)
    return a, b, c, d


@njit(cache=True, nogil=True)
def bounds(table, start, stop, per, across, low, high):
    """Write the 2.5th and 97.5th percentile of each column from `start` to `stop`, as numpy's.

    Parameters
    ----------
    table
        A row a draw, shape (draws, columns).
    per
        What each draw's row is divided by, shape (draws,); rows of NaN are left out.
    across
        What each column is divided by besides, shape (columns,): above 0, so after sorting.
    low, high
        Written to, shape (columns,).
    """
    known = np.flatnonzero(~np.isnan(per))
    n = known.size
    if n == 0:
        low[start:stop] = np.nan
        high[start:stop] = np.nan
        return
    held = np.empty((TILE, n))
    places = np.empty(n, np.int32)
    buckets = np.empty(max(2, n), np.int32)
    kept = np.empty((2, n))
    part, part2 = 0.025 * (n - 1) % 1.0, 0.975 * (n - 1) % 1.0
    divisor = per[known]
    whole = (divisor == 1.0).all()
    for first in range(start, stop, TILE):
        wide = min(TILE, stop - first)
        for i in range(n):
            row = known[i]
            for j in range(wide):
                held[j, i] = table[row, first + j]
        for j in range(wide):
            if not whole:
                for i in range(n):
                    held[j, i] /= divisor[i]
            a, b, c, d = _tails(held[j], places, buckets, kept)
            by = across[first + j]
            low[first + j] = _linear(a / by, b / by, part)
            high[first + j] = _linear(c / by, d / by, part2)


FIXED = 5
"""Figures `measured` writes before hits: people, positives, AUC, Brier score, log loss."""


@njit(cache=True, nogil=True)
def measured(times, order, labels, ends, ks, losses, out, cut, part):
    """Measure a ranking of the drawn people.

    Parameters
    ----------
    times
        How often each person was drawn.
    order, labels, ends
        Place of each ranked person in `times`, their outcomes, ends of blocks of equal scores.
    ks
        Cut-offs, ascending.
    losses
        Squared error and log loss of each ranked person, shape (2, n) or (2, 0).
    out
        Written to: `FIXED` figures, then the expected hits among the first k.
    cut, part
        Written to, for each k: the block it falls into, and the share of it that is taken.
    """
    people, hits, above, j, start = 0, 0, 0, 0, 0
    squared, logged = 0.0, 0.0
    for block in range(ends.size):
        size, inside = 0, 0
        for i in range(start, ends[block]):
            drawn = int(times[order[i]])
            size += drawn
            inside += drawn * labels[i]
            if losses.shape[1]:
                squared += drawn * losses[0, i]
                logged += drawn * losses[1, i]
        start = ends[block]
        while j < ks.size and ks[j] <= people + size:
            cut[j] = block
            part[j] = (ks[j] - people) / size
            out[FIXED + j] = hits + inside * part[j]
            j += 1
        above += (size - inside) * (2 * hits + inside)
        people += size
        hits += inside
    for late in range(j, ks.size):  # fewer were drawn: all of them
        cut[late] = ends.size
        part[late] = 0.0
        out[FIXED + late] = hits
    pairs = hits * (people - hits)
    out[0] = people
    out[1] = hits
    out[2] = above / 2 / pairs if pairs else np.nan
    out[3] = squared / people if people and losses.shape[1] else np.nan
    out[4] = logged / people if people and losses.shape[1] else np.nan


@njit(cache=True, nogil=True)
def _alone(ends, block):
    """Return whether a block of equal scores is one person (who may be drawn again and again)."""
    return ends[block] - (ends[block - 1] if block else 0) == 1


@njit(cache=True, nogil=True)
def shared(times, one, other, ends_one, ends_other, cut_one, part_one, cut_other, part_other, out):
    """Write the expected number of drawn people on both lists, for each cut-off.

    `one` and `other` hold each person's block of equal scores, -1 where a ranking lacks them.
    Equals fall at random, in each ranking for itself; but where a cut falls among the copies of
    one person, both lists take the same copies.
    """
    out[:] = 0.0
    for i in range(times.size):
        if times[i] == 0 or one[i] < 0 or other[i] < 0:
            continue
        for j in range(out.size):
            if one[i] > cut_one[j] or other[i] > cut_other[j]:
                continue
            share = part_one[j] if one[i] == cut_one[j] else 1.0
            if other[i] == cut_other[j]:
                if share < 1.0 and _alone(ends_one, one[i]) and _alone(ends_other, other[i]):
                    share = min(share, part_other[j])
                else:
                    share *= part_other[j]
            out[j] += times[i] * share


@njit(cache=True, nogil=True)
def binned(times, place, labels, scores, out):
    """Add up drawn people, hits and predictions by bin; `out` has shape (bins, 3)."""
    out[:] = 0.0
    for i in range(times.size):
        out[place[i], 0] += times[i]
        out[place[i], 1] += times[i] * labels[i]
        out[place[i], 2] += times[i] * scores[i]
