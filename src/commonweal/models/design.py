"""The design of a linear model: log-transformed, standardized columns and indicators."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from commonweal.core.errors import StudyError, problem
from commonweal.features.cells import Values
from commonweal.models.data import Sample

Wide = NDArray[np.float64]
BUDGET = 2_000_000_000
"""Bytes a design may have; scikit-learn holds it twice."""
ALONE = Lock()
"""One design in memory at a time; and a limit on threads that ends is everybody's."""


@dataclass(frozen=True, slots=True)
class Columns:
    """What a design makes of each column, read off the rows it is fitted on.

    Parameters
    ----------
    mean, scale
        Of the transformed values, shape (columns,); 0 and 1 for categories.
    levels
        Column of categories -> how many there are; each gets an indicator.
    gaps
        Columns with missing values, ascending; each gets an indicator.
    """

    mean: Wide
    scale: Wide
    levels: Mapping[int, int]
    gaps: NDArray[np.int64]

    @property
    def numeric(self) -> NDArray[np.int64]:
        """Columns that hold numbers, ascending."""
        return np.array([c for c in range(len(self.mean)) if c not in self.levels], np.int64)

    @property
    def width(self) -> int:
        """Columns of the design."""
        return len(self.numeric) + sum(self.levels.values()) + len(self.gaps)

    def design(self, sample: Sample) -> Wide:
        """Return the design: numbers, then an indicator a category, then one a gap.

        Raises
        ------
        StudyError
            If it is larger than `BUDGET`.
        """
        rows, size = len(sample.rows), 8 * len(sample.rows) * self.width
        if size > BUDGET:
            what = (
                f"{rows:,} rows of {self.width:,} numbers are {size / 1e9:.1f} GB: a logistic "
                f"regression holds them at once, and may use {BUDGET / 1e9:g} GB"
            )
            raise problem(StudyError, "logistic regression", what, "name fewer blocks")
        out, done = np.zeros((rows, self.width)), 0
        for values in sample.chunks():
            self._fill(values, out[done : done + len(values)])
            done += len(values)
        return out

    def of(self, values: Values) -> Wide:
        """Return the design of some rows."""
        out = np.zeros((len(values), self.width))
        self._fill(values, out)
        return out

    def _fill(self, values: Values, part: Wide) -> None:
        numeric = self.numeric
        part[:, : len(numeric)] = standardized(
            values[:, numeric], self.mean[numeric], self.scale[numeric]
        )
        start = len(numeric)
        for column, size in self.levels.items():
            part[:, start : start + size] = values[:, [column]] == np.arange(size)
            start += size
        part[:, start:] = np.isnan(values[:, self.gaps])


def describe(sample: Sample, categorical: tuple[int, ...]) -> Columns:
    """Read means, spreads, categories and gaps off a sample, in two passes."""
    width = len(sample.matrix.names)
    total, there, most = np.zeros(width), np.zeros(width), np.full(width, -1.0)
    for values in sample.chunks():
        present = ~np.isnan(values)
        there += present.sum(axis=0)
        total += np.where(present, transformed(values), 0.0).sum(axis=0)
        most = np.maximum(most, np.where(present, values, -1.0).max(axis=0, initial=-1.0))
    count = np.maximum(there, 1)
    mean = total / count
    squares = np.zeros(width)
    for values in sample.chunks():
        apart = np.where(np.isnan(values), 0.0, transformed(values) - mean)
        squares += np.square(apart).sum(axis=0)
    spread = np.sqrt(squares / count)
    # A constant column has a spread of rounding errors, by which nothing may be divided.
    scale = np.where(spread > 1e-10 * np.abs(mean), spread, 1.0)
    place = list(categorical)
    mean[place], scale[place] = 0.0, 1.0
    levels = {column: int(most[column]) + 1 for column in categorical}
    return Columns(mean, scale, levels, np.flatnonzero(there < len(sample.rows)))


def transformed(values: Values) -> Wide:
    """Return sign(x) log(1 + |x|)."""
    wide = values.astype(np.float64)
    return np.asarray(np.sign(wide) * np.log1p(np.abs(wide)), dtype=np.float64)


def standardized(values: Values, mean: Wide, scale: Wide) -> Wide:
    """Return transformed values less their mean, by their scale; 0 where missing."""
    return np.asarray(np.nan_to_num((transformed(values) - mean) / scale, nan=0.0))
