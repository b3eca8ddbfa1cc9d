"""Kind of model -> how it is fitted and read. A new kind is one file and a line a function."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, assert_never

from commonweal.models.baselines import (
    BaseRateModel,
    CountRankModel,
    fit_base_rate,
    fit_count_rank,
)
from commonweal.models.boosted import BoostedModel, boosted_trainer, fit_boosted
from commonweal.models.data import TrainingData
from commonweal.models.fitted import Fitted
from commonweal.models.forest import ForestModel, fit_forest, forest_rows, forest_trainer
from commonweal.models.logistic import LogisticModel, early_logistic, fit_logistic
from commonweal.models.missing import FilledModel, Fills
from commonweal.models.ols import OlsModel, fit_ols
from commonweal.models.scorecard.fit import fit_scorecard
from commonweal.models.scorecard.fitted import ScorecardModel
from commonweal.models.spec import (
    BaseRateSpec,
    BoostedSpec,
    CountRankSpec,
    ForestSpec,
    Learned,
    LogisticSpec,
    ModelSpec,
    OlsSpec,
    ScorecardSpec,
    TreeSpec,
    Tunable,
)
from commonweal.models.trees.fit import fit_tree
from commonweal.models.trees.fitted import TreeModel


def fit(
    spec: ModelSpec, data: TrainingData, seed: int, threads: int, early: Fitted | None = None
) -> Fitted:
    """Fit a model on training and validation rows; `threads` changes how fast, never what.

    Parameters
    ----------
    spec, data, seed
        Settings, rows, and the study's seed.
    threads
        Threads that may be used.
    early
        What `fit_early` returned, if it was called: what it chose need not be chosen again.
    """
    match spec:
        case BoostedSpec():
            assert early is None or isinstance(early, BoostedModel)
            return fit_boosted(spec, data, seed, threads, early)
        case ForestSpec():
            rows = forest_rows(data.together(), spec.rows, seed)
            return fit_forest(spec, rows, seed, threads)
        case LogisticSpec():
            assert early is None or isinstance(early, LogisticModel)
            return fit_logistic(spec, data, early)
        case OlsSpec():
            return fit_ols(data.together(), data.categorical)
        case TreeSpec():
            return fit_tree(spec, data.together(), data.categorical, seed, threads)
        case ScorecardSpec():
            return fit_scorecard(spec, data.together(), data.categorical, threads)
        case CountRankSpec():
            return fit_count_rank(spec, data)
        case BaseRateSpec():
            return fit_base_rate(data)


def fit_early(spec: Learned, data: TrainingData, seed: int, threads: int) -> Fitted:
    """Fit a model on training rows only; what it must choose it chooses on the stopping rows.

    The calibration part, and any validation row not used for stopping, is new to it.
    """
    match spec:
        case BoostedSpec() | ForestSpec():
            return trainer(spec, data, seed, threads)(spec)
        case LogisticSpec():
            return early_logistic(spec, data)
        case OlsSpec():
            return fit_ols(data.train, data.categorical)
        case TreeSpec():
            return fit_tree(spec, data.train, data.categorical, seed, threads)
        case ScorecardSpec():
            return fit_scorecard(spec, data.train, data.categorical, threads)


def trainer(
    spec: Tunable, data: TrainingData, seed: int, threads: int
) -> Callable[[Any], BoostedModel | ForestModel]:
    """Return what does `fit_early` for any settings of a kind, reading the rows once."""
    match spec:
        case BoostedSpec():
            return boosted_trainer(spec, data, seed, threads)
        case ForestSpec():
            return forest_trainer(spec, data, seed, threads)
        case _:
            assert_never(spec)


def load(spec: ModelSpec, folder: Path, names: tuple[str, ...]) -> Fitted:
    """Read a model that was saved in `folder`, with what fills its columns if anything does."""
    model, fills = _read(spec, folder, names), Fills.load(folder)
    return model if fills is None else FilledModel(model, fills)


def _read(spec: ModelSpec, folder: Path, names: tuple[str, ...]) -> Fitted:
    match spec:
        case BoostedSpec():
            return BoostedModel.load(folder, names)
        case ForestSpec():
            return ForestModel.load(folder, names)
        case LogisticSpec():
            return LogisticModel.load(folder, names)
        case OlsSpec():
            return OlsModel.load(folder, names)
        case TreeSpec():
            return TreeModel.load(folder, names)
        case ScorecardSpec():
            return ScorecardModel.load(folder, names)
        case CountRankSpec():
            return CountRankModel.load(folder, names)
        case BaseRateSpec():
            return BaseRateModel.load(folder, names)
