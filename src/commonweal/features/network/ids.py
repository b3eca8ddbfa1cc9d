"""Ids of any type as small whole numbers that do not depend on the order of rows."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from commonweal.features.cells import Ints
from commonweal.features.network.kernels import spelt

_OFFSETS = {pa.string(): np.int32, pa.large_string(): np.int64}
"""Texts as Arrow holds them: hashing them takes it five times as long."""


def encoded(ids: pa.ChunkedArray) -> tuple[Ints, pa.Array]:
    """Return a code for each id, and the ids in order of code."""
    whole = ids.combine_chunks() if isinstance(ids, pa.ChunkedArray) else ids
    width = _OFFSETS.get(whole.type)
    if width is None or not len(whole) or whole.null_count or isinstance(whole, pa.ChunkedArray):
        return _by_arrow(ids)
    _, places, data = whole.buffers()
    offset = np.frombuffer(places, width)[whole.offset : whole.offset + len(whole) + 1]
    text = np.frombuffer(data, np.uint8) if data is not None else np.zeros(0, np.uint8)
    code, found = spelt(offset, text)
    return code, whole.take(pa.array(found))


def _by_arrow(ids: pa.ChunkedArray) -> tuple[Ints, pa.Array]:
    whole = ids.dictionary_encode().unify_dictionaries()
    if not whole.num_chunks:
        return np.zeros(0, np.int32), pa.array([], ids.type)
    codes = [chunk.indices.to_numpy(zero_copy_only=False) for chunk in whole.chunks]
    return np.concatenate(codes).astype(np.int32, copy=False), whole.chunk(0).dictionary


def ranked(ids: pa.ChunkedArray) -> tuple[Ints, pa.Array]:
    """Return a code for each id, ascending by id, and the ids in order of code."""
    codes, known = encoded(ids)
    order = pc.sort_indices(known).to_numpy().astype(np.int64)
    rank = np.empty(len(order), np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    return rank[codes], known.take(pa.array(order))


def located(ids: pa.Array, among: pa.Array) -> Ints:
    """Return the place of each id among others, which are unique; -1 where it is not there."""
    found = pc.index_in(ids.cast(among.type), value_set=among)
    return np.asarray(pc.fill_null(found, -1).to_numpy(zero_copy_only=False), np.int32)
