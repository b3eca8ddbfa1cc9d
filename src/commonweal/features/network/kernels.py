"""Compiled loops over graphs and the events of their people. They see plain arrays only.

A graph is `first` (place of each node's first link, and the end of the last's) and `link` (the
neighbours). What a node brings to its neighbours is kept apart by how it is counted:

* what may be added up: incidents that no other node holds, and the node itself as one of the
  people involved. A sparse vector a node: column and number.
* incidents that several nodes hold. Whether the row has met one already, in which series, is
  told by a stamp and the bits counted so far, so nothing is hashed and nothing is forgotten.

All loops that call each other stand in this one file: what numba keeps compiled is made again when
its own file changes, not when a function of another file does.
"""

from __future__ import annotations

import numpy as np
from numba import njit

BITS = np.array([
    0, 1, 2, 53, 3, 7, 54, 27, 4, 38, 41, 8, 34, 55, 48, 28, 62, 5, 39, 46, 44, 42, 22, 9, 24, 35,
    59, 56, 49, 18, 29, 11, 63, 52, 6, 26, 37, 40, 33, 47, 61, 45, 43, 21, 23, 58, 17, 10, 51, 25,
    36, 32, 60, 20, 57, 16, 50, 31, 19, 15, 30, 14, 13, 12,
])  # fmt: skip
"""Which bit is set, by the top six bits of that bit times `DE_BRUIJN`."""
DE_BRUIJN = 0x022FDD63CC95386D


@njit(cache=True, nogil=True)
def _bit(low):
    """Return which bit of a number with one bit (0 to 62) is set."""
    return BITS[((low * DE_BRUIJN) >> 58) & 63]


@njit(cache=True, nogil=True)
def by_key(key, keys, order):
    """Sort `order` by key, stable.

    Returns
    -------
    first : int64, shape (keys + 1,)
        Place of each key's first entry, and the end of the last's.
    order : int64
    """
    first = np.zeros(keys + 1, np.int64)
    for k in key:
        first[k + 1] += 1
    for k in range(keys):
        first[k + 1] += first[k]
    place = first[:-1].copy()
    out = np.empty(len(order), np.int64)
    for i in order:
        k = key[i]
        out[place[k]] = i
        place[k] += 1
    return first, out


@njit(cache=True, nogil=True)
def degrees(first, group, begin, member, low, high):
    """Count the distinct others in each node's groups, of the groups from `low` to `high`."""
    nodes = len(first) - 1
    found = np.zeros(nodes, np.int64)
    stamp = np.full(nodes, -1, np.int32)
    for u in range(nodes):
        stamp[u] = u
        for i in range(first[u], first[u + 1]):
            g = group[i]
            if g < low or g >= high:
                continue
            for j in range(begin[g], begin[g + 1]):
                v = member[j]
                if stamp[v] != u:
                    stamp[v] = u
                    found[u] += 1
    return found


@njit(cache=True, nogil=True)
def links(first, group, begin, member, start):
    """List the neighbours of each node, ascending; `start` says where each node's begin.

    Whom a node is linked to is also linked to it: going through the nodes in order and putting
    each into its neighbours' lists leaves every list sorted.
    """
    nodes = len(first) - 1
    out = np.empty(start[nodes], np.int32)
    place = start[:-1].copy()
    stamp = np.full(nodes, -1, np.int32)
    for u in range(nodes):
        stamp[u] = u
        for i in range(first[u], first[u + 1]):
            g = group[i]
            for j in range(begin[g], begin[g + 1]):
                v = member[j]
                if stamp[v] != u:
                    stamp[v] = u
                    out[place[v]] = u
                    place[v] += 1
    return out


@njit(cache=True, nogil=True)
def reached(rows, first, link, hops):
    """Return which nodes are within `hops` links of any row's node, but not only the row's own."""
    nodes = len(first) - 1
    near = np.zeros(nodes, np.bool_)
    for u in rows:
        if u >= 0:
            for k in range(first[u], first[u + 1]):
                near[link[k]] = True
    if hops < 2:
        return near
    out = near.copy()
    for u in range(nodes):
        if near[u]:
            for k in range(first[u], first[u + 1]):
                out[link[k]] = True
    return out


@njit(cache=True, nogil=True)
def _around(u, turn, first, link, stamp, near, hops):
    """List u's neighbours, then those at distance exactly 2, in `near`; return where each end.

    `near` holds as many places as there are nodes.
    """
    stamp[u] = turn
    one = 0
    for k in range(first[u], first[u + 1]):
        v = link[k]
        stamp[v] = turn
        near[one] = v
        one += 1
    two = one
    if hops > 1:
        for i in range(one):
            v = near[i]
            for k in range(first[v], first[v + 1]):
                w = link[k]
                if stamp[w] != turn:
                    stamp[w] = turn
                    near[two] = w
                    two += 1
    return one, two


