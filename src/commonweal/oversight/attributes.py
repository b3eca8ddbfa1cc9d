"""Protected attributes of the cohort as recorded before each as-of date, for audits only."""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from commonweal.cohorts.history import History
from commonweal.core.tables import Relation, collect
from commonweal.oversight.spec import Protected

UNKNOWN = "not recorded"


def attribute(
    spec: Protected, history: History, rows: Relation, count: int, on: pa.Array | None = None
) -> pa.Array:
    """Return each row's group: the most recent value known before its as-of date.

    Parameters
    ----------
    spec
        The attribute.
    history
        The past.
    rows
        ``row``, ``entity_id``, ``as_of``.
    count
        Number of rows.
    on
        Day of each row in whose year its age is reckoned; its as-of date where none is given.
    """
    table = collect(_newest(spec, history, rows), "row")
    if spec.age_bands:
        days = table["as_of"] if on is None else on.take(table["row"].combine_chunks())
        ages = pc.subtract(pc.year(days), table["value"].cast(pa.int64()))
        values = _banded(np.asarray(ages), spec.age_bands)
    else:
        values = _named(table["value"].combine_chunks())
    places = np.full(count, len(values), dtype=np.int64)
    places[table["row"].to_numpy()] = np.arange(len(values))
    groups: pa.Array = pa.concat_arrays([values, pa.array([UNKNOWN], pa.string())])
    return groups.take(pa.array(places))


def _newest(spec: Protected, history: History, rows: Relation) -> Relation:
    """Return (row, as_of, value) of the most recent record that holds a value.

    Ties are broken by the day it was known, the order of the sources, and the record id.
    """
    parts = []
    for place, source in enumerate(spec.sources):
        past = history.of(source, rows)
        past = past.filter(past[spec.column].notnull())
        parts.append(
            past.select(
                "row", "as_of", "occurred_on", "known_on", "record_id",
                value=past[spec.column], source=ibis.literal(place, "int32"),
            )
        )  # fmt: skip
    every = ibis.union(*parts) if parts[1:] else parts[0]
    latest = [ibis.desc("occurred_on"), ibis.desc("known_on")]
    order = [*latest, ibis.asc("source"), ibis.desc("record_id")]
    ranked = every.mutate(place=ibis.row_number().over(group_by="row", order_by=order))
    return ranked.filter(ranked.place == 0).select("row", "as_of", "value")


def _named(values: pa.Array) -> pa.Array:
    """Return values as text, each different one spelt once."""
    encoded = values.dictionary_encode()
    words = pa.array([str(value) for value in encoded.dictionary.to_pylist()], pa.string())
    return words.take(encoded.indices)


def _banded(ages: NDArray[np.int64], lower: Sequence[int]) -> pa.Array:
    """Return the band of each age; below the lowest it is unknown."""
    names = [UNKNOWN]
    for start, end in zip(lower, [*lower[1:], None], strict=True):
        if end is None:
            names.append(f"{start} and over")
        else:
            names.append(f"{start} to {end - 1}" if start else f"under {end}")
    places = np.searchsorted(np.asarray(lower), ages, side="right")
    return pa.array(names, pa.string()).take(pa.array(places))
