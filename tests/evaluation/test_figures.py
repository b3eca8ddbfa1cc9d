"""Figures of the whole and of groups: exact, complete, the same on every run."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from commonweal.core.results import Metric
from commonweal.evaluation.groups import Grouping, audit
from commonweal.evaluation.intervals import SHARES, bootstrap
from commonweal.evaluation.overall import Subject, bins_from, measure
from commonweal.evaluation.ranking import Ranking

DAY = date(2020, 1, 1)
Values = dict[tuple[str, int | None, str | None], float]


def by_name(metrics: Iterable[Metric]) -> Values:
    found = [((m.metric, m.k, m.group), m.value) for m in metrics]
    assert len(dict(found)) == len(found)
    return dict(found)


def table(seed: int, n: int | None = None) -> tuple[Ranking, NDArray[np.str_]]:
    """A ranking, ties at random, and groups in order of rank."""
    rng = np.random.default_rng(seed)
    n = n or int(rng.integers(20, 300))
    scores = np.round(rng.uniform(0.001, 0.999, n), int(rng.choice([1, 2, 15])))
    scores = np.clip(scores, 0.001, 0.999)
    labels = (rng.random(n) < scores).astype(np.int8)
    labels[:2] = 0, 1
    ranking = Ranking.of(scores, labels, rng.integers(0, 2**63, n).astype(np.uint64))
    return ranking, rng.choice(["a", "b", "c"], n, p=[0.6, 0.3, 0.1])


def whole(
    ranking: Ranking, ks: tuple[int, ...], bins: tuple[int, ...], draws: int = 1, seed: int = 0
) -> list[Metric]:
    subject = Subject("m", DAY, True, ranking.positives + 20)
    return measure(ranking, subject, ks, bins, draws, np.random.default_rng(seed))


def groups(
    ranking: Ranking, names: NDArray[np.str_], ks: tuple[int, ...], bins: tuple[int, ...],
    draws: int = 1, seed: int = 0,
) -> list[Metric]:  # fmt: skip
    subject = Subject("m", DAY, True, None)
    grouping = Grouping("g", names, ks, bins)
    return audit(ranking, subject, grouping, draws, np.random.default_rng(seed))


def block_ends(ranking: Ranking) -> tuple[int, ...]:
    inner = ranking.ends[:-1]
    return tuple(inner[:: max(1, len(inner) // 5)].tolist())


@pytest.mark.parametrize("start", range(0, 300, 100))
def test_the_whole_is_scikit_learns(start: int) -> None:
    for seed in range(start, start + 100):
        ranking, _ = table(seed)
        n, y, p = ranking.n, ranking.labels, ranking.scores
        ks = tuple(sorted({1, n // 3, n // 2, n - 1}))
        found = by_name(whole(ranking, ks, (0, n)))
        hits = {k: ranking.expected(np.array([k]))[0] for k in ks}
        expected = {
            ("base_rate", None, None): y.mean(),
            ("auc", None, None): roc_auc_score(y, p),
            ("brier", None, None): brier_score_loss(y, p),
            ("log_loss", None, None): log_loss(y, p),
            ("mean_prediction", None, None): p.mean(),
            ("calibration.observed", n, None): y.mean(),
            ("calibration.predicted", n, None): p.mean(),
            **{("precision", k, None): hits[k] / k for k in ks},
            **{("recall", k, None): hits[k] / y.sum() for k in ks},
            **{("total_recall", k, None): hits[k] / (y.sum() + 20) for k in ks},
        }
        for key, value in expected.items():
            assert abs(found[key] - value) <= 1e-12, (seed, key)
        assert len(found) == len(expected) + 2 * len(ks)


def test_groups_are_scikit_learns_on_the_group() -> None:
    for seed in range(100):
        ranking, names = table(seed)
        ks = block_ends(ranking)
        found = by_name(groups(ranking, names, ks, (0, *ks, ranking.n)))
        for name in np.unique(names):
            mine = names == name
            y, p, group = ranking.labels[mine], ranking.scores[mine], f"g={name}"
            assert found["people", None, group] == mine.sum()
            assert found["positives", None, group] == y.sum()
            assert abs(found["base_rate", None, group] - y.mean()) <= 1e-12
            assert abs(found["mean_prediction", None, group] - p.mean()) <= 1e-12
            if 0 < y.sum() < len(y):
                assert abs(found["auc", None, group] - roc_auc_score(y, p)) <= 1e-12
            else:
                assert ("auc", None, group) not in found
            for low, k in zip((0, *ks), ks, strict=False):
                chosen, hit = mine[:k].sum(), (mine & (ranking.labels == 1))[:k].sum()
                assert abs(found["selection_rate", k, group] - chosen / mine.sum()) <= 1e-12
                assert abs(found["composition.top", k, group] - chosen / k) <= 1e-12
                if chosen:
                    assert abs(found["precision", k, group] - hit / chosen) <= 1e-12
                here = mine[low:k]
                if here.any():
                    observed = ranking.labels[low:k][here].mean()
                    predicted = ranking.scores[low:k][here].mean()
                    assert abs(found["calibration.observed", k, group] - observed) <= 1e-12
                    assert abs(found["calibration.predicted", k, group] - predicted) <= 1e-12


def test_groups_make_up_the_whole() -> None:
    for seed in range(100):
        ranking, names = table(seed)
        n = ranking.n
        ks = (n // 4, n // 2, n - 1)  # in the midst of ties too
        metrics = groups(ranking, names, ks, (0, n))
        total = by_name(whole(ranking, ks, (0, n)))
        found = by_name(metrics)
        sums: dict[tuple[str, int | None], float] = {}
        for (metric, k, group), value in found.items():
            if metric.startswith("composition."):
                sums[metric, k] = sums.get((metric, k), 0.0) + value
            if metric == "selection_rate":
                people = found["people", None, group]
                sums["selected", k] = sums.get(("selected", k), 0.0) + value * people
            if metric == "recall":
                hits = value * found["positives", None, group]
                sums["hits", k] = sums.get(("hits", k), 0.0) + hits
        for share in ("cohort", "positives", "predicted"):
            assert abs(sums[f"composition.{share}", None] - 1) <= 1e-12
        for k in ks:
            assert abs(sums["composition.top", k] - 1) <= 1e-12
            assert abs(sums["selected", k] - k) <= 1e-9
            assert abs(sums["hits", k] - total["precision", k, None] * k) <= 1e-9


def test_by_hand() -> None:
    scores, labels = np.array([0.9, 0.8, 0.8, 0.1]), np.array([1, 0, 1, 0], dtype=np.int8)
    ranking = Ranking.of(scores, labels, np.arange(4, dtype=np.uint64))
    found = by_name(whole(ranking, (2,), (0, 1, 4)))
    assert found["precision", 2, None] == 0.75
    assert found["precision_worst", 2, None] == 0.5
    assert found["precision_best", 2, None] == 1.0
    assert found["recall", 2, None] == 0.75
    assert found["total_recall", 2, None] == pytest.approx(1.5 / 22, abs=1e-15)
    assert found["auc", None, None] == 3.5 / 4
    assert found["brier", None, None] == pytest.approx((0.01 + 0.64 + 0.04 + 0.01) / 4, abs=1e-15)
    assert found["calibration.observed", 1, None] == 1.0
    assert found["calibration.observed", 4, None] == pytest.approx(1 / 3, abs=1e-15)
    one = by_name(groups(ranking, np.array(["x", "x", "y", "y"]), (2,), (0, 4)))
    assert one["selection_rate", 2, "g=x"] == 0.75
    assert one["precision", 2, "g=y"] == 1.0
    assert one["recall", 2, "g=y"] == 0.5
    assert one["composition.predicted", None, "g=x"] == pytest.approx(1.7 / 2.6, abs=1e-15)


def test_bins_do_not_cut_blocks_of_equal_scores() -> None:
    # Who comes first among equals is chance: a bin that cuts them would show the chance.
    ranking = Ranking.of(np.repeat([0.5, 0.2], 50), np.array([1, 0] * 50, dtype=np.int8),
                         np.arange(100, dtype=np.uint64))  # fmt: skip
    uppers = {m.k for m in whole(ranking, (20, 50), (0, 20, 50, 100)) if "calibration" in m.metric}
    assert uppers == {50, 100}
    names = np.array(["a", "b"] * 50)
    of_groups = groups(ranking, names, (20, 50), (0, 20, 50, 100))
    assert {m.k for m in of_groups if "calibration" in m.metric} == {50, 100}


def test_bins_are_published_cut_offs_of_about_equal_size() -> None:
    assert bins_from((), 100, 10) == (0, 100)
    assert bins_from(range(10, 100, 10), 100, 5) == (0, 20, 40, 60, 80, 100)
    assert bins_from((20, 30), 100, 4) == (0, 20, 100)  # none of less than half the size
    assert bins_from((3, 97), 100, 4) == (0, 100)


def test_the_order_of_rows_and_of_ties_changes_nothing() -> None:
    ranking, names = table(1, 200)
    ks, bins = (50, 90), (0, *block_ends(ranking), 200)
    mixed = np.random.default_rng(0).permutation(200)
    ties = np.random.default_rng(1).integers(0, 2**63, 200).astype(np.uint64)
    other = Ranking.of(ranking.scores[mixed], ranking.labels[mixed], ties)
    for one, two in ((whole(ranking, ks, bins), whole(other, ks, bins)),
                     (groups(ranking, names, ks, bins),
                      groups(other, names[mixed][other.order], ks, bins))):  # fmt: skip
        first, second = by_name(one), by_name(two)
        assert first.keys() == second.keys()
        assert all(abs(first[key] - second[key]) <= 1e-12 for key in first)


def test_the_same_stream_gives_the_same_bits() -> None:
    ranking, names = table(2, 150)
    ks, bins = (30, 75), (0, *block_ends(ranking), 150)
    assert whole(ranking, ks, bins, 20) == whole(ranking, ks, bins, 20)
    assert groups(ranking, names, ks, bins, 20) == groups(ranking, names, ks, bins, 20)
    assert whole(ranking, ks, bins, 20) != whole(ranking, ks, bins, 20, seed=1)


# Intervals.


def resampled(
    ranking: Ranking, names: NDArray[np.str_], seed: int
) -> tuple[Ranking, NDArray[np.str_]]:
    """The people one draw picks, ranked anew."""
    drawn = np.sort(np.random.default_rng(seed).integers(0, ranking.n, size=ranking.n))
    ties = np.arange(ranking.n, dtype=np.uint64)
    return Ranking.of(ranking.scores[drawn], ranking.labels[drawn], ties), names[drawn]


def test_one_draw_is_ranking_the_drawn_people_anew() -> None:
    for seed in range(40):
        ranking, names = table(seed)
        n = ranking.n
        ks = (n // 4, n // 2)
        again, drawn = resampled(ranking, names, seed)
        for metrics, direct in (
            (whole(ranking, ks, (0, n), 1, seed), whole(again, ks, (0, n))),
            (groups(ranking, names, ks, (0, n), 1, seed), groups(again, drawn, ks, (0, n))),
        ):
            naive = by_name(direct)
            for m in metrics:
                if m.low is None or m.metric == "total_recall":
                    continue
                if m.value in (0.0, 1.0) and m.metric in SHARES:
                    # None or all: the interval reaches at least as far as the exact one.
                    assert m.low - 1e-12 <= naive[m.metric, m.k, m.group] <= (m.high or 0) + 1e-12
                    continue
                assert m.low == m.high
                assert abs(m.low - naive[m.metric, m.k, m.group]) <= 1e-12, m
    total = whole(ranking, ks, (0, n), 1, seed)
    found = [m.low for m in total if m.metric == "total_recall"]
    outside = ranking.positives + 20 - ranking.positives + again.positives
    assert found == pytest.approx(again.expected(np.array(ks)) / outside, abs=1e-12)


def test_bins_of_a_draw_keep_their_people() -> None:
    ranking, names = table(7, 120)
    bins = (0, *block_ends(ranking), 120)
    drawn = np.bincount(np.random.default_rng(3).integers(0, 120, size=120), minlength=120)
    found = {(m.k, m.group): m.low for m in groups(ranking, names, (), bins, 1, 3)
             if m.metric == "calibration.observed"}  # fmt: skip
    checked = 0
    for low, high in pairwise(bins):
        here = ranking.labels[low:high][(names == "a")[low:high]]
        inside = (names == "a")[low:high] * drawn[low:high]
        if inside.sum() and 0 < here.sum() < here.size:
            checked += 1
            rate = (inside * ranking.labels[low:high]).sum() / inside.sum()
            assert abs((found[high, "g=a"] or 0.0) - rate) <= 1e-12
    assert checked > 2


def test_a_statistic_undefined_in_some_draws_uses_the_others() -> None:
    def statistic(weights: NDArray[np.int64]) -> NDArray[np.float64]:
        return np.array([np.nan if weights[0] == 0 else weights[0], np.nan, 1.0])

    low, high = bootstrap(statistic, 5, 400, np.random.default_rng(0))
    assert (low[0], high[0]) == (1, 3)
    assert np.isnan([low[1], high[1]]).all()
    assert (low[2], high[2]) == (1, 1)


@pytest.mark.slow
def test_intervals_cover_what_they_estimate() -> None:
    rng = np.random.default_rng(11)
    big = rng.random(400_000)
    outcome = rng.random(400_000) < big
    truth = outcome[big >= 0.8].mean()  # the top fifth of the population
    covered = 0
    for seed in range(300):
        drawn = rng.integers(0, 400_000, 500)
        ranking = Ranking.of(big[drawn], outcome[drawn].astype(np.int8), drawn.astype(np.uint64))
        (found,) = [
            m for m in whole(ranking, (100,), (0, 500), 200, seed) if m.metric == "precision"
        ]
        assert found.low is not None
        assert found.high is not None
        covered += found.low <= truth <= found.high
    assert 0.89 <= covered / 300 <= 0.99
