"""The truth beside the tables: whose records they are, need, effects, units and chances.

A *source* of reports is a household as a whole or one child alone; the tables ``reports`` and
``served`` name it by household and person, the person being `WHOLE` for a household.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from commonweal.core.parallel import once
from commonweal.simulate.children.calendar import months
from commonweal.simulate.children.cases import Cases
from commonweal.simulate.children.families import BOROUGHS, RACES
from commonweal.simulate.children.offers import EFFECTS, LASTS, PLACES, SERVICES
from commonweal.simulate.children.potential import chances, memory
from commonweal.simulate.columns import Floats, Ints, dates, words
from commonweal.simulate.sink import Sink

WHOLE = -1
"""Stands for a person where a household was reported, or served, as a whole."""
_NOBODY = -2


def reveal(cases: Cases, sink: Sink) -> None:
    """Write the truth's tables."""
    echo = once(lambda: memory(cases.families, cases.reports, cases.knobs))
    sink.all(
        [
            lambda: sink.reveal("chances", chances(cases, echo())),
            lambda: sink.reveal("records", records(cases)),
            lambda: sink.reveal("children", children(cases)),
            lambda: sink.reveal("households", households(cases)),
            lambda: sink.reveal("units", units(cases)),
            lambda: sink.reveal("services", effects(cases)),
            lambda: sink.reveal("reports", reports(cases, echo().values)),
            lambda: sink.reveal("served", served(cases)),
        ]
    )


def records(cases: Cases) -> pa.Table:
    """Return whose every record is: the child's number in the truth."""
    person = cases.rows.person
    parts = (
        ("investigations", cases.record, person),
        ("allegations", cases.allegation, person[cases.alleged.row]),
        ("services", cases.offers.record, person[cases.offers.row]),
    )
    table = np.repeat(np.arange(len(parts)), [ids.size for _, ids, _ in parts])
    columns = {
        "table": words(table, [name for name, _, _ in parts]),
        "record_id": pa.array(np.concatenate([ids for _, ids, _ in parts])).cast(pa.string()),
        "person": pa.array(np.concatenate([people for _, _, people in parts])),
    }
    return pa.table(columns)


def children(cases: Cases) -> pa.Table:
    """Return every child on record as it is."""
    families, child = cases.families, cases.rows.known
    family, alone = families.family[child], families.size + child
    columns = {
        "person": pa.array(np.arange(child.size)),
        "household": pa.array(family),
        "unit": words(families.unit[family], families.units.named()),
        "gender": words(families.girl[child].astype(np.int64), ("male", "female")),
        "birth_date": dates(families.born[child]),
        "grown_on": dates(families.grown[child]),
        "race": words(families.race[family], RACES),
        "need": pa.array(families.need[family]),
        "own_need": pa.array(families.own_need[child]),
        "own_rate": pa.array(families.rate[alone]),
        "own_opens": pa.array(families.opens[alone]),
    }
    return pa.table(columns)


def households(cases: Cases) -> pa.Table:
    """Return every family, in the order of its number."""
    families, size = cases.families, cases.families.size
    columns = {
        "household": pa.array(np.arange(size)),
        "unit": words(families.unit, families.units.named()),
        "race": words(families.race, RACES),
        "need": pa.array(families.need),
        "rate": pa.array(families.rate[:size]),
        "opens": pa.array(families.opens[:size]),
        "closes": pa.array(families.closes[:size]),
    }
    return pa.table(columns)


def units(cases: Cases) -> pa.Table:
    """Return the units: how needy their families are, and what they do themselves."""
    found = cases.families.units
    columns = {
        "unit": pa.array(found.named()),
        "borough": words(found.borough, BOROUGHS),
        "difficulty": pa.array(found.difficulty),
        "practice": pa.array(found.practice),
    }
    return pa.table(columns)


def effects(cases: Cases) -> pa.Table:
    """Return what each service does while it is in effect."""
    columns = {
        "service": pa.array(SERVICES),
        "log_hazard_ratio": pa.array(cases.knobs.effects * EFFECTS),
        "days": pa.array(np.full(len(SERVICES), LASTS)),
        "share_of_places": pa.array(PLACES),
    }
    return pa.table(columns)


def reports(cases: Cases, left: Floats) -> pa.Table:
    """Return every report since 2005, on record or not, in order of (household, person, at)."""
    found = cases.reports
    household, person = _whose(cases, found.source)
    kept = person != _NOBODY
    columns = {
        "household": pa.array(household[kept]),
        "person": pa.array(person[kept]),
        "at": pa.array(found.at[kept]),
        "slow": pa.array(left[kept, 0]),
        "quick": pa.array(left[kept, 1]),
    }
    return pa.table(columns)


def served(cases: Cases) -> pa.Table:
    """Return every service accepted since 2005, on record or not."""
    found = cases.reports.only(cases.reports.accepted)
    household, person = _whose(cases, found.source)
    kept = person != _NOBODY
    columns = {
        "household": pa.array(household[kept]),
        "person": pa.array(person[kept]),
        "service": words(found.wish[kept], SERVICES),
        "settled_on": dates(months()[found.month[kept] + 1]),
        "starts_on": dates(found.starts[kept]),
        "log_hazard_ratio": pa.array((cases.knobs.effects * EFFECTS)[found.wish[kept]]),
    }
    return pa.table(columns)


def _whose(cases: Cases, source: Ints) -> tuple[Ints, Ints]:
    """Return household and person of each source; `_NOBODY` is a child not on record."""
    families = cases.families
    person = np.full(families.size + families.born.size, _NOBODY)
    person[: families.size] = WHOLE
    known = cases.rows.known
    person[families.size + known] = np.arange(known.size)
    return families.family_of(source), person[source]
