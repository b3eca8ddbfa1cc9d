"""What happened in each outcome window, null unless it has been wholly observed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from commonweal.cohorts.history import standing
from commonweal.cohorts.spec import OutcomeSpec
from commonweal.cohorts.splits import Split
from commonweal.core.dates import Period
from commonweal.core.tables import Engine, Relation, collect
from commonweal.records.conditions import expression
from commonweal.records.spec import Condition, Source

_LONG_AGO = date(1, 1, 1)


@dataclass(frozen=True, slots=True)
class Labelled:
    """Labels of the cohort and the outcomes of everybody.

    Parameters
    ----------
    labels
        ``row``, ``label`` (0, 1 or null) and ``observed_until`` (the first day of which
        nothing is known), ordered by row.
    everyone
        As-of date -> people with the outcome, in the cohort or not; the denominator of total
        recall. Only dates whose window was observed.
    """

    labels: pa.Table
    everyone: dict[date, int]


def label(
    spec: OutcomeSpec, source: Source, events: Relation, cohort: Relation, splits: Sequence[Split],
    engine: Engine,
) -> Labelled:  # fmt: skip
    """Label every cohort row.

    An outcome event counts when its date lies in [a, a + within), it was known before the
    split's ``known_by`` day, and every condition holds as known by then.

    Parameters
    ----------
    spec
        The outcome.
    source, events
        Declaration and events of the outcome's source.
    cohort
        Relation with ``row``, ``entity_id``, ``as_of``.
    splits
        Role of every as-of date.
    engine
        Where relations are computed.
    """
    counted = engine.cache(_counted(spec, source, events, engine.table(_windows(spec, splits))))
    joined = cohort.left_join(counted, ["entity_id", "as_of"]).select(
        "row", "as_of", sure=counted.sure.fill_null(0), possible=counted.possible.fill_null(0)
    )
    rows = collect(joined, "row")
    observed = {s.as_of: s.closes <= s.known_by for s in splits}
    until = {s.as_of: min(s.closes, s.known_by) for s in splits}
    days, needed = rows["as_of"].to_pylist(), spec.at_least
    labels = [
        (1 if sure >= needed else None if possible >= needed else 0) if observed[day] else None
        for day, sure, possible in zip(
            days, rows["sure"].to_pylist(), rows["possible"].to_pylist(), strict=True
        )
    ]
    table = pa.table({
        "row": rows["row"],
        "label": pa.array(labels, pa.int8()),
        "observed_until": pa.array([until[day] for day in days], pa.date32()),
    })  # fmt: skip
    positives = counted.filter(counted.sure >= needed)
    totals = collect(positives.group_by("as_of").agg(people=positives.count()), "as_of")
    found = dict(zip(totals["as_of"].to_pylist(), totals["people"].to_pylist(), strict=True))
    everyone = {day: int(found.get(day, 0)) for day, seen in observed.items() if seen}
    return Labelled(table, everyone)


def having(
    spec: OutcomeSpec, source: Source, events: Relation, splits: Sequence[Split], engine: Engine
) -> Relation:
    """Return (as_of, entity_id) of everybody with the outcome, in the cohort or not."""
    counted = _counted(spec, source, events, engine.table(_windows(spec, splits)))
    return counted.filter(counted.sure >= spec.at_least).select("as_of", "entity_id")


def _windows(spec: OutcomeSpec, splits: Sequence[Split]) -> pa.Table:
    """Outcome window and knowledge of each date; ``waited`` is when waiting for a decision ends."""
    wait = spec.decided_within
    columns: dict[str, list[date]] = {
        "as_of": [s.as_of for s in splits],
        "window_end": [spec.within.after(s.as_of) for s in splits],
        "known_by": [s.known_by for s in splits],
        "waited": [_waited(wait, s.known_by) for s in splits],
    }
    return pa.table({name: pa.array(days, pa.date32()) for name, days in columns.items()})


def _waited(wait: Period | None, known_by: date) -> date:
    """Events known on or before this day have waited long enough; none have without a limit."""
    return wait.before(known_by) if wait else _LONG_AGO


def _counted(spec: OutcomeSpec, source: Source, events: Relation, windows: Relation) -> Relation:
    """Return (as_of, entity_id, sure, possible): outcome events that hold, and that still may."""
    joined = events.cross_join(windows)
    dated = joined[spec.dated_by]
    inside = joined.filter(
        (dated >= joined.as_of) & (dated < joined.window_end) & standing(joined, joined.known_by)
    )
    if spec.role is not None:
        inside = inside.filter(inside.role == spec.role)
    decided = source.decided()
    for condition in (c for c in spec.where if c.column not in decided):
        inside = inside.filter(expression(condition, inside))
    sure = inside.known_on == inside.known_on
    possible = sure
    for condition in (c for c in spec.where if c.column in decided):
        holds, open_ = _decision(condition, inside)
        sure, possible = sure & holds, possible & (holds | open_)
    inside = inside.mutate(is_sure=sure, is_possible=possible)
    return inside.group_by("as_of", "entity_id").agg(
        sure=inside.event_id.nunique(where=inside.is_sure),
        possible=inside.event_id.nunique(where=inside.is_possible),
    )


def _decision(condition: Condition, events: Relation) -> tuple[Relation, Relation]:
    """Return whether a decided condition is known to hold, and whether it is still open."""
    day = events[f"{condition.column}__known_on"]
    known = (day < events.known_by).fill_null(False)
    waiting = events.known_on > events.waited
    return known & expression(condition, events), ~known & waiting
