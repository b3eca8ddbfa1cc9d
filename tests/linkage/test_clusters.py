from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonweal.linkage.clusters import Clusters, cluster, limits, must_links
from commonweal.linkage.constraints.ages_agree import AgesAgree
from commonweal.linkage.constraints.birth_dates_agree import BirthDatesAgree
from commonweal.linkage.constraints.one_trusted_id import OneTrustedId
from commonweal.linkage.constraints.rule import Constraint, Members, Span
from commonweal.linkage.constraints.terminal_event import TerminalEvent
from commonweal.linkage.verify import violations
from linkage.made import members

RULES: tuple[Constraint, ...] = (OneTrustedId(), TerminalEvent(), AgesAgree(), BirthDatesAgree())
Pair = tuple[int, int, float]
BORN = date(1980, 3, 12)


@dataclass(frozen=True)
class Nearby:
    """All of a person's events lie within some days of each other."""

    days: int = 10
    name: str = "nearby"
    error_prone: bool = False

    def limits(self, members: Members) -> tuple[Span, ...]:
        days = members.occurred.astype(np.float32)
        return (Span(days, days, self.days),)

    def broken(self, members: Members) -> bool:
        return bool(np.ptp(members.occurred) > self.days)


def put_together(
    held: Members, pairs: Sequence[Pair], rules: Sequence[Constraint] = RULES, at: float = 0.0
) -> Clusters:
    count = len(held.trusted)
    left, right, strength = (np.array([p[n] for p in pairs]) for n in range(3))
    bounds = limits(rules, held, np.arange(count), count)
    return cluster(left.astype(np.int64), right.astype(np.int64), strength.astype(np.float64), at,
                   bounds, must_links(held.trusted))  # fmt: skip


@st.composite
def groups(draw: st.DrawFn) -> tuple[Members, list[Pair]]:
    """Records of all kinds, and pairs of them with a strength."""
    count = draw(st.integers(1, 9))
    near = st.integers(0, 5).map(lambda days: BORN + timedelta(days=days))
    far = st.sampled_from([date(1980, 12, 3), date(1991, 1, 1), date(1983, 3, 12)])
    born = draw(st.lists(st.none() | near | far, min_size=count, max_size=count))
    year = [
        draw(st.sampled_from([float("nan"), 1977.0, 1980.0, 1983.0, 1984.0])) if day is None
        else float(day.year)
        for day in born
    ]  # fmt: skip
    listed = {"min_size": count, "max_size": count}
    held = members(
        count, birth=born, year=year,
        trusted=draw(st.lists(st.sampled_from([-1, -1, 0, 1, 2]), **listed)),
        occurred=draw(st.lists(st.integers(0, 3), **listed)),
        terminal=draw(st.lists(st.sampled_from([False, False, True]), **listed)),
    )  # fmt: skip
    ends = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1), st.floats(-2, 4))
    drawn = draw(st.lists(ends.filter(lambda pair: pair[0] < pair[1]), max_size=20))
    return held, list({pair[:2]: pair for pair in drawn}.values())


@st.composite
def some_rules(draw: st.DrawFn) -> tuple[Constraint, ...]:
    every = (*RULES, Nearby(1))
    return tuple(rule for rule in every if draw(st.booleans()))


@settings(max_examples=400, deadline=None)
@given(groups(), some_rules())
def test_nobody_outside_quarantine_breaks_a_rule(
    given_: tuple[Members, list[Pair]], rules: tuple[Constraint, ...]
) -> None:
    held, pairs = given_
    found = put_together(held, pairs, rules)
    assert violations(found.root, held, rules, found.quarantined) == ()
    assert set(found.rejected) == {rule.name for rule in rules}


@settings(max_examples=300, deadline=None)
@given(groups(), some_rules())
def test_equal_ids_are_always_one_and_broken_ones_stay_alone(
    given_: tuple[Members, list[Pair]], rules: tuple[Constraint, ...]
) -> None:
    held, pairs = given_
    found = put_together(held, pairs, rules)
    for code in set(held.trusted.tolist()) - {-1}:
        mine = np.flatnonzero(held.trusted == code)
        assert len(set(found.root[mine].tolist())) == 1
        broken = any(rule.broken(held.some(mine)) for rule in rules)
        assert found.quarantined[mine].tolist() == [broken] * len(mine)
        if broken:
            assert np.flatnonzero(found.root == found.root[mine[0]]).tolist() == mine.tolist()
    assert not found.quarantined[held.trusted < 0].any()


@settings(max_examples=300, deadline=None)
@given(groups(), some_rules(), st.randoms())
def test_the_order_of_pairs_does_not_matter(
    given_: tuple[Members, list[Pair]], rules: tuple[Constraint, ...], random: st.DataObject
) -> None:
    held, pairs = given_
    shuffled = list(pairs)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = put_together(held, pairs, rules), put_together(held, shuffled, rules)
    np.testing.assert_array_equal(one.root, other.root)
    assert (one.rejected, one.refused) == (other.rejected, other.refused)


