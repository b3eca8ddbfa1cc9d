"""The city on record: what happened, what was found, and the numbers the agency gives it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commonweal.simulate.children.assessment import Alleged, Assessed, allege, assess
from commonweal.simulate.children.calendar import END
from commonweal.simulate.children.families import Families
from commonweal.simulate.children.knobs import Knobs
from commonweal.simulate.children.noise import numbers
from commonweal.simulate.children.reports import Reports
from commonweal.simulate.children.rows import Rows, together
from commonweal.simulate.columns import Ints, Mask, numbered


@dataclass(frozen=True, slots=True)
class Offers:
    """Services offered, one row a child of the investigation.

    Parameters
    ----------
    row
        Place of the child-investigation.
    record, offer
        Number of the row, and of the offer, which the children of a family share.
    started
        Whether the service had started by the day of extraction.
    """

    row: Ints
    record: Ints
    offer: Ints
    started: Mask


@dataclass(frozen=True, slots=True)
class Cases:
    """Everything the agency's tables and the truth are written from.

    Parameters
    ----------
    families, reports, rows
        Everybody, every report, and the child-investigations on record.
    case
        Place of each row's investigation in `assessed` and `on_record`.
    on_record
        Place in `reports` of every investigation on record.
    day
        Day on which each row was reported.
    record, investigation, child, household
        The agency's numbers of each row.
    assessed, alleged, offers
        What was found, alleged and offered.
    allegation
        Number of each allegation.
    knobs, seed
        The world's.
    """

    families: Families
    reports: Reports
    rows: Rows
    case: Ints
    on_record: Ints
    day: Ints
    record: Ints
    investigation: Ints
    child: Ints
    household: Ints
    assessed: Assessed
    alleged: Alleged
    allegation: Ints
    offers: Offers
    knobs: Knobs
    seed: int


def open_cases(
    families: Families, reports: Reports, rows: Rows, knobs: Knobs, seed: int
) -> Cases:  # fmt: skip
    """Investigate the reports, and number everything without meaning."""
    on_record, case = together(rows.report)
    source = reports.source[on_record]
    family, alone = families.family_of(source), source >= families.size
    need = families.need[family]
    need[alone] = families.own_need[source[alone] - families.size]
    day = np.floor(reports.at[on_record]).astype(np.int64)
    assessed = assess(day, need, knobs, seed)
    alleged = allege(rows.report, alone[case], assessed.indicated[case], seed)
    household = numbers(family, day, on_record, knobs.household_split, seed, "household")
    return Cases(
        families=families, reports=reports, rows=rows, case=case, on_record=on_record,
        day=day[case], assessed=assessed, alleged=alleged, knobs=knobs, seed=seed,
        record=numbered(case.size, seed, "children", "record"),
        investigation=numbered(on_record.size, seed, "children", "investigation")[case],
        child=numbers(rows.person, day[case], rows.report, knobs.id_split, seed, "child"),
        household=household[case],
        allegation=numbered(alleged.row.size, seed, "children", "allegation"),
        offers=_offers(families, reports, rows, seed),
    )  # fmt: skip


def _offers(families: Families, reports: Reports, rows: Rows, seed: int) -> Offers:
    """List the offers for every child who would still be under 18 when the service starts."""
    known = reports.offered & (reports.offered_on < END)
    young = reports.starts[rows.report] < families.grown[rows.child]
    row = np.flatnonzero(known[rows.report] & young)
    report = rows.report[row]
    offers, place = together(report)
    return Offers(
        row=row,
        record=numbered(row.size, seed, "children", "service"),
        offer=numbered(offers.size, seed, "children", "offer")[place],
        started=reports.accepted[report] & (reports.starts[report] < END),
    )
