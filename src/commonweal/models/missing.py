"""Features filled where they are missing, by what the training rows say."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from commonweal.core.canonical import pretty_json
from commonweal.core.seeds import seed_for
from commonweal.features.cells import Values
from commonweal.models.boosted import lightgbm
from commonweal.models.data import Matrix, Parts, Places, Sample, Scores, TrainingData
from commonweal.models.fitted import Fitted
from commonweal.models.missing_spec import MissingSpec

_FILE = "filled.json"
_ROWS = 100_000
"""Most training rows a filling model learns from: the first of them."""
_TREES = 100


@dataclass(frozen=True, slots=True)
class Fills:
    """What stands in the place of what is missing.

    Parameters
    ----------
    typical
        Column -> the value that fills it where no model does.
    models
        Column -> LightGBM booster that predicts it from the columns in `others`.
    others
        Columns that are not filled, ascending.
    """

    typical: Mapping[int, float]
    models: Mapping[int, Any]
    others: NDArray[np.int64]

    def fill(self, values: Values) -> Values:
        """Return rows of the matrix with these columns filled."""
        out = values.copy()
        for column, value in self.typical.items():
            gaps = np.flatnonzero(np.isnan(values[:, column]))
            if not len(gaps):
                continue
            if column in self.models:
                found = self.models[column].predict(values[gaps][:, self.others], num_threads=1)
                out[gaps, column] = found if found.ndim == 1 else np.argmax(found, axis=1)
            else:
                out[gaps, column] = value
        return out

    def save(self, folder: Path) -> None:
        """Write the values as JSON and each booster as LightGBM's text."""
        plain = {
            "typical": {str(column): value for column, value in self.typical.items()},
            "models": sorted(self.models), "others": self.others.tolist(),
        }  # fmt: skip
        (folder / _FILE).write_text(pretty_json(plain), encoding="utf-8")
        for column, booster in self.models.items():
            lines = booster.model_to_string().split("\n")
            kept = [line for line in lines if not line.startswith("[num_threads:")]
            (folder / f"filled-{column}.txt").write_text("\n".join(kept), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Fills | None:
        """Read what `save` wrote; None where nothing is filled."""
        if not (folder / _FILE).exists():
            return None
        read: dict[str, Any] = json.loads((folder / _FILE).read_text(encoding="utf-8"))
        texts = {c: (folder / f"filled-{c}.txt").read_text("utf-8") for c in read["models"]}
        models = {int(c): lightgbm().Booster(model_str=text) for c, text in texts.items()}
        typical = {int(c): float(value) for c, value in read["typical"].items()}
        return cls(typical, models, np.array(read["others"], np.int64))


@dataclass(frozen=True, slots=True)
class FilledMatrix:
    """A matrix with some columns filled; nothing is copied before it is read."""

    matrix: Matrix
    fills: Fills

    @property
    def names(self) -> tuple[str, ...]:
        """Column names, in order."""
        return self.matrix.names

    @property
    def categorical(self) -> tuple[str, ...]:
        """Columns that hold the place of a value among codes."""
        return self.matrix.categorical

    def take(self, rows: Places) -> Values:
        """Return some rows, filled."""
        return self.fills.fill(self.matrix.take(rows))


@dataclass(frozen=True, slots=True)
class FilledModel:
    """A model that sees some columns filled."""

    model: Fitted
    fills: Fills

    @property
    def probability(self) -> bool:
        """Whether scores are probabilities."""
        return self.model.probability

    def predict(self, values: Values) -> Scores:
        """Return one score a row."""
        return self.model.predict(self.fills.fill(values))

    def contributions(self, values: Values) -> NDArray[np.float64]:
        """Return how far each feature, filled, moved each row's score."""
        return self.model.contributions(self.fills.fill(values))

    def importance(self) -> NDArray[np.float64]:
        """Return how much the model uses each feature."""
        return self.model.importance()

    def save(self, folder: Path) -> None:
        """Write the model and what fills its columns."""
        self.model.save(folder)
        self.fills.save(folder)


def learn_fills(spec: MissingSpec, train: Sample, seed: int) -> Fills:
    """Learn on training rows what stands in the place of what is missing.

    A column that is never known in them is filled with 0.

    Parameters
    ----------
    spec
        Which columns, and how.
    train
        Training rows; no other row is looked at, and no label.
    seed
        The study's seed.
    """
    names = train.matrix.names
    wanted = [place for place, name in enumerate(names)
              if any(fnmatchcase(name, pattern) for pattern in spec.columns)]  # fmt: skip
    codes = {names.index(name) for name in train.matrix.categorical}
    known = _known(train, wanted)
    typical = {c: _typical(known[c], c in codes) for c in wanted}
    others = np.setdiff1d(np.arange(len(names)), wanted)
    models: dict[int, Any] = {}
    if spec.by == "model" and len(others):
        values = train.matrix.take(train.rows[:_ROWS])
        for column in wanted:
            grown = _grown(values, column, others, column in codes, seed)
            models |= {} if grown is None else {column: grown}
    return Fills(typical, models, others)


def filled(data: TrainingData, fills: Fills) -> TrainingData:
    """Return the same rows with columns filled."""

    def of(sample: Sample) -> Sample:
        return replace(sample, matrix=FilledMatrix(sample.matrix, fills))

    parts = data.parts
    if parts is not None:
        parts = Parts(of(parts.tuning), of(parts.calibration), of(parts.stopping))
    return replace(data, train=of(data.train), validation=of(data.validation), parts=parts)


def _known(train: Sample, wanted: Sequence[int]) -> dict[int, NDArray[np.float32]]:
    """Return the known values of some columns."""
    held: dict[int, list[NDArray[np.float32]]] = {column: [] for column in wanted}
    for values in train.chunks():
        for column in wanted:
            one = values[:, column]
            held[column].append(one[~np.isnan(one)])
    return {column: np.concatenate(parts) for column, parts in held.items()}


def _typical(known: NDArray[np.float32], codes: bool) -> float:
    """Return the median; of codes the commonest, the lower of two equally common."""
    if not len(known):
        return 0.0
    if not codes:
        return float(np.median(known))
    found, counts = np.unique(known, return_counts=True)
    return float(found[np.argmax(counts)])


def _grown(
    values: Values, column: int, others: NDArray[np.int64], codes: bool, seed: int
) -> Any | None:
    """Grow trees that predict a column from others; None where it is known for nobody."""
    rows = np.flatnonzero(~np.isnan(values[:, column]))
    target = values[rows, column]
    if not len(rows) or target.min() == target.max():
        return None
    settings: dict[str, object] = {
        "objective": "multiclass" if codes else "regression", "learning_rate": 0.1,
        "num_leaves": 15, "min_data_in_leaf": 20, "seed": seed_for(seed, "missing", str(column)),
        "deterministic": True, "force_row_wise": True, "num_threads": 1, "verbosity": -1,
    }  # fmt: skip
    if codes:
        settings["num_class"] = int(target.max()) + 1
    held = lightgbm().Dataset(values[rows][:, others], target, free_raw_data=True)
    return lightgbm().train(settings, held, num_boost_round=_TREES)
