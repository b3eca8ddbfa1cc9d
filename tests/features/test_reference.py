"""Every cell of every block against plain loops over the same events."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np

from commonweal.core.dates import Period
from features.histories import (
    BLOCKS,
    DATES,
    PEOPLE,
    SOURCES,
    WINDOWS,
    World,
    build,
    draw_world,
    events_of,
)

EPOCH = date(1970, 1, 1)


@cache
def past_of(world: World, kind: str) -> list[dict[str, Any]]:
    """What was known strictly before the world's as-of date; undecided values are None."""
    as_of = EPOCH + timedelta(days=world.as_of)
    rows = [row for row in events_of([world], kind).to_pylist() if row["known_on"] < as_of]
    for row in rows:
        if "verdict" in row:
            day = row["verdict__known_on"]
            row["verdict"] = row["verdict"] if day is not None and day < as_of else None
    return rows


def in_group(row: dict[str, Any], slug: str) -> bool:
    if slug == "all":
        return True
    if "=" in slug:
        column, _, code = slug.partition("=")
        return bool(row[column] == code)
    return {
        "violent": row.get("code") in ("battery", "gun"),
        "convicted": row.get("verdict") == "guilty",
        "alone": row.get("gang") is None,
    }[slug]


def since(world: World, slug: str) -> date:
    as_of = EPOCH + timedelta(days=world.as_of)
    window = {w.slug: w for w in (*WINDOWS, Period.parse("2 years"))}.get(slug)
    return window.before(as_of) if window else date(1, 1, 1)


def expected(world: World, person: str, name: str, codes: dict[str, list[str]]) -> float:
    """The value of one feature, from its name, by hand."""
    parts = name.split(".")
    as_of = EPOCH + timedelta(days=world.as_of)
    if "age" in parts[0]:
        return age_value(world, person, parts, as_of)
    if parts[:2] == ["victim", "code"] and parts[2] in ("mode", "latest", "distinct"):
        past = [r for kind in SOURCES for r in past_of(world, kind) if r["entity_id"] == person]
        value = attribute_value(past, "code", parts[2])
        if parts[2] == "distinct":
            return value
        return float(codes["code"].index(value)) if value in codes["code"] else float("nan")
    if parts[0].startswith("network"):
        return neighbours_value(world, person, parts, as_of)
    if parts[0] == "household":
        return involved(world, household_of(world, person), parts[1:], as_of)
    past = [row for row in past_of(world, parts[0]) if row["entity_id"] == person]
    if parts[2] == "count":
        rows = [
            r for r in past if in_group(r, parts[1]) and r["occurred_on"] >= since(world, parts[3])
        ]
        return len({r["event_id"] for r in rows})
    if parts[2].startswith("days_since"):
        days = [(as_of - r["occurred_on"]).days for r in past if in_group(r, parts[1])]
        if not days:
            return float("nan")
        return max(days) if parts[2].endswith("first") else min(days)
    if parts[2] == "gap":
        return gap_value({r["occurred_on"] for r in past if in_group(r, parts[1])}, parts[3])
    value = attribute_value(past, parts[1], parts[2])
    if isinstance(value, str):
        kept = codes[parts[1]]
        return float(kept.index(value)) if value in kept else float("nan")
    return value


def gap_value(days: set[date], what: str) -> float:
    ordered = sorted(days)
    gaps = [(b - a).days for a, b in pairwise(ordered)]
    if not gaps:
        return float("nan")
    return float(
        {
            "mean": np.float32(sum(gaps) / len(gaps)),
            "shortest": min(gaps),
            "longest": max(gaps),
            "latest": gaps[-1],
        }[what]
    )


def age_value(world: World, person: str, parts: list[str], as_of: date) -> float:
    past = [r for kind in SOURCES for r in past_of(world, kind) if r["entity_id"] == person]
    if parts[0] == "age":
        born = attribute_value(past, "born", "mode")
        if not isinstance(born, date):
            return 1.0 if parts[1:] else float("nan")
        before = (as_of.month, as_of.day) < (born.month, born.day)
        return 0.0 if parts[1:] else float(as_of.year - born.year - before)
    for row in past:
        row["year"] = None if row["age"] is None else row["occurred_on"].year - row["age"]
    year = attribute_value(past, "year", "mode")
    if parts[1:]:
        return float(np.isnan(year))
    return float(as_of.year - year)


