"""Chances of a repeat report: with no service, and with each, for every child-investigation."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from commonweal.simulate.children.calendar import months, six_months_after
from commonweal.simulate.children.cases import Cases
from commonweal.simulate.children.families import Families
from commonweal.simulate.children.hazard import Last, Service, Sources, echoes, integral
from commonweal.simulate.children.knobs import Knobs
from commonweal.simulate.children.offers import EFFECTS, LASTS, SERVICES
from commonweal.simulate.children.reports import Reports
from commonweal.simulate.columns import Floats, Ints, words

COLUMNS = tuple(service.replace(" ", "_") for service in SERVICES)
"""Columns of the chances with each service."""


def memory(families: Families, reports: Reports, knobs: Knobs) -> Last:
    """Return what past reports still set off, at every source after every report."""
    quick = np.full(reports.source.size, knobs.follow_up)
    return echoes(reports.source, reports.at, families.echo[reports.source], quick)


def accepted(reports: Reports, knobs: Knobs) -> Last:
    """Return the services that families accepted, at every source from the day of settlement."""
    taken = reports.only(reports.accepted)
    starts = taken.starts.astype(np.float64)
    values = np.stack([starts, starts + LASTS, np.exp(knobs.effects * EFFECTS)[taken.wish]], 1)
    return Last(taken.source, months()[taken.month + 1].astype(np.float64), values)


def in_effect(services: Last, source: Ints, at: Floats) -> Service:
    """Return the last service settled for each source by a moment; none is empty."""
    _, values = services.before(source, at, included=True)
    return Service(values[:, 0], values[:, 1], np.where(values[:, 1] > 0, values[:, 2], 1.0))


def chances(cases: Cases, echo: Last) -> pa.Table:
    """Return one row a child-investigation.

    ``none`` is the chance of a new report on the child within six months of the report if no
    service is offered on this investigation, and the column of each service the chance if that
    service were accepted, taking effect on ``starts_on``; ``given`` is the chance with what was
    accepted in fact. Services accepted on earlier investigations keep what effect they have.
    ``eligible`` says whether a service could be offered, ``offered`` which one was.
    """
    reports, rows = cases.reports, cases.rows
    report = rows.report
    alone = reports.source[report] >= cases.families.size
    begin, starts = reports.at[report], reports.starts[report].astype(np.float64)
    until = six_months_after(cases.day).astype(np.float64)
    starts = np.minimum(starts, until)
    before = _hazards(cases, echo, begin, starts)
    after = _hazards(cases, echo, starts, until, at=begin)
    # A service offered to a child alone does not act on reports on the whole family.
    acted = np.where(alone, after[1], after[0] + after[1])
    other = before[0] + before[1] + np.where(alone, after[0], 0.0)
    ratios = np.exp(cases.knobs.effects * EFFECTS)
    taken = reports.accepted[report]
    given = np.where(taken, ratios[reports.wish[report]], 1.0)
    columns = {
        "record_id": pa.array(cases.record),
        "person": pa.array(rows.person),
        "none": _chance(other + acted),
    }
    for name, ratio in zip(COLUMNS, ratios, strict=True):
        columns[name] = _chance(other + ratio * acted)
    columns |= {
        "given": _chance(other + given * acted),
        "eligible": pa.array(reports.eligible[report]),
        "offered": words(
            np.where(reports.offered[report], reports.wish[report], -1), list(SERVICES)
        ),
        "accepted": pa.array(taken),
    }
    return pa.table(columns)


def _chance(expected: Floats) -> pa.Array:
    """Return the chance of any, of so many expected, to seven digits."""
    return pa.array((-np.expm1(-expected)).astype(np.float32))


def _hazards(
    cases: Cases, echo: Last, start: Floats, end: Floats, at: Floats | None = None
) -> tuple[Floats, Floats]:
    """Return what is expected of the family's source and of the child's own, given the past.

    Parameters
    ----------
    cases, echo
        The city, and what its past reports set off.
    start, end
        The window of each child-investigation.
    at
        The moment whose past is given; `start` where none is.
    """
    families, child = cases.families, cases.rows.child
    moment = start if at is None else at
    served = accepted(cases.reports, cases.knobs)
    grown = families.grown[child].astype(np.float64)
    stop = np.minimum(end, grown)
    family = families.family[child]
    own = families.size + child
    family_service = in_effect(served, family, moment)
    own_service = in_effect(served, own, moment)
    together = integral(_sources(families, echo, family, moment), [family_service], start, stop)
    alone = integral(
        _sources(families, echo, own, moment), [own_service, family_service], start, stop
    )
    return together, alone


def _sources(families: Families, echo: Last, source: Ints, at: Floats) -> Sources:
    since, left = echo.before(source, at, included=True)
    return Sources(
        families.rate[source], since, left, families.opens[source], families.closes[source]
    )
