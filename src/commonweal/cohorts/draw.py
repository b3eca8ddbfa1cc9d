"""Who is in the study at each as-of date, from history only."""

from __future__ import annotations

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
    step
        What the step was, in words.
    people
        How many people it counts.
    kind
        ``known`` (people with any record the rules look at), ``include``, ``exclude`` (how
        many of those included it removes) or ``cohort``.
    """

    as_of: date
    step: str
    people: int
    kind: str


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
    steps = [("known", "have a record the rules look at", _known(spec, dates, history))]
    steps += [
        ("include", _words(rule, rule.within or spec.within), found)
        for rule, found in zip(spec.include, included, strict=True)
    ]
    steps += [
        ("exclude", _words(rule, rule.within), inside.semi_join(found, ["as_of", "entity_id"]))
        for rule, found in zip(spec.exclude, excluded, strict=True)
    ]
    steps.append(("cohort", "in the cohort", cohort))
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


def _words(rule: Rule, within: Period | None) -> str:
    count = "at least one" if rule.at_least == 1 else f"at least {rule.at_least}"
    noun = rule.event.replace("_", " ")
    where = "".join(f" ({condition.column} conditioned)" for condition in rule.where)
    return (
        f"{count} {noun}{where} in the {within} before" if within else f"{count} {noun} ever before"
    )


def _flow(steps: list[tuple[str, str, Relation]], dates: tuple[date, ...]) -> tuple[Step, ...]:
    flow = []
    for kind, words, relation in steps:
        counts = collect(relation.group_by("as_of").agg(people=relation.count()), "as_of")
        found = dict(zip(counts["as_of"].to_pylist(), counts["people"].to_pylist(), strict=True))
        flow += [Step(day, words, int(found.get(day, 0)), kind) for day in dates]
    return tuple(sorted(flow, key=lambda step: step.as_of))
