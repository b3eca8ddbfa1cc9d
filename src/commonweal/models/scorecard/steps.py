"""Where a column may be cut: a handful of round thresholds, whatever the order of the rows."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from commonweal.models.data import Sample

KEYS = 1 << 16
"""Values are told apart by their upper 16 bits: whole numbers up to 256, others within 1%."""
GROUP = 512
"""Columns counted at once: a column takes a megabyte."""
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Counted:
    """What some columns hold.

    Parameters
    ----------
    keys
        Column -> keys of the values there are, ascending.
    weight
        Column -> weight of the rows of each key, without and with the outcome, shape (keys, 2).
    missing
        Weight of the rows without a value, shape (columns, 2).
    whole, binary
        Whether a column holds whole numbers only, and only 0 and 1, shape (columns,).
    """

    keys: tuple[NDArray[np.int64], ...]
    weight: tuple[Floats, ...]
    missing: Floats
    whole: NDArray[np.bool_]
    binary: NDArray[np.bool_]


def count(sample: Sample, weights: Floats) -> Counted:
    """Count values by outcome; only sums over rows are kept."""
    width = len(sample.matrix.names)
    keys: list[NDArray[np.int64]] = []
    held: list[Floats] = []
    missing = np.zeros((width, 2))
    whole, binary = np.ones(width, np.bool_), np.ones(width, np.bool_)
    for first in range(0, width, GROUP):
        here = slice(first, min(width, first + GROUP))
        counts = _counts(sample, weights, here, missing[here], whole[here], binary[here])
        for one in counts:
            places = np.flatnonzero(one.any(axis=1))
            keys.append(places)
            held.append(one[places])
    return Counted(tuple(keys), tuple(held), missing, whole, binary)


def _counts(
    sample: Sample, weights: Floats, here: slice, missing: Floats, whole: NDArray[np.bool_],
    binary: NDArray[np.bool_],
) -> Floats:  # fmt: skip
    from commonweal.models.scorecard.kernels import fractions, tally

    counts, done = np.zeros((len(whole), KEYS, 2)), 0
    for chunk in sample.chunks():
        values = np.ascontiguousarray(chunk[:, here], np.float32)
        rows = slice(done, done + len(values))
        tally(values.view(np.uint32), sample.labels[rows], weights[rows], counts, missing, binary)
        fractions(values, whole)
        done += len(values)
    return counts


def thresholds(keys: NDArray[np.int64], weight: Floats, wanted: int, whole: bool) -> list[float]:
    """Choose thresholds of a column of numbers, ascending.

    All values but the lowest where they are few. Otherwise quantiles of the rows; a value that
    many rows share is cut off on both sides, and the quantiles are those of the others.

    Parameters
    ----------
    keys, weight
        As `count` gives them: `weight` summed over outcomes, shape (keys,).
    wanted
        How many; up to two more where many rows share a value.
    whole
        Whether the column holds whole numbers only.
    """
    if len(keys) <= wanted + 1:
        chosen = set(range(1, len(keys)))
    else:
        common = int(np.argmax(weight))
        others = weight.copy()
        chosen = set()
        if weight[common] * (wanted + 1) > weight.sum():
            others[common] = 0.0
            chosen = {common, common + 1}
        upto = np.cumsum(others)
        at = upto[-1] * np.arange(1, wanted + 1) / (wanted + 1)
        chosen |= set(np.searchsorted(upto, at, side="right").tolist())
    return sorted({
        _round(float(keys[place]), whole) for place in chosen if 0 < place < len(keys)
    })  # fmt: skip


def _round(key: float, whole: bool) -> float:
    """Return the roundest number among those of a key; of small whole numbers there is one."""
    low, high = least_of(int(key)), least_of(int(key) + 1)
    if not math.isfinite(high):
        return low
    for tens in range(math.ceil(math.log10(max(abs(low), abs(high), 1e-30))) + 1, -31, -1):
        if whole and tens < 0:
            return float(math.ceil(low))
        unit = 10.0**tens
        tried = round(math.ceil(low / unit - 1e-9) * unit, max(0, -tens))
        if low <= tried < high:
            return tried
    return low


def least_of(key: int) -> float:
    """Return the least value of a key."""
    if key >= KEYS:
        return math.inf
    bits = np.uint32((key << 16) ^ (0x80000000 if key >= KEYS // 2 else 0xFFFFFFFF))
    return float(np.array([bits], np.uint32).view(np.float32)[0])
