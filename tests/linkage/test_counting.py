from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonweal.linkage.counting import PairCounts, b_cubed, count_pairs, joint, pairs_within

RECORDS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.booleans()), max_size=14)


def split(rows: list[tuple[int, int, bool]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    whole = np.array(rows, np.int64).reshape(-1, 3)
    return whole[:, 0], whole[:, 1], whole[:, 2].astype(np.bool_)


@given(RECORDS)
def test_pairs_are_those_a_loop_counts(rows: list[tuple[int, int, bool]]) -> None:
    cluster, person, closed = split(rows)
    pairs = list(combinations(rows, 2))
    open_ = [(a, b) for a, b in pairs if not (a[2] and b[2])]
    for counted, given_closed in ((pairs, None), (open_, closed)):
        found = count_pairs(cluster, person, given_closed)
        assert found.together == sum(a[0] == b[0] for a, b in counted)
        assert found.one == sum(a[1] == b[1] for a, b in counted)
        assert found.both == sum(a[:2] == b[:2] for a, b in counted)
        assert pairs_within(cluster, given_closed) == found.together


@given(RECORDS)
def test_b_cubed_is_its_definition(rows: list[tuple[int, int, bool]]) -> None:
    cluster, person, _ = split(rows)
    precision, recall = b_cubed(cluster, person)
    for place, (mine, who, _) in enumerate(rows):
        together = [row for row in rows if row[0] == mine]
        of_one = [row for row in rows if row[1] == who]
        both = sum(row[1] == who for row in together)
        assert precision[place] == pytest.approx(both / len(together))
        assert recall[place] == pytest.approx(both / len(of_one))


@given(RECORDS)
def test_a_joint_code_tells_combinations_apart(rows: list[tuple[int, int, bool]]) -> None:
    cluster, person, _ = split(rows)
    code = joint(cluster, person)
    assert len(set(zip(code.tolist(), cluster.tolist(), person.tolist(), strict=True))) == len(
        set(code.tolist())
    ) == len({row[:2] for row in rows})  # fmt: skip


def test_shares_and_scaling_by_hand() -> None:
    counts = PairCounts(both=6, together=8, one=10)
    assert (counts.precision, counts.recall) == (0.75, 0.6)
    assert counts.f1 == pytest.approx(2 * 0.75 * 0.6 / 1.35)
    assert counts.scaled(3) == PairCounts(6, 12, 10), "each of the two wrong pairs stands for three"
    nobody = PairCounts(0, 0, 0)
    assert (nobody.precision, nobody.recall, nobody.f1) == (1, 1, 1)
