"""Models over repeated splits: the corrected interval, what it covers, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from scipy.stats import t

import commonweal.api as cw
from commonweal.core.errors import DataError
from commonweal.evaluation.estimate import Estimate
from commonweal.evaluation.interpretability import beyond, corrected
from commonweal.evaluation.ranking import Ranking, auc

Floats = NDArray[np.float64]
FIGURES = arrays(np.float64, some.integers(2, 12), elements=some.floats(-1, 1, width=32))


@given(FIGURES, some.floats(0.05, 2.0))
def test_the_interval_is_the_published_formula(values: Floats, ratio: float) -> None:
    found = corrected(values, ratio)
    count = len(values)
    variance = (1 / count + ratio) * sum((x - values.mean()) ** 2 for x in values) / (count - 1)
    half = t.ppf(0.975, count - 1) * np.sqrt(variance)
    assert found.value == pytest.approx(float(np.mean(values)))
    assert found.high - found.value == pytest.approx(half, abs=1e-12)
    assert found.value - found.low == pytest.approx(half, abs=1e-12)


@given(FIGURES, some.floats(0.05, 2.0))
def test_it_is_wider_than_if_splits_shared_nobody(values: Floats, ratio: float) -> None:
    found, apart = corrected(values, ratio), corrected(values, 0.0)
    assert found.low <= apart.low
    assert apart.high <= found.high


@given(FIGURES, some.floats(-1, 1), some.randoms(use_true_random=False))
def test_a_difference_that_is_always_the_same_is_certain(
    values: Floats, apart: float, random: object
) -> None:
    made = cw.compare_models({"one": values, "two": values + apart}, learned=200, measured=100)
    found = made.differences["two"]
    assert found.value == pytest.approx(apart, abs=1e-9)
    assert found.high - found.low == pytest.approx(0.0, abs=1e-9)


@given(FIGURES)
def test_who_is_first_turns_signs_and_order_of_splits_changes_nothing(values: Floats) -> None:
    other = np.sin(37 * values) + np.arange(len(values))
    figures = {"one": values, "two": other}
    made = cw.compare_models(figures, learned=2, measured=1)
    turned = cw.compare_models(figures, learned=2, measured=1, first="two")
    back = cw.compare_models({name: x[::-1] for name, x in figures.items()}, learned=2, measured=1)
    two, one, again = made.differences["two"], turned.differences["one"], back.differences["two"]
    assert (two.value, two.low) == pytest.approx((-one.value, -one.high), abs=1e-9)
    assert (two.value, two.low) == pytest.approx((again.value, again.low), abs=1e-9)
    assert list(turned.own) == ["two", "one"]


def test_the_share_measured_on_widens_what_is_compared() -> None:
    figures = {"one": np.array([0.80, 0.82, 0.81]), "two": np.array([0.70, 0.74, 0.71])}
    made = cw.compare_models(figures, learned=200, measured=100)
    assert made.own["one"] == corrected(figures["one"], 0.5)
    assert made.differences["two"] == corrected(figures["two"] - figures["one"], 0.5)


def test_words_frame_sentence_and_picture() -> None:
    figures = {
        "boosted": [0.80, 0.82, 0.81], "tree": [0.70, 0.72, 0.712], "card": [0.81, 0.80, 0.82],
        "better": [0.90, 0.92, 0.91],
    }  # fmt: skip
    made = cw.compare_models(figures, learned=200, measured=100)
    assert [made.words(name) for name in made.own] == ["", "lower", "not told apart", "higher"]
    table = made.frame()
    assert table["model"].tolist() == list(figures)
    assert table.loc[1, "difference"] == pytest.approx(-0.0993, abs=1e-4)
    assert np.isnan(table.loc[0, "difference"])
    assert "tree -0.099" in made.sentence()
    assert "over 3 splits" in made.sentence()
    assert len(made.plot().to_dict()["layer"]) == 2
    assert beyond(Estimate(0.0, 0.0, 0.0)) == "not told apart"


@pytest.mark.parametrize(
    ("figures", "settings", "said"),
    [
        ({"one": [1, 2]}, {}, "give two models or more"),
        ({"one": [1, 2], "two": [1, 2]}, {"first": "three"}, "name one of them"),
        ({"one": [1, 2], "two": [1, 2, 3]}, {}, "measure all on the same splits"),
        ({"one": [1], "two": [1]}, {}, "one figure a split"),
        ({"one": [1, np.nan], "two": [1, 2]}, {}, "one figure a split"),
        ({"one": [1, 2], "two": [1, 2]}, {"measured": 0}, "both must be above 0"),
    ],
)
def test_mistakes_are_told(
    figures: dict[str, list[float]], settings: dict[str, object], said: str
) -> None:
    given_: dict[str, object] = {"learned": 200, "measured": 100, **settings}
    with pytest.raises(DataError) as raised:
        cw.compare_models(figures, **given_)  # type: ignore[arg-type]
    assert said in str(raised.value)


PEOPLE, COLUMNS, REAL = 600, 12, 4


def _people(random: np.random.Generator, n: int) -> tuple[Floats, NDArray[np.int8]]:
    x = random.standard_normal((n, COLUMNS))
    odds = -1.2 + x[:, :REAL] @ np.array([0.9, 0.5, 0.3, 0.3]) + 0.5 * (x[:, 0] > 0.5)
    return x, (random.random(n) < 1 / (1 + np.exp(-odds))).astype(np.int8)


def _direction(x: Floats, y: NDArray[np.int8]) -> Floats:
    """Return Fisher's linear discriminant: a model that is fitted in no time."""
    apart = x[y == 1].mean(axis=0) - x[y == 0].mean(axis=0)
    return np.asarray(np.linalg.solve(np.cov(x.T).reshape(x.shape[1], -1), apart))


def _areas(
    x: Floats, y: NDArray[np.int8], learned: NDArray[np.int64], measured: NDArray[np.int64]
) -> tuple[float, float]:
    """Return the AUC of a model of one column, and of one of all."""
    found = []
    for columns in (slice(0, 1), slice(0, COLUMNS)):
        weights = _direction(x[learned, columns], y[learned])
        scores = x[measured, columns] @ weights
        ranking = Ranking.of(scores, y[measured], np.zeros(len(measured), np.uint64))
        found.append(auc(ranking, np.ones(len(measured))))
    return found[0], found[1]


@pytest.mark.slow
@pytest.mark.parametrize("splits", [3, 5, 10])
def test_the_interval_covers_the_expected_difference(splits: int) -> None:
    """Of 500 problems, the 95% interval covers what new draws of the people come to."""
    random = np.random.default_rng(11)
    third = PEOPLE // 3
    truth = np.array([
        np.diff(_areas(*_people(random, PEOPLE - third + 4000),
                       np.arange(PEOPLE - third), np.arange(PEOPLE - third, PEOPLE + 4000 - third)))
        for _ in range(400)
    ]).mean()  # fmt: skip
    covered, plain = 0, 0
    for _ in range(500):
        x, y = _people(random, PEOPLE)
        areas = []
        for _ in range(splits):
            order = random.permutation(PEOPLE)
            areas.append(_areas(x, y, order[third:], order[:third]))
        one, every = np.array(areas).T
        made = cw.compare_models(
            {"one": one, "every": every}, learned=PEOPLE - third, measured=third
        )
        found, naive = made.differences["every"], corrected(every - one, 0.0)
        covered += found.low <= truth <= found.high
        plain += naive.low <= truth <= naive.high
    assert covered / 500 >= 0.9
    assert plain < covered, "uncorrected, it covers less"
