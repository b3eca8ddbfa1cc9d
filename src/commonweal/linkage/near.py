"""Pairs near the threshold: what a clerk's look would decide."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from commonweal.core.seeds import stream
from commonweal.linkage.link import Linkage

_BANDS = np.array([-4.0, -2.0, -1.0, 0.0, 1.0, 2.0, 4.0])
"""Bands of log odds around the threshold; as many pairs are drawn from each."""
_A_BAND = 50


def near_pairs(table: pa.Table, found: Linkage) -> pa.Table:
    """Draw pairs on both sides of the threshold.

    Parameters
    ----------
    table
        The linked table, with ``source`` and ``record_id``.
    found
        Its linkage.

    Returns
    -------
    pyarrow.Table
        ``source_1``, ``record_1``, ``source_2``, ``record_2``, ``log_odds`` less the threshold,
        and ``together``; up to 50 pairs in each of six bands.
    """
    pairs, base = found.candidates.pairs, found.threshold
    off = found.candidates.strength - base
    band = np.digitize(off, _BANDS) - 1
    rng = stream(0, "linkage", "near")
    chosen = []
    for number in range(len(_BANDS) - 1):
        rows = np.flatnonzero(band == number)
        rows = rows[np.lexsort((pairs.right[rows], pairs.left[rows]))]
        chosen.append(np.sort(rng.permutation(len(rows))[:_A_BAND]) if len(rows) else rows)
        chosen[-1] = rows[chosen[-1]]
    rows = np.concatenate(chosen)
    place, first = found.candidates.prepared.place, found.candidates.profiles.first
    sides = [place[first[side[rows]]] for side in (pairs.left, pairs.right)]
    root = found.clusters.root
    columns: dict[str, object] = {}
    for number, side in enumerate(sides, start=1):
        columns[f"source_{number}"] = table["source"].take(pa.array(side))
        columns[f"record_{number}"] = table["record_id"].take(pa.array(side))
    return pa.table({
        **columns,
        "log_odds": np.round(off[rows], 6),
        "together": root[pairs.left[rows]] == root[pairs.right[rows]],
    })  # fmt: skip
