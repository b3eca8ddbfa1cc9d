"""The only door to the past: what was known about whom strictly before an as-of date.

Every feature and every cohort rule reads events through `History`. Three rules are enforced
here and nowhere else: a record is seen only if ``known_on < as_of``, a column decided later is
missing until the day after its decision was known, and of the versions of a window only the one
that stood is seen: nothing newer of it was known before the as-of date. Where records are linked,
whose an event is depends on the as-of date too: it is whoever the records known by then say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import ibis
import pyarrow as pa

from commonweal.core.dates import Period
from commonweal.core.tables import Engine, Relation
from commonweal.records.conditions import expression
from commonweal.records.spec import UNTIL, Condition, Source


def seen(known_on: Relation, as_of: Relation) -> Relation:
    """Return whether something known on a day is visible at an as-of date: strictly before it."""
    return known_on < as_of


def standing(events: Relation, as_of: Relation) -> Relation:
    """Return whether each event was known and, where rows are versions, not yet replaced."""
    known = seen(events.known_on, as_of)
    if UNTIL in events.columns:
        return known & ~seen(events[UNTIL], as_of).fill_null(False)
    return known


@dataclass(frozen=True, slots=True)
class History:
    """Events as they were known at as-of dates.

    Parameters
    ----------
    engine
        Where relations are computed.
    events
        Source -> relation of its events, as `records` assembled them.
    sources
        Source -> declaration.
    identities
        Source -> (as_of, record_id, entity_id) of the records that were another entity's at an
        as-of date than they are in the end. At dates it does not name the end's entities hold.
    """

    engine: Engine
    events: Mapping[str, Relation]
    sources: Mapping[str, Source]
    identities: Mapping[str, Relation] = field(default_factory=dict)

    @classmethod
    def open(
        cls, engine: Engine, tables: Mapping[str, Path], sources: Mapping[str, Source],
        identities: Mapping[str, Path] | None = None,
    ) -> History:  # fmt: skip
        """Open the event tables of a run."""
        events = {name: engine.parquet(path) for name, path in tables.items()}
        changed = {name: engine.parquet(path) for name, path in (identities or {}).items()}
        return cls(engine, events, sources, changed)

    def of(self, source: str, rows: Relation) -> Relation:
        """Return the past of each row: (row, as_of, event columns), seen at the row's as-of date.

        Parameters
        ----------
        source
            Source of the events.
        rows
            Relation with ``row``, ``entity_id`` and ``as_of``, unique in ``row``.
        """
        events = self.events[source]
        joined = rows.join(events, "entity_id")
        if source in self.identities:
            changed = self.identities[source]
            other = changed.select("as_of", "record_id")
            moved = rows.join(changed, ["as_of", "entity_id"])
            moved = moved.join(events.drop("entity_id"), "record_id").select(*joined.columns)
            joined = joined.anti_join(other, ["as_of", "record_id"]).union(moved)
        return self._visible(source, joined)

    def everyone(self, source: str, dates: Sequence[date]) -> Relation:
        """Return the past of all people at each date: (as_of, entity_id, event columns)."""
        days = self.engine.table(pa.table({"as_of": pa.array(dates, pa.date32())}))
        events = self.events[source]
        joined = days.cross_join(events)
        if source in self.identities:
            changed = self.identities[source].rename(then="entity_id")
            joined = joined.left_join(changed, ["as_of", "record_id"])
            whose = joined.then.fill_null(joined.entity_id)
            joined = joined.mutate(entity_id=whose).select("as_of", *events.columns)
        return self._visible(source, joined)

    def _visible(self, source: str, joined: Relation) -> Relation:
        past = joined.filter(standing(joined, joined.as_of))
        if UNTIL in past.columns:
            past = past.drop(UNTIL)
        decided = self.sources[source].decided()
        shown = {
            column: ibis.ifelse(
                seen(past[f"{column}__known_on"], past.as_of), past[column], ibis.null()
            ).cast(past[column].type())
            for column in decided
        }
        if not shown:
            return past
        return past.mutate(**shown).drop(*[f"{column}__known_on" for column in decided])


def matching(past: Relation, conditions: Sequence[Condition]) -> Relation:
    """Keep the events on which all conditions hold."""
    for condition in conditions:
        past = past.filter(expression(condition, past))
    return past


def belongs(past: Relation, condition: Condition) -> Relation:
    """Return whether each event meets a condition, as a boolean column; never null."""
    return expression(condition, past)


def lookback_starts(dates: Sequence[date], windows: Sequence[Period]) -> pa.Table:
    """Return, for each as-of date, the first day of each lookback: as_of, start_0, start_1, ..."""
    columns = {"as_of": pa.array(dates, pa.date32())}
    for place, window in enumerate(windows):
        columns[f"start_{place}"] = pa.array([window.before(day) for day in dates], pa.date32())
    return pa.table(columns)