def attribute_value(past: list[dict[str, Any]], column: str, what: str) -> Any:
    rows = [row for row in past if row[column] is not None]
    if what == "missing":
        return float(not rows)
    if what == "ever":
        return float(bool(rows))
    if what == "distinct":
        return len({row[column] for row in rows})
    summary, _, code = what.partition("=")
    if not rows:
        return 0.0 if code else float("nan")
    if summary == "latest":
        value = max(rows, key=lambda r: (r["occurred_on"], r["known_on"], r[column]))[column]
    else:
        counts = Counter(row[column] for row in rows)
        last = {
            v: max((r["occurred_on"], r["known_on"]) for r in rows if r[column] == v)
            for v in counts
        }
        value = max(counts, key=lambda v: (counts[v], last[v], v))
    return float(value == code) if code else value


@cache
def links(world: World, as_of: date, edge: str | None = None) -> set[tuple[str, str]]:
    start = BLOCKS["network"].built_from.before(as_of)  # type: ignore[union-attr]
    arrests = [r for r in past_of(world, "arrest") if r["occurred_on"] >= start]
    victims = [r for r in past_of(world, "victim") if r["occurred_on"] >= start]
    pairs = [(a, b) for a in arrests for b in arrests] if edge != "arrest-victim" else []
    if edge != "arrest":
        pairs += [(a, b) for a in arrests for b in victims]
        pairs += [(b, a) for a in arrests for b in victims]
    return {
        (a["entity_id"], b["entity_id"])
        for a, b in pairs
        if a["event_id"] == b["event_id"] and a["entity_id"] != b["entity_id"]
    }


@cache
def at_distance(world: World, person: str, hop: int, as_of: date) -> set[str]:
    every = links(world, as_of)
    first = {b for a, b in every if a == person}
    second = {b for a, b in every if a in first} - first - {person}
    return first if hop == 1 else second


@cache
def household_of(world: World, person: str) -> set[str]:
    past = past_of(world, "victim")
    homes = {
        one: attribute_value([r for r in past if r["entity_id"] == one], "home", "latest")
        for one in {r["entity_id"] for r in past}
    }
    mine = homes.get(person)
    if not isinstance(mine, str):
        return set()
    return {one for one, home in homes.items() if home == mine} - {person}


def involved(world: World, near: set[str], parts: list[str], as_of: date) -> float:
    if parts == ["people"]:
        return len(near)
    rows = [
        row
        for row in past_of(world, parts[0])
        if row["entity_id"] in near and in_group(row, parts[1])
    ]
    if parts[2] == "days_since_last":
        return min(((as_of - r["occurred_on"]).days for r in rows), default=float("nan"))
    rows = [row for row in rows if row["occurred_on"] >= since(world, parts[3])]
    return len({row["event_id" if parts[2] == "incidents" else "entity_id"] for row in rows})


def neighbours_value(world: World, person: str, parts: list[str], as_of: date) -> float:
    if parts[0] != "network":
        near = at_distance(world, person, int(parts[0][-1]), as_of)
        if parts[1] == "max_degree":
            return max((len(at_distance(world, one, 1, as_of)) for one in near), default=0)
        return involved(world, near, parts[1:], as_of)
    if parts[1:] == ["absent"]:
        return not at_distance(world, person, 1, as_of)
    edge = parts[2] if parts[2:] else None
    return len({b for a, b in links(world, as_of, edge) if a == person})


def test_every_cell_equals_plain_loops_on_two_hundred_small_worlds() -> None:
    rng = np.random.default_rng(21)
    worlds = [draw_world(number, rng) for number in range(200)]
    blocks = build(worlds)
    assert set(BLOCKS) == set(blocks)
    assert len(DATES) == 3
    assert set(SOURCES) == {"arrest", "victim"}
    for block in blocks.values():
        codes = block.notes.get("codes", {})
        for column, feature in enumerate(block.features):
            if "eigenvector" in feature.name:  # of all worlds together; features/network has it
                continue
            for world in worlds:
                for person in range(PEOPLE):
                    found = block.values[world.number * PEOPLE + person, column]
                    wanted = expected(world, f"p{world.number}-{person}", feature.name, codes)
                    assert found == wanted or (np.isnan(found) and np.isnan(wanted)), (
                        feature.name,
                        world.number,
                        person,
                    )


def test_names_are_unique_and_meanings_say_something() -> None:
    rng = np.random.default_rng(22)
    blocks = build([draw_world(number, rng) for number in range(9)])
    features = [feature for block in blocks.values() for feature in block.features]
    names = [feature.name for feature in features]
    assert len(names) == len(set(names))
    assert all(feature.meaning.endswith(".") and feature.unit for feature in features)
