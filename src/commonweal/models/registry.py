"""Kind of model -> how it is fitted and read. A new kind is one file and two lines here."""

from __future__ import annotations

from pathlib import Path

from commonweal.models.baselines import (
    BaseRateModel,
    CountRankModel,
    fit_base_rate,
    fit_count_rank,
)
from commonweal.models.boosted import BoostedModel, fit_boosted
from commonweal.models.data import TrainingData
from commonweal.models.fitted import Fitted
from commonweal.models.logistic import LogisticModel, fit_logistic
from commonweal.models.spec import BaseRateSpec, BoostedSpec, CountRankSpec, LogisticSpec, ModelSpec


def fit(spec: ModelSpec, data: TrainingData, seed: int, threads: int) -> Fitted:
    """Fit a model; `threads` changes how fast, never what."""
    match spec:
        case BoostedSpec():
            return fit_boosted(spec, data, seed, threads)
        case LogisticSpec():
            return fit_logistic(spec, data)
        case CountRankSpec():
            return fit_count_rank(spec, data)
        case BaseRateSpec():
            return fit_base_rate(data)


def load(spec: ModelSpec, folder: Path, names: tuple[str, ...]) -> Fitted:
    """Read a model that was saved in `folder`."""
    match spec:
        case BoostedSpec():
            return BoostedModel.load(folder, names)
        case LogisticSpec():
            return LogisticModel.load(folder, names)
        case CountRankSpec():
            return CountRankModel.load(folder, names)
        case BaseRateSpec():
            return BaseRateModel.load(folder, names)
