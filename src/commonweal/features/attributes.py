"""What noisy records say about a person: latest, commonest, how many different (paper C, A.3.1)."""

from __future__ import annotations

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from commonweal.cohorts.history import History
from commonweal.core.tables import Relation, collect
from commonweal.features.columns import Block, Feature, Values
from commonweal.features.rows import Rows, common_codes
from commonweal.features.spec import AttributesSpec

_NUMERIC = ("integer", "number")


def build_attributes(name: str, spec: AttributesSpec, rows: Rows, history: History) -> Block:
    """Build an attributes block.

    Per column: indicators of the commonest values (text) or the value itself (numbers) for
    ``latest`` and ``mode``; the number of different values for ``distinct``; and whether the
    person has no value at all.
    """
    features: list[Feature] = []
    columns: list[Values] = []
    notes: dict[str, object] = {}
    for column in spec.columns:
        past = history.of(spec.event, rows.relation)
        past = history.engine.cache(
            past.filter(past[column].notnull()).select(
                "row", "occurred_on", "known_on", "record_id", value=past[column]
            )
        )
        numeric = history.sources[spec.event].columns[column].type in _NUMERIC
        codes = [] if numeric else common_codes(history, spec.event, column, rows, spec.top)
        notes[column] = codes
        stem = f"{spec.event}.{column}"
        for summary in spec.summaries:
            if summary == "distinct":
                columns.append(_filled(_distinct(past), rows, "n", 0))
                words = f"Number of different values of {column} recorded."
                features.append(Feature(f"{stem}.distinct", name, words, "values"))
                continue
            table = collect(latest(past) if summary == "latest" else _mode(past), "row")
            how = "Most recent" if summary == "latest" else "Commonest"
            if numeric:
                columns.append(_filled(table, rows, "value", np.nan))
                words = f"{how} value of {column}."
                features.append(Feature(f"{stem}.{summary}", name, words, "value"))
            for code in codes:
                columns.append(_indicator(table, rows, code))
                words = f"{how} value of {column} is {code}."
                features.append(Feature(f"{stem}.{summary}={code}", name, words, "yes/no"))
        there = _filled(_distinct(past), rows, "n", 0) > 0
        columns.append(np.where(there, np.float32(0), np.float32(1)))
        words = f"No value of {column} is recorded."
        features.append(Feature(f"{stem}.missing", name, words, "yes/no"))
    return Block(tuple(features), np.stack(columns, axis=1), {"codes": notes})


def latest(past: Relation) -> Relation:
    """Return (row, value) of the most recent record; ties by known_on, then record id."""
    order = [ibis.desc("occurred_on"), ibis.desc("known_on"), ibis.desc("record_id")]
    ranked = past.mutate(place=ibis.row_number().over(group_by="row", order_by=order))
    return ranked.filter(ranked.place == 0).select("row", "value")


def _mode(past: Relation) -> Relation:
    """Return (row, value) of the commonest value; among equals the latest, then the largest."""
    counts = past.group_by("row", "value").agg(n=past.count(), last=past.occurred_on.max())
    order = [ibis.desc("n"), ibis.desc("last"), ibis.desc("value")]
    ranked = counts.mutate(place=ibis.row_number().over(group_by="row", order_by=order))
    return ranked.filter(ranked.place == 0).select("row", "value")


def _distinct(past: Relation) -> pa.Table:
    return collect(past.group_by("row").agg(n=past.value.nunique()), "row")


def _filled(table: pa.Table, rows: Rows, column: str, empty: float) -> Values:
    values = np.full(rows.count, empty, dtype=np.float32)
    values[table["row"].to_numpy()] = table[column].to_numpy()
    return values


def _indicator(table: pa.Table, rows: Rows, code: str) -> Values:
    values = np.zeros(rows.count, dtype=np.float32)
    hits = pc.equal(table["value"].cast(pa.string()), code)
    values[table["row"].filter(hits).to_numpy()] = 1
    return values
