"""Some rows of a matrix read once and held, for many models of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from commonweal.features.cells import Values
from commonweal.models.data import Places


@dataclass(frozen=True, slots=True)
class HeldMatrix:
    """Rows in memory, and the columns of them that a model sees.

    Parameters
    ----------
    values
        All rows and columns held, float32.
    every
        Names of all columns.
    names
        Columns seen, in order.
    categorical
        Those of them that hold the place of a value among codes, in order.
    """

    values: Values
    every: tuple[str, ...]
    names: tuple[str, ...]
    categorical: tuple[str, ...]

    def only(self, names: Sequence[str]) -> HeldMatrix:
        """Return the same rows with some columns, in this order."""
        seen = set(names)
        kept = tuple(name for name in self.categorical if name in seen)
        return replace(self, names=tuple(names), categorical=kept)

    def take(self, rows: Places) -> Values:
        """Return some rows, shape (len(rows), columns), float32 in C order."""
        if self.names == self.every:
            return self.values[rows]
        place = {name: number for number, name in enumerate(self.every)}
        columns = np.array([place[name] for name in self.names], np.int64)
        return np.ascontiguousarray(self.values[np.ix_(rows, columns)])
