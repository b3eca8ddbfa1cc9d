"""Units adjusted for difficulty: reference values, planted poor units, and silence under chance."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from commonweal.core.errors import DataError
from commonweal.evaluation.chance import counts_of, middle, quantile
from commonweal.evaluation.units import exact, recalibrated, units

SIZES = (60, 90, 120, 200, 300, 450, 700, 1000)


def agency(
    seed: int, ratios: dict[int, float] | None = None, repeats: int = 5
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw units of unequal sizes whose people differ in difficulty; some do worse by a ratio."""
    random = np.random.default_rng(seed)
    held, chances, truths = [], [], []
    for place, size in enumerate(SIZES * repeats):
        p = random.beta(1.5 + place % 3, 10, size)
        held += [f"u{place:02d}"] * size
        chances.append(p)
        odds = p / (1 - p) * (ratios or {}).get(place, 1.0)
        truths.append(odds / (1 + odds))
    truth = np.concatenate(truths)
    return (random.random(len(truth)) < truth).astype(int), np.concatenate(chances), np.array(held)


def test_the_count_of_equal_chances_is_binomial_and_adds_up() -> None:
    law = counts_of(np.full(500, 0.13))
    assert np.abs(law - stats.binom.pmf(np.arange(501), 500, 0.13)).max() < 1e-12
    p = np.random.default_rng(1).random(777)
    law = counts_of(p)
    assert law.sum() == pytest.approx(1)
    assert (law * np.arange(778)).sum() == pytest.approx(p.sum())
    mean = p.sum()
    assert ((np.arange(778) - mean) ** 2 * law).sum() == pytest.approx((p * (1 - p)).sum())
    assert middle(law, round(quantile(law, 0.3))) == pytest.approx(0.3, abs=0.02)


def test_exact_limits_of_counts_are_the_published_ones() -> None:
    """Garwood's table: 0 has 0 to 3.69, 10 has 4.80 to 18.39."""
    assert exact(0) == (0.0, pytest.approx(3.689, abs=1e-3))
    assert exact(10) == (pytest.approx(4.795, abs=1e-3), pytest.approx(18.390, abs=1e-3))


def test_chances_are_shifted_until_they_add_up_and_their_order_stays() -> None:
    p = np.random.default_rng(1).random(1000) * 0.3
    fair = recalibrated(p, 300.0)
    assert fair.sum() == pytest.approx(300)
    assert (np.argsort(fair) == np.argsort(p)).all()
    shift = np.log(fair / (1 - fair)) - np.log(p / (1 - p))
    assert np.ptp(shift) < 1e-9


def test_chances_too_high_alike_change_no_unit() -> None:
    labels, chances, held = agency(5)
    odds = 3 * chances / (1 - chances)
    one, other = units(labels, chances, held), units(labels, odds / (1 + odds), held)
    assert [r.ratio for r in one.rows] == pytest.approx([r.ratio for r in other.rows])
    assert sum(r.expected for r in other.rows) == pytest.approx(labels.sum())
    assert other.predicted > one.predicted


def test_planted_poor_units_are_found_whatever_their_cases() -> None:
    """Two units do twice as badly, with easy cases."""
    labels, chances, held = agency(11, {15: 2.0, 39: 2.0})
    found = units(labels, chances, held)
    assert {r.name for r in found.rows if r.holm and r.ratio > 1} == {"u15", "u39"}
    assert {r.name for r in found.rows if r.discovery} >= {"u15", "u39"}
    assert all(r.ratio > r.outer_high for r in found.rows if r.name in {"u15", "u39"})
    assert found.spread_low > 0
    assert "u15" in found.sentence()
    raw = {r.name: r.observed / r.people for r in found.rows}
    assert max(raw, key=lambda name: raw[name]) not in {"u15", "u39"}  # crude rates mislead
    assert [r.name for r in found.rows] == sorted(r.name for r in found.rows)
    assert found.plot().to_dict()["layer"]
    assert len(found.frame()) == 40


def test_shrunken_ratios_are_nearer_to_the_planted_ones_than_raw_ratios() -> None:
    random = np.random.default_rng(2)
    ratios = {place: float(r) for place, r in enumerate(random.gamma(16, 1 / 16, 40))}
    labels, chances, held = agency(3, ratios)
    found = units(labels, chances, held)
    truth = {}
    for place, r in ratios.items():
        p = chances[held == f"u{place:02d}"]
        odds = p / (1 - p) * r
        truth[f"u{place:02d}"] = float((odds / (1 + odds)).sum() / p.sum())
    mean = float(np.average(list(truth.values())))
    error = {
        name: sum((getattr(r, name) - truth[r.name] / mean) ** 2 for r in found.rows)
        for name in ("ratio", "shrunken")
    }
    assert error["shrunken"] < 0.8 * error["ratio"]
    inside = [r.shrunken_low <= truth[r.name] / mean <= r.shrunken_high for r in found.rows]
    assert sum(inside) >= 35
    assert found.spread_low < np.std(list(truth.values())) < found.spread_high


def test_by_chance_about_5_in_100_and_2_in_1000_lie_outside() -> None:
    inner = outer = named = zero = 0
    tries, each = 60, 8 * 5
    for seed in range(tries):
        found = units(*agency(1000 + seed))
        inner += found.outside
        outer += sum(not r.outer_low <= r.ratio <= r.outer_high for r in found.rows)
        named += any(r.holm for r in found.rows)
        zero += found.spread == 0
    assert 0.035 < inner / (tries * each) < 0.065
    assert outer / (tries * each) < 0.006
    assert named <= 8  # 5% of 60 is 3
    assert 20 <= zero <= 45  # no spread is found in about half of all samples without any


def test_without_spread_ratios_are_one_and_intervals_say_what_is_not_ruled_out() -> None:
    found = next(f for s in range(9) if (f := units(*agency(2000 + s))).spread == 0)
    assert {r.shrunken for r in found.rows} == {1.0}
    assert all(r.shrunken_low < 1 < r.shrunken_high for r in found.rows)


def test_limits_widen_with_overdispersion_only_where_there_is_any() -> None:
    random = np.random.default_rng(8)
    ratios = {place: float(r) for place, r in enumerate(random.gamma(6, 1 / 6, 40))}
    usual, wide = (units(*agency(4, ratios), overdispersion=w) for w in (False, True))
    assert usual.dispersion == wide.dispersion > 1.5
    assert wide.outside < usual.outside
    assert wide.rows[0].inner_high > usual.rows[0].inner_high


@pytest.mark.parametrize(
    ("labels", "chances", "held", "said"),
    [
        ([0, 1], [0.5, 1.0], ["a", "b"], "predictions"),
        ([0, 0], [0.5, 0.4], ["a", "b"], "labels"),
        ([0, 1], [0.5, 0.4], ["a", "a"], "one unit"),
        ([0, 1], [0.5], ["a", "b"], "predictions"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    labels: object, chances: object, held: object, said: str
) -> None:
    with pytest.raises(DataError, match=said):
        units(labels, chances, held)
