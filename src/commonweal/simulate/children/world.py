"""The simulated world ``children-services``."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt

from commonweal.simulate.children.cases import Cases, open_cases
from commonweal.simulate.children.families import draw_families
from commonweal.simulate.children.knobs import Knobs
from commonweal.simulate.children.marginals import FULL
from commonweal.simulate.children.reports import simulate_reports, unprompted
from commonweal.simulate.children.rows import enough, rows_of
from commonweal.simulate.children.tables import write_tables
from commonweal.simulate.children.truth import reveal
from commonweal.simulate.sink import Sink
from commonweal.simulate.world import World

_PLACES_A_CHILD = 2_000 / FULL
"""Places of the service that the study offers, per child ever investigated. A guess."""


def build(knobs: Knobs, people: int, seed: int, sink: Sink) -> None:
    """Simulate the city and write its tables and the truth.

    Parameters
    ----------
    knobs
        The world's knobs.
    people
        Children with an investigation on record, exactly.
    seed
        The one seed.
    sink
        Where the tables go.
    """
    with sink.step("reports and services"):
        cases = _cases(knobs, people, seed)
    with sink.step("tables"):
        write_tables(cases, sink)
    with sink.step("truth"):
        reveal(cases, sink)


def words(people: int) -> Mapping[str, str]:
    """Return what the study's size depends on: its capacity and cut-offs."""
    k = max(20, round(people * _PLACES_A_CHILD))
    cutoffs = sorted({max(10, round(k * share)) for share in (0.25, 0.5, 1, 2, 5, 10)})
    return {"capacity": str(k), "cutoffs": ", ".join(str(one) for one in cutoffs)}


def _cases(knobs: Knobs, people: int, seed: int) -> Cases:
    """Draw more families than needed, and keep the first so many children on record.

    The city is a few per cent larger than the records, so that chance cannot leave too few;
    were it to, a larger one is drawn.
    """
    margin = 0.01 + 3.0 / sqrt(people)
    drawn = round(people * (2.4 + 3 * margin))
    while True:
        families = draw_families(knobs, drawn, seed)
        source, at = unprompted(families, seed)
        needed = enough(families, source, at, round(people * (1.0 + margin)))
        if needed > families.size:
            drawn = 3 * drawn // 2
            continue
        fewer, source, at = families.first_of(needed, source, at)
        reports = simulate_reports(fewer, source, at, knobs, seed)
        rows = rows_of(fewer, reports, people)
        if rows is not None:
            return open_cases(fewer, reports, rows, knobs, seed)
        margin += 0.1


WORLD = World(people=FULL, knobs=Knobs, build=build, words=words)