@njit(cache=True, nogil=True)
def places(rows, first, link, score):
    """Return what the people around each row's node are like.

    Returns
    -------
    second : int32
        Number of people at distance exactly 2.
    degree : int32, shape (rows, 2)
        Greatest degree at distance 1 and 2.
    top : float64, shape (rows, 2)
        Greatest `score` at distance 1 and 2.
    """
    nodes = len(first) - 1
    second = np.zeros(len(rows), np.int32)
    degree = np.zeros((len(rows), 2), np.int32)
    top = np.zeros((len(rows), 2), np.float64)
    stamp = np.full(nodes, -1, np.int32)
    near = np.empty(nodes, np.int32)
    for i in range(len(rows)):
        u = rows[i]
        if u < 0:
            continue
        one, two = _around(u, i, first, link, stamp, near, 2)
        second[i] = two - one
        for k in range(two):
            v = near[k]
            hop = 0 if k < one else 1
            degree[i, hop] = max(degree[i, hop], first[v + 1] - first[v])
            top[i, hop] = max(top[i, hop], score[v])
    return second, degree, top


@njit(cache=True, nogil=True)
def holders(node, event, bucket, events):
    """Return for each incident 0 if one node holds it, 1 if several, 2 if also their ages differ.

    Entries come node by node.
    """
    kind = np.zeros(events, np.int8)
    holder = np.full(events, -1, np.int32)
    age = np.empty(events, np.int32)
    for i in range(len(node)):
        e = event[i]
        if holder[e] < 0:
            holder[e] = node[i]
            age[e] = bucket[i]
            continue
        if holder[e] != node[i] and kind[e] == 0:
            kind[e] = 1
        if age[e] != bucket[i]:
            age[e] = -1
    for e in range(events):
        if kind[e] == 1 and age[e] == -1:
            kind[e] = 2
    return kind


@njit(cache=True, nogil=True)
def vectors(first, event, mask, bucket, kind, incidents, people, width):
    """Add up, for each node, what its neighbours may add up.

    Parameters
    ----------
    first, event, mask, bucket
        Entries node by node, those of one incident together: incident, series as bits, age.
    kind
        What `holders` returned; only incidents of kind 0 are added up here.
    incidents, people : int32, shape (series,)
        First column of each series in either unit, -1 where the unit is not wanted.
    width
        Number of columns.

    Returns
    -------
    start : int64, shape (nodes + 1,)
    column, n : int32
    """
    nodes = len(first) - 1
    series = len(incidents)
    start = np.zeros(nodes + 1, np.int64)
    column = np.empty(1024, np.int32)
    number = np.empty(1024, np.int32)
    count = 0
    found = np.zeros(width, np.int32)
    used = np.empty(width, np.int32)
    best = np.full(series, -1, np.int32)
    mine = np.full(series, -1, np.int32)
    for u in range(nodes):
        touched = 0
        i = first[u]
        while i < first[u + 1]:
            j = i
            alone = kind[event[i]] == 0
            while j < first[u + 1] and event[j] == event[i]:
                rest = mask[j]
                while rest:
                    low = rest & -rest
                    rest ^= low
                    s = _bit(low)
                    if best[s] < 0 or bucket[j] < best[s]:
                        best[s] = bucket[j]
                j += 1
            for s in range(series):
                if best[s] < 0:
                    continue
                if mine[s] < 0 or best[s] < mine[s]:
                    mine[s] = best[s]
                if alone and incidents[s] >= 0:
                    c = incidents[s] + best[s]
                    if found[c] == 0:
                        used[touched] = c
                        touched += 1
                    found[c] += 1
                best[s] = -1
            i = j
        for s in range(series):
            if mine[s] >= 0:
                if people[s] >= 0:
                    c = people[s] + mine[s]
                    used[touched] = c
                    touched += 1
                    found[c] = 1
                mine[s] = -1
        if count + touched > len(column):
            column = _longer(column, count + touched)
            number = _longer(number, count + touched)
        for k in range(touched):
            column[count] = used[k]
            number[count] = found[used[k]]
            found[used[k]] = 0
            count += 1
        start[u + 1] = count
    return start, column[:count].copy(), number[:count].copy()


@njit(cache=True, nogil=True)
def _longer(old, least):
    new = np.empty(max(2 * len(old), least), old.dtype)
    new[: len(old)] = old
    return new


