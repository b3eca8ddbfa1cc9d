"""Who was in which incident: the incidents that may link people, as of one date."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import ibis
import numpy as np
import pyarrow as pa

from commonweal.cohorts.history import History
from commonweal.core.dates import Period
from commonweal.core.tables import Relation
from commonweal.features.cells import Ints
from commonweal.features.network.ids import encoded, ranked


@dataclass(frozen=True, slots=True)
class Incidence:
    """People of incidents, each person of a side of an incident once.

    Parameters
    ----------
    person, incident, side
        Places in `people`, `incidents` and `sides`.
    people
        Ids of the people, ascending.
    incidents
        Ids of the incidents.
    sides
        Sources the people come from.
    """

    person: Ints
    incident: Ints
    side: Ints
    people: pa.Array
    incidents: pa.Array
    sides: tuple[str, ...]


def both(edge: str) -> tuple[str, str]:
    """Return the two sources that an edge joins."""
    left, _, right = edge.partition("-")
    return left, right or left


def incidence(
    history: History, edges: Sequence[str], built_from: Period, day: date
) -> Incidence:  # fmt: skip
    """Read the incidents of [day - built_from, day), as known before, that name several people.

    The database drops those that cannot link anybody: no record of an edge's left side, or one
    person only. What is left is a small part of what is recorded.
    """
    pairs = [both(edge) for edge in edges]
    sides = tuple(sorted({name for pair in pairs for name in pair}))
    left = {pair[0] for pair in pairs}
    found = {name: _within(history, name, built_from, day) for name in sides}
    first = _union([found[name].select("event_id") for name in sides if name in left])
    parts = []
    for number, name in enumerate(sides):
        part = found[name].mutate(side=ibis.literal(number, "int32"))
        parts.append(part if name in left else part.semi_join(first, "event_id"))
    everybody = _union(parts)
    ends = everybody.group_by("event_id").agg(
        low=everybody.entity_id.min(), high=everybody.entity_id.max()
    )
    several = ends.filter(ends.low != ends.high)
    table = everybody.semi_join(several, "event_id").to_pyarrow()
    return _coded(table, sides)


def _within(history: History, source: str, built_from: Period, day: date) -> Relation:
    past = history.everyone(source, [day])
    past = past.filter(past.occurred_on >= ibis.literal(built_from.before(day)))
    return past.select("entity_id", "event_id")


def _union(parts: Sequence[Relation]) -> Relation:
    return ibis.union(*parts) if parts[1:] else parts[0]


def _coded(table: pa.Table, sides: tuple[str, ...]) -> Incidence:
    person, people = ranked(table["entity_id"])
    incident, incidents = encoded(table["event_id"])
    side = table["side"].to_numpy().astype(np.int64)
    key = (incident.astype(np.int64) * max(len(people), 1) + person) * len(sides) + side
    _, kept = np.unique(key, return_index=True)
    return Incidence(
        person[kept], incident[kept], side[kept].astype(np.int32), people, incidents, sides
    )
