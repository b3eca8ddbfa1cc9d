"""What network blocks promise beside their values: one result, bounded memory, clear errors."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from commonweal.core.dates import Period
from commonweal.core.errors import DataError
from commonweal.features.network import (
    Graphs,
    build_centrality,
    build_household,
    build_network,
    build_network_recency,
)
from commonweal.features.network import events as reading
from commonweal.features.network import graph as linking
from commonweal.features.network import walk as walking
from commonweal.features.spec import NetworkSpec
from features.network.test_reference import (
    BLOCKS,
    CENTRALITY,
    HOUSEHOLD,
    NETWORK,
    RECENCY,
)
from features.network.worlds import Row, Town, build, build_all, draw_town

NAN = float("nan")
DAY = date(2016, 3, 1)


def record(event: int, person: int, back: int, code: str = "theft", **more: Any) -> Row:
    day = DAY - timedelta(days=back)
    plain = {"event_id": event, "entity_id": person, "occurred_on": day, "known_on": day}
    plain |= {"record_id": f"{event}-{person}-{back}", "code": code, "home": None}
    return plain | {"verdict": None, "verdict__known_on": None} | more


def value(built: tuple[Any, np.ndarray], name: str) -> list[float]:
    block, values = built
    return values[:, [f.name for f in block.features].index(name)].tolist()


def test_threads_ids_passes_and_pieces_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    town = draw_town(np.random.default_rng(41))
    rng = np.random.default_rng(0)
    shuffled = Town({name: [rows[i] for i in rng.permutation(len(rows))]
                     for name, rows in town.records.items()})  # fmt: skip
    wanted = [build(town, builder, spec)[1] for builder, spec in BLOCKS]
    assert all(np.nansum(values) > 0 for values in wanted)
    monkeypatch.setattr(walking, "PIECE", 5)
    numbers = [build(shuffled, b, s, threads=2, spell=lambda n: n)[1] for b, s in BLOCKS]
    monkeypatch.setattr(reading, "MOST", 3)
    passes = [build(town, builder, spec, threads=2)[1] for builder, spec in BLOCKS]
    for one, other, third in zip(wanted, numbers, passes, strict=True):
        np.testing.assert_array_equal(one, other)
        np.testing.assert_array_equal(one, third)


def test_blocks_built_together_are_those_built_alone() -> None:
    """What all look at is read at once, as far around as the farthest: few rows, many around."""
    town = draw_town(np.random.default_rng(42))
    specs = {"near": replace(NETWORK, hops=1), "far": NETWORK, "timing": RECENCY}
    builders = {"near": build_network, "far": build_network, "timing": build_network_recency}
    alone = {name: build(town, builders[name], specs[name], people=range(1)) for name in specs}
    together = build_all(town, specs, people=range(1))
    assert all(np.nansum(values) > 0 for _, values in alone.values())
    for name, (_, values) in alone.items():
        np.testing.assert_array_equal(together[name], values)


def test_blocks_share_what_they_read() -> None:
    town = draw_town(np.random.default_rng(42))
    for budget in (0, 1 << 20):
        graphs = Graphs(1, budget)
        for builder, spec in BLOCKS[:3]:
            again = build(town, builder, spec, graphs=graphs)[1]
            np.testing.assert_array_equal(again, build(town, builder, spec)[1])


def test_a_line_of_four_by_hand() -> None:
    arrests = [record(1, 0, 10), record(1, 1, 12), record(2, 1, 50), record(2, 2, 50)]
    arrests += [record(3, 2, 2000, "gun"), record(5, 3, 20), record(4, 2, 400)]
    town = Town({"arrest": arrests, "harm": [record(4, 3, 400), record(6, 9, 1)]})
    who = {"people": (0, 1, 2, 3, 9), "dates": (DAY,)}
    place = build(town, build_centrality, CENTRALITY, **who)
    assert value(place, "network.degree") == [1, 2, 2, 1, 0]
    assert value(place, "network.degree.arrest") == [1, 2, 1, 0, 0]
    assert value(place, "network.degree.arrest-harm") == [0, 0, 1, 1, 0]
    assert value(place, "network2.people") == [1, 1, 1, 1, 0]
    assert value(place, "network2.max_degree") == [2, 1, 1, 2, 0]
    assert value(place, "network.absent") == [0, 0, 0, 0, 1]
    golden = (1 + 5**0.5) / 2
    line = np.array([1, golden, golden, 1]) / np.sqrt(2 + 2 * golden**2)
    np.testing.assert_allclose(value(place, "network.eigenvector"), [*line, 0], rtol=1e-6)
    around = build(town, build_network, NETWORK, **who)
    assert value(around, "network1.arrest.all.incidents.90d") == [2, 2, 3, 1, 0]
    assert value(around, "network1.arrest.all.people.90d") == [1, 2, 2, 1, 0]
    assert value(around, "network1.arrest.violent.incidents.ever") == [0, 1, 0, 1, 0]
    assert value(around, "network2.arrest.all.incidents.ever") == [3, 1, 1, 2, 0]
    assert np.isnan(value(around, "network1.harm.all.people.3y")).all()  # begins too early
    days = build(town, build_network_recency, RECENCY, **who)
    np.testing.assert_array_equal(
        value(days, "network1.arrest.violent.days_since_last"), [NAN, 2000, NAN, 2000, NAN]
    )
    np.testing.assert_array_equal(
        value(days, "network2.arrest.all.days_since_last"), [50, 20, 10, 12, NAN]
    )


def test_households_by_hand() -> None:
    arrests = [record(1, 0, 10, home="a"), record(1, 1, 400, home="a"), record(2, 2, 10, home="a")]
    arrests += [record(3, 2, 10, home="b"), record(4, 3, 5, home="b"), record(5, 4, 5)]
    town = Town({"arrest": arrests, "harm": []})
    homes = build(town, build_household, HOUSEHOLD, people=(0, 1, 2, 3, 4), dates=(DAY,))
    assert value(homes, "household.people") == [1, 1, 1, 1, 0]
    assert value(homes, "household.arrest.all.incidents.90d") == [0, 1, 1, 2, 0]
    assert value(homes, "household.arrest.all.incidents.3y") == [1, 1, 1, 2, 0]
    assert value(homes, "household.arrest.all.people.90d") == [0, 1, 1, 1, 0]


def test_large_incidents_are_refused_or_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    arrests = [record(7, person, 10) for person in range(60)]
    town = Town({"arrest": [*arrests, record(8, 0, 5), record(8, 1, 5)], "harm": []})
    who: dict[str, Any] = {"people": (0, 1, 2), "dates": (DAY,)}
    assert value(build(town, build_centrality, CENTRALITY, **who), "network.degree") == [59] * 3
    small = replace(CENTRALITY, largest_incident=59)
    monkeypatch.setattr(linking, "MOST_LINKS", 1000)
    found = build(town, build_centrality, small, **who)
    assert value(found, "network.degree") == [1, 1, 0]
    assert found[0].notes == {"oversized": 0, "oversized_above": 1000, "too_large": 1}
    with pytest.raises(DataError, match=r"incident 'p07' names 60 people -> .*largest_incident"):
        build(town, build_centrality, CENTRALITY, **who)


def test_nobody_is_linked() -> None:
    town = Town({"arrest": [record(1, 0, 10)], "harm": []})
    for builder, spec in BLOCKS:
        values = build(town, builder, spec, people=(0, 1))[1]
        assert (np.nan_to_num(values) <= 1).all()


HUB = 10_000


def hub() -> Town:
    """One id arrested with each of ten thousand others."""
    pairs = [record(k, person, 10) for k in range(1, HUB + 1) for person in (0, k)]
    return Town({"arrest": pairs, "harm": []})


def measure() -> None:
    """In a process of its own: the greatest memory in use grows by little."""
    import resource

    spec = NetworkSpec(
        kind="network", edges=("arrest",), built_from=Period.parse("2 years"),
        count={"arrest": ()}, windows=(Period.parse("1 year"),), hops=2,
    )  # fmt: skip
    town, small = hub(), draw_town(np.random.default_rng(1))
    who: dict[str, Any] = {"people": range(HUB + 1), "dates": (DAY,)}
    build(small, build_network, spec)
    build(town, build_network, spec, people=range(2), dates=(DAY,))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = build(town, build_network, spec, **who)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert found[0].notes["oversized"] == 1
    for name, at_hub, elsewhere in (
        ("network1.arrest.all.incidents.1y", HUB, HUB),
        ("network1.arrest.all.people.1y", HUB, 1),
        ("network2.arrest.all.incidents.1y", 0, HUB - 1),
        ("network2.arrest.all.people.1y", 0, HUB - 1),
    ):
        assert value(found, name) == [at_hub] + [elsewhere] * HUB, name
    assert grown < 60, f"{grown:.0f} MB more"  # the square of the links would take 400


@pytest.mark.slow
def test_an_id_linked_to_ten_thousand_takes_no_more_memory() -> None:
    code = "from features.network.test_blocks import measure; measure()"
    subprocess.run(
        [sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2], timeout=300
    )