@njit(cache=True, nogil=True)
def shared(first, event, mask, bucket, kind, wanted):
    """Keep the entries of incidents of one kind, numbered anew; see `holders`.

    Returns
    -------
    start : int64, shape (nodes + 1,)
    event, bucket : int32
    mask : int64
    events : int
        How many incidents there are.
    """
    nodes = len(first) - 1
    number = np.full(len(kind), -1, np.int32)
    events = 0
    count = 0
    for i in range(len(event)):
        if kind[event[i]] == wanted:
            count += 1
            if number[event[i]] < 0:
                number[event[i]] = events
                events += 1
    start = np.zeros(nodes + 1, np.int64)
    kept = np.empty(count, np.int32)
    bits = np.empty(count, np.int64)
    age = np.empty(count, np.int32)
    count = 0
    for u in range(nodes):
        for i in range(first[u], first[u + 1]):
            if kind[event[i]] != wanted:
                continue
            e = number[event[i]]
            if count > start[u] and kept[count - 1] == e and age[count - 1] == bucket[i]:
                bits[count - 1] |= mask[i]
                continue
            kept[count], bits[count], age[count] = e, mask[i], bucket[i]
            count += 1
        start[u + 1] = count
    return start, kept[:count].copy(), age[:count].copy(), bits[:count].copy(), events


@njit(cache=True, nogil=True)
def tally(
    rows, hops, first, link, alone, column, number,
    same, same_event, same_age, same_mask, same_events,
    mixed, mixed_event, mixed_age, mixed_mask, mixed_events,
    incidents, ages, width,
):  # fmt: skip
    """Count the incidents and people around each row's node, each distance apart.

    Parameters
    ----------
    rows
        Node of each row, -1 where it has none.
    hops, first, link
        How far to look, and the graph.
    alone, column, number
        What `vectors` returned.
    same, ..., mixed, ...
        What `shared` returned: incidents whose records have one age, and all others.
    incidents
        First column of each series counted in incidents.
    ages, width
        Number of ages, and of columns a distance.

    Returns
    -------
    count : int64, shape (rows,)
        Cells of each row; -1 for a row in which a number is too large for int32.
    column, n : int32
    """
    nodes = len(first) - 1
    count = np.zeros(len(rows), np.int64)
    out_column = np.empty(max(1024, 16 * len(rows)), np.int32)
    out = np.empty(len(out_column), np.int32)
    cells = 0
    stamp = np.full(nodes, -1, np.int32)
    near = np.empty(nodes, np.int32)
    seen = np.zeros(same_events, np.int64)
    turn = np.full(same_events, -1, np.int32)
    mixed_seen = np.zeros(mixed_events, np.int64)
    mixed_turn = np.full(mixed_events, -1, np.int32)
    entry = np.empty(64, np.int64)
    found = np.zeros(width, np.int32)
    for i in range(len(rows)):
        u = rows[i]
        if u < 0:
            continue
        one, two = _around(u, i, first, link, stamp, near, hops)
        before = cells
        wrapped = False
        for hop in range(hops):
            low, high = (0, one) if hop == 0 else (one, two)
            now = 2 * i + hop
            entries = 0
            for k in range(low, high):
                v = near[k]
                for j in range(alone[v], alone[v + 1]):
                    found[column[j]] += number[j]
                    wrapped |= found[column[j]] < 0
                for j in range(same[v], same[v + 1]):
                    e = same_event[j]
                    if turn[e] != now:
                        turn[e] = now
                        seen[e] = 0
                    rest = same_mask[j] & ~seen[e]
                    seen[e] |= rest
                    while rest:
                        bit = rest & -rest
                        rest ^= bit
                        found[incidents[_bit(bit)] + same_age[j]] += 1
                for j in range(mixed[v], mixed[v + 1]):
                    if entries == len(entry):
                        entry = _longer(entry, entries + 1)
                    entry[entries] = j
                    entries += 1
            for age in range(ages if entries else 0):  # the most recent first
                for k in range(entries):
                    j = entry[k]
                    if mixed_age[j] != age:
                        continue
                    e = mixed_event[j]
                    if mixed_turn[e] != now:
                        mixed_turn[e] = now
                        mixed_seen[e] = 0
                    rest = mixed_mask[j] & ~mixed_seen[e]
                    mixed_seen[e] |= rest
                    while rest:
                        bit = rest & -rest
                        rest ^= bit
                        found[incidents[_bit(bit)] + age] += 1
            if cells + width > len(out):
                out_column = _longer(out_column, cells + width)
                out = _longer(out, cells + width)
            for c in range(width):
                if found[c] != 0:
                    wrapped |= found[c] < 0
                    out_column[cells] = c + hop * width
                    out[cells] = found[c]
                    found[c] = 0
                    cells += 1
        count[i] = -1 if wrapped else cells - before
    return count, out_column[:cells].copy(), out[:cells].copy()


