"""The feature matrix: blocks side by side, read a part at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from commonweal.core.tables import read_table
from commonweal.features.columns import Feature, Values


@dataclass(frozen=True, slots=True)
class FeatureMatrix:
    """A handle on the columns of all blocks, in the order of the study.

    Parameters
    ----------
    blocks
        Block -> its table, one column a feature, in order of cohort row.
    features
        All columns, in order.
    """

    blocks: Mapping[str, Path]
    features: tuple[Feature, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Column names, in order."""
        return tuple(feature.name for feature in self.features)

    @property
    def categorical(self) -> tuple[str, ...]:
        """Columns that hold the place of a value among codes, in order."""
        return tuple(feature.name for feature in self.features if feature.unit == "category")

    def take(self, rows: NDArray[np.int64], names: Sequence[str] | None = None) -> Values:
        """Return the values of some rows and columns, shape (len(rows), columns), float32.

        Parameters
        ----------
        rows
            Cohort rows wanted.
        names
            Columns wanted, in this order; all where none are named.
        """
        wanted = list(names) if names is not None else list(self.names)
        place = {name: i for i, name in enumerate(wanted)}
        out = np.empty((len(rows), len(wanted)), dtype=np.float32, order="C")
        for block, path in self.blocks.items():
            columns = [f.name for f in self.features if f.block == block and f.name in place]
            table = read_table(path, columns) if columns else None
            for name in columns:
                assert table is not None
                out[:, place[name]] = table[name].to_numpy()[rows]
        return out
