"""The violence-prevention world: police records of a city (paper C)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from string import Template

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
        "tuning": "",
        "protocol": "",
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

_TUNING = """\
calibration = "isotonic" # shown beside the raw chances, which lead as in the paper

[models.boosted.tuning] # the paper's A.4.2, chosen by precision on validation rows
configurations = 100
"""

_PROTOCOL = """
# The paper's B.3.3: few features, chosen one after the other, and models that see these alone.
[selection]
features = 50
sizes = [5, 10, 20, 50]
kinds = ["boosted", "ols"]
sets = ["no_network", "no_own_arrests", "no_own_arrests_no_network"]

# How well the protected attributes could be guessed from the other features (B.3.2).
[proxies]
attributes = ["race", "sex"]

[learning_curve]
fractions = [0.1, 0.25, 0.5, 1.0]
repeats = 2

[stability]
every = "3 months"
dates = 4

[variants.twelve_months]
what = "A programme that lasts a year would ask who is shot within a year."
outcome = { event = "shooting", role = "victim", within = "12 months", dated_by = "known_on", \
where = [{ column = "circumstance", equals = "assault" }] }

[variants.two_arrests]
what = "One arrest is a weak reason to be considered: two are asked for, as two victimizations are."
include = [{ event = "arrest", at_least = 2 }, { event = "victimization", at_least = 2 }]

# The paper's Table B.5: the model fitted again on less, and on parts alone.
[feature_sets.no_network]
what = "No Network Information"
without = $network

[feature_sets.no_own_arrests]
what = "No Own Arrests"
without = $arrests

[feature_sets.no_own_arrests_no_network]
what = "No Own Arrests, No Network Information"
without = $arrests_network

[feature_sets.no_race]
what = "No Race"
without_columns = ["*race*"]

[feature_sets.no_demographics]
what = "No Demographics"
without = $people

[feature_sets.no_own_arrests_or_victimizations]
what = "No Own Arrests or Victimizations"
without = $arrests_victims

[feature_sets.arrests_only]
what = "Arrests Only"
blocks = $arrests

[feature_sets.victimizations_only]
what = "Victimizations Only"
blocks = $victims

[feature_sets.demographics_only]
what = "Demographics Only"
blocks = $people

[feature_sets.networks_only]
what = "Networks Only"
blocks = $network

[feature_sets.arrests_and_networks_only]
what = "Arrests + Networks Only"
blocks = $arrests_network

[feature_sets.no_own_victimizations]
what = "No Own Victimizations"
without = $victims

[feature_sets.no_misdemeanor_arrests]
what = "No Misdemeanor Arrests"
leave_out = { arrest = [{ column = "level", equals = "misdemeanor" }] }
cohort = "both"

[feature_sets.no_felony_arrests]
what = "No Felony Arrests"
leave_out = { arrest = [{ column = "level", equals = "felony" }] }
cohort = "both"
"""

_ARRESTS = ("arrests", "arrest_timing", "arrest_gaps", "arrest_codes", "arrest_gang")
_VICTIMS = (
    "victimizations", "victimization_timing", "victimization_gaps", "victimization_codes",
    "shootings", "shooting_timing",
)  # fmt: skip
_PEOPLE = ("place", "age", "race_and_sex")
_NETWORK = ("network", "network_gang", "network_timing", "network_place")


def _listed(*blocks: str) -> str:
    return "[" + ", ".join(f'"{block}"' for block in blocks) + "]"


AS_PUBLISHED = {
    "protected": "As in the paper, and only here, race, sex and age are among the features.",
    "allows": 'allows_features = ["race", "sex", "age"]\n',
    "demographics": _DEMOGRAPHICS,
    "tuning": _TUNING,
    "protocol": Template(_PROTOCOL).substitute(
        arrests=_listed(*_ARRESTS), victims=_listed(*_VICTIMS), people=_listed(*_PEOPLE),
        network=_listed(*_NETWORK), arrests_network=_listed(*_ARRESTS, *_NETWORK),
        arrests_victims=_listed(*_ARRESTS, *_VICTIMS),
    ),
}  # fmt: skip
"""What makes ``study.toml`` into ``paper.toml``: the attributes and the protocol of the paper."""

WORLD = World(
    people=FULL, knobs=Knobs, build=build, words=words, variants={"paper.toml": AS_PUBLISHED}
)
