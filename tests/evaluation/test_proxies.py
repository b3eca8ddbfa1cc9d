"""Guessed attributes: AUC and shares as scikit-learn has them, planted and by chance."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, roc_auc_score

from commonweal.evaluation.proxies import Proxies, guessed

GROUPS = ("blue", "green", "red")


def drawn(told: float, n: int = 3000) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(4)
    actual = rng.choice(3, n, p=(0.2, 0.5, 0.3))
    scores = rng.random((n, 3)).round(2)
    scores[np.arange(n), actual] += told
    return scores, actual


def measured(told: float) -> Proxies:
    scores, actual = drawn(told)
    return guessed("colour", GROUPS, scores, actual, 100, np.random.default_rng(1))


@pytest.mark.parametrize("told", [0.0, 0.5])
def test_figures_are_those_of_scikit_learn(told: float) -> None:
    scores, actual = drawn(told)
    found = measured(told)
    for place, group in enumerate(GROUPS):
        expected = roc_auc_score(actual == place, scores[:, place])
        assert found.areas[group].value == pytest.approx(expected)
        assert found.areas[group].low < found.areas[group].value < found.areas[group].high
        assert found.people[group] == (actual == place).sum()
    assert found.right.value == pytest.approx(accuracy_score(actual, scores.argmax(axis=1)))
    assert found.largest.value == pytest.approx((actual == 1).mean())
    assert found.n == 3000


def test_what_is_told_and_what_is_not() -> None:
    assert all(abs(area.value - 0.5) < 0.04 for area in measured(0).areas.values())
    told = measured(0.5)
    assert told.worst[1].low > 0.8
    assert told.right.low > told.largest.high


def test_frame_plot_and_sentence() -> None:
    found = measured(0.5)
    assert list(found.frame()["group"]) == list(GROUPS)
    assert found.plot().to_dict()["layer"]
    group, area = found.worst
    assert f"Best told is {group}: AUC {area.value:.3f}" in found.sentence()
    assert "colour of 3,000 people not learned from" in found.sentence()
