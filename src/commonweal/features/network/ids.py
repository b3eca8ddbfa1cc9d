"""Ids of any type as small whole numbers that do not depend on the order of rows."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from commonweal.core.tables import collect
from commonweal.features.cells import Ints
from commonweal.features.rows import Rows

Longs = NDArray[np.int64]


def encoded(ids: pa.ChunkedArray) -> tuple[Ints, pa.Array]:
    """Return a code for each id, and the ids in order of code."""
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


def entities(rows: Rows) -> pa.Array:
    """Return the person of each row."""
    ids = collect(rows.relation, "row")["entity_id"].combine_chunks()
    return ids.combine_chunks() if isinstance(ids, pa.ChunkedArray) else ids
