"""What a model is fitted on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from commonweal.features.cells import Values

Labels = NDArray[np.int8]
Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sample:
    """Rows with observed labels.

    Parameters
    ----------
    values
        Features, shape (rows, columns), float32, NaN where missing.
    labels
        0 or 1, shape (rows,).
    """

    values: Values
    labels: Labels


@dataclass(frozen=True, slots=True)
class TrainingData:
    """Everything a model may see: no row of the test dates, no outcome that closed after them.

    Parameters
    ----------
    train, validation
        Rows of the training and of the validation dates.
    names
        Column names, in order.
    """

    train: Sample
    validation: Sample
    names: tuple[str, ...]

    def together(self) -> Sample:
        """Return training and validation rows, for the final fit."""
        return Sample(
            np.concatenate([self.train.values, self.validation.values]),
            np.concatenate([self.train.labels, self.validation.labels]),
        )
