"""The sections in their order. A new section is one file and one line here."""

from __future__ import annotations

from collections.abc import Callable

from commonweal.reports.parts import Section
from commonweal.reports.reading import Reading
from commonweal.reports.sections.checks import checks
from commonweal.reports.sections.choices import choices
from commonweal.reports.sections.cohort import cohort
from commonweal.reports.sections.data import data
from commonweal.reports.sections.features import features
from commonweal.reports.sections.glossary import glossary
from commonweal.reports.sections.groups import groups
from commonweal.reports.sections.people import people
from commonweal.reports.sections.rebuild import rebuild
from commonweal.reports.sections.results import results
from commonweal.reports.sections.summary import summary
from commonweal.reports.sections.use import use

SECTIONS: tuple[Callable[[Reading], Section], ...] = (
    summary,
    use,
    checks,
    data,
    people,
    cohort,
    results,
    groups,
    features,
    choices,
    glossary,
    rebuild,
)
