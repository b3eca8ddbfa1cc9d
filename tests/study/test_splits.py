"""Kinds of model where the truth is planted: the kind that is the truth is not beaten."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from commonweal.evaluation.interpretability import ModelComparison, compare_models
from commonweal.models.held import HeldMatrix
from commonweal.models.missing_spec import MissingSpec
from commonweal.models.spec import (
    BaseRateSpec,
    BoostedSpec,
    CountRankSpec,
    LogisticSpec,
    ModelSpec,
    ScorecardSpec,
    TreeSpec,
)
from commonweal.models.trees.fitted import TreeModel
from commonweal.study import splits
from commonweal.study.splits import Drawn, divided, of_split
from commonweal.study.strategies import USUAL, Plan, fitted, seeing_as

Floats = NDArray[np.float64]
COLUMNS = tuple(f"x{i}" for i in range(8))
SPECS: dict[str, ModelSpec] = {
    "boosted": BoostedSpec(kind="boosted", learning_rate=0.1, patience=20, max_trees=200),
    "logistic": LogisticSpec(kind="logistic"),
    "scorecard": ScorecardSpec(kind="scorecard"),
    "tree": TreeSpec(kind="tree"),
    "cart": TreeSpec(kind="tree"),
    "count_rank": CountRankSpec(kind="count_rank", feature="x0"),
}
PLANS = [Plan(kind, spec, None, COLUMNS) for kind, spec in SPECS.items()]  # type: ignore[arg-type]


def tree_truth(x: Floats) -> Floats:
    """Four questions: what the second one means depends on the first."""
    other = np.where(x[:, 1] > 0.5, -3.0, np.where(x[:, 2] > 1, 1.0, -1.5))
    return np.where(x[:, 0] > 0, np.where(x[:, 1] > 0, 2.0, -2.0), other)


def linear_truth(x: Floats) -> Floats:
    """Every column counts, and counts the same at every value."""
    return np.asarray(-1 + x @ np.linspace(0.9, 0.4, len(COLUMNS)))


def drawn(truth: Callable[[Floats], Floats], people: int = 1500) -> tuple[Drawn, HeldMatrix]:
    random = np.random.default_rng(4)
    person = np.sort(random.integers(0, people, 2 * people))
    x = random.standard_normal((len(person), len(COLUMNS)))
    labels = (random.random(len(person)) < 1 / (1 + np.exp(-truth(x)))).astype(np.int8)
    names = [f"p{i}" for i in range(people)]
    rows = np.arange(len(person))
    held = HeldMatrix(x.astype(np.float32), COLUMNS, COLUMNS, ())
    return Drawn(rows, labels, person.astype(np.int64), names, len(rows), 0.1), held


def compared(truth: Callable[[Floats], Floats], first: str) -> ModelComparison:
    rows, held = drawn(truth)
    parts = [divided(rows, 1, number) for number in range(5)]
    found = [of_split(rows, part, held, PLANS, 7 + i) for i, part in enumerate(parts)]
    areas = {kind: [one[kind].figures[0] for one in found] for kind in SPECS}
    return compare_models(areas, learned=2, measured=1, first=first)


def test_where_a_tree_is_the_truth_no_other_kind_is_better() -> None:
    found = compared(tree_truth, "tree")
    assert found.own["tree"].value > 0.75
    assert found.words("logistic") == "lower"
    assert found.words("count_rank") == "lower"
    assert found.differences["boosted"].value < 0.02


def test_where_a_sum_is_the_truth_a_sum_is_best() -> None:
    found = compared(linear_truth, "logistic")
    assert {found.words(kind) for kind in ("boosted", "scorecard", "tree", "cart")} == {"lower"}
    assert found.words("count_rank") == "lower"


def test_usual_kinds_see_what_the_headline_model_sees_and_no_card_is_filled() -> None:
    filled = MissingSpec(columns=("x*",), by="typical")
    headline = BoostedSpec(kind="boosted", without=("network",), columns=("x*",), missing=filled)
    for kind, usual in USUAL.items():
        found = seeing_as(usual, headline)
        assert (found.without, found.columns) == (("network",), ("x*",))
        assert found.missing == (None if kind == "scorecard" else filled)
        assert seeing_as(usual, BaseRateSpec(kind="base_rate")) == usual


def test_parts_share_nobody_and_hold_everybody() -> None:
    rows, _ = drawn(linear_truth, 300)
    seen = set()
    for number in range(3):
        part = divided(rows, 1, number)
        places = [part.train, part.stopping, part.measured]
        assert sorted(np.concatenate(places).tolist()) == list(range(len(rows.rows)))
        people = [set(rows.person[one].tolist()) for one in places]
        assert not people[0] & people[1]
        assert not people[2] & (people[0] | people[1])
        whole = len(set(rows.person.tolist()))
        assert len(people[2]) == round(whole * splits.MEASURED)
        assert len(people[1]) == round((whole - len(people[2])) * splits.STOPPING)
        assert rows.k(part) == round(0.1 * len(part.measured))
        seen.add(tuple(part.measured.tolist()))
    assert len(seen) == 3


def test_order_of_rows_divides_nobody_otherwise() -> None:
    rows, _ = drawn(linear_truth, 300)
    turned = Drawn(
        rows.rows, rows.labels[::-1], rows.person[::-1], rows.names, rows.among, rows.share
    )
    one, other = divided(rows, 1, 0), divided(turned, 1, 0)
    last = len(rows.rows) - 1
    assert set(one.measured.tolist()) == {last - place for place in other.measured.tolist()}


def test_tree_and_cart_have_one_penalty() -> None:
    from commonweal.models.data import Sample, TrainingData

    rows, held = drawn(tree_truth, 600)
    part = divided(rows, 1, 0)
    samples = (Sample(held, p, rows.labels[p]) for p in (part.train, part.stopping))
    data = TrainingData(*samples)
    tree, cart = (fitted(plan, data, 3) for plan in PLANS if plan.kind in ("tree", "cart"))
    assert isinstance(tree, TreeModel)
    assert isinstance(cart, TreeModel)
    assert tree.found.alpha == cart.found.alpha
    again = fitted(PLANS[4], data, 3, 0.3)
    assert isinstance(again, TreeModel)
    assert again.found.alpha == 0.3
    assert len(again.tree.leaves) <= len(cart.tree.leaves)


@pytest.mark.parametrize("kind", ["boosted", "logistic", "tree", "cart", "scorecard"])
def test_nothing_of_the_measured_is_learned(kind: str) -> None:
    """Outcomes of the people measured on may be anything: the model is the same."""
    rows, held = drawn(tree_truth, 400)
    part = divided(rows, 1, 0)
    labels = rows.labels.copy()
    labels[part.measured] = 1 - labels[part.measured]
    other = Drawn(rows.rows, labels, rows.person, rows.names, rows.among, rows.share)
    plan = [one for one in PLANS if one.kind == kind]
    one, two = (of_split(x, part, held, plan, 3)[kind] for x in (rows, other))
    assert np.array_equal(one.ranking.order, two.ranking.order)
    assert np.array_equal(one.ranking.scores, two.ranking.scores)
    assert one.figures[0] == pytest.approx(1 - two.figures[0])
