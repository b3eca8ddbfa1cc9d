"""Units on real records: a reader who knows which units lie in which groups, and subtracts."""

from __future__ import annotations

from itertools import combinations
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from commonweal.oversight.disclosure import SMALL, Disclosure
from commonweal.study.examine.units import OTHER, together


def drawn(seed: int) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """Draw people of units of unequal sizes, some of them nested in districts."""
    random = np.random.default_rng(seed)
    n = int(random.integers(60, 1200))
    shares = random.dirichlet(np.full(int(random.integers(3, 9)), random.choice([0.5, 2.0])))
    unit = random.choice(len(shares), n, p=shares)
    district = unit % int(random.integers(2, 4))
    stray = random.random(n) < random.choice([0.0, 0.01, 0.2])
    district = np.where(stray, random.integers(0, 3, n), district)
    sex = random.integers(0, 2, n)
    labels = (random.random(n) < random.choice([0.05, 0.3])).astype(np.int8)
    named = {"district": np.array([f"d{x}" for x in district]), "sex": sex.astype(str)}
    return labels, np.array([f"u{x}" for x in unit]), named


def shown_of(
    labels: np.ndarray, units: np.ndarray, groups: dict[str, np.ndarray], rule: Disclosure
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return units and groups as an examination shows them."""
    pooled: dict[str, np.ndarray] = {}
    for name, column in groups.items():
        found = rule.pooled(column.tolist(), labels, list(pooled.values()))
        if set(found) != {"all"}:
            pooled[name] = found
    study = SimpleNamespace(disclosure=rule)
    seen = SimpleNamespace(
        shop=SimpleNamespace(study=study), test=SimpleNamespace(labels=labels), pooled=pooled
    )
    return together(cast(Any, seen), units, 5), pooled


def unions(column: np.ndarray) -> list[np.ndarray]:
    names = sorted(set(column.tolist()))
    return [np.isin(column, some) for count in range(1, len(names) + 1)
            for some in combinations(names, count)]  # fmt: skip


@given(st.integers(0, 100_000))
@settings(max_examples=150, deadline=None)
def test_no_unit_and_no_difference_to_a_group_is_small(seed: int) -> None:
    labels, units, groups = drawn(seed)
    shown, pooled = shown_of(labels, units, groups, Disclosure())
    if len(set(shown.tolist())) < 2:
        return
    mine = unions(shown)
    for theirs in [[np.zeros(len(labels), bool)], *(unions(column) for column in pooled.values())]:
        for one in mine:
            for other in theirs:
                for inner, outer in ((one, other), (other, one)):
                    if (inner & ~outer).any():
                        continue
                    for outcome in (0, 1):
                        count = int((outer & ~inner & (labels == outcome)).sum())
                        assert count == 0 or count > SMALL, (seed, count)


def test_simulated_units_are_shown_from_the_size_asked_for_on() -> None:
    labels, units, groups = drawn(3)
    shown, _ = shown_of(labels, units, groups, Disclosure(exempt=True))
    small = {name for name in units.tolist() if (units == name).sum() < 5}
    assert set(shown.tolist()) == set(units.tolist()) - small | ({OTHER} if small else set())


def test_some_units_are_shown_of_real_people() -> None:
    counts = [len(set(shown_of(*drawn(seed), Disclosure())[0].tolist())) for seed in range(40)]
    assert sum(count > 2 for count in counts) > 10
