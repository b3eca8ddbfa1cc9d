"""Error rates by group: ProPublica's table, scikit-learn's counts, what chance makes of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix

from commonweal.core.errors import DataError
from commonweal.evaluation.fairness import COMPARED, GAP, OTHERS, Fairness, fairness

COMPAS = Path(__file__).resolve().parents[3] / "shared" / "data" / "compas" / "two_year.csv"
SIMULATIONS = 1000


def measure(found: Fairness, group: str, name: str) -> float:
    return next(m.value for m in found.measures if m.group == group and m.measure == name)


@pytest.mark.skipif(not COMPAS.is_file(), reason="the COMPAS scores are not there")
def test_propublicas_table() -> None:
    import pandas as pd

    people = pd.read_csv(COMPAS)
    found = fairness(people.two_year_recid, people.score_text != "Low", people.race)
    published = {
        ("African-American", "false_positive"): 44.85, ("Caucasian", "false_positive"): 23.45,
        ("African-American", "false_negative"): 27.99, ("Caucasian", "false_negative"): 47.72,
    }  # fmt: skip
    for (group, name), percent in published.items():
        assert round(100 * measure(found, group, name), 2) == percent
    by = {(d.group, d.measure): d for d in found.differences("Caucasian")}
    assert by["African-American", "false_positive"].value == pytest.approx(0.2139, abs=5e-5)
    assert by["African-American", "false_positive"].p_adjusted < 1e-30
    # Of those called high risk about as many did not reoffend in either group.
    assert by["African-American", "false_discovery"].p_adjusted > 0.05
    assert "No measure decides" in found.sentence()
    assert set(found.frame().columns) >= {"group", "measure", "value", "low", "high", "n"}


def drawn(seed: int) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.str_]]:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 60))
    return (
        rng.integers(0, 2, n), rng.random(n) < rng.random(),
        rng.choice(list("abc")[: int(rng.integers(1, 4))], n),
    )  # fmt: skip


def test_counts_are_those_of_scikit_learn() -> None:
    for seed in range(1000):
        labels, chosen, groups = drawn(seed)
        found = {(m.group, m.measure): m for m in fairness(labels, chosen, groups).measures}
        for group in set(groups.tolist()):
            mine = groups == group
            table = confusion_matrix(labels[mine], chosen[mine], labels=[0, 1])
            (tn, fp), (fn, tp) = table.tolist()
            expected = {
                "selection_rate": (fp + tp, mine.sum()), "false_discovery": (fp, fp + tp),
                "false_negative": (fn, fn + tp), "false_positive": (fp, fp + tn),
                "precision": (tp, fp + tp), "recall": (tp, fn + tp),
            }  # fmt: skip
            for name, (count, of) in expected.items():
                one = found.get((group, name))
                if of == 0:
                    assert one is None
                else:
                    assert one is not None
                    assert abs(one.value - count / of) < 1e-12
                    assert one.n == of
                    assert one.low - 1e-12 <= one.value <= one.high + 1e-12


def test_a_case_by_hand() -> None:
    labels = [1, 1, 0, 0, 1, 0, 0, 0]
    scores = [0.9, 0.4, 0.8, 0.1, 0.7, 0.3, 0.2, 0.2]
    found = fairness(labels, 3, ["x"] * 4 + ["y"] * 4, scores=scores)
    # The top 3 are .9 and .8 of x and .7 of y.
    assert measure(found, "x", "false_discovery") == 0.5
    assert measure(found, "x", "false_negative") == 0.5
    assert measure(found, "x", "false_positive") == 0.5
    assert measure(found, "y", "precision") == 1.0
    assert measure(found, "y", "recall") == 1.0
    assert measure(found, "x", GAP) == pytest.approx(0.55 - 0.5)
    assert measure(found, "y", GAP) == pytest.approx(0.35 - 0.25)
    gap = next(d for d in found.differences("x") if d.measure == GAP)
    assert gap.value == pytest.approx(0.05)


def test_ties_at_the_cut_off_count_by_their_chance() -> None:
    found = fairness([1, 0, 0, 1], 2, ["x", "y", "y", "x"], scores=[0.5, 0.5, 0.5, 0.9])
    assert measure(found, "x", "selection_rate") == pytest.approx((1 + 1 / 3) / 2)
    assert measure(found, "y", "selection_rate") == pytest.approx(1 / 3)


@given(st.integers(0, 10_000))
@settings(max_examples=60, deadline=None)
def test_everyone_else_is_everybody_but_the_group(seed: int) -> None:
    labels, chosen, groups = drawn(seed)
    scores = np.random.default_rng(seed).random(len(labels))
    found = fairness(labels, chosen, groups, scores=scores, reference=OTHERS)
    for d in found.differences():
        two = np.where(groups == d.group, "in", "out")
        other = fairness(labels, chosen, two, scores=scores).differences("out")
        same = next(x for x in other if x.measure == d.measure)
        assert (d.value, d.low, d.high, d.p, d.n, d.n_against) == pytest.approx(
            (same.value, same.low, same.high, same.p, same.n, same.n_against), abs=1e-9
        )


def test_the_largest_group_is_the_reference_unless_another_is_named() -> None:
    rng = np.random.default_rng(3)
    n = 400
    groups = {"race": rng.choice(["a", "b", "c"], n, p=[0.2, 0.5, 0.3]), "sex": ["f", "m"] * 200}
    found = fairness(rng.integers(0, 2, n), rng.random(n) < 0.4, groups)
    assert found.references["race"] == "b"
    assert {d.group for d in found.differences() if d.attribute == "race"} == {"a", "c"}
    named = found.differences({"race": "a"})
    assert {d.against for d in named if d.attribute == "race"} == {"a"}
    assert [d.p_adjusted >= d.p for d in named] == [True] * len(named)
    assert len(named.frame()) == len(named)
    assert "of 12 comparisons" in named.sentence().lower()
    for chart in (found.plot(), named.plot()):
        assert chart.to_dict()["layer"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"chosen": 3}, "scores: are missing"),
        ({"chosen": 9, "scores": [0.1, 0.2, 0.3]}, "chosen: is 9 of 3"),
        ({"chosen": [1, 2, 0]}, "chosen: is 2 in row 2"),
        ({"groups": ["a"]}, "groups of group"),
        ({"reference": "z"}, "group has no group 'z'"),
        ({"scores": [0.1]}, "scores: hold 1"),
    ],
)
def test_what_makes_no_sense_is_refused(change: dict[str, object], said: str) -> None:
    usual = {"labels": [0, 1, 1], "chosen": [1, 0, 1], "groups": ["a", "b", "a"]}
    with pytest.raises(DataError, match=said):
        fairness(**{**usual, **change})  # type: ignore[arg-type]


def excluded(rate: float, other: float, seed: int) -> tuple[float, float]:
    """How often the interval leaves out 0, and how often the test rejects: 600 people a group."""
    rng, outside, rejected = np.random.default_rng(seed), 0, 0
    labels, groups = np.zeros(1200, dtype=int), np.repeat(["a", "b"], 600)
    for _ in range(SIMULATIONS):
        chosen = rng.random(1200) < np.repeat([rate, other], 600)
        differences = fairness(labels, chosen, groups, reference="a").differences()
        one = next(d for d in differences if d.measure == "false_positive")
        outside += one.low > 0 or one.high < 0
        rejected += one.p < 0.05
    return outside / SIMULATIONS, rejected / SIMULATIONS


@pytest.mark.slow
def test_a_gap_of_ten_points_is_found() -> None:
    assert min(excluded(0.30, 0.40, 1)) >= 0.90


@pytest.mark.slow
@pytest.mark.parametrize("rate", [0.30, 0.40])
def test_what_is_not_there_is_found_as_seldom_as_promised(rate: float) -> None:
    for share in excluded(rate, rate, 2):
        assert 0.035 <= share <= 0.065


def test_intervals_of_the_calibration_gap_hold_it_nineteen_times_in_twenty() -> None:
    rng, held = np.random.default_rng(5), 0
    for _ in range(600):
        chance = rng.beta(2, 8, 400)
        labels = (rng.random(400) < np.clip(chance - 0.03, 0, 1)).astype(int)
        found = fairness(labels, np.zeros(400), ["a"] * 400, scores=chance)
        one = next(m for m in found.measures if m.measure == GAP)
        held += one.low <= 0.03 <= one.high
    assert 0.92 <= held / 600 <= 0.98


def test_comparisons_are_in_measures_that_are_not_each_others_complement() -> None:
    assert "precision" not in COMPARED
    assert "recall" not in COMPARED
