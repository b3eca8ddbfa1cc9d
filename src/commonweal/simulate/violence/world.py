"""The violence-prevention world: police records of a city (paper C)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from commonweal.core.seeds import stream
from commonweal.simulate.sink import Sink
from commonweal.simulate.violence.codes import ARRESTS, HARMS, INDICES, Arrest, Harm, codes_in
from commonweal.simulate.violence.danger import dangers, shoot
from commonweal.simulate.violence.index import write_index
from commonweal.simulate.violence.knobs import Knobs
from commonweal.simulate.violence.names import identify, vocabulary
from commonweal.simulate.violence.offences import happen
from commonweal.simulate.violence.people import draw_population
from commonweal.simulate.violence.records import Scene, Written, write_arrests, write_victims
from commonweal.simulate.violence.truths import reveal
from commonweal.simulate.world import World

FULL = 5_400_000
"""People on record in the paper: 5,426,703 (A.2)."""


def build(knobs: Knobs, people: int, seed: int, sink: Sink) -> None:
    """Simulate the city and write everything."""
    with sink.step("people"):
        city = draw_population(people, seed, knobs.frailty)
        danger = dangers(city, knobs.shootings)
    with sink.step("shootings"):
        shootings = shoot(city, danger, knobs.contagion, seed)
    with sink.step("offences and harm"):
        happened = happen(city, shootings, knobs.contact, seed)
        identity = identify(city, knobs, seed)
        scene = Scene(city, identity, happened, vocabulary(), knobs, seed)
        incidents = 10**8 + stream(seed, "ids", "incidents").permutation(happened.incidents)
    parts: list[Written] = []
    with sink.step("records"):
        parts.append(write_arrests(scene, sink, incidents))
        parts.extend(write_victims(scene, sink, incidents))
    with sink.step("index and truth"):
        sink.all([
            partial(write_index, parts, identity, knobs, seed, sink),
            partial(reveal, city, identity, danger, shootings, happened, knobs.contagion, sink),
        ])  # fmt: skip


def words(people: int) -> Mapping[str, str]:
    """Return the capacity and cut-offs that go with a number of people, and the indices."""
    k = max(round(500 * people / FULL), min(50, people // 50))
    sizes = [round(k * times) for times in (0.2, 0.5, 1, 2, 4, 3381 / 500)]
    return {
        "k": str(k),
        "cutoffs": ", ".join(str(size) for size in sizes),
        "arrest_groups": _groups("charge", ARRESTS),
        "victimization_groups": _groups("crime", HARMS),
        "shooting_arrests": _codes("gun battery", ARRESTS),
        "violent_arrests": _codes("part one", ARRESTS),
        "violent_harms": _codes("violent", HARMS),
        "protected": "Race, sex and age are audited and kept out of the features.",
        "allows": "",
        "demographics": "",
    }


def _groups(column: str, codes: tuple[Arrest, ...] | tuple[Harm, ...]) -> str:
    """Return the indices as groups of an agency file."""
    lines = []
    for index in INDICES:
        names = _codes(index, codes)
        if names:
            name = index.replace(" ", "_")
            lines.append(f'{name} = {{ column = "{column}", any_of = [{names}] }}')
    return "\n".join(lines)


def _codes(index: str, codes: tuple[Arrest, ...] | tuple[Harm, ...]) -> str:
    """Return the codes of an index as a list in a TOML file."""
    return ", ".join(f'"{code}"' for code in codes_in(index, codes))


_DEMOGRAPHICS = """\
[features.age]
kind = "age"
event = ["arrest", "victimization"]
birth_date = "birth_date"
age = "age"

[features.race_and_sex]
kind = "attributes"
event = ["arrest", "victimization"]
columns = ["race", "sex"]
summaries = ["latest", "mode", "distinct"]
encode = "category"
missing = false

"""

AS_PUBLISHED = {
    "protected": "As in the paper, and only here, race, sex and age are among the features.",
    "allows": 'allows_features = ["race", "sex", "age"]\n',
    "demographics": _DEMOGRAPHICS,
}
"""What makes ``study.toml`` into ``paper.toml``: the protected attributes the paper uses."""

WORLD = World(
    people=FULL, knobs=Knobs, build=build, words=words, variants={"paper.toml": AS_PUBLISHED}
)
