"""The table of thresholds and moved boundaries, against counting by hand and each other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import precision_score, recall_score

from commonweal.core.errors import DataError
from commonweal.evaluation.boundary import moved
from commonweal.evaluation.thresholds import thresholds
from commonweal.evaluation.tops import EVERYONE

N = 600


def drawn(seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    scores = random.random(N)
    labels = (random.random(N) < scores).astype(np.int8)
    return labels, scores, np.where(random.random(N) < 0.3, "a", "b")


def test_a_threshold_agrees_with_scikit_learn_in_every_group() -> None:
    labels, scores, groups = drawn()
    found = thresholds(labels, scores, {"side": groups}, ks=[100], at=[0.5], draws=20)
    for row in found.rows:
        inside = np.ones(N, bool) if row.group == EVERYONE else groups == row.group[-1]
        chosen = scores >= row.score
        assert row.k == chosen.sum()
        assert row.cases == (chosen & inside).sum()
        truth, taken = labels[inside], chosen[inside]
        assert row.precision == pytest.approx(precision_score(truth, taken))
        assert row.recall == pytest.approx(recall_score(truth, taken))
        assert row.precision_low is not None
        assert row.precision_low <= row.precision <= (row.precision_high or 0)
    assert {row.score for row in found.rows if row.k == 100} == {np.sort(scores)[-100]}
    assert len(found.frame()) == 6
    assert found.plot().to_dict()["layer"]
    assert "the top 100 hold" in found.sentence()


def test_equal_scores_at_a_number_count_in_proportion_and_at_a_score_whole() -> None:
    labels = [1, 0, 1, 0, 0, 0]
    found = thresholds(labels, [2, 1, 1, 1, 1, 0], ks=[3], at=[1], draws=10)
    by_k = {row.k: row for row in found.rows}
    assert by_k[3].precision == pytest.approx((1 + 2 / 4) / 3)
    assert by_k[5].precision == pytest.approx(2 / 5)


def test_default_lines_and_wrong_ones() -> None:
    labels, scores, _ = drawn()
    found = thresholds(labels, scores, draws=10)
    assert [row.k for row in found.rows] == [6, 12, 30, 60, 120, 300]
    with pytest.raises(DataError, match="601"):
        thresholds(labels, scores, ks=[601])
    with pytest.raises(DataError, match="highest score"):
        thresholds(labels, scores, at=[1.5])


@given(st.integers(0, 10_000), st.integers(1, N), st.integers(1, N), st.integers(1, 12))
@settings(max_examples=40, deadline=None)
def test_groups_add_up_and_moving_back_undoes_it(seed: int, old: int, new: int, ties: int) -> None:
    labels, scores, groups = drawn(seed)
    scores = np.floor(scores * ties)
    if old == new:
        with pytest.raises(DataError, match="the old line"):
            moved(labels, scores, groups, old, new, draws=2)
        return
    there = moved(labels, scores, {"g": groups}, old, new, draws=2)
    back = moved(labels, scores, {"g": groups}, new, old, draws=2)
    value = {(c.group, c.figure): c.value for c in there.changes}
    assert value[EVERYONE, "people"] == pytest.approx(abs(new - old))
    for figure in ("people", "with_outcome"):
        parts = sum(v for (g, f), v in value.items() if f == figure and g != EVERYONE)
        assert parts == pytest.approx(value[EVERYONE, figure])
    for one in back.changes:
        sign = -1 if one.figure.endswith("change") else 1
        assert one.value == pytest.approx(sign * value[one.group, one.figure])


def test_a_planted_disparity_shows_who_loses() -> None:
    random = np.random.default_rng(3)
    groups = np.array(["near", "far"] * 500)
    scores = np.where(groups == "near", 0.74, 0.9) + 0.01 * random.random(1000)
    labels = (random.random(1000) < 0.5).astype(int)
    found = moved(labels, scores, {"place": groups}, 900, 500, draws=50)
    share = {c.group: c for c in found.changes if c.figure == "share"}
    assert not found.gains
    assert share["place=near"].value == pytest.approx(0.8)
    assert share["place=far"].value == 0
    assert "400 lose a place" in found.sentence()
    assert set(found.frame()["group"]) == {EVERYONE, "place=near", "place=far"}
    assert found.plot().to_dict()["layer"]


def test_the_interval_of_a_change_covers_it_about_as_often_as_it_says() -> None:
    """Of 120 samples of one population, the interval of a change in recall holds the truth."""
    truth = _recall_change(np.random.default_rng(99), 200_000)
    inside = 0
    for seed in range(120):
        random = np.random.default_rng(seed)
        scores = random.random(400)
        labels = (random.random(400) < scores**2).astype(int)
        found = moved(labels, scores, None, 80, 160, draws=150, seed=seed)
        one = next(c for c in found.changes if c.figure == "recall_change")
        assert one.low is not None
        assert one.high is not None
        inside += one.low <= truth <= one.high
    assert 104 <= inside <= 120


def _recall_change(random: np.random.Generator, n: int) -> float:
    scores = random.random(n)
    labels = random.random(n) < scores**2
    order = np.argsort(-scores)
    return float(labels[order[n // 5 : 2 * n // 5]].sum() / labels.sum())
