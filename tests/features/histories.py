"""Many small random histories in one set of tables, so that a thousand cost one run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from commonweal.cohorts.history import History
from commonweal.core.dates import Period, day_number
from commonweal.core.engines.open import open_engine
from commonweal.features.cells import Values
from commonweal.features.columns import Block, Feature
from commonweal.features.past import Past
from commonweal.features.registry import build_block
from commonweal.features.rows import Rows
from commonweal.features.spec import (
    AffiliationSpec,
    AgeSpec,
    AttributesSpec,
    BlockSpec,
    CentralitySpec,
    CountsSpec,
    GapsSpec,
    HouseholdSpec,
    NetworkRecencySpec,
    NetworkSpec,
    RecencySpec,
)
from commonweal.records.spec import Column, Condition, Source

DATES = (date(2015, 1, 1), date(2015, 7, 1), date(2016, 3, 1))
FIRST, LAST = day_number(date(2012, 1, 1)), day_number(date(2017, 6, 1))
PEOPLE = 5
BIRTHS = (0, 3100, 3101, 8000, 8040)
"""Days of birth, and none."""
CODES = ("theft", "battery", "drug", "fraud", "arson", "gun")

ARREST = Source(
    table="arrest.parquet",
    entity="person",
    occurred_on="occurred_on",
    known_on="known_on",
    columns={
        "code": Column(),
        "amount": Column(type="number"),
        "verdict": Column(decided_on="verdict_on"),
        "gang": Column(),
        "born": Column(type="date"),
        "age": Column(type="integer"),
    },
    groups={
        "violent": Condition(column="code", any_of=("battery", "gun")),
        "convicted": Condition(column="verdict", equals="guilty"),
        "alone": Condition(column="gang", present=False),
    },
)
VICTIM = Source(
    table="victim.parquet",
    entity="person",
    occurred_on="occurred_on",
    known_on="known_on",
    columns={
        "code": Column(),
        "born": Column(type="date"),
        "age": Column(type="integer"),
        "home": Column(),
    },
)
SOURCES = {"arrest": ARREST, "victim": VICTIM}
WINDOWS = tuple(Period.parse(text) for text in ("90 days", "1 year", "3 years"))
BLOCKS: dict[str, BlockSpec] = {
    "counts": CountsSpec(
        kind="counts",
        event="arrest",
        windows=WINDOWS,
        groups=("violent", "convicted", "alone"),
        by=("code", "verdict"),
        top=4,
    ),
    "victims": CountsSpec(kind="counts", event="victim", windows=WINDOWS, by=("code",), top=3),
    "rare": CountsSpec(
        kind="counts",
        event="arrest",
        windows=(Period.parse("2 years"),),
        ever=False,
        groups=("violent",),
        total=False,
    ),
    "gaps": GapsSpec(
        kind="gaps",
        event="arrest",
        groups=("violent", "convicted"),
        summaries=("mean", "shortest", "longest", "latest"),
    ),
    "places": AttributesSpec(
        kind="attributes",
        event=("victim", "arrest"),
        columns=("code",),
        summaries=("mode", "latest", "distinct"),
        top=3,
        encode="category",
        missing=False,
    ),
    "gang": AffiliationSpec(kind="affiliation", event="arrest", column="gang", top=2),
    "age": AgeSpec(kind="age", event=("arrest", "victim"), birth_date="born", age="age"),
    "recency": RecencySpec(kind="recency", event="arrest", groups=("violent", "convicted")),
    "attributes": AttributesSpec(
        kind="attributes",
        event="arrest",
        columns=("code", "amount", "verdict"),
        summaries=("latest", "mode", "distinct"),
        top=4,
    ),
    "network": NetworkSpec(
        kind="network",
        edges=("arrest", "arrest-victim"),
        built_from=Period.parse("2 years"),
        count={"arrest": ("violent", "convicted"), "victim": ()},
        windows=WINDOWS,
        ever=True,
        hops=2,
    ),
    "network_timing": NetworkRecencySpec(
        kind="network_recency",
        edges=("arrest", "arrest-victim"),
        built_from=Period.parse("2 years"),
        count={"arrest": ("violent",), "victim": ()},
        hops=2,
    ),
    "network_place": CentralitySpec(
        kind="centrality",
        edges=("arrest", "arrest-victim"),
        built_from=Period.parse("2 years"),
        measures=("degree", "degree_by_edge", "second", "eigenvector", "neighbours", "absent"),
    ),
    "home": HouseholdSpec(
        kind="household",
        event="victim",
        column="home",
        count={"arrest": ("violent",)},
        windows=WINDOWS,
        ever=True,
    ),
}


@dataclass(eq=False)
class World:
    """Events of one history; columns of equal length. Nothing changes them."""

    number: int
    as_of: int
    arrest: dict[str, list[object]]
    victim: dict[str, list[object]]


def draw_world(number: int, rng: np.random.Generator) -> World:
    """Draw a history around an as-of date, dense near it."""
    as_of = day_number(DATES[number % len(DATES)])
    arrest = _events(rng, number, as_of, int(rng.integers(5, 25)), "a")
    count = len(arrest["record_id"])
    decided = rng.random(count) < 0.7
    lag = rng.integers(0, 300, count)
    verdicts = rng.choice(["guilty", "dismissed"], count)
    known = arrest["known_on"]
    arrest["gang"] = [x or None for x in rng.choice(["", "", "reds", "blues", "whites"], count)]
    arrest["amount"] = [float(x) for x in rng.integers(0, 50, count)]
    arrest["verdict"] = [str(v) if d else None for v, d in zip(verdicts, decided, strict=True)]
    arrest["verdict__known_on"] = [
        known[i] + int(lag[i]) if decided[i] else None for i in range(count)
    ]
    victim = _events(rng, number, as_of, int(rng.integers(2, 10)), "v")
    homes = rng.integers(-1, 2, len(victim["record_id"]))
    victim["home"] = [f"h{number}-{home}" if home >= 0 else None for home in homes]
    return World(number, as_of, arrest, victim)


def _events(
    rng: np.random.Generator, number: int, as_of: int, count: int, kind: str
) -> dict[str, list[object]]:
    near = rng.random(count) < 0.5
    occurred = np.where(near, as_of + rng.integers(-4, 4, count), rng.integers(FIRST, LAST, count))
    late = rng.choice([0, 0, 1, 2, 30, 400], count)
    return {
        "record_id": [f"{kind}{number}-{i}" for i in range(count)],
        "event_id": [f"e{number}-{x}" for x in rng.integers(0, 8, count)],
        "entity_id": [f"p{number}-{x}" for x in rng.integers(0, PEOPLE, count)],
        "occurred_on": [int(x) for x in occurred],
        "known_on": [int(x) for x in occurred + late],
        "code": [str(x) for x in rng.choice(CODES, count)],
        "born": [int(x) if x > 3000 else None for x in rng.choice(BIRTHS, count)],
        "age": [int(x) if x else None for x in rng.choice([0, 23, 24, 25, 40], count)],
    }


def change_future(world: World, rng: np.random.Generator) -> World:
    """Change, add, drop and back-date what was known on or after the as-of date; no more."""
    arrest, victim = _changed(world.arrest, world, rng), _changed(world.victim, world, rng)
    for i in range(len(arrest["record_id"])):
        day = arrest["verdict__known_on"][i]
        if day is None or day < world.as_of:
            if day is None and rng.random() < 0.5:  # a verdict that comes on the day itself
                arrest["verdict"][i] = "guilty"
                start = max(world.as_of, arrest["known_on"][i])
                arrest["verdict__known_on"][i] = start + int(rng.integers(0, 5))
            continue
        arrest["verdict"][i] = str(rng.choice(["guilty", "dismissed", "pending"]))
        arrest["verdict__known_on"][i] = world.as_of + int(rng.integers(0, 50))
    return World(world.number, world.as_of, arrest, victim)


def _changed(
    events: dict[str, list[object]], world: World, rng: np.random.Generator
) -> dict[str, list[object]]:
    kept: dict[str, list[object]] = {name: [] for name in events}
    for i in range(len(events["record_id"])):
        row = {name: values[i] for name, values in events.items()}
        if row["known_on"] >= world.as_of:
            if rng.random() < 0.3:
                continue
            _redate(row, world, rng)
            row["code"] = str(rng.choice([*CODES, "new"]))
            row["born"], row["age"] = int(rng.choice(BIRTHS[1:])), 77
            if "gang" in row:
                row["gang"] = "new"
            else:
                row["home"] = f"h{world.number}-{rng.integers(0, 2)}"
        for name, value in row.items():
            kept[name].append(value)
    for j in range(int(rng.integers(1, 8))):
        row = dict.fromkeys(events)
        row["record_id"], row["code"] = f"new{world.number}-{j}", "new"
        row["event_id"] = f"e{world.number}-{rng.integers(0, 8)}"
        if "amount" in events:
            row["amount"], row["gang"] = 99.0, "new"
        else:
            row["home"] = f"h{world.number}-0"
        _redate(row, world, rng)
        for name, value in row.items():
            kept[name].append(value)
    return kept


def _redate(row: dict[str, object], world: World, rng: np.random.Generator) -> None:
    """Known on the day itself or later; half of them are said to have happened before."""
    row["entity_id"] = f"p{world.number}-{rng.integers(0, PEOPLE)}"
    row["known_on"] = world.as_of + int(rng.choice([0, 0, 1, 30]))
    back = int(rng.integers(1, 900)) if rng.random() < 0.5 else 0
    row["occurred_on"] = row["known_on"] - back


def events_of(worlds: list[World], kind: str) -> pa.Table:
    """Put the worlds' events of one source into a table as `records` would."""
    parts = [getattr(world, kind) for world in worlds]
    columns: dict[str, pa.Array] = {}
    for name in parts[0]:
        values = [value for part in parts for value in part[name]]
        is_date = name.endswith("_on") or name == "born"
        array = pa.array(values, pa.int32() if is_date else None)
        columns[name] = array.cast(pa.date32()) if is_date else array
    columns["role"] = pa.array(["any"] * len(columns["record_id"]))
    return pa.table(columns)


