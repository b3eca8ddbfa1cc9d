"""Protected attributes of the cohort as recorded before each as-of date, for audits only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import ibis
import pyarrow as pa

from commonweal.cohorts.history import History
from commonweal.core.tables import Relation, collect
from commonweal.oversight.spec import Protected

UNKNOWN = "not recorded"


def attribute(spec: Protected, history: History, rows: Relation, count: int) -> pa.Array:
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
    """
    past = history.of(spec.event, rows)
    past = past.filter(past[spec.column].notnull())
    order = [ibis.desc("occurred_on"), ibis.desc("known_on"), ibis.desc("record_id")]
    ranked = past.mutate(place=ibis.row_number().over(group_by="row", order_by=order))
    newest = ranked.filter(ranked.place == 0).select("row", "as_of", value=ranked[spec.column])
    table = collect(newest, "row")
    groups = [UNKNOWN] * count
    for row, as_of, value in zip(*(table[c].to_pylist() for c in ("row", "as_of", "value")),
                                 strict=True):  # fmt: skip
        groups[row] = _band(value, as_of, spec.age_bands) if spec.age_bands else str(value)
    return pa.array(groups, pa.string())


def _band(birth_year: int, as_of: date, lower: Sequence[int]) -> str:
    age = as_of.year - int(birth_year)
    ends = [*lower[1:], None]
    for start, end in zip(lower, ends, strict=True):
        if age >= start and (end is None or age < end):
            if end is None:
                return f"{start} and over"
            return f"{start} to {end - 1}" if start else f"under {end}"
    return UNKNOWN
