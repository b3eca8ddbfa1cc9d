"""The compiled loops of clustering. What they compute is said in `clusters`."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def find(parent, x):
    """Return the root of x, halving the path on the way."""
    while parent[x] != x:
        parent[x] = parent[parent[x]]
        x = parent[x]
    return x


@njit(cache=True, nogil=True)
def edit_distance(one, other, most):
    """Return Levenshtein's distance of two numbers of eight digits, or `most` + 1 if it is more."""
    if one == other:
        return 0
    a = np.empty(8, np.int64)
    b = np.empty(8, np.int64)
    x, y, differ = one, other, 0
    for i in range(7, -1, -1):
        a[i] = x % 10
        b[i] = y % 10
        differ += a[i] != b[i]
        x //= 10
        y //= 10
    if differ <= 1:
        return differ
    row = np.arange(9)
    for i in range(8):
        corner = row[0]
        row[0] = i + 1
        for j in range(8):
            best = min(row[j], row[j + 1]) + 1
            best = min(best, corner + (a[i] != b[j]))
            corner = row[j + 1]
            row[j + 1] = best
    return min(row[8], most + 1)


@njit(cache=True, nogil=True)
def at_odds(owner, value, main, most):
    """Return which dates of an owner are at odds with those kept before them.

    Rows come owner by owner, those to be kept first. `main` is the owner's main date, which is
    kept; a date is kept where it is at most `most` edits from every other one kept.
    """
    found = np.zeros(owner.size, np.bool_)
    start = 0
    for i in range(owner.size):
        if i and owner[i] != owner[i - 1]:
            start = i
        found[i] = edit_distance(value[i], main[i], most) > most
        for j in range(start, i):
            if not found[i] and not found[j]:
                found[i] = edit_distance(value[i], value[j], most) > most
    return found


@njit(cache=True, nogil=True)
def broken_span(high, low, limit, x, y):
    """Return the first span that x and y together exceed, -1 where they exceed none."""
    for k in range(limit.size):
        if max(high[k, x], high[k, y]) - min(low[k, x], low[k, y]) > limit[k]:
            return k
    return -1


@njit(cache=True, nogil=True)
def spread_of(head, follow, value, wide, s, x, y, limit):
    """Return the largest distance among the dates of x and y together, at most `limit` + 1."""
    most = max(wide[s, x], wide[s, y])
    i = head[s, x]
    while i >= 0 and most <= limit:
        j = head[s, y]
        while j >= 0 and most <= limit:
            most = max(most, edit_distance(value[s, i], value[s, j], limit))
            j = follow[s, j]
        i = follow[s, i]
    return most


@njit(cache=True, nogil=True)
def join_dates(head, tail, follow, value, s, x, y):
    """Append to x's list of dates those of y that it lacks."""
    j = head[s, y]
    while j >= 0:
        after = follow[s, j]
        known = False
        i = head[s, x]
        while i >= 0:
            if value[s, i] == value[s, j]:
                known = True
                break
            i = follow[s, i]
        if not known:
            follow[s, j] = -1
            if head[s, x] < 0:
                head[s, x] = j
            else:
                follow[s, tail[s, x]] = j
            tail[s, x] = j
        j = after
    head[s, y] = -1


@njit(cache=True, nogil=True)
def union(parent, x, y, high, low, value, flag, within, head, tail, follow, wide):
    """Make two roots one, the lower; all that is kept about a cluster moves to it."""
    if x > y:
        x, y = y, x
    for s in range(within.size):
        wide[s, x] = spread_of(head, follow, value, wide, s, x, y, within[s])
        join_dates(head, tail, follow, value, s, x, y)
        flag[s, x] |= flag[s, y]
    parent[y] = x
    for k in range(high.shape[0]):
        high[k, x] = max(high[k, x], high[k, y])
        low[k, x] = min(low[k, x], low[k, y])


