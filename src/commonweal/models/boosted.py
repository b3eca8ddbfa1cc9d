"""Gradient-boosted trees by LightGBM, with the same bytes on any number of threads."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from commonweal.core.errors import CommonwealError, problem
from commonweal.core.seeds import seed_for
from commonweal.features.cells import Values
from commonweal.models.binned import binned, binning
from commonweal.models.data import Scores, TrainingData
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


def fit_boosted(spec: BoostedSpec, data: TrainingData, seed: int, threads: int) -> BoostedModel:
    """Choose the number of trees by validation log loss, then fit on both parts with it.

    Parameters
    ----------
    spec
        Settings.
    data
        Training and validation rows.
    seed
        The study's seed; every bag draws its own from it.
    threads
        Threads LightGBM may use; the model does not depend on it.
    """
    cells = len(data.train.rows) * len(data.names)
    # Threads that wait for each other cost more than they save on little data.
    threads = threads if cells > _LITTLE else 1
    whole = cells <= _LITTLE
    bins = binning(seed_for(seed, "boosted", "bins"), whole)
    bags = [
        _parameters(spec, seed_for(seed, "boosted", str(bag)), threads) | bins
        for bag in range(spec.bags)
    ]
    sizes = _best_sizes(spec, bags, data, whole)
    both = binned(lightgbm(), data.together(), bags[0], data.categorical, whole=whole)
    boosters = [
        lightgbm().train(bag, both, num_boost_round=trees)
        for bag, trees in zip(bags, sizes, strict=True)
    ]
    return BoostedModel(tuple(boosters), data.names)


def _without_threads(text: str) -> str:
    """Drop the one line of LightGBM's text that says how many threads fitted it."""
    lines = text.split("\n")
    return "\n".join(line for line in lines if not line.startswith("[num_threads:"))


def _best_sizes(
    spec: BoostedSpec, bags: Sequence[dict[str, object]], data: TrainingData, whole: bool
) -> list[int]:
    """Return the number of trees of each bag that is best on the validation rows."""
    train = binned(lightgbm(), data.train, bags[0], data.categorical, whole=whole)
    watched = binned(
        lightgbm(), data.validation, bags[0], data.categorical, reference=train, whole=whole
    )
    sizes = []
    for bag in bags:
        stop = lightgbm().early_stopping(spec.patience, verbose=False)
        grown = lightgbm().train(
            bag, train, num_boost_round=spec.max_trees, valid_sets=[watched], callbacks=[stop]
        )
        sizes.append(max(1, int(grown.best_iteration)))
    return sizes


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
