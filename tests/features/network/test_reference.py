"""Every cell of every network block against plain loops over the same records."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from commonweal.core.dates import Period
from commonweal.features.columns import Block
from commonweal.features.network import (
    build_centrality,
    build_household,
    build_network,
    build_network_recency,
)
from commonweal.features.spec import (
    CentralitySpec,
    HouseholdSpec,
    NetworkRecencySpec,
    NetworkSpec,
)
from features.network.worlds import (
    COUNT,
    DATES,
    PEOPLE,
    WINDOWS,
    Town,
    around,
    build,
    counted,
    draw_town,
    household_of,
    last,
    leading,
    links_of,
    same,
)

EDGES = ("arrest", "arrest-harm")
FROM = Period.parse("2 years")
NETWORK = NetworkSpec(
    kind="network", edges=EDGES, built_from=FROM, count=COUNT, windows=WINDOWS, ever=True, hops=2
)
RECENCY = NetworkRecencySpec(
    kind="network_recency", edges=EDGES, built_from=FROM, count=COUNT, hops=2
)
CENTRALITY = CentralitySpec(
    kind="centrality",
    edges=EDGES,
    built_from=FROM,
    measures=("degree", "degree_by_edge", "second", "eigenvector", "neighbours", "absent"),
)
HOUSEHOLD = HouseholdSpec(
    kind="household", event="arrest", column="home", count=COUNT, windows=WINDOWS, ever=True
)
BLOCKS: list[tuple[Callable[..., Block], Any]] = [
    (build_network, NETWORK),
    (build_network_recency, RECENCY),
    (build_centrality, CENTRALITY),
    (build_household, HOUSEHOLD),
]


def expected(town: Town, person: int, day: Any, name: str, links: dict[str, set[Any]]) -> float:
    """The value of one feature, from its name, by hand."""
    stem, *parts = name.split(".")
    every = set().union(*links.values())
    if stem == "household":
        homes = household_of(town, "arrest", day)
        near = {p for p, home in homes.items() if p != person and home == homes.get(person)}
        return len(near) if parts == ["people"] else counted(town, near, parts, day)
    one, two = around(every, person)
    near = two if stem == "network2" else one
    if len(parts) == 4:
        return counted(town, near, parts, day)
    if parts[-1] == "days_since_last":
        return last(town, near, parts[0], parts[1], day)
    if parts[0] == "degree" and parts[1:]:
        return len({b for a, b in links[parts[1]] if a == person})
    scores = leading(every)
    return {
        "degree": lambda: len(one),
        "people": lambda: len(two),
        "eigenvector": lambda: scores[person],
        "max_degree": lambda: max((len(around(every, p)[0]) for p in near), default=0),
        "max_eigenvector": lambda: max((scores[p] for p in near), default=0),
        "absent": lambda: float(not one),
    }[parts[0]]()


def check(town: Town, builder: Callable[..., Block], spec: Any) -> None:
    block, values = build(town, builder, spec)
    by_date = {day: {e: links_of(town, e, FROM, day) for e in EDGES} for day in DATES}
    for place, feature in enumerate(block.features):
        for d, day in enumerate(DATES):
            for person in range(PEOPLE):
                found = float(values[d * PEOPLE + person, place])
                wanted = expected(town, person, day, feature.name, by_date[day])
                within = 1e-6 if "eigenvector" in feature.name else 0
                assert same(found, wanted, within), (feature.name, day, person, found, wanted)


@pytest.mark.parametrize(("builder", "spec"), BLOCKS)
def test_every_cell_equals_plain_loops_on_small_towns(
    builder: Callable[..., Block], spec: Any
) -> None:
    rng = np.random.default_rng(31)
    for _ in range(8):
        check(draw_town(rng), builder, spec)


def test_recent_windows_alone_units_alone_groups_alone_and_one_hop() -> None:
    rng = np.random.default_rng(32)
    settings: list[dict[str, Any]] = [
        {"ever": False},
        {"units": ("people",), "hops": 1},
        {"units": ("incidents",), "total": False},
        {"ever": False, "windows": WINDOWS[:1], "edges": ("arrest",)},
    ]
    for changed in settings:
        plain: dict[str, Any] = {
            "kind": "network", "edges": EDGES, "built_from": FROM, "count": COUNT,
            "windows": WINDOWS, "hops": 2,
        }  # fmt: skip
        town = draw_town(rng)
        spec = NetworkSpec(**(plain | changed))
        block, values = build(town, build_network, spec)
        for place, feature in enumerate(block.features):
            for d, day in enumerate(DATES):
                links = {e: links_of(town, e, FROM, day) for e in spec.edges}
                for person in range(PEOPLE):
                    wanted = expected(town, person, day, feature.name, links)
                    assert same(float(values[d * PEOPLE + person, place]), wanted), feature.name


def test_names_are_unique_and_told() -> None:
    town = draw_town(np.random.default_rng(33))
    for builder, spec in BLOCKS:
        block, _ = build(town, builder, spec)
        names = [feature.name for feature in block.features]
        assert len(names) == len(set(names))
        assert all(f.meaning.endswith(".") and f.unit for f in block.features)
        assert block.layout.columns == len(names)
    assert [feature.name for feature in build(town, build_centrality, CENTRALITY)[0].features] == [
        "network.degree",
        "network.degree.arrest",
        "network.degree.arrest-harm",
        "network2.people",
        "network.eigenvector",
        "network1.max_degree",
        "network2.max_degree",
        "network1.max_eigenvector",
        "network2.max_eigenvector",
        "network.absent",
    ]
