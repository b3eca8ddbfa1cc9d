"""What records say about a person where they may disagree: latest, commonest, how many values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from commonweal.core.tables import Relation
from commonweal.features.cells import Ints
from commonweal.features.kernels import summaries
from commonweal.features.past import Past, inside

_DAY = 1 << 24
"""More than the number of any day: puts a day and a tie-break into one number."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """The values recorded for each row.

    Parameters
    ----------
    relation
        ``row``, ``value``, ``n`` (records that hold it), ``when`` (a number that is larger the
        more recent the most recent of them is).
    values
        All values, ascending; codes are places among them.
    size
        Rows of `relation`.
    """

    relation: Relation
    values: pa.Array
    size: int


@dataclass(frozen=True, slots=True)
class Summary:
    """Codes of the values of some consecutive rows, -1 where there is none.

    Parameters
    ----------
    rows
        The rows.
    latest
        Code of the most recent value, by day of the event, then the day it was known, then the
        larger value.
    mode
        Code of the commonest value; among equals the most recent, then the larger.
    distinct
        Number of different values.
    """

    rows: slice
    latest: Ints
    mode: Ints
    distinct: Ints


def recorded(
    past: Past, sources: Sequence[str], key: str, value: Callable[[Relation], Relation]
) -> Recorded:
    """Return the values that records of some sources hold; computed once for equal keys.

    Parameters
    ----------
    past
        The past.
    sources
        Sources looked at, as one.
    key
        Name of what is looked at.
    value
        Returns the value of each event; null where it holds none.
    """

    def make() -> Recorded:
        parts = []
        for source in sources:
            events = past.of_source(source)
            events = events.mutate(value=value(events))
            events = events.filter(events.value.notnull())
            when = _numbered(events.occurred_on) * _DAY + _numbered(events.known_on)
            parts.append(events.select("row", "value", when=when))
        every = ibis.union(*parts) if parts[1:] else parts[0]
        grouped = every.group_by("row", "value").agg(n=every.count(), when=every.when.max())
        relation = past.own.engine.cache(grouped)
        values = relation.select("value").distinct().to_pyarrow()["value"].combine_chunks()
        size = int(relation.count().to_pyarrow().as_py())
        return Recorded(relation, values.take(pc.sort_indices(values)), size)

    found: Recorded = past.once(("recorded", tuple(sources), key), make)
    return found


def _numbered(day: Relation) -> Relation:
    """Return a number that ascends with the date; engines differ in how they subtract dates."""
    parts = (day.year(), day.month(), day.day())
    year, month, number = (part.cast("int64") for part in parts)
    return (year * 16 + month) * 32 + number


def summarized(found: Recorded, past: Past, size: int) -> Iterator[Summary]:
    """Yield the summaries of all rows, as many at a time as `size` long rows in all allow."""
    for rows in past.chunks(size):
        table = inside(found.relation, rows)
        code = pc.index_in(table["value"], value_set=found.values)
        latest, mode, distinct = summaries(
            table["row"].to_numpy() - rows.start, code.to_numpy(),
            table["n"].to_numpy(), table["when"].to_numpy(), rows.stop - rows.start,
        )  # fmt: skip
        yield Summary(rows, latest, mode, distinct)


def taken(values: NDArray[np.float32], codes: Ints) -> NDArray[np.float32]:
    """Return the number that belongs to each code, NaN for none."""
    padded = np.append(values, np.float32(np.nan))
    return padded[codes]
