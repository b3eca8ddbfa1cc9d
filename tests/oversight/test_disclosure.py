"""The acceptance test: 1,000 random tables attacked, nothing of 1 to 10 people recovered."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from commonweal.evaluation.ranking import Ranking
from commonweal.oversight.disclosure import SMALL, Disclosure
from oversight.attacker import DAY, HEADLINE, Reader, Record, publish, small, world

RULE = Disclosure()


def attacked(rule: Disclosure, seed: int) -> list[str]:
    """Everything recovered from one table; the dearer attacks on every eighth."""
    table = world(seed)
    reader = Reader(publish(rule, table), table)
    found = reader.attack()
    if seed % 8 == 0:
        found += reader.insider()
        if table.n < 800:
            found += ["solved"] * reader.solve()
    return found


@pytest.mark.parametrize(
    "start", [0, *(pytest.param(s, marks=pytest.mark.slow) for s in range(100, 1000, 100))]
)
def test_nothing_small_is_recovered(start: int) -> None:
    found = {seed: attacked(RULE, seed) for seed in range(start, start + 100)}
    assert {seed: what for seed, what in found.items() if what} == {}


def test_the_same_reader_recovers_much_from_exempt_tables() -> None:
    exempt = Disclosure(exempt=True)
    tables = [one for one in map(world, range(60)) if one.n < 120]
    readers = [Reader(publish(exempt, one), one) for one in tables]
    assert len(readers) >= 10
    assert all(reader.attack() for reader in readers)
    tiny = [reader for reader in readers if reader.truth.n < 60]
    assert sum(bool(reader.insider()) for reader in tiny) > len(tiny) / 2
    assert sum(reader.solve() > 0 for reader in tiny) > len(tiny) / 2


def test_tables_still_say_something() -> None:
    published = [len(publish(RULE, world(seed))) for seed in range(20)]
    assert sum(count > 20 for count in published) > 10


# What is left to read.


def large() -> tuple[Ranking, dict[str, np.ndarray[tuple[int], np.dtype[np.str_]]]]:
    """8,000 people, 1,000 with the outcome, three attributes, a score of AUC about .8."""
    rng = np.random.default_rng(5)
    n = 8000
    labels = np.zeros(n, dtype=np.int8)
    labels[:1000] = 1
    scores = rng.normal(size=n) + 1.2 * labels
    ranking = Ranking.of(scores, labels, np.arange(n, dtype=np.uint64))
    groups = {
        "sex": rng.choice(["f", "m"], n, p=[0.3, 0.7]),
        "race": rng.choice(list("abcde"), n, p=[0.45, 0.25, 0.2, 0.06, 0.04]),
        "age": rng.choice(list("uvwx"), n, p=[0.3, 0.3, 0.2, 0.2]),
    }
    return ranking, groups


def test_enough_cut_offs_remain() -> None:
    ranking, groups = large()
    whole = RULE.cutoffs(ranking, None, (150, 50, 100, 250, 500, 1000))
    assert 150 in whole
    assert len(whole) >= 60
    shown = {}
    for name, one in groups.items():
        others = [g for other, g in groups.items() if other != name]
        shown[name] = RULE.cutoffs(ranking, one, (150, 500), whole, others)
        assert set(shown[name]) <= set(whole)
    assert len(shown["sex"]) >= 20
    assert len(shown["race"]) >= 2
    assert len(shown["age"]) >= 8


def test_cut_offs_are_safe_by_a_count_of_every_cell() -> None:
    ranking, groups = large()
    whole = RULE.cutoffs(ranking, None, (150,))
    ks = RULE.cutoffs(ranking, groups["age"], (150,), whole)
    for low, high in pairwise([0, *ks, ranking.n]):
        for group in "uvwx":
            inside = (groups["age"] == group)[low:high]
            for outcome in (0, 1):
                assert not small([int((inside & (ranking.labels[low:high] == outcome)).sum())])


def test_exempt_shows_every_cut_off_asked_for() -> None:
    ranking, groups = large()
    wanted = (1, 2, 3, 50, 7999)
    exempt = Disclosure(exempt=True)
    whole = exempt.cutoffs(ranking, None, wanted)
    assert set(wanted) <= set(whole)
    assert exempt.cutoffs(ranking, groups["race"], wanted, whole, [groups["sex"]]) == whole


def test_what_was_passed_over_does_not_depend_on_outcomes() -> None:
    rng = np.random.default_rng(0)
    scores, ties = rng.normal(size=1000), np.zeros(1000, dtype=np.uint64)
    for _ in range(20):
        labels = (rng.random(1000) < rng.uniform(0.1, 0.9)).astype(np.int8)
        found = RULE.cutoffs(Ranking.of(scores, labels, ties), None, ())
        assert found
        assert all(k % (SMALL + 1) == 0 for k in found)


def test_no_cut_off_where_the_whole_is_small() -> None:
    labels = np.array([1] * 5 + [0] * 495, dtype=np.int8)
    ranking = Ranking.of(np.arange(500.0), labels, np.zeros(500, np.uint64))
    assert RULE.cutoffs(ranking, None, (100,)) == ()


def test_a_cut_off_in_a_block_of_equals_is_shown_only_if_its_ends_may_be() -> None:
    labels = np.array([1, 0] * 200, dtype=np.int8)
    same = Ranking.of(np.zeros(400), labels, np.zeros(400, np.uint64))
    assert RULE.cutoffs(same, None, (100,)) == (100,)
    assert RULE.cutoffs(same, None, (15,)) == ()  # 7.5 expected
    scores = np.repeat([2.0, 1.0], [8, 392])
    ends = Ranking.of(scores, labels, np.zeros(400, np.uint64))
    assert RULE.cutoffs(ends, None, (100,)) == ()  # the block of 8 would follow


# Several attributes, several rankings.


def test_nested_groups_share_their_cut_offs_and_remainders_are_safe() -> None:
    rng = np.random.default_rng(1)
    ranking, _ = large()
    detailed = rng.choice(list("abcd"), ranking.n, p=[0.4, 0.3, 0.2, 0.1])
    coarse = np.where(np.isin(detailed, ["a"]), "a", "other")
    whole = RULE.cutoffs(ranking, None, ())
    alone = RULE.cutoffs(ranking, coarse, (), whole)
    together = RULE.cutoffs(ranking, coarse, (), whole, [detailed])
    assert together == RULE.cutoffs(ranking, detailed, (), whole, [coarse])
    assert together != alone


def test_pooling_is_not_undone_by_another_attribute() -> None:
    rng = np.random.default_rng(2)
    n = 2000
    labels = (rng.random(n) < 0.5).astype(np.int8)
    tiny = np.arange(n) < 12
    district = np.where(np.arange(n) < 800, "north", "south")
    area = np.where(tiny, "tiny", np.where(np.arange(n) < 800, "n1", "s1"))
    area[1500:] = "s2"
    shown = RULE.pooled(district.tolist(), labels)
    assert set(shown) == {"north", "south"}
    assert set(RULE.pooled(area.tolist(), labels)) == {"n1", "s1", "s2 or tiny"}
    # The north less n1 would be the tiny area.
    pooled = RULE.pooled(area.tolist(), labels, [shown])
    assert all("n1" in name.split(" or ") or "tiny" not in name for name in set(pooled))


def test_groups_too_small_are_all() -> None:
    labels = np.array([1] * 4 + [0] * 96, dtype=np.int8)
    assert set(RULE.pooled(["a"] * 50 + ["b"] * 50, labels)) == {"all"}
    assert set(RULE.pooled(["a"] * 100, labels)) == {"all"}


def test_two_rankings_of_one_order_do_not_differ_by_few() -> None:
    ranking, _ = large()
    ties = np.zeros(ranking.n, np.uint64)
    rounded = Ranking.of(np.round(ranking.scores, 1), ranking.labels, ties)
    fine = Ranking.of(ranking.scores, ranking.labels, ties)
    first = RULE.cutoffs(fine, None, ())
    alone = RULE.cutoffs(rounded, None, ())
    beside = RULE.cutoffs(rounded, None, (), rankings=[(fine, first)])
    gaps = lambda ks: [abs(a - b) for a in first for b in ks]  # noqa: E731
    assert small(gaps(alone))
    assert not small(gaps(beside))
    assert beside


def test_the_area_is_hidden_where_few_blocks_are_unknown() -> None:
    rng = np.random.default_rng(0)
    labels = (rng.random(500) < 0.2).astype(np.int8)
    flag = Ranking.of((rng.random(500) < 0.04).astype(float), labels, np.zeros(500, np.uint64))
    assert RULE.cutoffs(flag, None, ()) == ()
    assert not RULE.areas(flag, ())
    assert Disclosure(exempt=True).areas(flag, ())
    assert RULE.areas(large()[0], (150,))
    many = Ranking.of(
        np.repeat([3.0, 2.0, 1.0], 1000),
        np.tile([1, 0, 0], 1000).astype(np.int8),
        np.zeros(3000, np.uint64),
    )
    assert RULE.areas(many, ()) == 3
    assert RULE.areas(Ranking.of(np.zeros(500), labels, np.zeros(500, np.uint64)), ())


# The reader itself.


def test_the_reader_sees_through_a_table_made_by_hand() -> None:
    table = world(0)
    records: list[Record] = publish(RULE, table)
    assert records
    assert Reader(records, table).attack() == []
    base = next(r for r in records if r["metric"] == "base_rate" and r["model"] == HEADLINE)
    assert base["as_of"] == DAY.isoformat()
    base["n"] = 7
    with pytest.raises(AssertionError):
        Reader(records, table)


def test_counts() -> None:
    assert RULE.count(0) == 0
    assert RULE.count(10) is None
    assert RULE.count(11) == 11
    assert RULE.count(100, 11, 3) is None
    assert Disclosure(exempt=True).count(3) == 3


def test_the_mean_of_areas_counts_the_pairs_of_all_rankings() -> None:
    def of(n: int, blocks: int) -> Ranking:
        random = np.random.default_rng(n)
        labels = (random.random(n) < 0.4).astype(np.int8)
        scores = random.integers(0, blocks, n).astype(np.float64)
        return Ranking.of(scores, labels, np.arange(n).astype(np.uint64))

    few = [of(1000 + i, 6) for i in range(5)]  # 240,000 pairs each
    assert [RULE.areas(one, ()) for one in few] == [0] * 5
    assert RULE.mean_areas(few[:4]) == 0
    assert RULE.mean_areas(few) == 3
    assert RULE.mean_areas([of(3000, 6)]) == RULE.areas(of(3000, 6), ()) == 3
    fine = of(1000, 500)
    assert RULE.mean_areas([fine]) == RULE.areas(fine, ())
    assert RULE.mean_areas([fine, *few[:2]]) == 0
    assert Disclosure(exempt=True).mean_areas(few[:1]) > 3


def test_of_nobody_nothing_is_small() -> None:
    nobody, none = np.array([], dtype=np.str_), np.array([], dtype=np.int8)
    assert Disclosure().safe_groups(nobody, none)
    assert Disclosure().safe_groups(nobody, none, [nobody])
