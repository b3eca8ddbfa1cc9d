"""Columns of events as whole numbers: places in an order, and days."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def coded(column: pa.ChunkedArray | pa.Array) -> tuple[Ints, pa.Array]:
    """Return each value's place among the distinct ones in order, -1 if missing, and these."""
    whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    encoded = whole.dictionary_encode()
    order = np.asarray(pc.sort_indices(encoded.dictionary)).astype(np.int64)
    rank = np.empty(order.size + 1, dtype=np.int64)
    rank[order], rank[-1] = np.arange(order.size), -1
    places = np.asarray(pc.fill_null(encoded.indices, -1)).astype(np.int64)
    return rank[places], encoded.dictionary.take(pa.array(order))


def day_numbers(column: pa.ChunkedArray) -> Ints:
    """Return days since 1970-01-01; a missing day is 0."""
    return np.asarray(pc.fill_null(column.cast(pa.int32()), 0)).astype(np.int64)
