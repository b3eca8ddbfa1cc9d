"""Intervals hold the value known from true chances about as often as they say.

What is estimated: people are drawn anew from a population each time, and the value known is the
precision of the population's own first 500 in n, that is the mean true chance of the people whose
score is above the population's 1 - 500/n quantile. Drawing people again repeats exactly this:
other people, the same share of them on the list. (The mean chance of *this* sample's first 500 is
another value: it moves with the sample, and an interval for it would be narrower by what differs
between samples of people.)
"""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from commonweal.evaluation.compare import Ranked, paired
from commonweal.evaluation.curves import drawn
from commonweal.evaluation.ranking import Ranking

N, K, DRAWS, TIMES, FEWER = 4_000, 500, 400, 1_000, 400
Table = NDArray[np.float64]


def population(rng: np.random.Generator, n: int) -> tuple[Table, Table, Table]:
    """True chances, a noisy score and a noisier one."""
    odds = rng.normal(-3.2, 1.1, n)
    chance = 1 / (1 + np.exp(-odds))
    return chance, odds + rng.normal(0, 1.0, n), odds + rng.normal(0, 1.4, n)


def known() -> tuple[Table, float, float]:
    """Precision of the population's first 500 in 4,000 by either score, and recall by the first."""
    chance, *scores = population(np.random.default_rng(99), 4_000_000)
    tops = [score >= np.quantile(score, 1 - K / N) for score in scores]
    rates = np.array([chance[top].mean() for top in tops])
    return rates, float(rates[0] * K / N / chance.mean()), float(chance.mean())


@pytest.mark.slow
def test_precision_and_recall_at_500_are_covered_in_95_of_100_simulations() -> None:
    (precision, _), recall, _ = known()
    rng = np.random.default_rng(5)
    held, off = np.zeros(2), []
    for _ in range(TIMES):
        chance, score, _ = population(rng, N)
        labels = (rng.random(N) < chance).astype(np.int8)
        ranking = Ranking.of(score, labels, np.arange(N, dtype=np.uint64))
        at = drawn(ranking, rng, draws=DRAWS, threads=1, ks=(K,)).at(K)
        off.append(at["precision"].value - precision)
        for i, (name, value) in enumerate((("precision", precision), ("recall", recall))):
            low, high = at[name].low, at[name].high
            assert low is not None
            assert high is not None
            held[i] += low <= value <= high
    assert abs(np.mean(off)) < 0.002
    assert (held >= 0.93 * TIMES).all(), held
    assert (held <= 0.97 * TIMES).all(), held


@pytest.mark.slow
def test_differences_of_two_rankings_are_covered_in_95_of_100_simulations() -> None:
    rates, _, _ = known()
    rng = np.random.default_rng(6)
    ids = np.arange(N)
    names = np.array([str(i) for i in ids])
    held = 0
    for _ in range(FEWER):
        chance, *scores = population(rng, N)
        labels = (rng.random(N) < chance).astype(np.int8)
        one, other = (
            Ranked(ids=names, labels=labels, scores=score, ties=ids.astype(np.uint64),
                   probability=False)
            for score in scores
        )  # fmt: skip
        found = {m.metric: m for m in paired(one, other, (K,), 200, rng)}["difference.precision"]
        assert found.low is not None
        assert found.high is not None
        held += found.low <= rates[0] - rates[1] <= found.high
    assert 0.92 * FEWER <= held <= 0.98 * FEWER, held