@njit(cache=True, nogil=True)
def last_days(first, mask, day, series):
    """Return the day of each node's most recent event in each series it has any in.

    Returns
    -------
    start : int64, shape (nodes + 1,)
    series, day : int32
    """
    nodes = len(first) - 1
    start = np.zeros(nodes + 1, np.int64)
    which = np.empty(1024, np.int32)
    last = np.empty(1024, np.int32)
    count = 0
    never = np.int32(-(1 << 31))
    best = np.full(series, never, np.int32)
    for u in range(nodes):
        for i in range(first[u], first[u + 1]):
            rest = mask[i]
            while rest:
                low = rest & -rest
                rest ^= low
                s = _bit(low)
                best[s] = max(best[s], day[i])
        if count + series > len(which):
            which = _longer(which, count + series)
            last = _longer(last, count + series)
        for s in range(series):
            if best[s] != never:
                which[count] = s
                last[count] = best[s]
                best[s] = never
                count += 1
        start[u + 1] = count
    return start, which[:count].copy(), last[:count].copy()


@njit(cache=True, nogil=True)
def latest(rows, hops, first, link, start, series, day, width):
    """Find the most recent day of any node around each row's, series by series.

    Returns
    -------
    count : int64, shape (rows,)
    column, day : int32
    """
    nodes = len(first) - 1
    count = np.zeros(len(rows), np.int64)
    out_column = np.empty(max(1024, 4 * len(rows)), np.int32)
    out = np.empty(len(out_column), np.int32)
    cells = 0
    stamp = np.full(nodes, -1, np.int32)
    near = np.empty(nodes, np.int32)
    never = np.int32(-(1 << 31))
    best = np.full(width, never, np.int32)
    for i in range(len(rows)):
        u = rows[i]
        if u < 0:
            continue
        one, two = _around(u, i, first, link, stamp, near, hops)
        before = cells
        for hop in range(hops):
            low, high = (0, one) if hop == 0 else (one, two)
            for k in range(low, high):
                v = near[k]
                for j in range(start[v], start[v + 1]):
                    best[series[j]] = max(best[series[j]], day[j])
            if cells + width > len(out):
                out_column = _longer(out_column, cells + width)
                out = _longer(out, cells + width)
            for c in range(width):
                if best[c] != never:
                    out_column[cells] = c + hop * width
                    out[cells] = best[c]
                    best[c] = never
                    cells += 1
        count[i] = cells - before
    return count, out_column[:cells].copy(), out[:cells].copy()


