"""How much of a model one must read, counted in another way than it is."""

from __future__ import annotations

import numpy as np
import pytest

from commonweal.models.baselines import BaseRateModel
from commonweal.models.boosted import BoostedModel
from commonweal.models.data import Sample, TrainingData
from commonweal.models.held import HeldMatrix
from commonweal.models.logistic import LogisticModel
from commonweal.models.missing import FilledModel, Fills
from commonweal.models.registry import fit
from commonweal.models.scorecard.fitted import ScorecardModel
from commonweal.models.size import size, trees
from commonweal.models.spec import (
    BoostedSpec,
    CountRankSpec,
    LogisticSpec,
    ModelSpec,
    ScorecardSpec,
    TreeSpec,
)
from commonweal.models.trees.fitted import TreeModel

NAMES = ("number", "code", "gaps", "constant")


def data() -> TrainingData:
    random = np.random.default_rng(3)
    values = random.standard_normal((1000, 4)).astype(np.float32)
    values[:, 1] = random.integers(0, 3, 1000)
    values[random.random(1000) < 0.3, 2] = np.nan
    values[:, 3] = 1
    odds = values[:, 0] + (values[:, 1] == 1)
    labels = (random.random(1000) < 1 / (1 + np.exp(-odds))).astype(np.int8)
    matrix = HeldMatrix(values, NAMES, NAMES, ("code",))
    first, rest = np.arange(700), np.arange(700, 1000)
    return TrainingData(Sample(matrix, first, labels[first]), Sample(matrix, rest, labels[rest]))


def made(spec: ModelSpec) -> object:
    return fit(spec, data(), 5, 1)


def test_boosted_trees_have_the_leaves_of_all_trees() -> None:
    model = made(BoostedSpec(kind="boosted", max_trees=20, patience=5, leaves=5, bags=2))
    assert isinstance(model, BoostedModel)
    frames = [booster.trees_to_dataframe() for booster in model.boosters]
    assert size(model) == sum(int(frame["left_child"].isna().sum()) for frame in frames)
    assert trees(model) == sum(frame["tree_index"].nunique() for frame in frames)


def test_a_logistic_regression_has_its_coefficients() -> None:
    model = made(LogisticSpec(kind="logistic", penalties=(1.0,)))
    assert isinstance(model, LogisticModel)
    # two numbers, three categories, one gap; what is constant has no weight
    assert size(model) == 2 + 3 + 1
    assert trees(model) == 0


def test_a_tree_a_card_a_count_and_what_is_filled() -> None:
    tree = made(TreeSpec(kind="tree", alpha=0.001, max_depth=3))
    assert isinstance(tree, TreeModel)
    assert size(tree) == len(np.unique(tree.tree.apply(data().train.matrix.take(np.arange(700)))))
    assert trees(tree) == 1
    card = made(ScorecardSpec(kind="scorecard", items=3))
    assert isinstance(card, ScorecardModel)
    assert 1 <= size(card) <= 3
    assert size(card) == sum("points" in str(item) for item in card.card.items)
    count = made(CountRankSpec(kind="count_rank", feature="number"))
    assert size(count) == 1  # type: ignore[arg-type]
    whole = FilledModel(tree, Fills({}, {}, np.arange(4)))
    assert (size(whole), trees(whole)) == (size(tree), 1)


def test_what_has_no_size_is_refused() -> None:
    with pytest.raises(TypeError, match="BaseRateModel has no size"):
        size(BaseRateModel(0.1, 4))


def test_held_rows_are_read_as_they_are() -> None:
    matrix = data().train.matrix
    assert isinstance(matrix, HeldMatrix)
    part = matrix.only(("gaps", "code"))
    assert part.categorical == ("code",)
    rows = np.array([5, 2, 9])
    assert np.array_equal(part.take(rows), matrix.values[rows][:, [2, 1]], equal_nan=True)
    assert part.take(rows).flags["C_CONTIGUOUS"]
    assert np.array_equal(matrix.take(rows), matrix.values[rows], equal_nan=True)
    assert matrix.only(()).take(rows).shape == (3, 0)
