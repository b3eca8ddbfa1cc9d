"""Never more than the places there are, no score, no person where the action burdens people."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from numpy.typing import NDArray

from commonweal.core.errors import BurdenError
from commonweal.core.seeds import keyed_hash, tie_break
from commonweal.decisions.recommend import Candidates, block_reasons, recommend, top_k

DAY = date(2020, 1, 1)
KEY = b"0123456789abcdef"


def candidates(ids: list[str], scores: NDArray[np.float64], seed: int = 1) -> Candidates:
    return Candidates(DAY, ids, scores, tie_break(seed, ids))


def random_case(seed: int) -> tuple[Candidates, int]:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(0, 60))
    scores = np.round(rng.random(n), int(rng.choice([0, 1, 15])))
    return candidates([f"p{i}" for i in range(n)], scores, seed), int(rng.integers(0, 80))


def test_never_more_than_k_and_always_the_best() -> None:
    for seed in range(300):
        people, k = random_case(seed)
        chosen = top_k(people, k)
        assert len(chosen) == min(k, len(people.ids))
        assert len(set(chosen.tolist())) == len(chosen)
        scores = people.scores[chosen]
        assert (np.diff(scores) <= 0).all()
        left = np.setdiff1d(np.arange(len(people.ids)), chosen)
        if len(left) and len(chosen):
            assert people.scores[left].max() <= scores.min()
        table = recommend("help", people, chosen, [[] for _ in chosen], KEY)
        assert table.num_rows == len(chosen) <= k
        assert table["rank"].to_pylist() == list(range(1, len(chosen) + 1))


def test_the_order_of_rows_never_decides() -> None:
    for seed in range(100):
        people, k = random_case(seed)
        mixed = np.random.default_rng(seed).permutation(len(people.ids))
        other = candidates([people.ids[i] for i in mixed], people.scores[mixed], seed)
        first = [people.ids[i] for i in top_k(people, k)]
        assert first == [other.ids[i] for i in top_k(other, k)]


def test_ties_go_by_the_hash_of_the_id() -> None:
    ids = [f"p{i}" for i in range(50)]
    same = candidates(ids, np.zeros(50), seed=1)
    by_hash = sorted(ids, key=lambda one: keyed_hash(b"tie-break:1", one)[:16])
    assert [ids[i] for i in top_k(same, 10)] == by_hash[:10]
    other = candidates(ids, np.zeros(50), seed=2)
    assert top_k(same, 10).tolist() != top_k(other, 10).tolist()


def test_a_burden_is_refused() -> None:
    people = candidates(["a", "b"], np.array([0.2, 0.1]))
    for kind in ("burden", "", "Help"):
        with pytest.raises(BurdenError, match="burdens people"):
            recommend(kind, people, top_k(people, 1), [["past"]], KEY)


def test_what_is_written() -> None:
    people = candidates(["a", "b", "c"], np.array([0.123, 0.987, 0.555]))
    table = recommend("help", people, top_k(people, 2), [["past arrests", "network"], []], KEY)
    assert table.column_names == ["pseudonym", "as_of", "rank", "offered", "reason"]
    assert table.to_pylist() == [
        {"pseudonym": keyed_hash(KEY, "b")[:20], "as_of": DAY, "rank": 1, "offered": True,
         "reason": "past arrests; network"},
        {"pseudonym": keyed_hash(KEY, "c")[:20], "as_of": DAY, "rank": 2, "offered": True,
         "reason": ""},
    ]  # fmt: skip
    text = str(table.to_pylist())
    assert not any(score in text for score in ("0.987", "0.555", "0.123"))


def test_pseudonyms_depend_on_the_key() -> None:
    people = candidates(["a"], np.array([0.5]))
    names = {
        recommend("help", people, top_k(people, 1), [[]], key)["pseudonym"].to_pylist()[0]
        for key in (KEY, KEY + b"x")
    }
    assert len(names) == 2
    assert "a" not in names


def test_reasons_come_only_from_blocks_that_raised_the_score() -> None:
    rng = np.random.default_rng(0)
    for _ in range(300):
        blocks = rng.choice(["own_past", "network", "age", "place"], 8).tolist()
        moved = np.round(rng.normal(size=(4, 8)), 1)
        most = int(rng.integers(0, 5))
        for row, reasons in zip(moved, block_reasons(moved, blocks, most), strict=True):
            sums = {b: row[[x == b for x in blocks]].sum() for b in blocks}
            raised = {b.replace("_", " "): s for b, s in sums.items() if s > 0}
            assert set(reasons) <= set(raised)
            assert len(reasons) == min(most, len(raised))
            amounts = [raised[r] for r in reasons]
            assert amounts == sorted(amounts, reverse=True)
            assert all(s <= min(amounts) for r, s in raised.items() if amounts and r not in reasons)


def test_equal_blocks_are_named_in_order_of_name() -> None:
    assert block_reasons(np.array([[1.0, 1.0, -3.0]]), ["b", "a", "c"], 2) == [["a", "b"]]
    assert block_reasons(np.array([[-1.0, 0.0, -3.0]]), ["b", "a", "c"], 2) == [[]]