@dataclass(frozen=True)
class Built:
    """A block's columns and all its values, one row a person of a world."""

    features: tuple[Feature, ...]
    values: Values
    notes: dict[str, object]


def build(worlds: list[World], url: str | None = None) -> dict[str, Built]:
    """Build every block for every person of every world at the world's as-of date."""
    with open_engine(url, 2) as engine:
        events = {name: engine.table(events_of(worlds, name)) for name in SOURCES}
        return built(History(engine, events, SOURCES), people_of(worlds), BLOCKS)


def people_of(worlds: list[World]) -> list[tuple[str, int]]:
    """Everybody, and the world's as-of date."""
    return [(f"p{w.number}-{i}", w.as_of) for w in worlds for i in range(PEOPLE)]


def built(
    history: History, people: list[tuple[str, int]], blocks: Mapping[str, BlockSpec]
) -> dict[str, Built]:
    """Build blocks for people at dates, whatever the order of the dates."""
    order = np.argsort([day for _, day in people], kind="stable")
    cohort = pa.table(
        {
            "row": pa.array(range(len(people)), pa.int64()),
            "entity_id": [people[i][0] for i in order],
            "as_of": pa.array([people[i][1] for i in order], pa.int32()).cast(pa.date32()),
        }
    )
    past = Past.of(history, Rows.of(history, cohort, DATES), blocks, threads=2)
    return {name: _built(build_block(name, spec, past), order) for name, spec in blocks.items()}


def _built(block: Block, order: np.ndarray) -> Built:
    values = np.empty_like(found := block.values)
    values[order] = found
    return Built(block.features, values, block.notes)


def changed_histories(before: dict[str, Built], after: dict[str, Built]) -> set[int]:
    """Return the numbers of the worlds in which any feature differs; all, if columns differ."""
    changed: set[int] = set()
    for name, block in before.items():
        other = after[name]
        if [f.name for f in block.features] != [f.name for f in other.features]:
            return set(range(len(block.values) // PEOPLE))
        same = (block.values == other.values) | (np.isnan(block.values) & np.isnan(other.values))
        changed |= {int(row) // PEOPLE for row in np.flatnonzero(~same.all(axis=1))}
    return changed
