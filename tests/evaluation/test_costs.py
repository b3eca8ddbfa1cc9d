"""Costs and benefits: the paper's own arithmetic, and ranges that stay apart."""

from __future__ import annotations

import numpy as np
import pytest

from commonweal.core.errors import DataError
from commonweal.evaluation.costs import break_even, costs
from commonweal.evaluation.spec import Assumed

SHOOTING, HALF = 1_900_000, 0.5


def paper() -> tuple[np.ndarray, np.ndarray]:
    """People ranked as in paper C: 65 of the first 500 and 296 of the first 3,400 are shot."""
    labels = np.zeros(20_000, dtype=int)
    labels[np.linspace(0, 499, 65).astype(int)] = 1
    labels[np.linspace(500, 3_399, 296 - 65).astype(int)] = 1
    return labels, -np.arange(20_000.0)


def test_break_even_spending_is_the_papers() -> None:
    assert break_even(65, 500, SHOOTING, HALF) == pytest.approx(123_500)
    assert break_even(0.087 * 3_400, 3_400, SHOOTING, HALF) == pytest.approx(82_650)


def test_costs_of_the_papers_list_are_the_papers() -> None:
    labels, scores = paper()
    found = costs(labels, scores, [500, 3_400], SHOOTING, HALF, draws=400)
    first, second = found.rows
    assert first.break_even == pytest.approx(123_500)
    assert first.social_cost == pytest.approx(123.5e6)  # "just over $123 million"
    assert first.saved == pytest.approx(61.75e6)  # "$62 million"
    assert second.break_even == pytest.approx(82_650, rel=0.002)
    # The paper's interval of precision, 0.100 to 0.160, in dollars.
    assert first.break_even_low == pytest.approx(0.100 * SHOOTING * HALF, rel=0.04)
    assert first.break_even_high == pytest.approx(0.160 * SHOOTING * HALF, rel=0.04)
    assert "up to 123,500 dollars" in found.sentence()
    assert list(found.frame()["k"]) == [500, 3_400]
    assert found.plot().to_dict()["layer"]


def test_what_is_assumed_and_what_is_measured_stay_apart_and_together() -> None:
    labels, scores = paper()
    cost = Assumed(value=SHOOTING, low=1_000_000, high=5_000_000)
    found = costs(labels, scores, [500], cost, Assumed(value=0.5, low=0.1), draws=100).rows[0]
    assert found.least == pytest.approx(0.13 * 1_000_000 * 0.1)
    assert found.most == pytest.approx(0.13 * 5_000_000 * 0.5)
    assert found.least_low < found.least < found.break_even < found.most < found.most_high
    ratio = found.least_low / found.least
    assert ratio == pytest.approx(found.break_even_low / found.break_even)


def test_events_may_count_more_than_once() -> None:
    labels, scores = paper()
    once = costs(labels, scores, [500], SHOOTING, HALF, draws=20).rows[0]
    twice = costs(labels, scores, [500], SHOOTING, HALF, events=2 * labels, draws=20).rows[0]
    assert twice.break_even == pytest.approx(2 * once.break_even)


@pytest.mark.parametrize(
    ("cost", "effect", "events", "said"),
    [
        (0, 0.5, None, "cost_per_event"),
        (5, 1.5, None, "effect"),
        (Assumed(value=5, low=6), 0.5, None, "cost_per_event"),
        (5, 0.5, [1, -1, 0], "events"),
        (5, 0.5, [1, 0], "events"),
    ],
)
def test_what_cannot_be_is_refused(cost: object, effect: object, events: object, said: str) -> None:
    with pytest.raises(DataError, match=said):
        costs([1, 0, 1], [3, 2, 1], [1], cost, effect, events=events)  # type: ignore[arg-type]
