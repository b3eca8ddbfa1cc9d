"""Coefficients to points: few other cards are better, and the line is told right."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from commonweal.models.scorecard.patterns import Patterns, loss_of, regress
from commonweal.models.scorecard.rounded import Rounded, _lined, rounded


def problem(seed: int, items: int, most: int = 400) -> Patterns:
    rng = np.random.default_rng([41, seed])
    answers = (np.arange(2**items)[:, None] >> np.arange(items) & 1).astype(float)
    weight = rng.integers(20, most, 2**items)
    odds = answers @ rng.normal(0, 1.2, items) - 1 + 0.7 * answers[:, 0] * answers[:, -1]
    return Patterns(answers, weight * 1.0, rng.binomial(weight, 1 / (1 + np.exp(-odds))) * 1.0)


def made(patterns: Patterns, most: int) -> Rounded:
    slopes = regress(patterns).coefficients[1:]
    return rounded(patterns, slopes, most, [0] * len(slopes))


def loss_by_hand(patterns: Patterns, card: Rounded) -> float:
    """Return the log loss of the line over the score, of Platt's smoothed targets."""
    positives = patterns.hits.sum()
    negatives = patterns.weight.sum() - positives
    high, low = (positives + 1) / (positives + 2), 1 / (negatives + 2)
    smooth = high * patterns.hits + low * (patterns.weight - patterns.hits)
    score = patterns.answers @ np.array(card.points, float)
    return loss_of(card.intercept + card.slope * score, patterns.weight, smooth)


@pytest.mark.parametrize("seed", range(12))
def test_the_loss_is_that_of_the_points_and_the_line(seed: int) -> None:
    patterns = problem(seed, 3)
    card = made(patterns, 5)
    assert card.loss == pytest.approx(loss_by_hand(patterns, card), rel=1e-7)
    assert math.gcd(*card.points) == 1


def test_points_that_share_a_divisor_keep_their_line() -> None:
    """Points of 2 are as good as points of 1, and now and then come first by rounding."""
    patterns = [problem(seed, 1, most=60) for seed in range(300)]
    for one in patterns:
        card = made(one, 4)
        assert abs(card.points[0]) <= 1
        assert card.loss == pytest.approx(loss_by_hand(one, card), rel=1e-7)


@pytest.mark.parametrize("seed", range(8))
def test_hardly_any_card_of_so_many_points_is_better_on_small_problems(seed: int) -> None:
    patterns = problem(seed, 3)
    nothing, card = _lined(patterns, np.zeros(3, np.int64)), made(patterns, 3)
    every = itertools.product(range(-3, 4), repeat=3)
    best = min(_lined(patterns, np.array(points)).loss for points in every)
    assert best <= card.loss * (1 + 1e-9)
    assert nothing.loss - card.loss >= 0.999 * (nothing.loss - best)


@pytest.mark.parametrize("seed", range(12))
def test_no_scale_alone_is_better(seed: int) -> None:
    patterns = problem(seed, 6, most=80)
    slopes, card = regress(patterns).coefficients[1:], made(patterns, 9)
    for scale in np.arange(0.5, 9.01, 0.25):
        points = np.rint(slopes / np.abs(slopes).max() * scale).astype(np.int64)
        assert _lined(patterns, points).loss >= card.loss * (1 - 1e-9)


@pytest.mark.parametrize("seed", range(12))
def test_no_single_point_moved_is_better(seed: int) -> None:
    patterns = problem(seed, 6, most=80)
    card = made(patterns, 3)  # few points: a scale alone seldom has the best
    for place in range(6):
        for move in (-1, 1):
            points = np.array(card.points)
            points[place] += move
            if abs(points[place]) > 3:
                continue
            assert _lined(patterns, points).loss >= card.loss * (1 - 1e-9)
