"""Stability over time: overlaps by hand, a planted decay, and honest intervals of a trend."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from commonweal.core.errors import DataError
from commonweal.evaluation.stability import Stability, dated, overlap, slopes, stability

DAYS = tuple(date(2020 + i // 4, 1 + 3 * (i % 4), 1) for i in range(8))


def drifting(seed: int, decay: float, people: int = 1500, draws: int = 60) -> Stability:
    """A model that knows merits as they were on the first day; they drift away from it."""
    random = np.random.default_rng(seed)
    merit = random.normal(size=people)
    days, ids, scores, labels = [], [], [], []
    known = merit.copy()
    for step, day in enumerate(DAYS):
        here = np.sort(random.choice(people, people * 4 // 5, replace=False))
        now = np.sqrt(max(0.0, 1 - decay * step)) * merit + np.sqrt(
            min(1.0, decay * step)
        ) * random.normal(size=people)
        days += [day] * len(here)
        ids += here.tolist()
        scores += known[here].tolist()
        chance = 1 / (1 + np.exp(2 - 1.5 * now[here]))
        unknown = step == len(DAYS) - 1
        labels += [None] * len(here) if unknown else (random.random(len(here)) < chance).tolist()
    return stability(days, ids, scores, labels, k=150, draws=draws, seed=seed)


def test_lists_are_compared_by_hand() -> None:
    early = dated(DAYS[0], list("abcde"), np.array([5.0, 4, 3, 2, 1]), np.zeros(5), 1)
    late = dated(DAYS[1], list("bcdxy"), np.array([1.0, 2, 9, 3, 0]), np.full(5, np.nan), 1)
    found = overlap(late, early, 3)
    assert (found.kept, found.both, found.left, found.new) == (1, 3, 2, 2)  # c; d and x are new
    assert found.share == pytest.approx(1 / 3)
    assert found.correlation == pytest.approx(-1.0)
    assert early.known is not None
    assert late.known is None


@given(st.integers(0, 10_000), st.integers(2, 6))
@settings(max_examples=40, deadline=None)
def test_correlation_is_scipys_ties_included(seed: int, ties: int) -> None:
    random = np.random.default_rng(seed)
    ids = [str(i) for i in range(80)]
    one, two = (random.integers(0, ties, 80).astype(float) for _ in range(2))
    found = overlap(*(dated(DAYS[1], ids, x, np.zeros(80), 0) for x in (one, two)), 10)
    assert found.correlation == pytest.approx(spearmanr(one, two).statistic)
    assert found.left == found.new == 0


def test_a_planted_decay_is_found_and_none_is_not() -> None:
    worse, same = drifting(1, 0.12), drifting(2, 0.0)
    trend = {m.figure: m for m in worse.trends}
    for figure in ("auc", "precision"):
        assert trend[figure].high is not None
        assert trend[figure].high < 0
    steady = {m.figure: m for m in same.trends}
    assert steady["auc"].low is not None
    assert steady["auc"].high is not None
    assert steady["auc"].low < 0 < steady["auc"].high
    assert {m.as_of for m in worse.figures} == set(DAYS[:-1])  # the last is not observed
    assert len(worse.overlaps) == 7 + 6
    assert "AUC changes by -" in worse.sentence()
    assert worse.plot().to_dict()["layer"]
    assert len(worse.frame()) == 2 * 13 + 3 * 7 + 3


def test_a_trend_from_two_dates_is_none() -> None:
    days = [DAYS[0]] * 30 + [DAYS[1]] * 30
    labels = [i % 3 == 0 for i in range(60)]
    found = stability(days, [*range(30)] * 2, [float(i) for i in range(60)], labels, k=5, draws=20)
    assert not found.trends
    assert len(found.figures) == 6


def test_slopes_are_least_squares() -> None:
    years = np.array([0.0, 0.25, 1.0, 2.0])
    table = np.random.default_rng(1).random((3, 4))
    fitted = [np.polyfit(years, row, 1)[0] for row in table]
    assert slopes(years, table) == pytest.approx(fitted)


def test_people_drawn_with_all_their_dates_give_honest_intervals_of_a_level() -> None:
    """The base rate of people who carry one outcome through all dates is as uncertain as one."""
    random = np.random.default_rng(4)
    labels = random.random(400) < 0.3
    days = [day for day in DAYS[:4] for _ in range(400)]
    found = stability(days, [*range(400)] * 4, [*range(400)] * 4, [*labels] * 4, k=50, draws=300)
    rate = next(m for m in found.figures if m.figure == "base_rate")
    assert rate.high is not None
    assert rate.low is not None
    assert rate.high - rate.low == pytest.approx(2 * 1.96 * np.sqrt(0.3 * 0.7 / 400), rel=0.15)
    slope = next(m for m in found.trends if m.figure == "base_rate")
    assert slope.low == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(
    ("days", "ids", "k", "said"),
    [
        ([DAYS[0]] * 4, [1, 2, 3, 4], 1, "one date"),
        ([DAYS[0], DAYS[0], DAYS[1], DAYS[1]], [1, 1, 2, 3], 1, "repeat"),
        ([DAYS[0], DAYS[0], DAYS[1], DAYS[1]], [1, 2, 1, 2], 2, "2 people"),
        ([DAYS[0]], [1, 2, 3, 4], 1, "as_of"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    days: list[date], ids: list[int], k: int, said: str
) -> None:
    with pytest.raises(DataError, match=said):
        stability(days, ids, [0.1, 0.2, 0.3, 0.4], k=k)
