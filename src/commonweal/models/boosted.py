"""Gradient-boosted trees by LightGBM, with the same bytes on any number of threads."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from commonweal.core.errors import CommonwealError, problem
from commonweal.core.parallel import once
from commonweal.core.seeds import seed_for
from commonweal.features.cells import Values
from commonweal.models.binned import binned, binning
from commonweal.models.data import Sample, Scores, TrainingData
from commonweal.models.fitted import shares
from commonweal.models.spec import BoostedSpec


def lightgbm() -> Any:
    """Import LightGBM, which is slow, only where it is used.

    Raises
    ------
    CommonwealError
        Where it cannot be loaded.
    """
    try:
        import lightgbm as found
    except OSError as error:
        raise _unloadable(error) from error
    return found


def check_openmp() -> None:
    """Check in a moment that the library LightGBM needs can be loaded.

    Raises
    ------
    CommonwealError
        Where the system's OpenMP library is missing.
    """
    if sys.platform == "linux":
        try:
            ctypes.CDLL("libgomp.so.1")
        except OSError as error:
            raise _unloadable(error) from error


def _unloadable(error: OSError) -> CommonwealError:
    return problem(
        CommonwealError,
        "LightGBM",
        f"cannot be loaded: {error}",
        "install the system's OpenMP library (Debian: apt-get install libgomp1)",
    )


_LITTLE = 50_000_000
"""Cells up to which one thread is the fastest, and rows are handed over at once."""


@dataclass(frozen=True, slots=True)
class BoostedModel:
    """An average of boosted models on the log-odds scale.

    Parameters
    ----------
    boosters
        LightGBM boosters of different seeds.
    names
        Feature names, in order of columns.
    """

    boosters: tuple[Any, ...]
    names: tuple[str, ...]

    @property
    def probability(self) -> bool:
        """Scores are probabilities."""
        return True

    def predict(self, values: Values) -> Scores:
        """Return the predicted probability of each row."""
        raw = [b.predict(values, raw_score=True, num_threads=1) for b in self.boosters]
        mean: Scores = np.mean(np.asarray(raw, dtype=np.float64), axis=0)
        return 1.0 / (1.0 + np.exp(-mean))

    def contributions(self, values: Values) -> NDArray[np.float64]:
        """Return SHAP values (exact for trees), shape of `values`, log-odds."""
        parts = [b.predict(values, pred_contrib=True, num_threads=1) for b in self.boosters]
        mean: NDArray[np.float64] = np.mean(np.asarray(parts, dtype=np.float64), axis=0)
        return mean[:, :-1]

    def importance(self) -> NDArray[np.float64]:
        """Return each feature's share of the total gain."""
        gains = [shares(b.feature_importance("gain").astype(np.float64)) for b in self.boosters]
        mean: NDArray[np.float64] = np.mean(np.asarray(gains), axis=0)
        return mean

    @property
    def trees(self) -> int:
        """Number of trees of the first booster."""
        return int(self.boosters[0].num_trees())

    def save(self, folder: Path) -> None:
        """Write each booster as LightGBM text."""
        for place, booster in enumerate(self.boosters):
            text = _without_threads(booster.model_to_string())
            (folder / f"booster-{place}.txt").write_text(text, encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, names: tuple[str, ...]) -> BoostedModel:
        """Read what `save` wrote."""
        files = sorted(folder.glob("booster-*.txt"), key=lambda p: int(p.stem.split("-")[1]))
        texts = [path.read_text(encoding="utf-8") for path in files]
        return cls(tuple(lightgbm().Booster(model_str=text) for text in texts), names)


def boosted_trainer(
    spec: BoostedSpec, data: TrainingData, seed: int, threads: int
) -> Callable[[BoostedSpec], BoostedModel]:
    """Return what fits models of different settings on the training rows, binned once.

    Growing stops by log loss on the stopping rows, unless the number of trees is given. Several
    threads may call it at once.

    Parameters
    ----------
    spec
        Settings of the model: whether it is tuned decides how rows are binned.
    data
        Training and validation rows.
    seed
        The study's seed; every bag draws its own from it.
    threads
        Threads LightGBM may use; the model does not depend on it.
    """
    plan = _plan(spec, data, seed, threads)
    held = once(lambda: _held(plan, spec, data))

    def train(one: BoostedSpec) -> BoostedModel:
        boosters = [_grown(one, plan, bag, *held()) for bag in range(one.bags)]
        return BoostedModel(tuple(boosters), data.names)

    return train


