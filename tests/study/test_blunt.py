"""Figures made of a tree's chances are rounded, of real people and of trees alone."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from commonweal.core.results import Metric
from commonweal.models.spec import LogisticSpec, TreeSpec
from commonweal.oversight.disclosure import Disclosure
from commonweal.study.blunt import blunted

EXACT = 0.123456789012
MODELS = {"tree": TreeSpec(kind="tree"), "other": LogisticSpec(kind="logistic")}


def study(exempt: bool = False, headline: str = "tree", models: Any = MODELS) -> Any:
    spec = SimpleNamespace(models=models, evaluation=SimpleNamespace(headline=headline))
    return SimpleNamespace(spec=spec, disclosure=Disclosure(exempt=exempt))


def value(metric: str, where: Any, model: str | None = "tree", against: str | None = None) -> float:
    one = Metric(metric=metric, value=EXACT, low=EXACT, n=500, model=model, against=against)
    (found,) = blunted(where, [one])
    return found.value


@pytest.mark.parametrize(
    ("metric", "rounded"),
    [
        ("mean_prediction", 0.123), ("calibration.predicted", 0.123),
        ("composition.predicted", 0.123),
        ("calibration.slope", 0.123), ("calibration.calibrated", 0.123), ("units.ratio", 0.123),
        ("fairness.calibration_gap", 0.123), ("difference.calibration_gap.p", 0.12),
        ("brier", 0.1235), ("log_loss.calibrated", 0.1235), ("difference.brier", 0.1235),
        ("precision", EXACT), ("tree.observed", EXACT), ("calibration.observed", EXACT),
    ],
)  # fmt: skip
def test_what_is_made_of_chances_is_rounded(metric: str, rounded: float) -> None:
    assert value(metric, study()) == rounded
    assert value(metric, study(), model="other") == EXACT
    assert value(metric, study(), model="other", against="tree") == rounded
    assert value(metric, study(exempt=True)) == EXACT
    assert value(metric, study(models={"other": MODELS["other"]}, headline="other")) == EXACT


def test_a_figure_about_no_model_is_about_the_headline() -> None:
    assert value("features.share", study(), model=None) == 0.123
    assert value("features.share", study(headline="other"), model=None) == EXACT


def test_the_interval_is_rounded_too() -> None:
    one = Metric(metric="mean_prediction", value=EXACT, low=EXACT, high=EXACT, n=5, model="tree")
    (found,) = blunted(study(), [one])
    assert (found.low, found.high) == (0.123, 0.123)
