"""The compiled loops of the search for a tree. What they compute is said in `lookahead`.

All of them are iterative, and all that call each other stand here: compiled code kept on disk is
found again only so. Rows of a node lie between `start` and `end` of a list of rows, those with the
outcome first, `positives` of them; a tree's value is its squared errors plus `alpha` a leaf.
"""

from __future__ import annotations

import numpy as np
from numba import njit, types
from numba.extending import intrinsic


@intrinsic
def _popcount(_context, _word):
    """Count the bits of a 64-bit word."""

    def written(_context, builder, _signature, arguments):
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), written


@njit(cache=True, nogil=True)
def _packed(words, rows, bits, splits, at):
    """Turn rows of answers into columns of answers, from word `at` on: 64 by 64 bits at a time."""
    count = len(rows)
    square = np.empty(64, np.uint64)
    for block in range((count + 63) // 64):
        first = block * 64
        held = min(64, count - first)
        for word in range(words.shape[1]):
            for i in range(held):
                square[i] = words[rows[first + i], word]
            for i in range(held, 64):
                square[i] = np.uint64(0)
            step = 32
            mask = np.uint64(0x00000000FFFFFFFF)
            while step:
                k = 0
                while k < 64:
                    moved = ((square[k] >> np.uint64(step)) ^ square[k + step]) & mask
                    square[k + step] ^= moved
                    square[k] ^= moved << np.uint64(step)
                    k = (k + step + 1) & ~step
                step >>= 1
                mask ^= mask << np.uint64(step)
            for i in range(min(64, splits - 64 * word)):
                bits[64 * word + i, at + block] = square[i]


@njit(cache=True, nogil=True)
def _pairs(bits, splits, start, end, out):
    """Count for each two splits the rows that say yes to both, in words from start to end."""
    for f in range(splits):
        for g in range(f + 1):
            out[f, g] = 0
    step = 512
    for first in range(start, end, step):
        last = min(end, first + step)
        for f in range(splits):
            mine = bits[f, first:last]
            for g in range(f + 1):
                theirs = bits[g, first:last]
                count = np.uint64(0)
                for w in range(last - first):
                    count += _popcount(mine[w] & theirs[w])
                out[f, g] += np.int64(count)


@njit(cache=True, nogil=True)
def _singles(bits, splits, start, end, out):
    """Count for each split the rows that say yes, in words from start to end."""
    for f in range(splits):
        mine = bits[f, start:end]
        count = np.uint64(0)
        for w in range(end - start):
            count += _popcount(mine[w])
        out[f] = np.int64(count)


@njit(cache=True, nogil=True)
def _told_apart(bits, splits, blocks, rows, least, counts, kept):
    """Keep the splits that part the rows, moving their bits together; return how many.

    Not kept are those with too few rows on a side, here and so in every part of the node, and
    those that say what the one kept before them says.
    """
    count = 0
    for f in range(splits):
        a = counts[f]
        if a < least or rows - a < least or a == 0 or a == rows:
            continue
        if count and counts[kept[count - 1]] == a:
            same = True
            for w in range(blocks):
                if bits[count - 1, w] != bits[f, w]:
                    same = False
                    break
            if same:
                continue
        kept[count] = f
        if count < f:
            for w in range(blocks):
                bits[count, w] = bits[f, w]
        count += 1
    return count


@njit(cache=True, nogil=True)
def _weighed(words, rows, weights, splits, pairs, out):
    """Add up weights of the rows that say yes to each two splits; of each one where not `pairs`."""
    said = np.empty(splits, np.int64)
    for f in range(splits):
        for g in range(f + 1):
            out[f, g] = 0.0
        if not pairs:
            out[0, f] = 0.0
    for row in rows:
        count = 0
        for word in range(words.shape[1]):
            left = words[row, word]
            while left:
                low = left & (~left + np.uint64(1))
                said[count] = 64 * word + np.int64(_popcount(low - np.uint64(1)))
                count += 1
                left ^= low
        weight = weights[row]
        for i in range(count):
            if pairs:
                for j in range(i + 1):
                    out[said[i], said[j]] += weight
            else:
                out[0, said[i]] += weight


@njit(cache=True, nogil=True)
def _counted(words, weights, rows, positives, pairs, least, bits, ints, N, P, kept):
    """Write what splits say of a node: the rows of both, or of one in row 0, and the positives.

    Returns how many splits are looked at, and writes which into `kept`: all of them, or of pairs
    those that part the rows.
    """
    splits = len(N)
    for f in range(splits):
        kept[f] = f
    if len(weights):
        _weighed(words, rows[:positives], weights, splits, pairs, P)
        _weighed(words, rows[positives:], weights, splits, pairs, N)
        count = splits
    else:
        middle = (positives + 63) // 64
        end = middle + (len(rows) - positives + 63) // 64
        _packed(words, rows[:positives], bits, splits, 0)
        _packed(words, rows[positives:], bits, splits, middle)
        if not pairs:
            _singles(bits, splits, 0, middle, ints[0])
            for f in range(splits):
                P[0, f] = ints[0, f]
            _singles(bits, splits, middle, end, ints[0])
            for f in range(splits):
                N[0, f] = ints[0, f]
            count = splits
        else:
            _singles(bits, splits, 0, end, ints[0])
            counts = ints[0].copy()
            count = _told_apart(bits, splits, end, len(rows), least, counts, kept)
            _pairs(bits, count, 0, middle, ints)
            for f in range(count):
                for g in range(f + 1):
                    P[f, g] = ints[f, g]
            _pairs(bits, count, middle, end, ints)
            for f in range(count):
                for g in range(f + 1):
                    N[f, g] = ints[f, g]
    if not pairs:
        for f in range(splits):
            N[0, f] += P[0, f]
        return count
    for f in range(count):
        for g in range(f + 1):
            N[f, g] += P[f, g]
            N[g, f] = N[f, g]
            P[g, f] = P[f, g]
    return count


@njit(cache=True, nogil=True)
def _total(weights, rows):
    """Add up the weights of rows."""
    if not len(weights):
        return np.float64(len(rows))
    total = 0.0
    for row in rows:
        total += weights[row]
    return total


@njit(cache=True, nogil=True)
def _halves(words, rows, spare, start, positives, end, split):
    """Put rows that say no before those that say yes, each in its order.

    Returns where the second begins, and how many positives each has.
    """
    word = split >> 6
    bit = np.uint64(split & 63)
    one = np.uint64(1)
    place = start
    moved = 0
    first_positives = 0
    second_positives = 0
    for i in range(start, end):
        if i == start + positives:
            first_positives = place - start
            second_positives = moved
        row = rows[i]
        if (words[row, word] >> bit) & one:
            spare[moved] = row
            moved += 1
        else:
            rows[place] = row
            place += 1
    if positives == end - start:
        first_positives = place - start
        second_positives = moved
    for i in range(moved):
        rows[place + i] = spare[i]
    return place, first_positives, second_positives


@njit(cache=True, nogil=True, fastmath={"nnan", "nsz"})
def _gain_yes(n, p, rows, ones, least):
    """Return the most squared error a stump takes from those who say yes, times n."""
    best = 0.0
    for g in range(len(rows)):
        a = rows[g]
        b = n - a
        x = ones[g] * n - p * a
        good = (a >= least) & (b >= least) & (a > 0) & (b > 0)
        best = max(best, x * x / (a * b) if good else 0.0)
    return best


@njit(cache=True, nogil=True, fastmath={"nnan", "nsz"})
def _gain_no(n, p, rows, ones, all_rows, all_ones, least):
    """Return the same of those who say no: what all have less what those who say yes have."""
    best = 0.0
    for g in range(len(rows)):
        a = all_rows[g] - rows[g]
        b = n - a
        x = (all_ones[g] - ones[g]) * n - p * a
        good = (a >= least) & (b >= least) & (a > 0) & (b > 0)
        best = max(best, x * x / (a * b) if good else 0.0)
    return best


@njit(cache=True, nogil=True)
def _stump_of(n, p, rows, ones, least, alpha):
    """Return the split of the best stump, -1 where a leaf is as good."""
    best = 0.0
    at = -1
    for g in range(len(rows)):
        a = rows[g]
        b = n - a
        if a >= least and b >= least and a > 0 and b > 0:
            x = ones[g] * n - p * a
            gain = x * x / (a * b)
            if gain > best:
                best = gain
                at = g
    return at if best / n > alpha else -1


@njit(cache=True, nogil=True)
def _best_stump(n, p, N, P, least):
    """Return the split that leaves the smallest squared errors, -1 if there is none, and these."""
    best = -1.0
    at = -1
    for f in range(len(N)):
        a = N[f]
        b = n - a
        if a < least or b < least or a <= 0 or b <= 0:
            continue
        q = P[f]
        score = q * q / a + (p - q) * (p - q) / b
        if score > best:
            best = score
            at = f
    return at, p - best


@njit(cache=True, nogil=True)
def _best_pair(n, p, N, P, least, alpha):
    """Return the best tree of depth two: its value, its split, and those of no and yes."""
    splits = len(N)
    every = np.empty(splits)
    ones = np.empty(splits)
    for f in range(splits):
        every[f] = N[f, f]
        ones[f] = P[f, f]
    value = p - p * p / n + alpha
    at = -1
    for f in range(splits):
        a = every[f]
        b = n - a
        if a < least or b < least or a <= 0 or b <= 0:
            continue
        q = ones[f]
        r = p - q
        over = q - q * q / a + alpha
        over -= max(0.0, _gain_yes(a, q, N[f], P[f], least) / a - alpha)
        if over >= value:
            continue
        under = r - r * r / b + alpha
        under -= max(0.0, _gain_no(b, r, N[f], P[f], every, ones, least) / b - alpha)
        if over + under < value:
            value = over + under
            at = f
    if at < 0:
        return value, -1, -1, -1
    a = every[at]
    q = ones[at]
    yes = _stump_of(a, q, N[at], P[at], least, alpha)
    no = _stump_of(n - a, p - q, every - N[at], ones - P[at], least, alpha)
    return value, at, no, yes


@njit(cache=True, nogil=True)
def _completed(words, weights, rows, spare, start, positives, end, depth, alpha, least, split,
               bits, ints, N, P, kept):  # fmt: skip
    """Return the value of a tree split greedily down to depth two, then best, then pruned.

    Its first split is known where it is deeper than two: `split`, -1 where there is none.
    """
    most = 1 << (max(depth - 2, 0) + 1)
    nodes = np.empty((most, 4), np.int64)
    children = np.full(most, -1, np.int64)
    values = np.empty(most, np.float64)
    nodes[0, 0], nodes[0, 1], nodes[0, 2], nodes[0, 3] = start, positives, end, depth
    count = 1
    i = 0
    while i < count:
        first, ones, last, left = nodes[i, 0], nodes[i, 1], nodes[i, 2], nodes[i, 3]
        here = rows[first:last]
        n = _total(weights, here)
        p = _total(weights, here[:ones])
        values[i] = p - p * p / n + alpha if n > 0 else alpha
        if left > 0 and values[i] > 2 * alpha and n >= 2 * least:
            known = i == 0 and left > 2
            m = 0
            if not known:
                m = _counted(words, weights, here, ones, left == 2, least, bits, ints, N, P, kept)
            if left == 2:
                values[i] = _best_pair(n, p, N[:m, :m], P[:m, :m], least, alpha)[0]
            else:
                at = split
                if not known:
                    at, errors = _best_stump(n, p, N[0], P[0], least)
                if left == 1:
                    if at >= 0:
                        values[i] = min(values[i], errors + 2 * alpha)
                elif at >= 0:
                    middle, a, b = _halves(words, rows, spare, first, ones, last, at)
                    nodes[count, 0], nodes[count, 1], nodes[count, 2] = first, a, middle
                    nodes[count + 1, 0], nodes[count + 1, 1], nodes[count + 1, 2] = middle, b, last
                    nodes[count, 3] = left - 1
                    nodes[count + 1, 3] = left - 1
                    children[i] = count
                    count += 2
        i += 1
    for i in range(count - 1, -1, -1):
        if children[i] >= 0:
            values[i] = min(values[i], values[children[i]] + values[children[i] + 1])
    return values[0]


@njit(cache=True, nogil=True)
def followers(words, weights, rows, positives, splits, candidates, least, out):
    """Write for each candidate the best splits of those who say no and of those who say yes.

    -1 where there is none; -2 where the candidate need not be looked at: it does not part the
    rows, or says what another one says.
    """
    N = np.zeros((splits, splits))
    P = np.zeros((splits, splits))
    ints = np.zeros((splits, splits), np.int64)
    bits = np.zeros((splits, len(rows) // 64 + 3), np.uint64)
    kept = np.empty(splits, np.int64)
    m = _counted(words, weights, rows, positives, True, least, bits, ints, N, P, kept)
    n = _total(weights, rows)
    p = _total(weights, rows[:positives])
    place = np.full(splits, -1, np.int64)
    every = np.empty(m)
    ones = np.empty(m)
    for f in range(m):
        place[kept[f]] = f
        every[f] = N[f, f]
        ones[f] = P[f, f]
    for c in range(len(candidates)):
        f = place[candidates[c]]
        if f < 0:
            out[c, 0] = -2
            out[c, 1] = -2
            continue
        no = _best_stump(n - every[f], p - ones[f], every - N[f, :m], ones - P[f, :m], least)[0]
        yes = _best_stump(every[f], ones[f], N[f, :m], P[f, :m], least)[0]
        out[c, 0] = kept[no] if no >= 0 else -1
        out[c, 1] = kept[yes] if yes >= 0 else -1


@njit(cache=True, nogil=True)
def look(words, weights, rows, positives, splits, depth, alpha, least, candidates, next_splits,
         out):  # fmt: skip
    """Write for each candidate the value of a tree that begins with it; infinite if it cannot.

    `next_splits` are those of the two nodes below it, as `followers` finds them.
    """
    count = len(rows)
    bits = np.zeros((splits, count // 64 + 3), np.uint64)
    ints = np.zeros((splits, splits), np.int64)
    N = np.zeros((splits, splits))
    P = np.zeros((splits, splits))
    kept = np.empty(splits, np.int64)
    spare = np.empty(count, np.int32)
    order = np.empty(count, np.int32)
    for c in range(len(candidates)):
        out[c] = np.inf
        if next_splits[c, 0] == -2:
            continue
        order[:] = rows
        middle, a, b = _halves(words, order, spare, 0, positives, count, candidates[c])
        under = _total(weights, order[:middle])
        over = _total(weights, order[middle:])
        if under < least or over < least or under <= 0 or over <= 0:
            continue
        out[c] = _completed(words, weights, order, spare, 0, a, middle, depth - 1, alpha, least,
                            next_splits[c, 0], bits, ints, N, P, kept)  # fmt: skip
        out[c] += _completed(words, weights, order, spare, middle, b, count, depth - 1, alpha,
                             least, next_splits[c, 1], bits, ints, N, P, kept)  # fmt: skip


@njit(cache=True, nogil=True)
def solve(words, weights, rows, positives, splits, depth, alpha, least):
    """Return the best tree of depth one or two: value, split, and the splits of no and of yes."""
    bits = np.zeros((splits, len(rows) // 64 + 3), np.uint64)
    ints = np.zeros((splits, splits), np.int64)
    N = np.zeros((splits, splits))
    P = np.zeros((splits, splits))
    kept = np.empty(splits, np.int64)
    n = _total(weights, rows)
    p = _total(weights, rows[:positives])
    m = _counted(words, weights, rows, positives, depth == 2, least, bits, ints, N, P, kept)
    if depth == 2:
        value, at, no, yes = _best_pair(n, p, N[:m, :m], P[:m, :m], least, alpha)
        if at >= 0:
            at = kept[at]
            no = kept[no] if no >= 0 else -1
            yes = kept[yes] if yes >= 0 else -1
        return value, at, no, yes
    leaf = p - p * p / n + alpha
    at, errors = _best_stump(n, p, N[0], P[0], least)
    if at >= 0 and errors + 2 * alpha < leaf:
        return errors + 2 * alpha, at, -1, -1
    return leaf, -1, -1, -1


@njit(cache=True, nogil=True)
def divide(words, rows, positives, split):
    """Return the rows that say no and those that say yes, with the positives of each."""
    order = rows.copy()
    spare = np.empty(len(rows), np.int32)
    middle, a, b = _halves(words, order, spare, 0, positives, len(rows), split)
    return order[:middle], a, order[middle:], b


@njit(cache=True, nogil=True)
def total(weights, rows):
    """Add up the weights of rows; their number where they have none."""
    return _total(weights, rows)


@njit(cache=True, nogil=True)
def histogram(codes, rows, first, second, out):
    """Add up two amounts a row by column and bin: out[column, bin, 0] and [.., 1]."""
    for i in range(len(rows)):
        row = rows[i]
        for c in range(codes.shape[1]):
            place = codes[row, c]
            out[c, place, 0] += first[i]
            out[c, place, 1] += second[i]