@njit(cache=True, nogil=True)
def begin(parent, must, high, low, value, flag, within):
    """Make the lists of dates, one a node, and join the pairs of `must` (two rows)."""
    n, spreads = parent.size, within.size
    head = np.full((spreads, n), -1, np.int32)
    tail = np.full((spreads, n), -1, np.int32)
    follow = np.full((spreads, n), -1, np.int32)
    wide = np.zeros((spreads, n), np.int8)
    for s in range(spreads):
        for x in range(n):
            if value[s, x] > 0:
                head[s, x] = x
                tail[s, x] = x
    for p in range(must.shape[1]):
        x, y = find(parent, must[0, p]), find(parent, must[1, p])
        if x != y:
            union(parent, x, y, high, low, value, flag, within, head, tail, follow, wide)
    return head, tail, follow, wide


@njit(cache=True, nogil=True)
def set_aside(parent, high, low, limit, flag, within, wide):
    """Return which roots break a rule by themselves."""
    aside = np.zeros(parent.size, np.bool_)
    for x in range(parent.size):
        if parent[x] == x:
            aside[x] = broken_span(high, low, limit, x, x) >= 0
            for s in range(within.size):
                aside[x] |= flag[s, x] and wide[s, x] > within[s]
    return aside


@njit(cache=True, nogil=True)
def kept_apart(high, low, limit, value, flag, within, head, follow, wide, x, y, always):
    """Return the rule that keeps x and y apart, -1 where none does; spreads follow the spans.

    With `always` spreads hold whether or not anything is flagged.
    """
    k = broken_span(high, low, limit, x, y)
    if k >= 0:
        return k
    for s in range(within.size):
        flagged = always[s] or flag[s, x] or flag[s, y]
        if flagged and spread_of(head, follow, value, wide, s, x, y, within[s]) > within[s]:
            return limit.size + s
    return -1


@njit(cache=True, nogil=True)
def grow(parent, must, left, right, high, low, limit, value, flag, within, aside):
    """Join the must-links, then merge pairs in order within the rules.

    Returns the root of every node, how often each span and then each spread kept a pair apart,
    and pairs kept apart because one side is set aside.
    """
    head, tail, follow, wide = begin(parent, must, high, low, value, flag, within)
    never = np.zeros(within.size, np.bool_)
    rejected = np.zeros(limit.size + within.size, np.int64)
    refused = 0
    for p in range(left.size):
        x, y = find(parent, left[p]), find(parent, right[p])
        if x == y:
            continue
        if aside[left[p]] or aside[right[p]]:
            refused += 1
            continue
        k = kept_apart(high, low, limit, value, flag, within, head, follow, wide, x, y, never)
        if k >= 0:
            rejected[k] += 1
            continue
        union(parent, x, y, high, low, value, flag, within, head, tail, follow, wide)
    for x in range(parent.size):
        parent[x] = find(parent, x)
    return parent, rejected, refused


@njit(cache=True, nogil=True)
def aside_of(parent, must, high, low, limit, value, flag, within):
    """Return which nodes belong to a must-link group that breaks a rule by itself."""
    _, _, _, wide = begin(parent, must, high, low, value, flag, within)
    aside = set_aside(parent, high, low, limit, flag, within, wide)
    found = np.zeros(parent.size, np.bool_)
    for x in range(parent.size):
        found[x] = aside[find(parent, x)]
    return found


@njit(cache=True, nogil=True)
def fits_whole(units, high, low, limit, value, flag, within, head, follow):
    """Return whether units together keep every rule."""
    for k in range(limit.size):
        top, bottom = high[k, units[0]], low[k, units[0]]
        for u in units:
            top, bottom = max(top, high[k, u]), min(bottom, low[k, u])
        if top - bottom > limit[k]:
            return False
    for s in range(within.size):
        flagged, count = False, 0
        for u in units:
            flagged |= flag[s, u]
            i = head[s, u]
            while i >= 0:
                count += 1
                i = follow[s, i]
        if not flagged:
            continue
        dates = np.empty(count, np.int32)
        count = 0
        for u in units:
            i = head[s, u]
            while i >= 0:
                dates[count] = value[s, i]
                count += 1
                i = follow[s, i]
        dates = np.unique(dates)
        for i in range(dates.size):
            for j in range(i):
                if edit_distance(dates[i], dates[j], within[s]) > within[s]:
                    return False
    return True


