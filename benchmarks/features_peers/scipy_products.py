"""The network by sparse products in scipy: neighbours times incidence, a product a window.

The matrix of links is made of people by incidents; that of the second degree is its square less
the first degree and oneself. Distinct incidents are the entries of links x incidence that are
not zero, people are links x (who was involved).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from scipy import sparse
from work import Work, contend

Matrix = sparse.csr_array


@dataclass(frozen=True, slots=True)
class Events:
    """Events known at an as-of date: people and incidents by number, day, code by its place."""

    person: np.ndarray
    incident: np.ndarray
    day: np.ndarray
    code: np.ndarray


@dataclass(frozen=True, slots=True)
class Known:
    """All that is known: events by source, the cohort's people, how many people and incidents."""

    events: Mapping[str, Events]
    cohort: np.ndarray
    people: int
    incidents: int


def read(work: Work, day: date) -> Known:
    """Read the events known at an as-of date; people and incidents are numbered."""
    tables = []
    for source, one in work.sources.items():
        columns = ["entity_id", "event_id", "occurred_on", "known_on", one.column]
        table = pq.read_table(work.events(source), columns=columns)
        tables.append(table.filter(pc.less(table["known_on"], pa.scalar(day))))
    cohort = pq.read_table(work.data / "cohort.parquet")
    cohort = cohort.filter(pc.equal(cohort["as_of"], pa.scalar(day))).sort_by("row")
    ids = [*(t["entity_id"] for t in tables), cohort["entity_id"]]
    people, persons = numbered(ids)
    incidents, events = numbered([table["event_id"] for table in tables])
    known = {}
    for place, (source, one) in enumerate(work.sources.items()):
        table = tables[place]
        days = table["occurred_on"].cast(pa.int32()).to_numpy()
        codes = pc.index_in(table[one.column], value_set=pa.array(one.codes)).to_numpy()
        known[source] = Events(persons[place], events[place], days, codes)
    return Known(known, persons[-1], people, incidents)


def numbered(columns: list[pa.ChunkedArray]) -> tuple[int, list[np.ndarray]]:
    """Give equal texts equal numbers; return how many there are and each column's numbers."""
    together = pa.chunked_array([c for column in columns for c in column.chunks])
    together = together.combine_chunks().dictionary_encode()
    numbers = together.indices.to_numpy()
    ends = np.cumsum([len(column) for column in columns])[:-1]
    return len(together.dictionary), np.split(numbers, ends)


def incidence(known: Known, person: np.ndarray, incident: np.ndarray) -> Matrix:
    """Return people by incidents, 1 where involved."""
    ones = np.ones(len(person), np.int32)
    made = sparse.csr_array((ones, (person, incident)), (known.people, known.incidents))
    made.data[:] = 1
    return made


def links(known: Known, since: int) -> tuple[Matrix, Matrix]:
    """Return the cohort's links of the first and of exactly the second degree."""
    parts = {}
    for source, events in known.events.items():
        recent = events.day >= since
        parts[source] = incidence(known, events.person[recent], events.incident[recent])
    arrested, harmed = parts["arrest"], parts["victimization"]
    crossed = arrested @ harmed.T
    joined = (arrested @ arrested.T + crossed + crossed.T).tocsr()
    joined.setdiag(0)
    joined.eliminate_zeros()
    joined.data[:] = 1
    first = joined[known.cohort]
    oneself = np.ones(len(known.cohort), np.int32)
    rows = np.arange(len(known.cohort))
    self = sparse.csr_array((oneself, (rows, known.cohort)), first.shape)
    second = first @ joined
    second.data[:] = 1
    near = first + self
    second = (second - second.multiply(near)).tocsr()
    second.eliminate_zeros()
    return first, second


def compute(work: Work, day: date, known: Known) -> dict[str, np.ndarray]:
    """Return all columns at one as-of date."""
    epoch = date(1970, 1, 1)
    first, second = links(known, (work.edges_since[day] - epoch).days)
    columns = {"network.degree": np.diff(first.indptr).astype(np.float32)}
    for source, one in work.sources.items():
        events = known.events[source]
        for index, codes in one.indices.items():
            chosen = np.isin(events.code, [one.codes.index(code) for code in codes])
            for slug, days in zip(work.slugs, (*work.windows, None), strict=True):
                start = (day - epoch).days - days if days is not None else -(10**9)
                taken = chosen & (events.day >= start)
                person, incident = events.person[taken], events.incident[taken]
                involved = incidence(known, person, incident)
                active = np.zeros(known.people, np.float32)
                active[person] = 1
                for hop, near in ((1, first), (2, second)):
                    stem = f"network{hop}.{source}.{index}"
                    distinct = np.diff((near @ involved).indptr)
                    columns[f"{stem}.incidents.{slug}"] = distinct.astype(np.float32)
                    columns[f"{stem}.people.{slug}"] = near @ active
    return columns


if __name__ == "__main__":
    contend(read, compute)
