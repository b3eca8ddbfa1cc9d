"""The rows a block is built for, and the few things every block does with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import ibis
import numpy as np
import pyarrow as pa

from commonweal.cohorts.history import History, lookback_starts, matching
from commonweal.core.dates import Period
from commonweal.core.tables import Relation, collect
from commonweal.features.columns import Values


@dataclass(frozen=True, slots=True)
class Rows:
    """(person, as-of date) rows for which features are built.

    Parameters
    ----------
    relation
        ``row`` (0 to count - 1), ``entity_id``, ``as_of``.
    count
        Number of rows.
    as_of
        As-of date of each row, days since 1970-01-01, in order of row.
    dates
        The distinct dates, ascending.
    training
        Dates of the training rows: the only ones on which codes may be chosen.
    """

    relation: Relation
    count: int
    as_of: np.ndarray[tuple[int], np.dtype[np.int32]]
    dates: tuple[date, ...]
    training: tuple[date, ...]

    @classmethod
    def of(cls, history: History, table: pa.Table, training: Sequence[date]) -> Rows:
        """Take the rows of a cohort table, which must be ordered by ``row``."""
        as_of = table["as_of"].combine_chunks()
        dates = tuple(sorted(as_of.unique().to_pylist()))
        days = np.asarray(as_of.cast(pa.int32()).to_numpy(zero_copy_only=False), dtype=np.int32)
        return cls(history.engine.table(table), table.num_rows, days, dates, tuple(training))


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
    """

    slug: str
    words: str
    columns: tuple[str, ...] = ()


def grouped(history: History, source: str, past: Relation, series: Sequence[Series]) -> Relation:
    """Return the events of ``past`` once for each series they belong to, numbered ``series``.

    An event may be in several groups; the series without a group holds all events.
    """
    declared = history.sources[source].groups
    parts = [
        matching(past, [declared[one.slug]] if one.columns else []).mutate(
            series=ibis.literal(place, "int32")
        )
        for place, one in enumerate(series)
    ]
    return ibis.union(*parts) if parts[1:] else parts[0]


def group_series(
    history: History, source: str, groups: Sequence[str], total: bool = True
) -> list[Series]:
    """Return all events of a source (where `total`) and its groups, in order."""
    noun, declared = source.replace("_", " "), history.sources[source].groups
    series = [Series("all", noun)] if total else []
    series += [Series(g, f"{noun} ({g.replace('_', ' ')})", (declared[g].column,)) for g in groups]
    return series


def coded(
    past: Relation, column: str, codes: Sequence[str], first: int, history: History
) -> Relation:
    """Return the events whose `column` is one of `codes`, the i-th as series ``first + i``."""
    places = pa.array(range(first, first + len(codes)), pa.int32())
    table = history.engine.table(pa.table({"code": pa.array(codes, pa.string()), "series": places}))
    return past.mutate(code=past[column].cast("string")).join(table, "code")


def common_codes(
    history: History, source: str, column: str, rows: Rows, top: int
) -> list[str]:  # fmt: skip
    """Return the commonest values of a column in the past of the training rows only.

    Ties are broken by the value itself, so the choice does not depend on row order.
    """
    training = history.engine.table(pa.table({"as_of": pa.array(rows.training, pa.date32())}))
    chosen = rows.relation.semi_join(training, "as_of")
    past = history.of(source, chosen)
    past = past.mutate(code=past[column].cast("string")).filter(past[column].notnull())
    counts = past.group_by("code").agg(events=past.count())
    ordered = counts.order_by([ibis.desc("events"), ibis.asc("code")]).limit(top)
    return [str(code) for code in ordered.to_pyarrow()["code"].to_pylist()]


def bucketed(
    events: Relation, thing: str, rows: Rows, windows: Sequence[Period], history: History
) -> pa.Table:
    """Count distinct things per row, series and age bucket: the long form of nested windows.

    A thing (an incident, a person) falls into the narrowest window that holds its most recent
    event, so cumulating over buckets counts every thing once in every window.

    Parameters
    ----------
    events
        ``row``, ``as_of``, ``series``, ``occurred_on`` and `thing`.
    thing
        Column whose distinct values are counted.
    rows
        Rows the features are built for.
    windows
        Lookbacks, ascending; events older than all fall into the last bucket.
    history
        Where it is computed.

    Returns
    -------
    pyarrow.Table
        ``row``, ``series``, ``bucket`` (0 to len(windows)), ``n``.
    """
    starts = history.engine.table(lookback_starts(rows.dates, windows))
    dated = events.join(starts, "as_of")
    bucket = ibis.literal(0, "int32")
    for place in range(len(windows)):
        bucket = bucket + (dated.occurred_on < dated[f"start_{place}"]).cast("int32")
    dated = dated.select("row", "series", thing=dated[thing], bucket=bucket)
    nearest = dated.group_by("row", "series", "thing").agg(bucket=dated.bucket.min())
    counted = nearest.group_by("row", "series", "bucket").agg(n=nearest.count())
    return collect(counted, "row", "series", "bucket")


def cumulated(counts: pa.Table, rows: Rows, series: int, buckets: int) -> Values:
    """Turn bucket counts into nested-window counts, shape (rows, series, buckets)."""
    values = np.zeros((rows.count, series, buckets), dtype=np.float32)
    place = [counts[name].to_numpy() for name in ("row", "series", "bucket")]
    values[place[0], place[1], place[2]] = counts["n"].to_numpy()
    return np.cumsum(values, axis=2, dtype=np.float32)


def before_records(rows: Rows, covers_from: date | None, windows: Sequence[Period]) -> Values:
    """Return NaN where a row's window begins before the records do, else 0.

    Shape (rows, windows). A window over all of the past is missing only where the records had
    not begun at all.
    """
    mask = np.zeros((rows.count, len(windows)), dtype=np.float32)
    if covers_from is None:
        return mask
    for day in rows.dates:
        here = rows.as_of == (day - date(1970, 1, 1)).days
        for place, window in enumerate(windows):
            if window.before(day) < covers_from:
                mask[here, place] = np.nan
    return mask


def not_begun(rows: Rows, covers_from: date | None) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Return True for the rows whose as-of date is not after the first day recorded."""
    if covers_from is None:
        return np.zeros(rows.count, dtype=np.bool_)
    return rows.as_of <= (covers_from - date(1970, 1, 1)).days
