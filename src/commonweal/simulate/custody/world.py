"""The custody world: detainers, officers' decisions and re-arrests, as in paper A."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from commonweal.simulate.columns import numbered
from commonweal.simulate.custody import reveal
from commonweal.simulate.custody.decisions import decide
from commonweal.simulate.custody.detainers import draw_detainers
from commonweal.simulate.custody.facilities import draw_facilities
from commonweal.simulate.custody.histories import draw_histories
from commonweal.simulate.custody.knobs import Knobs
from commonweal.simulate.custody.outcomes import follow
from commonweal.simulate.custody.people import draw_people
from commonweal.simulate.custody.risk import observable, unobserved
from commonweal.simulate.custody.tables import (
    Everything,
    Raw,
    crime_table,
    detainer_table,
    facility_table,
    rearrest_table,
    release_table,
)
from commonweal.simulate.sink import Sink
from commonweal.simulate.world import World

PEOPLE = 949_524
"""Cases before those still imprisoned are removed; 904,896 remain, as in the paper."""
_TABLES: dict[str, Callable[[Everything], Raw]] = {
    "crimes": crime_table,
    "detainers": detainer_table,
    "releases": release_table,
    "rearrests": rearrest_table,
}


def build(knobs: Knobs, people: int, seed: int, sink: Sink) -> None:
    """Simulate the world and put its tables into the sink."""
    with sink.step("people and decisions"):
        facilities = draw_facilities(seed, knobs)
        drawn = draw_people(people, seed, knobs, facilities)
        detainers = draw_detainers(drawn, seed, knobs, facilities)
        histories = draw_histories(drawn, detainers.first_day, seed, knobs)
        index, signal = observable(drawn, histories, knobs.guideline), unobserved(drawn, seed)
        decisions = decide(drawn, index, signal, facilities, knobs, seed)
        everything = Everything(
            seed=seed,
            knobs=knobs,
            facilities=facilities,
            people=drawn,
            detainers=detainers,
            histories=histories,
            decisions=decisions,
            outcomes=follow(drawn, index, signal, decisions, facilities, knobs, seed),
            person_ids=numbered(detainers.owner.size, seed, "custody", "people"),
            facility_ids=numbered(facilities.group.size, seed, "custody", "facilities"),
        )
    raw = dict[str, Raw]()

    def put(name: str) -> None:
        raw[name] = _TABLES[name](everything)
        sink.put(name, raw[name].table)

    with sink.step("tables"):
        sink.all([partial(put, name) for name in _TABLES])
        sink.put("facilities", facility_table(everything))
    with sink.step("truth"):
        sink.all(
            [
                lambda: sink.reveal("records", reveal.records({n: raw[n] for n in _TABLES})),
                lambda: sink.reveal("people", reveal.people(everything, index, signal)),
                lambda: sink.reveal("units", reveal.units(everything)),
            ]
        )


def words(people: int) -> Mapping[str, str]:
    """Return what the study file says that depends on the size: about 1 in 10 of a cohort."""
    k = max(10, people // 200)
    cutoffs = (k // 2, 2 * k, 4 * k)
    return {"k": str(k), "cutoffs": ", ".join(str(cutoff) for cutoff in cutoffs)}


WORLD = World(people=PEOPLE, knobs=Knobs, build=build, words=words)
