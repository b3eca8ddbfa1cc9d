"""The fake world's declaration and its build."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from commonweal.core.seeds import stream
from commonweal.simulate.columns import dates, numbered, words
from commonweal.simulate.knobs import within
from commonweal.simulate.sink import Sink
from commonweal.simulate.world import World

START, DAYS = 14_610, 3_652  # 2010-01-01 to 2019-12-31
SITES = ("clinic", "school", "shelter")


@dataclass(frozen=True, slots=True, kw_only=True)
class Knobs:
    missing: float
    harm: float
    shift: float

    def __post_init__(self) -> None:
        within(0.0, 1.0, missing=self.missing, harm=self.harm)


def build(knobs: Knobs, people: int, seed: int, sink: Sink) -> None:
    ids = numbered(people, seed, "person")
    chance = knobs.harm * stream(seed, "fake", "chance").random(people)

    def registrations() -> None:
        born = 1950 + stream(seed, "fake", "born").integers(0, 50, people)
        day = dates(np.full(people, START))
        sink.put(
            "registrations",
            pa.table({"person_id": ids, "registered_on": day, "birth_year": born}),
        )

    def visits() -> None:
        rng = stream(seed, "fake", "visits")
        who = rng.integers(0, people, 3 * people)
        site = words(rng.integers(0, 3, who.size), SITES, rng.random(who.size) < knobs.missing)
        record = numbered(who.size, seed, "visit")
        day = dates(START + rng.integers(0, DAYS, who.size))
        sink.put(
            "visits",
            pa.table({"visit_id": record, "person_id": ids[who], "visited_on": day, "site": site}),
        )
        names = pa.array(["visits"] * who.size)
        sink.reveal(
            "records",
            pa.table({"table": names, "record_id": pa.array(record).cast("string"), "person": who}),
        )

    def harms() -> None:
        rng = stream(seed, "fake", "harms")
        who = np.flatnonzero(rng.random(people) < chance)
        day = dates(START + rng.integers(0, DAYS, who.size))
        record = numbered(who.size, seed, "harm")
        sink.put("harms", pa.table({"harm_id": record, "person_id": ids[who], "harmed_on": day}))

    def chances() -> None:
        sink.reveal("chances", pa.table({"chance": chance}))

    with sink.step("fake"):
        sink.all([registrations, visits, harms, chances])


WORLD = World(
    people=2_000, knobs=Knobs, build=build, words=lambda people: {"CAPACITY": str(people // 50)}
)