@settings(max_examples=200, deadline=None)
@given(groups(), some_rules(), st.floats(-1, 3))
def test_whoever_is_together_is_joined_by_pairs_above_the_threshold_or_by_ids(
    given_: tuple[Members, list[Pair]], rules: tuple[Constraint, ...], at: float
) -> None:
    held, pairs = given_
    found = put_together(held, pairs, rules, at)
    free = put_together(held, [p for p in pairs if p[2] >= at], (), at)
    same = found.root[:, None] == found.root[None, :]
    reachable = free.root[:, None] == free.root[None, :]
    assert (reachable | ~same).all()
    if not rules:
        assert (same == reachable).all()


# By hand


def test_a_pair_below_the_threshold_never_merges_alone() -> None:
    held = members(3)
    pairs = [(0, 1, 0.999), (1, 2, 1.0)]
    assert put_together(held, pairs, at=1.0).root.tolist() == [0, 1, 1]


def test_the_likeliest_pair_is_taken_first_and_equal_ones_by_place() -> None:
    held = members(3, trusted=[0, -1, 1])
    assert put_together(held, [(0, 1, 2.0), (1, 2, 3.0)]).root.tolist() == [0, 1, 1]
    assert put_together(held, [(0, 1, 3.0), (1, 2, 2.0)]).root.tolist() == [0, 0, 2]
    assert put_together(held, [(1, 2, 2.0), (0, 1, 2.0)]).root.tolist() == [0, 0, 2]


def test_rejected_merges_are_counted_by_the_rule_that_kept_them_apart() -> None:
    held = members(
        4, trusted=[0, 1, -1, -1], occurred=[5, 5, 3, 5], terminal=[False, False, True, False],
        year=[1980, 1980, 1980, 1980], birth=[BORN] * 4,
    )  # fmt: skip
    found = put_together(held, [(0, 1, 3.0), (0, 2, 2.0), (2, 3, 1.0)])
    assert found.root.tolist() == [0, 1, 2, 3]
    assert found.rejected == {
        "one_trusted_id": 1, "terminal_event": 2, "ages_agree": 0, "birth_dates_agree": 0,
    }  # fmt: skip
    assert found.refused == 0


def test_a_broken_group_is_set_aside_and_what_it_refused_is_counted() -> None:
    held = members(3, trusted=[0, 0, -1], occurred=[1, 5, 1], terminal=[True, False, False])
    found = put_together(held, [(0, 2, 9.0), (1, 2, 9.0)])
    assert (found.root.tolist(), found.refused) == ([0, 0, 2], 2)
    assert found.quarantined.tolist() == [True, True, False]


def test_records_that_are_at_odds_with_the_fewest_stay_together() -> None:
    other = date(1991, 11, 29)
    held = members(5, birth=[other, BORN, BORN, None, BORN])
    pairs = [(0, 3, 9.0), (1, 3, 5.0), (2, 3, 5.0), (3, 4, 5.0)]
    found = put_together(held, pairs)
    assert found.root.tolist() == [0, 1, 1, 1, 1], "the wrong date came first and leaves alone"
    assert found.rejected["birth_dates_agree"] >= 1
    firm = put_together(held, pairs, (replace(BirthDatesAgree(), error_prone=False),))
    assert firm.root.tolist() == [0, 1, 2, 0, 4], "a firm rule goes by the order of pairs"


def test_a_rule_of_ones_own_is_a_few_lines() -> None:
    held = members(4, occurred=[0, 8, 16, 40])
    pairs = [(0, 1, 3.0), (1, 2, 2.0), (2, 3, 1.0)]
    found = put_together(held, pairs, [Nearby()])
    assert found.root.tolist() == [0, 0, 2, 3]
    assert found.rejected == {"nearby": 2}
    prone = put_together(held, pairs, [replace(Nearby(), error_prone=True)])
    assert violations(prone.root, held, [Nearby()], prone.quarantined) == ()


def test_nodes_of_several_records_hold_what_all_of_them_say() -> None:
    held = members(4, occurred=[1, 9, 5, 4], terminal=[False, False, True, False])
    node = np.array([0, 0, 1, 2])
    bounds = limits([TerminalEvent()], held, node, 4)
    pairs = np.array([[0, 1], [1, 2]]).T
    found = cluster(pairs[0], pairs[1], np.array([2.0, 1.0]), 0.0, bounds, must_links(
        np.full(4, -1)))  # fmt: skip
    assert found.root.tolist() == [0, 1, 1, 3]
    assert bounds.weight.tolist() == [2, 1, 1, 0]


@pytest.mark.parametrize("at", [0.0, 5.0])
def test_no_pairs_leave_everybody_alone_but_for_their_ids(at: float) -> None:
    found = put_together(members(3, trusted=[4, -1, 4]), [], at=at)
    assert found.root.tolist() == [0, 1, 0]
