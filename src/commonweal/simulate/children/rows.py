"""Reports to rows: one a child and investigation, and who of the city's children is in them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commonweal.simulate.children.calendar import END, RECORDS
from commonweal.simulate.children.families import Families
from commonweal.simulate.children.reports import Reports
from commonweal.simulate.columns import Floats, Ints


@dataclass(frozen=True, slots=True)
class Rows:
    """Child-investigations, in order of report.

    Parameters
    ----------
    report
        Place of each row's investigation in `Reports`.
    child
        Place of its child in `Families`.
    person
        The child's number in the truth.
    known
        Place in `Families` of every child with a row, in order of person.
    """

    report: Ints
    child: Ints
    person: Ints
    known: Ints


def named(families: Families, source: Ints, at: Floats) -> tuple[Ints, Ints]:
    """Return (place of the report, child) for every child a report is about.

    A report on a family is about all of its children then born and not yet 18.
    """
    family = families.family_of(source)
    together = source < families.size
    count = np.where(together, families.first[family + 1] - families.first[family], 1)
    report = np.repeat(np.arange(source.size), count)
    nth = np.arange(report.size) - np.repeat(np.cumsum(count) - count, count)
    child = np.where(
        together[report], families.first[family[report]] + nth, source[report] - families.size
    )
    there = (families.born[child] <= at[report]) & (at[report] < families.grown[child])
    return report[there], child[there]


def enough(families: Families, source: Ints, at: Floats, people: int) -> int:
    """Return how many families, from the first, have this many children in reports on record."""
    recorded = (at >= RECORDS) & (at < END)
    _, child = named(families, source[recorded], at[recorded])
    seen = np.zeros(families.born.size, dtype=np.bool_)
    seen[child] = True
    children = np.bincount(families.family[seen], minlength=families.size)
    return int(np.searchsorted(np.cumsum(children), people)) + 1


def rows_of(families: Families, reports: Reports, people: int) -> Rows | None:
    """Return the rows of the first so many children on record; None where there are fewer."""
    recorded = np.flatnonzero(reports.at >= RECORDS)
    report, child = named(families, reports.source[recorded], reports.at[recorded])
    seen = np.zeros(families.born.size, dtype=np.bool_)
    seen[child] = True
    known = np.flatnonzero(seen)[:people]
    if known.size < people:
        return None
    person = (np.cumsum(seen) - 1)[child]
    kept = person < people
    return Rows(recorded[report[kept]], child[kept], person[kept], known)


def together(group: Ints) -> tuple[Ints, Ints]:
    """Return the groups of rows that lie in order of group, and each row's place in them."""
    begins = np.diff(group, prepend=-1) != 0
    return group[begins], np.cumsum(begins) - 1
