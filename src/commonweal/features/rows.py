"""The rows that features are built for, and the series of events counted for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from commonweal.cohorts.history import History
from commonweal.core.dates import day_number
from commonweal.core.tables import Relation
from commonweal.features.cells import Ints


@dataclass(frozen=True, slots=True)
class Rows:
    """(person, as-of date) rows for which features are built.

    Parameters
    ----------
    relation
        ``row`` (0 to count - 1), ``entity_id``, ``as_of``.
    entities
        Entity id of each row, of any type.
    as_of
        As-of date of each row, days since 1970-01-01; ascending.
    dates
        The distinct dates, ascending.
    training
        Dates of the training rows: the only ones on which codes may be chosen.
    """

    relation: Relation
    entities: pa.Array
    as_of: Ints
    dates: tuple[date, ...]
    training: tuple[date, ...]

    @classmethod
    def of(cls, history: History, table: pa.Table, training: Sequence[date]) -> Rows:
        """Take the rows of a cohort table: ``row``, ``entity_id``, ``as_of``.

        Rows must be numbered from 0 in order, dates ascending.
        """
        as_of = table["as_of"].combine_chunks()
        dates = tuple(sorted(as_of.unique().to_pylist()))
        days = np.asarray(as_of.cast(pa.int32()).to_numpy(zero_copy_only=False), dtype=np.int32)
        if (np.diff(days) < 0).any():
            raise ValueError("rows are not ordered by as-of date")
        entities = table["entity_id"].combine_chunks()
        return cls(history.engine.table(table), entities, days, dates, tuple(training))

    @property
    def count(self) -> int:
        """Number of rows."""
        return len(self.as_of)

    def by_date(self) -> Iterator[tuple[date, slice]]:
        """Yield each date and the consecutive rows that have it."""
        for day in self.dates:
            first, last = np.searchsorted(self.as_of, [day_number(day), day_number(day) + 1])
            yield day, slice(int(first), int(last))


@dataclass(frozen=True, slots=True)
class Series:
    """One thing counted: a slug for names and words for sentences.

    Parameters
    ----------
    slug
        Part of the feature's name: ``force`` or ``category_code=05A``.
    words
        Part of its sentence: ``complaint (force)``.
    columns
        Columns of the source it rests on, which bound how far back it is recorded.
    code
        The code it stands for, None where it is a group or all events.
    """

    slug: str
    words: str
    columns: tuple[str, ...] = ()
    code: str | None = None


def group_series(
    history: History, source: str, groups: Sequence[str], total: bool = True
) -> list[Series]:
    """Return all events of a source (where `total`) and its groups, in order."""
    noun, declared = source.replace("_", " "), history.sources[source].groups
    series = [Series("all", noun)] if total else []
    series += [Series(g, f"{noun} ({g.replace('_', ' ')})", (declared[g].column,)) for g in groups]
    return series


def code_series(source: str, column: str, codes: Sequence[str]) -> list[Series]:
    """Return one series a code of a column."""
    noun = source.replace("_", " ")
    return [
        Series(f"{column}={code}", f"{noun} ({column.replace('_', ' ')} {code})", (column,), code)
        for code in codes
    ]