@njit(cache=True, nogil=True)
def divide(parent, must, order, start, weight, high, low, limit, value, flag, within):
    """Divide groups of nodes so that each part keeps every rule, and as few nodes as may be leave.

    `order` lists the nodes group by group, from ``start[g]`` to ``start[g + 1]``; a must-link
    group lies in one of them. In a group that breaks a rule, units (must-link groups and single
    nodes) are taken by how much weight they are at odds with, the least first, and each goes to
    the first part that it fits. Returns the root of every node, and how often each rule kept a
    unit out of a part.
    """
    head, tail, follow, wide = begin(parent, must, high, low, value, flag, within)
    for x in range(parent.size):
        root = find(parent, x)
        if root != x:
            weight[root] += weight[x]
    rejected = np.zeros(limit.size + within.size, np.int64)
    always = np.zeros(within.size, np.bool_)
    never = np.zeros(within.size, np.bool_)
    for g in range(start.size - 1):
        count = 0
        units = np.empty(start[g + 1] - start[g], np.int64)
        for p in range(start[g], start[g + 1]):
            if parent[order[p]] == order[p]:
                units[count] = order[p]
                count += 1
        units = units[:count]
        if count < 2:
            continue
        if fits_whole(units, high, low, limit, value, flag, within, head, follow):
            for u in units[1:]:
                x, y = find(parent, units[0]), find(parent, u)
                union(parent, x, y, high, low, value, flag, within, head, tail, follow, wide)
            continue
        for s in range(within.size):
            always[s] = False
            for u in units:
                always[s] |= flag[s, u]
        odds = np.zeros(count, np.float64)
        for i in range(count):
            for j in range(i):
                x, y = units[i], units[j]
                if (
                    kept_apart(
                        high, low, limit, value, flag, within, head, follow, wide, x, y, always
                    )
                    >= 0
                ):
                    odds[i] += weight[y]
                    odds[j] += weight[x]
        parts = np.empty(count, np.int64)
        made = 0
        for i in np.argsort(odds - 1e-6 * weight[units], kind="mergesort"):
            u = units[i]
            placed = False
            for q in range(made):
                x = find(parent, parts[q])
                k = kept_apart(
                    high, low, limit, value, flag, within, head, follow, wide, x, u, never
                )
                if k < 0:
                    union(parent, x, u, high, low, value, flag, within, head, tail, follow, wide)
                    placed = True
                    break
                rejected[k] += 1
            if not placed:
                parts[made] = u
                made += 1
    for x in range(parent.size):
        parent[x] = find(parent, x)
    return parent, rejected


@njit(cache=True, nogil=True)
def bridges(n, left, right, start, edge, other):
    """Return which edges of a graph, taken away, would part what they join.

    `start`, `edge`, `other` list each node's edges: from ``start[x]`` to ``start[x + 1]``.
    """
    seen = np.full(n, -1, np.int64)
    lowest = np.zeros(n, np.int64)
    at = start[:-1].copy()
    came = np.full(n, -1, np.int64)
    stack = np.empty(n, np.int64)
    found = np.zeros(left.size, np.bool_)
    clock = 0
    for root in range(n):
        if seen[root] >= 0:
            continue
        top = 0
        stack[0] = root
        seen[root] = lowest[root] = clock
        clock += 1
        while top >= 0:
            x = stack[top]
            if at[x] < start[x + 1]:
                e, y = edge[at[x]], other[at[x]]
                at[x] += 1
                if e == came[x]:
                    continue
                if seen[y] >= 0:
                    lowest[x] = min(lowest[x], seen[y])
                else:
                    came[y] = e
                    seen[y] = lowest[y] = clock
                    clock += 1
                    top += 1
                    stack[top] = y
            else:
                top -= 1
                if top >= 0:
                    up = stack[top]
                    lowest[up] = min(lowest[up], lowest[x])
                    if lowest[x] > seen[up]:
                        found[came[x]] = True
    return found
