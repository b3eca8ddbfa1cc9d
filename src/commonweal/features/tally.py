"""Events counted once for all windows: by row, group of codes, and age (the long form).

Windows are nested, so an event falls into the narrowest window that holds it, its bucket, and
counts in all wider ones. Which groups and codes an event belongs to follows from the values of a
few columns; values that belong to the same ones share a facet, and a key numbers the facets of
all columns together. Counting by (row, key, bucket) counts every group and code at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import ibis
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from commonweal.cohorts.history import History, lookback_starts
from commonweal.core.dates import Period
from commonweal.core.tables import Engine, Relation
from commonweal.features.past import Past
from commonweal.features.rows import Series, code_series, group_series
from commonweal.features.spec import CountsSpec, RecencySpec


@dataclass(frozen=True, slots=True)
class Facets:
    """How the values of columns make keys, and which series a key is in.

    Parameters
    ----------
    tables
        Column -> relation of its values (not null) and their ``facet``.
    nulls
        Column -> facet of a missing value.
    radix
        Facets of each column; the first stands for no column, so that all events share it.
    first
        Place in `listed` of each facet's first series, column after column.
    listed
        Places of series.
    """

    tables: Mapping[str, Relation]
    nulls: Mapping[str, int]
    radix: NDArray[np.int64]
    first: NDArray[np.int64]
    listed: NDArray[np.int32]

    @classmethod
    def of(cls, history: History, source: str, series: Sequence[Series]) -> Facets:
        """Group the values of the columns that series rest on."""
        columns = sorted({one.columns[0] for one in series if one.columns})
        everything = [place for place, one in enumerate(series) if not one.columns]
        tables: dict[str, Relation] = {}
        nulls: dict[str, int] = {}
        members = [everything]
        radix = [1]
        for column in columns:
            events = history.events[source]
            values = events.select(column).distinct().to_pyarrow()[column].combine_chunks()
            values = pa.concat_arrays([values.drop_null(), pa.nulls(1, values.type)])
            signed = _signatures(history, source, column, values, series)
            kinds = sorted(set(signed))
            facet = np.array([kinds.index(one) for one in signed], np.int32)
            nulls[column] = int(facet[-1])
            tables[column] = history.engine.table(
                pa.table({column: values[:-1], "facet": facet[:-1]})
            )
            members += [list(kind) for kind in kinds]
            radix.append(len(kinds))
        first = np.cumsum([0, *(len(kind) for kind in members)]).astype(np.int64)
        listed = np.array([place for kind in members for place in kind], np.int32)
        return cls(tables, nulls, np.array(radix, np.int64), first, listed)

    def keyed(self, past: Relation) -> Relation:
        """Return events with their ``key``."""
        keys = int(np.prod(self.radix))
        kind = "int32" if keys < 1 << 31 else "int64"
        key = ibis.literal(0, kind)
        step = 1
        joined = past
        for place, (column, table) in enumerate(self.tables.items()):
            facet = f"facet_{place}"
            joined = joined.left_join(table.rename({facet: "facet"}), column)
            joined = (
                joined.drop(f"{column}_right") if f"{column}_right" in joined.columns else joined
            )
            key = key + joined[facet].fill_null(self.nulls[column]).cast(kind) * step
            step *= int(self.radix[place + 1])
        return joined.mutate(key=key).drop(*[f"facet_{i}" for i in range(len(self.tables))])


def _signatures(
    history: History, source: str, column: str, values: pa.Array, series: Sequence[Series]
) -> list[tuple[int, ...]]:
    """Return, for each value of a column, the places of the series it belongs to."""
    text = values.cast(pa.string())
    member = np.zeros((len(values), len(series)), np.bool_)
    for place, one in enumerate(series):
        if one.columns != (column,):
            continue
        if one.code is None:
            member[:, place] = history.members(source, one.slug, values)
        else:
            member[:, place] = [value == one.code for value in text.to_pylist()]
    return [tuple(np.flatnonzero(row).tolist()) for row in member]


@dataclass(frozen=True, slots=True)
class Tally:
    """Numbers of incidents by row, key and bucket.

    Parameters
    ----------
    counted
        ``row``, ``key``, ``bucket`` (0 to number of windows), ``n``, ``oldest``, ``newest``
        (days on which the oldest and the most recent of the events occurred).
    repeated
        ``row``, ``series``, ``bucket``, ``n`` of the incidents that may hold a person more than
        once, which `counted` leaves out of ``n``; None where there are none.
    facets
        What keys mean.
    series
        The series.
    size
        Rows of `counted`.
    """

    counted: Relation
    repeated: Relation | None
    facets: Facets
    series: tuple[Series, ...]
    size: int

    def places(self, series: Sequence[Series]) -> NDArray[np.int32]:
        """Return the place of each series among those tallied."""
        return np.array([self.series.index(one) for one in series], np.int32)

    def starts(self, series: Sequence[Series], columns: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return where each series tallied goes: its column, -1 where it is not wanted."""
        found = np.full(len(self.series), -1, np.int32)
        found[self.places(series)] = columns
        return found