@njit(cache=True, nogil=True)
def others(
    row_first, row, home_first, member, first, event, mask, bucket, incidents, people, width
):  # fmt: skip
    """Count the incidents and people of everyone else in each row's household.

    A household is added up once. From the sum a member's own part is taken away: an incident that
    nobody else holds, or that others hold at a greater age only.

    Parameters
    ----------
    row_first, row
        Rows of each member.
    home_first, member
        Members of each household.
    first, event, mask, bucket
        Entries, member by member.
    incidents, people, width
        As for `vectors`.

    Returns
    -------
    row, column, n : int32
        Cells in no order; a row and column may come more than once.
    """
    series = len(incidents)
    homes = len(home_first) - 1
    out_row = np.empty(1024, np.int32)
    out_column = np.empty(1024, np.int32)
    out = np.empty(1024, np.int32)
    cells = 0
    far = np.int32(1 << 30)
    one = np.full(series, far, np.int32)
    two = np.full(series, far, np.int32)
    whose = np.full(series, -1, np.int32)
    mine = np.full(series, far, np.int32)
    found = np.zeros(width, np.int32)
    for h in range(homes):
        low, high = home_first[h], home_first[h + 1]
        if high - low < 2:
            continue
        entries = 0
        for k in range(low, high):
            entries += first[member[k] + 1] - first[member[k]]
        owner = np.empty(entries, np.int32)
        entry = np.empty(entries, np.int64)
        number = np.empty(entries, np.int64)
        own_first = np.zeros(high - low + 1, np.int64)
        own_column = np.empty(256, np.int32)
        own_member = np.empty(256, np.int32)
        own = np.empty(256, np.int32)
        owned = 0
        at = 0
        for k in range(low, high):
            u = member[k]
            for i in range(first[u], first[u + 1]):
                owner[at], entry[at], number[at] = k - low, i, event[i]
                at += 1
                rest = mask[i]
                while rest:
                    bit = rest & -rest
                    rest ^= bit
                    s = _bit(bit)
                    mine[s] = min(mine[s], bucket[i])
            if owned + series > len(own):
                own_column = _longer(own_column, owned + series)
                own_member = _longer(own_member, owned + series)
                own = _longer(own, owned + series)
            for s in range(series):
                if mine[s] != far and people[s] >= 0:
                    c = people[s] + mine[s]
                    found[c] += 1
                    own_column[owned], own_member[owned], own[owned] = c, k - low, -1
                    owned += 1
                mine[s] = far
        order = np.argsort(number, kind="mergesort")
        at = 0
        while at < entries:
            end = at
            while end < entries and number[order[end]] == number[order[at]]:
                i, x = entry[order[end]], owner[order[end]]
                rest = mask[i]
                while rest:
                    bit = rest & -rest
                    rest ^= bit
                    s = _bit(bit)
                    if x == whose[s]:
                        one[s] = min(one[s], bucket[i])
                    elif bucket[i] < one[s]:
                        two[s] = one[s]
                        one[s], whose[s] = bucket[i], x
                    else:
                        two[s] = min(two[s], bucket[i])
                end += 1
            at = end
            if owned + 2 * series > len(own):
                own_column = _longer(own_column, owned + 2 * series)
                own_member = _longer(own_member, owned + 2 * series)
                own = _longer(own, owned + 2 * series)
            for s in range(series):
                if one[s] != far and incidents[s] >= 0:
                    c = incidents[s] + one[s]
                    found[c] += 1
                    if two[s] != one[s]:
                        own_column[owned], own_member[owned], own[owned] = c, whose[s], -1
                        owned += 1
                        if two[s] != far:
                            c = incidents[s] + two[s]
                            own_column[owned], own_member[owned], own[owned] = c, whose[s], 1
                            owned += 1
                one[s], two[s], whose[s] = far, far, -1
        for k in range(owned):
            own_first[own_member[k] + 1] += 1
        for k in range(high - low):
            own_first[k + 1] += own_first[k]
        place = own_first[:-1].copy()
        listed = np.empty(owned, np.int64)
        for k in range(owned):
            listed[place[own_member[k]]] = k
            place[own_member[k]] += 1
        for k in range(low, high):
            u = member[k]
            if row_first[u] == row_first[u + 1]:
                continue
            for j in range(own_first[k - low], own_first[k - low + 1]):
                found[own_column[listed[j]]] += own[listed[j]]
            for r in range(row_first[u], row_first[u + 1]):
                if cells + width > len(out):
                    out_row = _longer(out_row, cells + width)
                    out_column = _longer(out_column, cells + width)
                    out = _longer(out, cells + width)
                for c in range(width):
                    if found[c] != 0:
                        out_row[cells], out_column[cells], out[cells] = row[r], c, found[c]
                        cells += 1
            for j in range(own_first[k - low], own_first[k - low + 1]):
                found[own_column[listed[j]]] -= own[listed[j]]
        found[:] = 0
    return out_row[:cells].copy(), out_column[:cells].copy(), out[:cells].copy()


@njit(cache=True, nogil=True)
def spelt(offset, data):
    """Give equal texts one code, in order of their first appearance.

    Parameters
    ----------
    offset
        Place of each text's first byte, and the end of the last's.
    data : uint8
        Their bytes.

    Returns
    -------
    code : int32
    found : int64
        Place of the first text of each code.
    """
    texts = len(offset) - 1
    size = 16
    while size < 2 * texts:
        size *= 2
    table = np.full(size, -1, np.int32)
    code = np.empty(texts, np.int32)
    found = np.empty(texts, np.int64)
    count = 0
    for i in range(texts):
        low, high = np.int64(offset[i]), np.int64(offset[i + 1])
        mixed = np.int64(high - low)
        for k in range(low, high):
            mixed = (mixed ^ np.int64(data[k])) * 1099511628211
        mixed ^= mixed >> 29
        mixed *= 7046029254386353131
        slot = (mixed ^ (mixed >> 32)) & (size - 1)
        while True:
            j = table[slot]
            if j < 0:
                table[slot] = code[i] = count
                found[count] = i
                count += 1
                break
            there = np.int64(offset[found[j]])
            if np.int64(offset[found[j] + 1]) - there == high - low:
                k = 0
                while k < high - low and data[there + k] == data[low + k]:
                    k += 1
                if k == high - low:
                    code[i] = j
                    break
            slot = (slot + 1) & (size - 1)
    return code, found[:count].copy()
