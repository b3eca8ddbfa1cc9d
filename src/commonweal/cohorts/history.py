"""The only door to the past: what was known about whom strictly before an as-of date.

Every feature and every cohort rule reads events through `History`. Three rules are enforced
here and nowhere else: a record is seen only if ``known_on < as_of``, a column decided later is
missing until the day after its decision was known, and of the versions of a window only the one
that stood is seen: nothing newer of it was known before the as-of date. Where records are linked,
whose an event is depends on the as-of date too: it is whoever the records known by then say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import ibis
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from commonweal.core.dates import Period
from commonweal.core.tables import Engine, Relation
from commonweal.records.conditions import expression, holds
from commonweal.records.spec import UNTIL, Condition, Source

_ALWAYS = ("event_id", "occurred_on", "known_on")


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
    left_out
        Source -> conditions; an event on which one holds, as far as was known, is not seen.
    """

    engine: Engine
    events: Mapping[str, Relation]
    sources: Mapping[str, Source]
    identities: Mapping[str, Relation] = field(default_factory=dict)
    left_out: Mapping[str, Sequence[Condition]] = field(default_factory=dict)

    @classmethod
    def open(
        cls, engine: Engine, tables: Mapping[str, Path], sources: Mapping[str, Source],
        identities: Mapping[str, Path] | None = None,
        left_out: Mapping[str, Sequence[Condition]] | None = None,
    ) -> History:  # fmt: skip
        """Open the event tables of a run."""
        events = {name: engine.parquet(path) for name, path in tables.items()}
        changed = {name: engine.parquet(path) for name, path in (identities or {}).items()}
        return cls(engine, events, sources, changed, left_out or {})

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

    def about(self, people: Relation, columns: Mapping[str, Sequence[str]]) -> History:
        """Return the history of some people only: a copy of the columns named, computed once.

        Parameters
        ----------
        people
            ``entity_id`` and ``person``, a whole number that stands for it from here on.
        columns
            Source -> columns wanted beside ids and dates.
        """
        events, identities = dict[str, Relation](), dict[str, Relation]()
        for source, named in columns.items():
            every = self.events[source]
            kept = self._kept(source, named)
            own = every.join(people, "entity_id").select(*kept, entity_id="person")
            if source in self.identities:
                changed = self.identities[source].left_join(people, "entity_id")
                changed = changed.select("as_of", "record_id", entity_id=changed.person)
                identities[source] = self.engine.cache(changed)
                moved = identities[source].filter(identities[source].entity_id.notnull())
                others = self.engine.cache(every.semi_join(moved, "record_id"))
                others = others.anti_join(people, "entity_id")
                nobody = ibis.null().cast(own.entity_id.type())
                own = own.union(others.select(*kept, entity_id=nobody))
            events[source] = self.engine.cache(own)
        return History(self.engine, events, self.sources, identities, self.left_out)

    def _kept(self, source: str, named: Sequence[str]) -> list[str]:
        """Return the columns without which what is visible cannot be told, and those named."""
        every = self.events[source]
        tested = [condition.column for condition in self.left_out.get(source, ())]
        wanted = list(dict.fromkeys([*named, *tested]))
        known = [f"{c}__known_on" for c in self.sources[source].decided() if c in wanted]
        more = [UNTIL] if UNTIL in every.columns else []
        more += ["record_id"] if source in self.identities else []
        return list(dict.fromkeys([*_ALWAYS, *more, *wanted, *known]))

    def with_events(self, source: str, events: Relation) -> History:
        """Return the history with other events of one source."""
        return replace(self, events={**self.events, source: events})

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

    def members(self, source: str, group: str, values: pa.Array) -> NDArray[np.bool_]:
        """Return which values of a group's column put an event into the group."""
        return holds(self.sources[source].groups[group], values)

    def _visible(self, source: str, joined: Relation) -> Relation:
        past = joined.filter(standing(joined, joined.as_of))
        if UNTIL in past.columns:
            past = past.drop(UNTIL)
        decided = [c for c in self.sources[source].decided() if c in past.columns]
        shown = {
            column: ibis.ifelse(
                seen(past[f"{column}__known_on"], past.as_of), past[column], ibis.null()
            ).cast(past[column].type())
            for column in decided
        }
        if shown:
            past = past.mutate(**shown).drop(*[f"{column}__known_on" for column in decided])
        for condition in self.left_out.get(source, ()):
            past = past.filter(~expression(condition, past))
        return past


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
