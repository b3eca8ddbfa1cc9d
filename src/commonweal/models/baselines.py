"""What a model must beat: ranking by a past count, and the base rate for everybody."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from commonweal.core.canonical import pretty_json
from commonweal.features.cells import Values
from commonweal.models.data import Scores, TrainingData
from commonweal.models.spec import CountRankSpec


@dataclass(frozen=True, slots=True)
class CountRankModel:
    """Rank by one feature; a missing value ranks last.

    Parameters
    ----------
    column
        Place of the feature among the columns.
    columns
        Number of columns.
    """

    column: int
    columns: int

    @property
    def probability(self) -> bool:
        """Scores are counts, not probabilities."""
        return False

    def predict(self, values: Values) -> Scores:
        """Return the feature's value, -1 where it is missing."""
        return np.nan_to_num(values[:, self.column].astype(np.float64), nan=-1.0)

    def contributions(self, values: Values) -> NDArray[np.float64]:
        """Return the feature's value in its own column."""
        moved = np.zeros(values.shape, dtype=np.float64)
        moved[:, self.column] = self.predict(values)
        return moved

    def importance(self) -> NDArray[np.float64]:
        """Return 1 for the feature."""
        weights = np.zeros(self.columns)
        weights[self.column] = 1.0
        return weights

    def save(self, folder: Path) -> None:
        """Write the place of the feature as JSON."""
        text = pretty_json({"column": self.column, "columns": self.columns})
        (folder / "count-rank.json").write_text(text, encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, _names: tuple[str, ...]) -> CountRankModel:
        """Read what `save` wrote."""
        return cls(**json.loads((folder / "count-rank.json").read_text(encoding="utf-8")))


@dataclass(frozen=True, slots=True)
class BaseRateModel:
    """The same probability for everybody.

    Parameters
    ----------
    rate
        Share of positives among training and validation rows.
    columns
        Number of feature columns.
    """

    rate: float
    columns: int

    @property
    def probability(self) -> bool:
        """Scores are probabilities."""
        return True

    def predict(self, values: Values) -> Scores:
        """Return the base rate for every row."""
        return np.full(len(values), self.rate)

    def contributions(self, values: Values) -> NDArray[np.float64]:
        """Return zeros: nothing moves the score."""
        return np.zeros(values.shape, dtype=np.float64)

    def importance(self) -> NDArray[np.float64]:
        """Return zeros."""
        return np.zeros(self.columns)

    def save(self, folder: Path) -> None:
        """Write the rate as JSON."""
        text = pretty_json({"rate": self.rate, "columns": self.columns})
        (folder / "base-rate.json").write_text(text, encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, _names: tuple[str, ...]) -> BaseRateModel:
        """Read what `save` wrote."""
        return cls(**json.loads((folder / "base-rate.json").read_text(encoding="utf-8")))


def fit_count_rank(spec: CountRankSpec, data: TrainingData) -> CountRankModel:
    """Find the feature; nothing is learned."""
    return CountRankModel(data.names.index(spec.feature), len(data.names))


def fit_base_rate(data: TrainingData) -> BaseRateModel:
    """Take the share of positives among training and validation rows."""
    return BaseRateModel(float(np.mean(data.together().labels)), len(data.names))
