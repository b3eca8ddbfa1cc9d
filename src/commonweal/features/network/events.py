"""The recorded past of the people around: which events of which series, and when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

import ibis
import numpy as np
import pyarrow as pa

from commonweal.cohorts.history import History, belongs
from commonweal.core.dates import Period, day_number
from commonweal.core.errors import DataError, problem
from commonweal.core.tables import Relation
from commonweal.features.cells import Ints, Longs
from commonweal.features.network.ids import encoded
from commonweal.features.network.kernels import by_key
from commonweal.features.rows import Series

MOST = 63
"""Series told apart in one pass: the bits of a whole number of the database, less its sign."""
Counted = tuple[str, Series]
"""A source and one of its series."""


@dataclass(frozen=True, slots=True)
class Events:
    """Events of people, person by person, those of one incident together.

    Parameters
    ----------
    first
        Place of each person's first event, and the end of the last's.
    person
        Whose each event is.
    incident
        Its incident; incidents of different sources are different.
    mask
        The series it is in, as bits.
    day
        When it occurred, days since 1970-01-01.
    incidents
        How many incidents there are.
    """

    first: Longs
    person: Ints
    incident: Ints
    mask: Longs
    day: Ints
    incidents: int

    @property
    def nbytes(self) -> int:
        """Memory they take: 20 bytes an event and 8 a person."""
        arrays = (self.first, self.person, self.incident, self.mask, self.day)
        return int(sum(array.nbytes for array in arrays))

    def ages(self, day: date, windows: Sequence[Period]) -> Ints:
        """Return for each event the narrowest of `windows` that holds it; their number if none."""
        starts = [day_number(window.before(day)) for window in reversed(windows)]
        inside = np.searchsorted(np.array(starts, np.int64), self.day, side="right")
        return (len(windows) - inside).astype(np.int32)

    def narrowed(self, kept: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Events:
        """Return some of the events only."""
        before = np.concatenate([[0], np.cumsum(kept)])
        return Events(
            before[self.first], self.person[kept], self.incident[kept], self.mask[kept],
            self.day[kept], self.incidents,
        )  # fmt: skip

    def only(self, bits: Sequence[int]) -> Events:
        """Return the events of some series only, in another order: the i-th is bit ``bits[i]``."""
        mask = np.zeros(len(self.mask), np.int64)
        for place, bit in enumerate(bits):
            mask |= ((self.mask >> bit) & 1) << place
        found = self.narrowed(mask > 0)
        return replace(found, mask=mask[mask > 0])


def packs(counted: Sequence[Counted]) -> Iterator[slice]:
    """Split series into as many as fit into one pass."""
    for start in range(0, len(counted), MOST):
        yield slice(start, min(start + MOST, len(counted)))


def read_events(
    history: History, counted: Sequence[Counted], people: pa.Array, wanted: Ints, day: date
) -> Events:
    """Read the past of some people, as known before a day.

    Parameters
    ----------
    history
        The door to the past.
    counted
        At most `MOST` series, those of one source together; an event in none is left out.
    people, wanted
        Ids of people, and the places among them of those whose events are wanted.
    day
        As-of date.
    """
    ids = people.take(pa.array(wanted))
    codes = history.engine.table(
        pa.table({"entity_id": ids, "person": pa.array(wanted, pa.int32())})
    )
    parts = []
    incidents = 0
    for source in dict.fromkeys(source for source, _ in counted):
        bits = [(bit, one) for bit, (name, one) in enumerate(counted) if name == source]
        table = _past(history, source, bits, codes, day).to_pyarrow()
        incident, known = encoded(table["event_id"])
        if incidents + len(known) >= 1 << 31:
            what = f"the people around the cohort have more than {1 << 31:,} events"
            raise problem(DataError, "features", what, "build the network from fewer years")
        day_of = table["occurred_on"].cast(pa.int32()).to_numpy()
        found = (table["person"].to_numpy(), incident + np.int32(incidents))
        parts.append((*found, table["mask"].to_numpy(), day_of))
        incidents += len(known)
    person, incident, mask, occurred = (
        np.concatenate([part[k] for part in parts]) for k in range(4)
    )
    _, order = by_key(incident, incidents, np.arange(len(incident)))
    first, order = by_key(person, len(people), order)
    return Events(first, person[order], incident[order], mask[order], occurred[order], incidents)


def _past(
    history: History, source: str, bits: Sequence[tuple[int, Series]], codes: Relation, day: date
) -> Relation:
    """Return (person, event_id, occurred_on, mask) of the people's events of one source."""
    past = history.everyone(source, [day]).join(codes, "entity_id")
    declared = history.sources[source].groups
    mask = ibis.literal(0, "int64")
    for bit, one in bits:
        weight = ibis.literal(1 << bit, "int64")
        if one.columns:
            mask = mask + ibis.ifelse(belongs(past, declared[one.slug]), weight, 0)
        else:
            mask = mask + weight
    past = past.select("person", "event_id", "occurred_on", mask=mask)
    if all(one.columns for _, one in bits):
        past = past.filter(past.mask > 0)
    return past
