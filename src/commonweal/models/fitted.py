"""What every fitted model can do."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from commonweal.features.cells import Values
from commonweal.models.data import Matrix, Places, Scores, chunks


class Fitted(Protocol):
    """A fitted model; `values` are rows of the matrix it was fitted on, or of one like it."""

    @property
    def probability(self) -> bool:
        """Whether scores are probabilities; where not, calibration does not apply."""
        ...

    def predict(self, values: Values) -> Scores:
        """Return one score a row; a higher score is a higher predicted chance."""
        ...

    def contributions(self, values: Values) -> NDArray[np.float64]:
        """Return how far each feature moved each row's score, shape of `values`.

        On the scale on which the model adds up: log-odds, or the score itself for forests and
        least squares.
        """
        ...

    def importance(self) -> NDArray[np.float64]:
        """Return how much the model uses each feature, shape (columns,), summing to 1 or 0."""
        ...

    def save(self, folder: Path) -> None:
        """Write the model into an existing folder."""
        ...


def scores(model: Fitted, matrix: Matrix, rows: Places) -> Scores:
    """Return one score a row, reading the rows a chunk at a time."""
    parts = [model.predict(values) for values in chunks(matrix, rows)]
    return np.concatenate([np.zeros(0), *parts])


def shares(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scale non-negative weights to sum to 1; all 0 stay 0."""
    total = float(weights.sum())
    return weights / total if total > 0 else weights
