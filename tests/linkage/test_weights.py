from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonweal.linkage.scoring import Scored
from commonweal.linkage.weights import Weigher, cross_fitted, learn, prior_log_odds

# Levels of first name, last name, birth date and address.
HIGHEST = np.array([4, 4, 4, 2])


def scored(levels: np.ndarray, weight: np.ndarray) -> Scored:
    rows = np.arange(len(weight))
    return Scored(rows, rows + len(weight), weight.astype(float), levels.astype(np.int8))


def drawn(seed: int = 1) -> tuple[Scored, np.ndarray, np.ndarray]:
    """Pairs of one person, of strangers, and of twins: all the same but for the first name."""
    rng = np.random.default_rng(seed)
    kind = rng.choice([0, 1, 2], 6_000, p=[0.45, 0.4, 0.15])
    agree = np.array([[0.95, 0.95, 0.93, 0.7], [0.3, 0.3, 0.05, 0.05], [0.02, 0.97, 0.97, 0.9]])
    full = rng.random((len(kind), 4)) < agree[kind]
    levels = np.where(full, HIGHEST, rng.integers(-1, 2, (len(kind), 4))).T
    worth = np.array([[-3, 6], [-4, 8], [-4, 11], [-1, 7]])
    weight = np.where(levels == HIGHEST[:, None], worth[:, 1:], worth[:, :1])
    return scored(levels, np.where(levels < 0, 0, weight).sum(axis=0)), kind == 0, kind


@pytest.fixture(scope="module")
def weigher() -> Weigher:
    pairs, true, _ = drawn()
    return learn(pairs, true, 1.0, -4.0, 1)


def test_more_agreement_never_speaks_against_being_one_person(weigher: Weigher) -> None:
    rng = np.random.default_rng(2)
    levels = rng.integers(-1, HIGHEST[:, None] + 1, (4, 2_000))
    weight = rng.uniform(-15, 40, 2_000)
    base = weigher.log_odds(scored(levels, weight))
    for place in range(4):
        more = levels.copy()
        more[place] = np.where(levels[place] < 0, -1, np.minimum(levels[place] + 1, HIGHEST[place]))
        assert (weigher.log_odds(scored(more, weight)) >= base).all()
    heavier = weigher.log_odds(scored(levels, weight + rng.uniform(0, 5, 2_000)))
    assert (heavier >= base).all()
    assert len(np.unique(base)) > 100


def test_twins_weigh_much_and_are_not_believed(weigher: Weigher) -> None:
    pairs, true, kind = drawn(seed=7)
    odds = weigher.log_odds(pairs)
    assert pairs.weight[kind == 2].mean() > 12, "by the weight alone they are one person"
    assert np.median(odds[kind == 2]) < -2
    assert np.median(odds[true]) > 2
    chance = 1 / (1 + np.exp(-odds))
    for low in (0.0, 0.2, 0.5, 0.8):
        inside = (chance >= low) & (chance < low + 0.2 + 1e-9)
        if inside.sum() > 200:
            assert true[inside].mean() == pytest.approx(chance[inside].mean(), abs=0.1)


def test_a_wrong_pair_stands_for_as_many_as_there_are_more_people() -> None:
    pairs, true, _ = drawn()
    one, ten = (learn(pairs, true, scale, -4.0, 1).log_odds(pairs) for scale in (1.0, 10.0))
    assert np.median(ten[~true]) < np.median(one[~true])
    assert ten.mean() < one.mean() - 0.5


def test_too_few_pairs_leave_the_weight_as_it_is() -> None:
    pairs, true, _ = drawn()
    few = np.flatnonzero(~true)[:49]
    rows = np.concatenate([np.flatnonzero(true), few])
    found = learn(pairs.only(rows), true[rows], 1.0, -3.0, 1)
    assert found.booster is None
    np.testing.assert_allclose(found.log_odds(pairs), pairs.weight * np.log(2) - 3.0)
    rows = np.concatenate([rows, np.flatnonzero(~true)[49:50]])
    assert learn(pairs.only(rows), true[rows], 1.0, -3.0, 1).booster is not None


def test_the_order_of_pairs_changes_no_bit() -> None:
    pairs, true, _ = drawn()
    order = np.random.default_rng(3).permutation(pairs.count)
    one, other = (
        learn(pairs, true, 1.0, -3.0, 1),
        learn(pairs.only(order), true[order], 1.0, -3.0, 1),
    )
    assert one.log_odds(pairs).tobytes() == other.log_odds(pairs).tobytes()


def test_nobody_is_weighed_by_what_was_learned_from_them() -> None:
    pairs, true, _ = drawn()
    fold = np.arange(pairs.count) % 3 - 1
    found = cross_fitted(pairs, true, fold, 1.0, -3.0, 1)
    for number in (0, 1):
        # What is true of a fold's own pairs does not enter their odds.
        flipped = np.where(fold == number, ~true, true)
        again = cross_fitted(pairs, flipped, fold, 1.0, -3.0, 1)
        np.testing.assert_array_equal(found[fold == number], again[fold == number])
        assert not np.array_equal(found[fold == 1 - number], again[fold == 1 - number])
    between = np.where(fold < 0, ~true, true)
    np.testing.assert_array_equal(found, cross_fitted(pairs, between, fold, 1.0, -3.0, 1))
    assert (found[fold < 0] != 0).all()


@settings(max_examples=20, deadline=None)
@given(st.sampled_from([0.01, 0.03, 0.1]), st.integers(0, 10**6))
def test_the_prior_of_a_planted_mixture_is_recovered(share: float, seed: int) -> None:
    """Weights are log2 ratios of two normal densities, so they are what they say they are."""
    rng = np.random.default_rng(seed)
    count = 200_000
    one = rng.random(count) < share
    x = rng.normal(np.where(one, 4.0, 0.0), 1.0)
    weight = (4 * x - 8) / np.log(2)
    found = prior_log_odds(weight, count)
    assert found == pytest.approx(np.log(share / (1 - share)), abs=0.25)
    # Pairs that were not compared are two people's.
    likely = weight > 0
    assert prior_log_odds(weight[likely], count) == pytest.approx(found, abs=0.4)


@pytest.mark.parametrize("pairs", [0, 1, 10, 10**12])
def test_a_prior_is_a_number_whatever_is_given(pairs: float) -> None:
    for weight in (np.zeros(0), np.full(5, 1e6), np.full(5, -1e6), np.zeros(5)):
        assert np.isfinite(prior_log_odds(weight, pairs))
