from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonweal.linkage.calibration import (
    GRID,
    Rehearsal,
    by_expectation,
    by_hidden_ids,
    rehearse,
)
from commonweal.linkage.constraints.one_trusted_id import OneTrustedId
from commonweal.linkage.practice import Practice
from commonweal.linkage.scoring import Scored
from linkage.made import members


def rehearsal(
    person: Sequence[int], hidden: Sequence[bool], pairs: Sequence[tuple[int, int, float]],
    scale: float = 1.0,
) -> Rehearsal:  # fmt: skip
    count = len(person)
    who, veil = np.array(person), np.array(hidden, np.bool_)
    file = Practice(
        table=pa.table({"uid": np.arange(count)}), person=who, hidden=veil,
        record=np.arange(count), members=members(count, trusted=np.where(veil, -1, who).tolist()),
        node=np.arange(count), scale=scale,
    )  # fmt: skip
    left, right, strength = (np.array([p[n] for p in pairs]) for n in range(3))
    scored = Scored(left.astype(np.int64), right.astype(np.int64), strength.astype(float),
                    np.zeros((1, len(pairs)), np.int8))  # fmt: skip
    return rehearse(file, scored, strength.astype(float), (OneTrustedId(),))


@st.composite
def files(draw: st.DrawFn) -> Rehearsal:
    count = draw(st.integers(2, 8))
    person = draw(st.lists(st.integers(0, 3), min_size=count, max_size=count))
    hidden = draw(st.lists(st.booleans(), min_size=count, max_size=count))
    every = [p for p in combinations(range(count), 2) if hidden[p[0]] or hidden[p[1]]]
    odds = draw(st.lists(st.floats(-2, 9), min_size=len(every), max_size=len(every)))
    pairs = [(*pair, strength) for pair, strength in zip(every, odds, strict=True)]
    return rehearsal(person, hidden, pairs, draw(st.sampled_from([1.0, 3.0])))


@settings(max_examples=150, deadline=None)
@given(files())
def test_of_thresholds_that_do_best_on_hidden_ids_it_is_the_one_nearest_to_even_odds(
    file: Rehearsal,
) -> None:
    who, hidden = file.practice.person, file.practice.hidden
    f1 = []
    for threshold in GRID:
        cluster = file.clusters(float(threshold))
        pairs = [p for p in combinations(range(len(who)), 2) if hidden[p[0]] or hidden[p[1]]]
        together = [cluster[a] == cluster[b] for a, b in pairs]
        one = [who[a] == who[b] for a, b in pairs]
        right = sum(t and o for t, o in zip(together, one, strict=True))
        wrong = file.practice.scale * (sum(together) - right)
        whole = right + wrong + sum(one)
        f1.append(2 * right / whole if whole else 1.0)
    found = by_hidden_ids(file)
    assert [t for t, _ in found.tried] == GRID.tolist()
    assert [f for _, f in found.tried] == pytest.approx(f1)
    best = [t for t, f in found.tried if f >= max(f1) - 2e-4]
    assert found.value in best
    assert abs(found.value) == min(abs(t) for t in best)
    assert found.by == "hidden ids"


def test_a_wrong_pair_between_right_ones_moves_the_threshold() -> None:
    person, hidden = [0, 0, 1, 1, 2], [True, False, True, False, True]
    right = [(0, 1, 6.5), (2, 3, 3.5)]
    # Up to 3.5 all thresholds do as well; a wrong pair leaves those above it.
    assert by_hidden_ids(rehearsal(person, hidden, right)).value == 0.0
    assert by_hidden_ids(rehearsal(person, hidden, [*right, (2, 4, 1.4)])).value == 1.5
    # A wrong pair likelier than the second right one: it depends on how many it stands for.
    both = [*right, (3, 4, 4.5)]
    assert by_hidden_ids(rehearsal(person, hidden, both, scale=0.1)).value == 0.0
    assert by_hidden_ids(rehearsal(person, hidden, both, scale=30)).value == 5.0


@given(st.lists(st.floats(-8, 8), max_size=12))
def test_expected_f1_is_the_best_over_all_cuts(strength: list[float]) -> None:
    odds = np.array(sorted(strength, reverse=True))
    found = by_expectation(np.array(strength))
    assert found.by == "expected F1"
    if not strength:
        assert found.value == 0.0
        return
    chance = 1 / (1 + np.exp(-odds))
    expected = [2 * chance[:k].sum() / (k + chance.sum()) for k in range(1, len(odds) + 1)]
    taken = (odds >= found.value).sum()
    assert 2 * chance[:taken].sum() / (taken + chance.sum()) == pytest.approx(max(expected))
    for threshold, f1 in found.tried:
        k = int((odds >= threshold).sum())
        assert f1 == pytest.approx(expected[k - 1] if k else 0.0)
