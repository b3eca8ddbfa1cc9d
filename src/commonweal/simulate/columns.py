"""Columns of simulated tables: ids without meaning, dates, and coded words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from commonweal.core.seeds import stream

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


def numbered(count: int, seed: int, *names: str) -> Ints:
    """Return `count` different eight-digit or longer numbers whose order says nothing."""
    first = 10 ** max(7, len(str(count)))
    shuffled: Ints = stream(seed, "ids", *names).permutation(count) + first
    return shuffled


def dates(days: NDArray[np.integer], missing: Mask | None = None) -> pa.Array:
    """Return days since 1970-01-01 as dates."""
    return pa.array(days.astype(np.int32), pa.int32(), mask=missing).cast(pa.date32())


def words(
    codes: NDArray[np.integer] | Mask, vocabulary: Sequence[str], missing: Mask | None = None
) -> pa.Array:
    """Return text by its place in a vocabulary; places below 0 and `missing` are null.

    The column is dictionary-encoded: a text is held once, however many rows say it.
    """
    codes = codes.astype(np.int32)
    gone = codes < 0 if missing is None else missing | (codes < 0)
    # Only words that are said, each once: otherwise equal columns are not equal bytes.
    said = np.bincount(codes[~gone], minlength=len(vocabulary)) > 0
    kept: dict[str, int] = {}
    place = np.zeros(len(vocabulary), np.int32)
    for code in np.flatnonzero(said):
        place[code] = kept.setdefault(vocabulary[int(code)], len(kept))
    index = pa.array(np.where(gone, 0, place[codes]), mask=gone)
    return pa.DictionaryArray.from_arrays(index, pa.array(list(kept), pa.string()))