def tally(past: Past, source: str, windows: Sequence[Period] | None = None) -> Tally:
    """Count the rows' incidents of one source, for all blocks that count it in these windows.

    Parameters
    ----------
    past
        The past, and the blocks to be built from it.
    source
        Source counted.
    windows
        Lookbacks, ascending; None where any will do.
    """
    used = [
        s.windows for s in past.specs.values() if isinstance(s, CountsSpec) and s.event == source
    ]
    first = used[0] if used else ()
    windows = first if windows is None else tuple(windows)

    def make() -> Tally:
        series = _series(past, source, windows, windows == first)
        own, engine = past.own, past.own.engine
        facets = Facets.of(own, source, series)
        twice, repeated = repeats(own, source), None
        if twice is not None:
            events = own.events[source]
            few = own.with_events(source, engine.cache(events.semi_join(twice, "event_id")))
            if facets.listed.size:
                repeated = _once(_dated(past, few, source, facets, windows), facets, past)
            marked = events.left_join(twice.mutate(twice=ibis.literal(1, "int32")), "event_id")
            marked = marked.mutate(n=1 - marked.twice.fill_null(0)).select(*events.columns, "n")
            own = own.with_events(source, engine.cache(marked))
        counted = engine.cache(_counted(_dated(past, own, source, facets, windows), engine))
        size = int(counted.count().to_pyarrow().as_py())
        return Tally(counted, repeated, facets, series, size)

    return past.once(("tally", source, windows), make)  # type: ignore[no-any-return]


def _dated(
    past: Past, own: History, source: str, facets: Facets, windows: Sequence[Period]
) -> Relation:
    """Return the rows' events with their key and bucket.

    Values that are decided later are keyed as they were seen at each date, others once for all.
    """
    if set(facets.tables) & set(own.sources[source].decided()):
        return bucketed(facets.keyed(own.of(source, past.own_rows)), past, windows)
    own = own.with_events(source, facets.keyed(own.events[source]))
    return bucketed(own.of(source, past.own_rows), past, windows)


def _counted(events: Relation, engine: Engine) -> Relation:
    """Count events by row, key and bucket.

    What lies in this process is left as it is, one row an event: the kernels count it faster
    than a database groups it. From elsewhere fewer rows come this way.
    """
    n = events.n if "n" in events.columns else ibis.literal(1, "int32")
    every = events.select(
        "row", "key", "bucket", n=n, oldest=events.occurred_on, newest=events.occurred_on
    )
    if engine.kind == "duckdb":
        return every
    return every.group_by("row", "key", "bucket").agg(
        n=every.n.sum(), oldest=every.oldest.min(), newest=every.newest.max()
    )


def _series(
    past: Past, source: str, windows: Sequence[Period], recency: bool
) -> tuple[Series, ...]:
    """Return what the blocks to be built count in these windows, each once."""
    found: dict[Series, None] = {}
    for name, spec in past.specs.items():
        if isinstance(spec, CountsSpec) and (spec.event, spec.windows) == (source, windows):
            found |= dict.fromkeys(counted_series(name, spec, past)[0])
        if recency and isinstance(spec, RecencySpec) and spec.event == source:
            found |= dict.fromkeys(group_series(past.history, source, spec.groups, spec.total))
    return tuple(found)


def counted_series(
    name: str, spec: CountsSpec, past: Past
) -> tuple[list[Series], dict[str, object]]:
    """Return what a counts block counts, and the codes it chose by column."""
    series = group_series(past.history, spec.event, spec.groups, spec.total)
    chosen: dict[str, object] = {}
    for column in spec.by:
        codes = past.codes(name, [spec.event], column, spec.top)
        chosen[column] = codes
        series += code_series(spec.event, column, codes)
    return series, chosen


def bucketed(events: Relation, past: Past, windows: Sequence[Period]) -> Relation:
    """Return events with their ``bucket``: the number of windows too narrow to hold them."""
    if not windows:
        return events.mutate(bucket=ibis.literal(0, "int32"))
    starts = past.own.engine.table(lookback_starts(past.rows.dates, windows))
    dated = events.join(starts, "as_of")
    bucket = ibis.literal(0, "int32")
    for place in range(len(windows)):
        bucket = bucket + (dated.occurred_on < dated[f"start_{place}"]).cast("int32")
    return dated.mutate(bucket=bucket).drop(*[f"start_{place}" for place in range(len(windows))])


def repeats(history: History, source: str) -> Relation | None:
    """Return the ``event_id`` of incidents that may hold a person more than once, None if none.

    Nearly always there are none; where there are, only these have to be told apart one by one.
    A record that was another's at some date counts as a repeat: it may be then.
    """
    events = history.events[source]
    counted = events.group_by("entity_id", "event_id").agg(n=events.count())
    twice = counted.filter(counted.n > 1).select("event_id")
    if source in history.identities:
        moved = events.semi_join(history.identities[source], "record_id").select("event_id")
        twice = twice.union(moved)
    found = history.engine.cache(twice.distinct())
    return found if found.count().to_pyarrow().as_py() else None


def _once(events: Relation, facets: Facets, past: Past) -> Relation:
    """Count incidents that may hold a person twice: each once a series, at its most recent."""
    engine = past.own.engine
    chosen = engine.cache(events.select("row", "key", "bucket", "event_id"))
    parts = []
    step, base = 1, 0
    for radix in facets.radix.tolist():
        pairs = [
            (facet, series)
            for facet in range(radix)
            for series in facets.listed[facets.first[base + facet] : facets.first[base + facet + 1]]
        ]
        if pairs:
            listed = engine.table(
                pa.table({
                    "facet": pa.array([facet for facet, _ in pairs], pa.int32()),
                    "series": pa.array([int(series) for _, series in pairs], pa.int32()),
                })
            )  # fmt: skip
            facet = ((chosen.key // step).cast("int64") % radix).cast("int32")
            named = chosen.mutate(facet=facet).join(listed, "facet")
            parts.append(named.select("row", "series", "event_id", "bucket"))
        step, base = step * radix, base + radix
    together = ibis.union(*parts) if parts[1:] else parts[0]
    nearest = together.group_by("row", "series", "event_id").agg(bucket=together.bucket.min())
    counted = nearest.group_by("row", "series", "bucket").agg(n=nearest.count())
    return engine.cache(counted)
