"""What a model is fitted on: rows of a matrix that is read a part at a time, never as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from commonweal.features.cells import Values

Labels = NDArray[np.int8]
Scores = NDArray[np.float64]
Places = NDArray[np.int64]

CHUNK = 8_192
"""Rows read at once. Sums over rows are taken chunk by chunk, so a model depends on it."""


class Matrix(Protocol):
    """The columns a model sees, one row a cohort row. Several threads may read it at once."""

    @property
    def names(self) -> tuple[str, ...]:
        """Column names, in order."""
        ...

    @property
    def categorical(self) -> tuple[str, ...]:
        """Columns that hold the place of a value among codes: 0, 1, 2, or NaN."""
        ...

    def take(self, rows: Places) -> Values:
        """Return some rows, shape (len(rows), columns), float32 in C order, NaN where missing."""
        ...


def chunks(matrix: Matrix, rows: Places) -> Iterator[Values]:
    """Read rows in their order, `CHUNK` of them at a time."""
    for start in range(0, len(rows), CHUNK):
        yield matrix.take(rows[start : start + CHUNK])


@dataclass(frozen=True, slots=True)
class Sample:
    """Rows with observed labels.

    Parameters
    ----------
    matrix
        Where the rows are read.
    rows
        The rows.
    labels
        0 or 1, shape (rows,).
    """

    matrix: Matrix
    rows: Places
    labels: Labels

    def chunks(self) -> Iterator[Values]:
        """Read the rows in their order, `CHUNK` of them at a time."""
        return chunks(self.matrix, self.rows)


@dataclass(frozen=True, slots=True)
class TrainingData:
    """Everything a model may see: no row of the test dates, no outcome that closed after them.

    Parameters
    ----------
    train, validation
        Rows of the training and of the validation dates, of one matrix.
    """

    train: Sample
    validation: Sample

    @property
    def names(self) -> tuple[str, ...]:
        """Column names, in order."""
        return self.train.matrix.names

    @property
    def categorical(self) -> tuple[int, ...]:
        """Places of the columns that hold categories, ascending."""
        categories = set(self.train.matrix.categorical)
        return tuple(place for place, name in enumerate(self.names) if name in categories)

    def together(self) -> Sample:
        """Return training and validation rows, for the final fit."""
        return Sample(
            self.train.matrix,
            np.concatenate([self.train.rows, self.validation.rows]),
            np.concatenate([self.train.labels, self.validation.labels]),
        )
