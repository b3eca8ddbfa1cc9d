"""The agency's tables, each in the order of an id that says nothing."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from commonweal.simulate.children.assessment import ALLEGATIONS, LEVELS
from commonweal.simulate.children.calendar import END, RECORDS, months
from commonweal.simulate.children.cases import Cases
from commonweal.simulate.children.families import BOROUGHS, RACES
from commonweal.simulate.children.noise import first_names, last_names, write_down
from commonweal.simulate.children.offers import SERVICES, places
from commonweal.simulate.columns import Ints, dates, words
from commonweal.simulate.sink import Sink

FINDINGS = ("unfounded", "indicated")


def write_tables(cases: Cases, sink: Sink) -> None:
    """Write ``investigations``, ``allegations``, ``services`` and ``places``."""
    sink.all(
        [
            lambda: sink.put("investigations", investigations(cases)),
            lambda: sink.put("allegations", allegations(cases)),
            lambda: sink.put("services", services(cases)),
            lambda: sink.put("places", open_places(cases)),
        ]
    )


def investigations(cases: Cases) -> pa.Table:
    """Return one row a child and investigation."""
    families, found = cases.families, cases.assessed
    written = write_down(families, cases.rows, cases.day, cases.knobs, cases.seed)
    case, unit = cases.case, _unit(cases)
    born = written.born.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970
    unrated = (found.unrated | (found.rated_on >= END))[case]
    still_open = (found.closed_on >= END)[case]
    columns = {
        "record_id": pa.array(cases.record),
        "investigation_id": pa.array(cases.investigation),
        "child_number": pa.array(cases.child),
        "household_number": pa.array(cases.household),
        "first_name": words(written.first_name, first_names()),
        "last_name": words(written.last_name, last_names()),
        "gender": words(written.girl.astype(np.int64), ("male", "female")),
        "birth_date": dates(written.born, written.no_birth),
        "birth_year": pa.array(born.astype(np.int32), mask=written.no_birth),
        "race": words(written.race, RACES),
        "borough": words(families.units.borough[unit], BOROUGHS),
        "unit": words(unit, families.units.named()),
        "reported_on": dates(cases.day),
        "rap_level": words(found.level[case], LEVELS, unrated),
        "rap_on": dates(found.rated_on[case], unrated),
        "finding": words(found.indicated[case].astype(np.int64), FINDINGS, still_open),
        "closed_on": dates(found.closed_on[case], still_open),
    }
    return _in_order(columns)


def allegations(cases: Cases) -> pa.Table:
    """Return one row an allegation about a child in an investigation."""
    row = cases.alleged.row
    closed = cases.assessed.closed_on[cases.case[row]]
    columns = {
        "allegation_id": pa.array(cases.allegation),
        "investigation_id": pa.array(cases.investigation[row]),
        "child_number": pa.array(cases.child[row]),
        "reported_on": dates(cases.day[row]),
        "allegation": words(cases.alleged.kind, ALLEGATIONS),
        "substantiated": pa.array(cases.alleged.substantiated, mask=closed >= END),
        "decided_on": dates(closed, closed >= END),
    }
    return _in_order(columns)


def services(cases: Cases) -> pa.Table:
    """Return one row a child whose family, or who alone, was offered a service."""
    offers, row = cases.offers, cases.offers.row
    reports, report = cases.reports, cases.rows.report[cases.offers.row]
    columns = {
        "service_id": pa.array(offers.record),
        "offer_id": pa.array(offers.offer),
        "investigation_id": pa.array(cases.investigation[row]),
        "child_number": pa.array(cases.child[row]),
        "unit": words(_unit(cases)[row], cases.families.units.named()),
        "service": words(reports.wish[report], SERVICES),
        "offered_on": dates(reports.offered_on[report]),
        "accepted": pa.array(reports.accepted[report]),
        "started_on": dates(reports.starts[report], ~offers.started),
    }
    return _in_order(columns)


def open_places(cases: Cases) -> pa.Table:
    """Return how many offers of each service each unit could make in each month."""
    count = places(cases.families, cases.knobs)
    firsts = months()
    # Offers are made in the month after the one they were decided for.
    offered_in = firsts[1:-1]
    shown = np.flatnonzero((offered_in >= RECORDS) & (offered_in < END))
    unit, service, month = np.meshgrid(
        np.arange(count.shape[0]), np.arange(count.shape[1]), shown, indexing="ij"
    )
    columns = {
        "unit": words(unit.ravel(), cases.families.units.named()),
        "service": words(service.ravel(), SERVICES),
        "month_on": dates(offered_in[month.ravel()]),
        "places": pa.array(count[unit.ravel(), service.ravel(), month.ravel()].astype(np.int32)),
    }
    return pa.table(columns)


def _unit(cases: Cases) -> Ints:
    """Return the unit of each child-investigation."""
    unit: Ints = cases.families.unit[cases.families.family[cases.rows.child]]
    return unit


def _in_order(columns: dict[str, pa.Array]) -> pa.Table:
    """Return the rows in the order of the first column."""
    order = np.argsort(next(iter(columns.values())).to_numpy())
    return pa.table(columns).take(pa.array(order))
