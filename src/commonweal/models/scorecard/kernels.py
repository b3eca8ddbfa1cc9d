"""The compiled loops of scorecards. What they compute is said in `offered` and `chosen`."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def tally(bits, labels, weights, counts, missing, binary):
    """Count weight by the upper 16 bits of each value, put in order of the values, by outcome.

    `bits` are the bits of float32 values; `binary` is taken back where one is neither 0 nor 1.
    """
    for row in range(bits.shape[0]):
        label, weight = labels[row], weights[row]
        for column in range(bits.shape[1]):
            held = bits[row, column]
            if held & np.uint32(0x7FFFFFFF) > np.uint32(0x7F800000):
                missing[column, label] += weight
                continue
            if held == np.uint32(0x80000000):
                held = np.uint32(0)  # minus nothing
            if held & np.uint32(0x80000000):
                place = held ^ np.uint32(0xFFFFFFFF)
            else:
                place = held ^ np.uint32(0x80000000)
            counts[column, place >> np.uint32(16), label] += weight
            if held != np.uint32(0) and held != np.uint32(0x3F800000):
                binary[column] = False


@njit(cache=True, nogil=True)
def fractions(values, whole):
    """Take `whole` back for columns that hold a number that is not whole."""
    for column in range(values.shape[1]):
        if not whole[column]:
            continue
        for row in range(values.shape[0]):
            x = values[row, column]
            if not np.isnan(x) and x != np.floor(x):
                whole[column] = False
                break


@njit(cache=True, nogil=True)
def encode(values, places, starts, edges, levels, codes, done):
    """Write the code of each value: its steps passed, or its category; the missing come last.

    Column i has the thresholds ``edges[starts[i] : starts[i + 1]]``, or `levels` categories.
    """
    for i in range(len(places)):
        first, last = starts[i], starts[i + 1]
        for row in range(values.shape[0]):
            x = values[row, places[i]]
            if levels[i] >= 0:
                code = levels[i] + 1
                if not np.isnan(x):
                    code = levels[i]
                    if 0 <= x < levels[i] and x == np.floor(x):
                        code = int(x)
            elif np.isnan(x):
                code = last - first + 1
            else:
                code = 0
                while code < last - first and x >= edges[first + code]:
                    code += 1
            codes[i, done + row] = code


@njit(cache=True, nogil=True)
def table(codes, cells, weights, out):
    """Add weight up by cell and code."""
    for row in range(len(codes)):
        out[cells[row], codes[row]] += weights[row]
