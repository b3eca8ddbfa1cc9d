"""Small towns whose people share incidents, and what plain loops say about their people."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from commonweal.cohorts.history import History
from commonweal.core.dates import Period
from commonweal.core.engines.open import open_engine
from commonweal.features.columns import Block
from commonweal.features.network import Graphs
from commonweal.features.past import Past
from commonweal.features.registry import build_block
from commonweal.features.rows import Rows
from commonweal.features.spec import BlockSpec
from commonweal.records.spec import Column, Condition, Source

DATES = (date(2015, 1, 1), date(2016, 3, 1))
PEOPLE = 12
HARM_FROM = date(2014, 6, 1)
CODES = ("theft", "battery", "gun")
WINDOWS = tuple(Period.parse(text) for text in ("90 days", "1 year", "3 years"))
Row = dict[str, Any]


def source(covers_from: date | None = None) -> Source:
    return Source(
        table="",
        entity="person",
        event="incident",
        occurred_on="occurred_on",
        known_on="known_on",
        columns={"code": Column(), "verdict": Column(decided_on="verdict_on"), "home": Column()},
        groups={
            "violent": Condition(column="code", any_of=("battery", "gun")),
            "convicted": Condition(column="verdict", equals="guilty"),
            "silent": Condition(column="code", present=False),
        },
        covers_from=covers_from,
    )


SOURCES = {"arrest": source(), "harm": source(HARM_FROM)}
COUNT = {"arrest": ("violent", "convicted", "silent"), "harm": ("violent",)}


@dataclass
class Town:
    """Records of two sources."""

    records: dict[str, list[Row]] = field(default_factory=dict)


def draw_town(rng: np.random.Generator, people: int = PEOPLE) -> Town:
    """Draw incidents around the as-of dates; the records of one may differ in everything."""
    events = int(rng.integers(6, 16))
    town = Town({"arrest": [], "harm": []})
    for event in range(events):
        near = DATES[int(rng.integers(0, len(DATES)))]
        back = int(rng.choice([0, 1, 2, 89, 90, 91, 365, 366, 700, 1096, 1500]))
        day = near - timedelta(days=back)
        for kind, most in (("arrest", 4), ("harm", 3)):
            for _ in range(int(rng.integers(0, most))):
                occurred = day - timedelta(days=int(rng.choice([0, 0, 0, 1, 100, 400])))
                known = occurred + timedelta(days=int(rng.choice([0, 0, 1, 30, 400])))
                decided = rng.random() < 0.7
                town.records[kind].append(
                    {
                        "record_id": f"{kind}{len(town.records[kind])}",
                        "event_id": event,
                        "entity_id": int(rng.integers(0, people)),
                        "occurred_on": occurred,
                        "known_on": known,
                        "code": None if rng.random() < 0.1 else str(rng.choice(CODES)),
                        "home": None if rng.random() < 0.3 else str(rng.choice(["a", "b", "c"])),
                        "verdict": str(rng.choice(["guilty", "free"])) if decided else None,
                        "verdict__known_on": known + timedelta(days=int(rng.integers(0, 300)))
                        if decided
                        else None,
                    }
                )
    return town


def table_of(rows: list[Row], spell: Callable[[int], object]) -> pa.Table:
    """Put records into a table as `records` would, ids spelt as wanted."""
    types = {
        "record_id": pa.string(), "occurred_on": pa.date32(), "known_on": pa.date32(),
        "code": pa.string(), "home": pa.string(), "verdict": pa.string(),
        "verdict__known_on": pa.date32(),
    }  # fmt: skip
    columns = {name: pa.array([row[name] for row in rows], kind) for name, kind in types.items()}
    kind = pa.string() if isinstance(spell(0), str) else pa.int64()
    for name in ("event_id", "entity_id"):
        columns[name] = pa.array([spell(row[name]) for row in rows], kind)
    return pa.table(columns)


def build(
    town: Town, builder: Callable[..., Block], spec: object, threads: int = 1,
    spell: Callable[[int], object] = lambda number: f"p{number:02}",
    people: Iterable[int] = range(PEOPLE), dates: tuple[date, ...] = DATES,
    graphs: Graphs | None = None,
) -> tuple[Block, np.ndarray]:  # fmt: skip
    """Build a block for everybody at every date: the block, and its values."""
    cohort = cohort_of([spell(person) for person in people], dates)
    with open_engine(None, threads) as engine:
        tables = {name: table_of(rows, spell) for name, rows in town.records.items()}
        events = {name: engine.table(table) for name, table in tables.items()}
        history = History(engine, events, SOURCES)
        past = Past.of(history, Rows.of(history, cohort, dates), {})
        more = () if builder.__name__ == "build_household" else (graphs or Graphs(threads),)
        block = builder("block", spec, past, *more)
        return block, block.values


def build_all(
    town: Town, specs: Mapping[str, BlockSpec], people: Iterable[int]
) -> dict[str, np.ndarray]:
    """Build blocks together, as a study does: block -> its values."""

    def spell(number: int) -> str:
        return f"p{number:02}"

    cohort = cohort_of([spell(person) for person in people], DATES)
    with open_engine(None, 1) as engine:
        tables = {name: table_of(rows, spell) for name, rows in town.records.items()}
        events = {name: engine.table(table) for name, table in tables.items()}
        history = History(engine, events, SOURCES)
        past = Past.of(history, Rows.of(history, cohort, DATES), specs)
        return {name: build_block(name, spec, past).values for name, spec in specs.items()}


def cohort_of(people: list[object], dates: tuple[date, ...]) -> pa.Table:
    """Everybody at every date, date by date."""
    who = [(person, day) for day in dates for person in people]
    return pa.table(
        {
            "row": pa.array(range(len(who)), pa.int64()),
            "entity_id": [person for person, _ in who],
            "as_of": pa.array([day for _, day in who], pa.date32()),
        }
    )


def past_of(town: Town, kind: str, day: date) -> list[Row]:
    """What was known before a day; undecided values are None."""
    rows = [dict(row) for row in town.records[kind] if row["known_on"] < day]
    for row in rows:
        decided = row["verdict__known_on"]
        if decided is None or decided >= day:
            row["verdict"] = None
    return rows


def in_group(row: Row, slug: str) -> bool:
    return {
        "all": True,
        "violent": row["code"] in ("battery", "gun"),
        "convicted": row["verdict"] == "guilty",
        "silent": row["code"] is None,
    }[slug]


def links_of(town: Town, edge: str, built_from: Period, day: date) -> set[tuple[int, int]]:
    """Who is linked to whom by one edge, both ways."""
    left, _, right = edge.partition("-")
    start = built_from.before(day)
    mine = [row for row in past_of(town, left, day) if row["occurred_on"] >= start]
    theirs = [row for row in past_of(town, right or left, day) if row["occurred_on"] >= start]
    found = set()
    for a in mine:
        for b in theirs:
            if a["event_id"] == b["event_id"] and a["entity_id"] != b["entity_id"]:
                found |= {(a["entity_id"], b["entity_id"]), (b["entity_id"], a["entity_id"])}
    return found


def around(links: set[tuple[int, int]], person: int) -> tuple[set[int], set[int]]:
    """The people at distance 1 and at distance 2."""
    one = {b for a, b in links if a == person}
    two = {b for a, b in links if a in one} - one - {person}
    return one, two


def counted(town: Town, near: set[int], parts: list[str], day: date) -> float:
    """The value of ``SOURCE.SERIES.UNIT.WINDOW`` for some people."""
    kind, slug, unit, end = parts
    window = {w.slug: w for w in WINDOWS}.get(end)
    start = window.before(day) if window else date(1, 1, 1)
    covers = SOURCES[kind].covers_from
    if covers and (start < covers if window else day <= covers):
        return float("nan")
    rows = [
        row
        for row in past_of(town, kind, day)
        if row["entity_id"] in near and in_group(row, slug) and row["occurred_on"] >= start
    ]
    return len({row["event_id" if unit == "incidents" else "entity_id"] for row in rows})


def last(town: Town, near: set[int], kind: str, slug: str, day: date) -> float:
    days = [
        row["occurred_on"]
        for row in past_of(town, kind, day)
        if row["entity_id"] in near and in_group(row, slug)
    ]
    return (day - max(days)).days if days else float("nan")


def household_of(town: Town, kind: str, day: date) -> dict[int, str]:
    """Each person's latest home."""
    latest: dict[int, tuple[date, date, str]] = {}
    for row in past_of(town, kind, day):
        if row["home"] is not None:
            found = (row["occurred_on"], row["known_on"], row["home"])
            latest[row["entity_id"]] = max(latest.get(row["entity_id"], found), found)
    return {person: found[2] for person, found in latest.items()}


def leading(links: set[tuple[int, int]]) -> np.ndarray:
    """Eigenvector centrality by the whole decomposition, in the largest part."""
    out = np.zeros(PEOPLE)
    parts: list[set[int]] = []
    for person in sorted({a for a, _ in links}):
        if any(person in part for part in parts):
            continue
        part, edge = {person}, {person}
        while edge:
            edge = {b for a, b in links if a in edge} - part
            part |= edge
        parts.append(part)
    if not parts:
        return out
    inside = sorted(max(parts, key=len))
    matrix = np.array([[float((a, b) in links) for b in inside] for a in inside])
    out[inside] = np.abs(np.linalg.eigh(matrix)[1][:, -1])
    return out


def same(found: float, wanted: float, within: float = 0) -> bool:
    return (np.isnan(found) and np.isnan(wanted)) or abs(found - wanted) <= within
