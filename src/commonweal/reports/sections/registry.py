"""The sections in their order: one without parts is left out. A new one is a file and a line."""

from __future__ import annotations

from collections.abc import Callable

from commonweal.reports.parts import Section
from commonweal.reports.reading import Reading
from commonweal.reports.sections.card import card
from commonweal.reports.sections.checks import checks
from commonweal.reports.sections.choices import choices
from commonweal.reports.sections.cohort import cohort
from commonweal.reports.sections.costs import costs
from commonweal.reports.sections.data import data
from commonweal.reports.sections.features import features
from commonweal.reports.sections.glossary import glossary
from commonweal.reports.sections.groups import groups
from commonweal.reports.sections.interpretability import interpretability
from commonweal.reports.sections.line import line
from commonweal.reports.sections.outcomes import outcomes
from commonweal.reports.sections.people import people
from commonweal.reports.sections.rebuild import rebuild
from commonweal.reports.sections.results import results
from commonweal.reports.sections.stability import stability
from commonweal.reports.sections.summary import summary
from commonweal.reports.sections.tree import trees
from commonweal.reports.sections.units import units
from commonweal.reports.sections.use import use

SECTIONS: tuple[Callable[[Reading], Section], ...] = (
    summary,
    use,
    checks,
    data,
    people,
    cohort,
    results,
    interpretability,
    groups,
    outcomes,
    line,
    costs,
    units,
    stability,
    features,
    card,
    trees,
    choices,
    glossary,
    rebuild,
)
