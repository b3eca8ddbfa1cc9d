"""The compiled loops of forests. What they compute is said in `forest`."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def forest_scores(values, starts, left, right, feature, threshold, missing_left, value, out):
    """Write the mean value of each row's leaves."""
    for row in range(len(values)):
        total = 0.0
        for start in starts:
            total += value[_leaf(values[row], start, left, right, feature, threshold, missing_left)]
        out[row] = total / len(starts)


@njit(cache=True, nogil=True)
def forest_moves(values, starts, left, right, feature, threshold, missing_left, value, out):
    """Write how far each column's splits move each row's value, averaged over trees."""
    for row in range(len(values)):
        for start in starts:
            node = start
            while left[node] >= 0:
                child = _next(
                    values[row], start, node, left, right, feature, threshold, missing_left
                )
                out[row, feature[node]] += value[child] - value[node]
                node = child
        out[row] /= len(starts)


@njit(cache=True, nogil=True)
def _leaf(row, start, left, right, feature, threshold, missing_left):
    node = start
    while left[node] >= 0:
        node = _next(row, start, node, left, right, feature, threshold, missing_left)
    return node


@njit(cache=True, nogil=True)
def _next(row, start, node, left, right, feature, threshold, missing_left):
    x = row[feature[node]]
    goes_left = missing_left[node] if np.isnan(x) else np.float64(x) <= threshold[node]
    return start + (left[node] if goes_left else right[node])
