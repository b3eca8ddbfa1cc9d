"""Shuffled columns: the planted one costs most, one that says nothing costs nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from commonweal.models.complete import complete
from commonweal.models.permutation import permutation
from commonweal.models.registry import fit
from commonweal.models.spec import (
    BoostedSpec,
    CountRankSpec,
    ForestSpec,
    Learned,
    LogisticSpec,
    OlsSpec,
)
from commonweal.models.tuning_spec import PermutationSpec
from models.test_models import data, sample

FOREST = ForestSpec(kind="forest", trees=30, min_leaf=10)
SPECS: dict[str, Learned] = {
    "forest": FOREST,
    "boosted": BoostedSpec(kind="boosted", max_trees=25, min_leaf=10, column_fraction=1.0),
    "logistic": LogisticSpec(kind="logistic", penalties=(1.0,)),
    "ols": OlsSpec(kind="ols"),
}


@pytest.mark.parametrize("name", SPECS)
def test_the_planted_column_costs_most(name: str) -> None:
    model = fit(SPECS[name], data(), 7, 1)
    found = permutation(model, sample(5, 1500), PermutationSpec(), 7)
    assert found[0].column == "arrests"
    assert found[0].auc > 10 * max(found[0].auc_spread, 0.005)
    costs = {one.column: one.auc for one in found}
    assert "constant" not in costs
    assert abs(costs.get("visits", 0)) < 0.02
    if name == "ols":
        assert found[0].log_loss is None
    else:
        assert (found[0].log_loss or 0) > 0.01


def test_the_cost_is_the_fall_of_the_auc() -> None:
    model, rows = fit(FOREST, data(), 7, 1), sample(5, 400)
    values = rows.matrix.take(rows.rows)
    (one,) = permutation(model, rows, PermutationSpec(repeats=1, columns=1), 7)
    assert one.column == "arrests"
    from commonweal.core.seeds import stream

    shuffled = values.copy()
    shuffled[:, 0] = values[stream(7, "permutation", "arrests").permutation(400), 0]
    before, after = (roc_auc_score(rows.labels, model.predict(v)) for v in (values, shuffled))
    assert one.auc == pytest.approx(before - after, abs=1e-12)
    assert one.auc_spread == 0


def test_rows_and_columns_are_limited() -> None:
    model = fit(FOREST, data(), 7, 1)
    few = PermutationSpec(rows=100, columns=2, repeats=2)
    rows = sample(5, 1500)
    found = permutation(model, rows, few, 7)
    assert {one.column for one in found} <= {"arrests", "age", "visits"}
    assert len(found) == 2
    assert rows.matrix.most == 100  # type: ignore[attr-defined]
    assert permutation(model, rows, few, 7) == found
    assert permutation(model, rows, few, 8) != found


def test_only_forests_are_measured_unasked_and_never_on_what_they_were_fitted_on() -> None:
    training = data()
    assert complete(SPECS["boosted"], training, 7, 1).shuffled is None
    assert (
        complete(CountRankSpec(kind="count_rank", feature="age"), training, 7, 1).shuffled is None
    )
    assert (
        complete(replace(FOREST, permutation=PermutationSpec(repeats=0)), training, 7, 1).shuffled
        is None
    )
    found = complete(FOREST, training, 7, 1)
    blind = fit(FOREST, replace(training, validation=training.train.some(np.arange(0))), 7, 1)
    assert found.shuffled == permutation(blind, training.validation, PermutationSpec(), 7)
