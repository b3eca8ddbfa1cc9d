"""Leaves are pooled until nothing of 1 to 10 people is counted, and no further than needed."""

from __future__ import annotations

import numpy as np
import pytest

from commonweal.oversight.disclosure import Disclosure
from commonweal.oversight.leaves import pooled_rows, pooled_stretches

RULE = Disclosure()


def small(count: int) -> bool:
    return 1 <= count <= 10


def table(seed: int) -> tuple[list[float], np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    count, rows = int(rng.integers(1, 14)), int(rng.choice([40, 300, 3000]))
    chances = np.round(rng.random(count), 1)
    leaf = rng.choice(count, rows, p=rng.dirichlet(np.ones(count)))
    person = rng.integers(0, max(1, rows // int(rng.integers(1, 5))), rows)
    labels = (rng.random(rows) < chances[leaf] * rng.choice([0.05, 1.0])).astype(np.int8)
    return chances.tolist(), leaf, person, labels


@pytest.mark.parametrize("seed", range(60))
def test_people_are_counted_not_rows(seed: int) -> None:
    chances, leaf, person, labels = table(seed)
    parts = pooled_rows(RULE, chances, leaf, person, labels)
    everybody = [len(set(person[labels == outcome])) for outcome in (0, 1)]
    if not parts:
        assert any(map(small, everybody))
        return
    assert sorted(one for part in parts for one in part) == list(range(len(chances)))
    for part in parts:
        for outcome in (0, 1):
            mine = np.isin(leaf, part) & (labels == outcome)
            assert not small(len(set(person[mine].tolist())))
    order = [chances[one] for part in parts for one in part]
    assert order == sorted(order, reverse=True)


def test_rows_of_few_people_are_not_many_people() -> None:
    leaf = np.repeat([0, 1, 2], 40)
    labels = np.tile([0, 1], 60).astype(np.int8)
    many = np.arange(120)
    assert pooled_rows(RULE, [0.9, 0.5, 0.1], leaf, many, labels) == ((0,), (1,), (2,))
    few = np.where(leaf == 0, many % 8, many)
    assert pooled_rows(RULE, [0.9, 0.5, 0.1], leaf, few, labels) == ((0, 1), (2,))
    assert pooled_rows(Disclosure(exempt=True), [0.9, 0.5, 0.1], leaf, few, labels) == (
        (0,), (1,), (2,),
    )  # fmt: skip


def test_a_leaf_without_an_outcome_stands_alone_and_a_tiny_sample_not_at_all() -> None:
    leaf, labels = np.repeat([0, 1], 30), np.repeat([1, 0], 30).astype(np.int8)
    assert pooled_rows(RULE, [1.0, 0.0], leaf, np.arange(60), labels) == ((0,), (1,))
    assert pooled_rows(RULE, [1.0, 0.0], leaf[25:], np.arange(35), labels[25:]) == ()


def test_the_smaller_neighbour_is_joined() -> None:
    leaf = np.repeat([0, 1, 2, 3], [100, 8, 40, 60])
    labels = (np.arange(len(leaf)) % 2).astype(np.int8)
    parts = pooled_rows(RULE, [0.8, 0.6, 0.4, 0.2], leaf, np.arange(len(leaf)), labels)
    assert parts == ((0,), (1, 2), (3,))


def test_stretches_are_joined_where_a_group_lies_inside_one_and_nearly_fills_it() -> None:
    place = np.repeat([0, 1, 2], [40, 60, 80])
    labels = (np.arange(180) % 2).astype(np.int8)
    held = [(0,), (1,), (2,)]
    assert pooled_stretches(RULE, held, place, labels, []) == ((0,), (1,), (2,))
    inside = np.where((place == 0) & (np.arange(180) >= 8), "young", "old")
    assert pooled_stretches(RULE, held, place, labels, [inside]) == ((0, 1), (2,))
    away = np.where(place == 0, "young", "old")
    assert pooled_stretches(RULE, held, place, labels, [away]) == ((0,), (1,), (2,))


@pytest.mark.parametrize("seed", range(40))
def test_no_stretch_gives_a_group_away(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.choice([60, 400, 2000]))
    place = np.sort(rng.integers(0, 6, n))
    labels = rng.integers(2, size=n).astype(np.int8)
    near = place.copy()
    near[rng.choice(n, int(rng.integers(1, 30)), replace=False)] = rng.integers(6)
    others = [near.astype(np.str_), (place // 2 + 10).astype(np.str_)]
    alone = [o for o in others if RULE.safe_groups(o, labels)]
    parts = pooled_stretches(RULE, [(i,) for i in range(6)], place, labels, alone)
    for part in parts:
        mine = np.isin(place, part)
        for other in alone:
            for group in set(other.tolist()):
                theirs = other == group
                for inner, outer in ((mine, theirs), (theirs, mine)):
                    if (inner <= outer).all():
                        rest = outer & ~inner
                        assert not any(small(int((labels[rest] == y).sum())) for y in (0, 1))


@pytest.mark.parametrize("seed", range(40))
def test_a_second_tree_gives_nothing_of_the_first_away(seed: int) -> None:
    chances, leaf, person, labels = table(seed)
    first = pooled_rows(RULE, chances, leaf, person, labels)
    if not first:
        return
    part = np.array([next(i for i, p in enumerate(first) if one in p) for one in leaf])
    rng = np.random.default_rng(seed)
    moved = leaf.copy()
    moved[rng.choice(len(leaf), int(rng.integers(1, 12)), replace=False)] = 0
    second = pooled_rows(RULE, chances, moved, person, labels, [part])
    for mine in second:
        here = np.isin(moved, mine)
        for at in range(len(first)):
            there = part == at
            for inner, outer in ((here, there), (there, here)):
                if (inner <= outer).all():
                    for outcome in (0, 1):
                        rest = outer & ~inner & (labels == outcome)
                        assert not 0 < rest.sum() <= 10


def test_a_leaf_that_is_the_other_trees_but_for_five_is_pooled() -> None:
    leaf = np.repeat([0, 1, 2], 100)
    labels = (np.arange(300) % 2).astype(np.int8)
    other = np.where(np.arange(300) < 95, 0, 1)
    people = np.arange(300)
    assert len(pooled_rows(RULE, [0.9, 0.5, 0.1], leaf, people, labels)) == 3
    found = pooled_rows(RULE, [0.9, 0.5, 0.1], leaf, people, labels, [other])
    assert (0,) not in found
