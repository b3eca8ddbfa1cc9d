"""A person's age at the as-of date, exact and approximate (paper C, A.3.1)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from commonweal.core.tables import Relation
from commonweal.features.cells import Cells, Layout, Values
from commonweal.features.columns import Block, Feature
from commonweal.features.kernels import sparse
from commonweal.features.past import Past
from commonweal.features.recorded import Recorded, Summary, recorded, summarized
from commonweal.features.spec import AgeSpec


def build_age(name: str, spec: AgeSpec, past: Past) -> Block:
    """Build an age block: completed years, and whether there is nothing to tell them by."""
    features: list[Feature] = []
    if spec.birth_date:
        features += _described(
            name, "age", "Age, by the commonest date of birth recorded", "date of birth"
        )
    if spec.age:
        words = "Approximate age, by the commonest year of birth that ages put down imply"
        features += _described(name, "approximate_age", words, "age")
    fill = np.array([np.nan, 0] * (len(features) // 2), np.float32)
    layout = Layout(fill, np.arange(1, len(features) + 1, dtype=np.int32), {})

    def parts() -> Iterator[Cells]:
        found: list[Recorded] = []
        if spec.birth_date:
            column = spec.birth_date
            found.append(recorded(past, spec.event, column, lambda events: events[column]))
        if spec.age:
            age = spec.age
            found.append(
                recorded(past, spec.event, f"year by {age}", lambda events: _born(events, age))
            )
        size = sum(one.size for one in found)
        for summaries in zip(*(summarized(one, past, size) for one in found), strict=True):
            columns: list[Values] = []
            for one, summary in zip(found, summaries, strict=True):
                years = _years(one.values, summary, past.rows.as_of[summary.rows])
                columns += [years, np.isnan(years).astype(np.float32)]
            yield Cells(*sparse(np.stack(columns, axis=1), layout.fill))

    return Block(tuple(features), layout, parts, {}, past.rows.as_of)


def _described(name: str, stem: str, words: str, what: str) -> list[Feature]:
    return [
        Feature(stem, name, f"{words}.", "years", missing=f"no {what} is recorded"),
        Feature(f"{stem}.missing", name, f"No {what} is recorded.", "yes/no"),
    ]


def _born(events: Relation, age: str) -> Relation:
    return events.occurred_on.year().cast("int64") - events[age].cast("int64")


def _years(values: pa.Array, summary: Summary, as_of: NDArray[np.int32]) -> Values:
    """Return completed years from the commonest date (or year) to the as-of date."""
    days = as_of.astype("datetime64[D]")
    year = days.astype("datetime64[Y]").astype(np.int64) + 1970
    there = summary.mode >= 0
    if not len(values):
        return np.full(len(as_of), np.nan, np.float32)
    if not pa.types.is_date(values.type):
        born = values.to_numpy()[summary.mode]
        return np.where(there, year - born, np.nan).astype(np.float32)
    birth = values.cast(pa.int32()).to_numpy()[summary.mode].astype("datetime64[D]")
    past = year - (birth.astype("datetime64[Y]").astype(np.int64) + 1970)
    return np.where(there, past - (_in_year(birth) > _in_year(days)), np.nan).astype(np.float32)


def _in_year(days: NDArray[np.datetime64]) -> NDArray[np.int64]:
    """Return month and day as one ascending number."""
    month = days.astype("datetime64[M]")
    within = (days - month).astype(np.int64)
    return np.asarray(month.astype(np.int64) % 12 * 32 + within)
