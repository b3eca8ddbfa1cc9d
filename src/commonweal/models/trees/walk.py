"""The compiled walk from root to leaf. What it computes is said in `tree`."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def walk(values, left, right, feature, threshold, missing_left, category, out):
    """Write the leaf of each row."""
    for row in range(len(values)):
        node = 0
        while left[node] >= 0:
            column = feature[node]
            x = np.float64(values[row, column])
            if np.isnan(x):
                goes_left = missing_left[node]
            elif category[column]:
                goes_left = x == threshold[node]
            else:
                goes_left = x <= threshold[node]
            node = left[node] if goes_left else right[node]
        out[row] = node
