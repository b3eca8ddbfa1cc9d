"""Who is in the study at each as-of date, from history only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import ibis
import pyarrow as pa

from commonweal.cohorts.history import History, lookback_starts, matching
from commonweal.cohorts.spec import CohortSpec, Rule
from commonweal.core.dates import Period
from commonweal.core.tables import Relation, collect


@dataclass(frozen=True, slots=True)
class Step:
    """People at one as-of date after one step of the cohort's rules.

    Parameters
    ----------
    as_of
        The date.
    kind
        ``known`` (people with any record the rules look at), ``include`` (who meets the
        rule), ``union`` (who meets any of these), ``exclude`` (how many of the union it
        removes) or ``cohort``.
    rule
        Place of the rule among those of its kind, from 0.
    people
        How many people it counts.
    """

    as_of: date
    kind: str
    rule: int
    people: int


def draw(spec: CohortSpec, history: History) -> tuple[pa.Table, tuple[Step, ...]]:
    """Draw the cohort.

    Returns
    -------
    cohort
        ``row`` (0, 1, ...), ``entity_id``, ``as_of``; unique, ordered by as_of, entity_id.
    flow
        Counts at every step, for every date.
    """
    dates = spec.as_of.dates()
    included = [_meeting(rule, rule.within or spec.within, dates, history) for rule in spec.include]
    excluded = [_meeting(rule, rule.within, dates, history) for rule in spec.exclude]
    inside = history.engine.cache(
        ibis.union(*included, distinct=True) if included[1:] else included[0]
    )
    cohort = inside
    for rule in excluded:
        cohort = cohort.anti_join(rule, ["as_of", "entity_id"])
    people = collect(cohort, "as_of", "entity_id")
    rows = pa.array(range(people.num_rows), pa.int64())
    table = pa.table(
        {"row": rows, "entity_id": people["entity_id"], "as_of": people["as_of"].cast(pa.date32())}
    )
    steps = [("known", 0, _known(spec, dates, history))]
    steps += [("include", place, found) for place, found in enumerate(included)]
    steps += [
        ("exclude", place, inside.semi_join(found, ["as_of", "entity_id"]))
        for place, found in enumerate(excluded)
    ]
    steps += [("union", 0, inside), ("cohort", 0, cohort)]
    return table, _flow(steps, dates)


def _meeting(
    rule: Rule, within: Period | None, dates: tuple[date, ...], history: History
) -> Relation:
    """Return (as_of, entity_id) of the people who meet a rule."""
    past = matching(history.everyone(rule.event, dates), rule.where)
    if within is not None:
        starts = history.engine.table(lookback_starts(dates, [within]))
        past = past.join(starts, "as_of")
        past = past.filter(past[rule.dated_by] >= past.start_0)
    counted = past.group_by("as_of", "entity_id").agg(events=past.event_id.nunique())
    found = counted.filter(counted.events >= rule.at_least).select("as_of", "entity_id")
    return history.engine.cache(found)


def _known(spec: CohortSpec, dates: tuple[date, ...], history: History) -> Relation:
    sources = sorted({rule.event for rule in spec.include})
    known = [history.everyone(name, dates).select("as_of", "entity_id") for name in sources]
    return ibis.union(*known, distinct=True) if known[1:] else known[0].distinct()


def _flow(steps: Sequence[tuple[str, int, Relation]], dates: tuple[date, ...]) -> tuple[Step, ...]:
    flow = []
    for kind, rule, relation in steps:
        counts = collect(relation.group_by("as_of").agg(people=relation.count()), "as_of")
        found = dict(zip(counts["as_of"].to_pylist(), counts["people"].to_pylist(), strict=True))
        flow += [Step(day, kind, rule, int(found.get(day, 0))) for day in dates]
    return tuple(sorted(flow, key=lambda step: step.as_of))
