"""What a model is fitted on: rows of a matrix that is read a part at a time, never as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from commonweal.core.errors import StudyError, problem
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
    people
        Whose each row is, as a number, shape (rows,); None where no model asks: then each row is
        somebody else's.
    """

    matrix: Matrix
    rows: Places
    labels: Labels
    people: Places | None = None

    def chunks(self) -> Iterator[Values]:
        """Read the rows in their order, `CHUNK` of them at a time."""
        return chunks(self.matrix, self.rows)

    def some(self, places: Places) -> Sample:
        """Return some of the rows, by their places in the sample."""
        people = None if self.people is None else self.people[places]
        return Sample(self.matrix, self.rows[places], self.labels[places], people)


def dense(sample: Sample, kind: str, budget: int, mend: str) -> Values:
    """Read the rows of a sample at once.

    Parameters
    ----------
    sample
        The rows.
    kind
        The kind of model that holds them, with no article.
    budget
        Bytes they may have.
    mend
        What to do where they have more.

    Raises
    ------
    StudyError
        If they are larger than `budget`.
    """
    rows, width = len(sample.rows), len(sample.matrix.names)
    size = 4 * rows * width
    if size > budget:
        what = (
            f"{rows:,} rows of {width:,} numbers are {size / 1e9:.1f} GB: a {kind} holds them at "
            f"once, and may use {budget / 1e9:g} GB"
        )
        raise problem(StudyError, kind, what, mend)
    values, done = np.empty((rows, width), dtype=np.float32), 0
    for part in sample.chunks():
        values[done : done + len(part)] = part
        done += len(part)
    return values


@dataclass(frozen=True, slots=True)
class Parts:
    """Parts of the validation rows, each person in one; empty where nobody needs it.

    Parameters
    ----------
    tuning
        On these a configuration is chosen.
    calibration
        On these predicted chances are mended.
    stopping
        On these growing stops, or a penalty is chosen.
    """

    tuning: Sample
    calibration: Sample
    stopping: Sample


@dataclass(frozen=True, slots=True)
class TrainingData:
    """Everything a model may see: no row of the test dates, no outcome that closed after them.

    Parameters
    ----------
    train, validation
        Rows of the training and of the validation dates, of one matrix.
    parts
        The validation rows taken apart, where the model is tuned or calibrated.
    folds
        Fold of each training row, shape (rows,), where calibration is cross-fitted.
    """

    train: Sample
    validation: Sample
    parts: Parts | None = None
    folds: Places | None = None

    @property
    def stopping(self) -> Sample:
        """Rows on which growing stops, or a penalty is chosen."""
        return self.parts.stopping if self.parts else self.validation

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
        both = (self.train, self.validation)
        people = [one.people for one in both if one.people is not None]
        return Sample(
            self.train.matrix,
            np.concatenate([one.rows for one in both]),
            np.concatenate([one.labels for one in both]),
            np.concatenate(people) if len(people) == len(both) else None,
        )
