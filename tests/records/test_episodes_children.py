"""On the simulated children's services the true windows are found wherever the records allow it."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pytest

import commonweal.api as cw
from commonweal.core.tables import read_table
from commonweal.records.assemble import assemble_source
from commonweal.simulate.world import simulate

PEOPLE = 4_000
LEVELS = ["low", "moderate", "high", "very high"]
FOREVER = date.max
Rows = list[dict[str, Any]]


class World:
    """A simulated folder: the true windows of every child, and those made of its records."""

    def __init__(self, folder: Path) -> None:
        study = cw.load(folder / "study.toml")
        agency = study.agency
        found = assemble_source(
            "investigation", agency.sources["investigation"], study.data, agency.extracted_on
        )
        self.made: Rows = cw.consolidate(found.events, agency.episodes["window"]).to_pylist()
        records = read_table(folder / "truth" / "records.parquet")
        records = records.filter(pc.equal(records["table"].cast("string"), "investigations"))
        person = dict(
            zip(records["record_id"].to_pylist(), records["person"].to_pylist(), strict=True)
        )
        self.rows: Rows = read_table(folder / "data" / "investigations.parquet").to_pylist()
        for row in self.rows:
            row["person"] = person[str(row["record_id"])]
        self.children: Rows = read_table(folder / "truth" / "children.parquet").to_pylist()
        self.true = self._true()

    def _true(self) -> dict[int, list[Rows]]:
        """Person -> windows, each the rows in it, by walking through each child's rows."""
        mine: dict[int, Rows] = defaultdict(list)
        for row in sorted(self.rows, key=lambda r: (r["reported_on"], str(r["record_id"]))):
            mine[row["person"]].append(row)
        found = {}
        for person, rows in mine.items():
            windows: list[Rows] = []
            for row in rows:
                if windows and row["reported_on"] <= max(_end(r) for r in windows[-1]):
                    windows[-1].append(row)
                else:
                    windows.append([row])
            found[person] = windows
        return found

    def one_number(self) -> dict[str, int]:
        """Number -> person, of the children the agency has one number for."""
        numbers: dict[int, set[str]] = defaultdict(set)
        people: dict[str, set[int]] = defaultdict(set)
        for row in self.rows:
            numbers[row["person"]].add(str(row["child_number"]))
            people[str(row["child_number"])].add(row["person"])
        return {
            number: person
            for number, (person, *others) in people.items()
            if not others and len(numbers[person]) == 1
        }


def _end(row: dict[str, Any]) -> date:
    return row["closed_on"] or FOREVER


@pytest.fixture(scope="module", params=["none", "paper", "hard"])
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("children") / "w"
    return World(simulate("children-services", folder, PEOPLE, 1, request.param).folder)


def _pairs(world: World) -> list[tuple[dict[str, Any], Rows]]:
    """Every window made of a child with one number, beside the true one that begins that day."""
    whose = world.one_number()
    return [
        (made, window)
        for made in world.made
        if (person := whose.get(made["entity_id"])) is not None
        for window in world.true[person]
        if window[0]["reported_on"] == made["occurred_on"]
    ]


def test_the_true_windows_are_found_where_a_child_has_one_number(world: World) -> None:
    whose = world.one_number()
    made = Counter(
        (whose[w["entity_id"]], w["occurred_on"], w["ended_on"] or FOREVER, w["records"])
        for w in world.made
        if w["entity_id"] in whose
    )
    true = Counter(
        (person, w[0]["reported_on"], max(_end(r) for r in w), len(w))
        for person in whose.values()
        for w in world.true[person]
    )
    assert made == true
    assert sum(made.values()) > 0.85 * len(world.made)
    several = sum(n for (*_, records), n in made.items() if records > 1)
    assert several > 200


def test_the_commonest_value_is_the_childs_own_where_most_records_are_right(world: World) -> None:
    mended = 0
    for column in ("gender", "race"):
        for made, window in _pairs(world):
            true = world.children[window[0]["person"]][column]
            said = [r[column] for r in window if r[column] is not None]
            if 2 * said.count(true) > len(said):
                assert made[column] == true
                mended += len(set(said)) > 1
    wrong = {r["gender"] != world.children[r["person"]]["gender"] for r in world.rows}
    assert (mended > 0) == (True in wrong)


def test_severity_is_the_worst_of_the_records_and_unit_the_latest(world: World) -> None:
    found = _pairs(world)
    for made, window in found:
        levels = [r["rap_level"] for r in window if r["rap_level"] is not None]
        assert made["rap_level"] == max(levels, key=LEVELS.index, default=None)
        findings = {r["finding"] for r in window} - {None}
        worst = "indicated" if "indicated" in findings else "unfounded" if findings else None
        assert made["finding"] == worst
        assert made["unit"] in {
            r["unit"] for r in window if r["reported_on"] == window[-1]["reported_on"]
        }
        if made["ended_on"] is not None:
            assert made["days"] == (made["ended_on"] - made["occurred_on"]).days + 1
    assert any(len({r["finding"] for r in w}) > 1 for _, w in found)
