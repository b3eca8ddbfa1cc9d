"""What a tree predicts, rounded: a leaf's chance is a share of the people it was learned from.

A leaf may have been learned from few people. Its chance to twelve digits, or a figure made of such
chances, is an equation that few whole numbers solve; to three decimals many do.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import replace

from commonweal.core.results import Metric
from commonweal.models.spec import TreeSpec
from commonweal.study.examine.comparison import rounded
from commonweal.study.spec import Study

_CHANCES = re.compile(
    r"predict|calibrated|calibration_gap$|^calibration\.(slope|intercept|error)|^features\.share$"
    r"|^units\."
)
_TESTS = re.compile(r"calibration_gap\.p")
_ERRORS = re.compile(r"brier|log_loss")


def blunted(study: Study, metrics: Iterable[Metric]) -> list[Metric]:
    """Round the figures of real people that are made of a tree's chances; all others stay."""
    models = study.spec.models
    trees = {name for name, spec in models.items() if isinstance(spec, TreeSpec)}
    if study.disclosure.exempt or not trees:
        return list(metrics)
    return [_blunt(m, trees, study.spec.evaluation.headline) for m in metrics]


def _blunt(metric: Metric, trees: Collection[str], headline: str) -> Metric:
    about = {metric.model or headline, metric.against}
    if not about & set(trees):
        return metric
    if _TESTS.search(metric.metric):
        return replace(metric, value=float(f"{metric.value:.2g}"))
    if _ERRORS.search(metric.metric):
        return rounded(metric, 4)
    return rounded(metric, 3) if _CHANCES.search(metric.metric) else metric