def fit_boosted(
    spec: BoostedSpec, data: TrainingData, seed: int, threads: int,
    early: BoostedModel | None = None,
) -> BoostedModel:  # fmt: skip
    """Choose the number of trees by validation log loss, then fit on both parts with it.

    Parameters
    ----------
    spec, data, seed, threads
        As `boosted_trainer` takes them.
    early
        The model of `boosted_trainer`, if there is one already.
    """
    if spec.trees is not None:
        sizes = [spec.trees] * spec.bags
    else:
        early = early or boosted_trainer(spec, data, seed, threads)(spec)
        sizes = [max(1, int(booster.best_iteration)) for booster in early.boosters]
    plan = _plan(spec, data, seed, threads)
    both = plan.binned(plan.parameters(spec, 0), data.together(), data.categorical)
    boosters = [
        lightgbm().train(plan.parameters(spec, bag), both, num_boost_round=trees)
        for bag, trees in enumerate(sizes)
    ]
    return BoostedModel(tuple(boosters), data.names)


@dataclass(frozen=True, slots=True)
class _Plan:
    """How rows are binned and how many threads grow trees: by how many cells there are.

    Parameters
    ----------
    seed, threads
        The study's seed, and the threads used.
    whole
        Whether rows are handed over at once.
    bins
        Settings on which bins depend.
    """

    seed: int
    threads: int
    whole: bool
    bins: Mapping[str, object]

    def parameters(self, spec: BoostedSpec, bag: int) -> dict[str, object]:
        """Return all settings of one bag."""
        seed = seed_for(self.seed, "boosted", str(bag))
        return _parameters(spec, seed, self.threads) | dict(self.bins)

    def binned(
        self, parameters: dict[str, object], rows: Sample, categorical: tuple[int, ...],
        reference: Any = None,
    ) -> Any:  # fmt: skip
        """Return rows as LightGBM keeps them."""
        return binned(
            lightgbm(), rows, parameters, categorical, reference=reference, whole=self.whole
        )


def _plan(spec: BoostedSpec, data: TrainingData, seed: int, threads: int) -> _Plan:
    whole = len(data.train.rows) * len(data.names) <= _LITTLE
    bins = binning(seed_for(seed, "boosted", "bins"), whole, shared=spec.tuning is not None)
    # Threads that wait for each other cost more than they save on little data.
    return _Plan(seed, 1 if whole else threads, whole, bins)


def _held(plan: _Plan, spec: BoostedSpec, data: TrainingData) -> tuple[Any, Any]:
    """Bin training and stopping rows."""
    settings = plan.parameters(spec, 0)
    train = plan.binned(settings, data.train, data.categorical)
    return train, plan.binned(settings, data.stopping, data.categorical, train)


def _grown(spec: BoostedSpec, plan: _Plan, bag: int, train: Any, watched: Any) -> Any:
    """Grow trees until the stopping rows are predicted no better, or as many as are given."""
    settings = plan.parameters(spec, bag)
    if spec.trees is not None:
        return lightgbm().train(settings, train, num_boost_round=spec.trees)
    stop = lightgbm().early_stopping(spec.patience, verbose=False)
    return lightgbm().train(
        settings, train, num_boost_round=spec.max_trees, valid_sets=[watched], callbacks=[stop]
    )


def _without_threads(text: str) -> str:
    """Drop the one line of LightGBM's text that says how many threads fitted it."""
    lines = text.split("\n")
    return "\n".join(line for line in lines if not line.startswith("[num_threads:"))


def _parameters(spec: BoostedSpec, seed: int, threads: int) -> dict[str, object]:
    return {
        "objective": "binary",
        "learning_rate": spec.learning_rate,
        "num_leaves": spec.leaves,
        "min_data_in_leaf": spec.min_leaf,
        "bagging_fraction": spec.row_fraction,
        "bagging_freq": 1,
        "feature_fraction": spec.column_fraction,
        "lambda_l2": spec.l2,
        "seed": seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": threads,
        "verbosity": -1,
    }
