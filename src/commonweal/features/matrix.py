"""The feature matrix: blocks side by side, read as dense parts of any size."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from commonweal.core.parallel import each
from commonweal.features.cells import CellFile, Ints, Layout, Values
from commonweal.features.columns import Feature

AT_ONCE = 16_384
"""Rows of a dense part, unless another number is asked for."""


@dataclass(frozen=True, slots=True)
class StoredBlock:
    """One block's cells on disk.

    Parameters
    ----------
    file
        Its cells.
    layout
        How they become columns.
    features
        Its columns, in order.
    """

    file: CellFile
    layout: Layout
    features: tuple[Feature, ...]


@dataclass(frozen=True, slots=True)
class FeatureMatrix:
    """A handle on the columns of all blocks, in the order of the study; nothing is read by it.

    Parameters
    ----------
    blocks
        Block -> its cells.
    kept
        The columns of these blocks that it is a handle on; all where None.
    """

    blocks: Mapping[str, StoredBlock]
    kept: frozenset[str] | None = None

    @property
    def features(self) -> tuple[Feature, ...]:
        """All columns, in order."""
        every = (f for block in self.blocks.values() for f in block.features)
        return tuple(f for f in every if self.kept is None or f.name in self.kept)

    def only(self, names: Collection[str]) -> FeatureMatrix:
        """Return a handle on some of the columns, in the order they have here."""
        return FeatureMatrix(self.blocks, frozenset(names) & frozenset(self.names))

    @property
    def names(self) -> tuple[str, ...]:
        """Column names, in order."""
        return tuple(feature.name for feature in self.features)

    @property
    def categorical(self) -> tuple[str, ...]:
        """Columns that hold the place of a value among codes, in order."""
        return tuple(feature.name for feature in self.features if feature.unit == "category")

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(next(iter(self.blocks.values())).file.days)

    def take(
        self, rows: NDArray[np.int64], names: Sequence[str] | None = None, threads: int = 1
    ) -> Values:
        """Return the values of some rows and columns, shape (len(rows), columns), float32.

        Parameters
        ----------
        rows
            Rows wanted, in any order.
        names
            Columns wanted, in this order; all where none are named.
        threads
            Threads used; no value depends on it.
        """
        wanted = list(names) if names is not None else list(self.names)
        rows = np.asarray(rows, np.int64)
        if (np.diff(rows) < 0).any():
            order = np.argsort(rows, kind="stable")
            out: Values = np.empty((len(rows), len(wanted)), np.float32)
            out[order] = self.take(rows[order], wanted, threads)
            return out
        places = self._places(wanted)
        out = np.empty((len(rows), len(wanted)), np.float32)
        parts = np.array_split(np.arange(len(rows)), threads) if len(rows) > threads else [None]

        def write(number: int) -> None:
            part = parts[number]
            here = slice(None) if part is None else slice(part[0], part[-1] + 1)
            for name, place in places.items():
                block = self.blocks[name]
                block.file.dense(block.layout, rows[here], out[here], place)

        each(write, list(range(len(parts))), threads)
        return out

    def chunks(
        self, rows: NDArray[np.int64], names: Sequence[str] | None = None, size: int = AT_ONCE,
        threads: int = 1,
    ) -> Iterator[Values]:  # fmt: skip
        """Yield the values of rows, `size` of them at a time."""
        for first in range(0, len(rows), size):
            yield self.take(rows[first : first + size], names, threads)

    def write_wide(self, path: Path, names: Sequence[str] | None = None) -> None:
        """Write a Parquet file with one column a feature, in order of row.

        It takes several times what computing the features took: for other tools only.
        """
        wanted = list(names) if names is not None else list(self.names)
        schema = pa.schema([pa.field(name, pa.float32()) for name in wanted])
        with pq.ParquetWriter(path, schema, compression="zstd", version="2.6") as writer:
            for part in self.chunks(np.arange(self.rows), wanted, threads=2):
                columns = [pa.array(np.ascontiguousarray(part[:, i])) for i in range(len(wanted))]
                writer.write_table(pa.table(columns, schema=schema))

    def _places(self, wanted: Sequence[str]) -> Mapping[str, Ints]:
        """Return, for each block that is read, where each of its columns goes."""
        place = {name: i for i, name in enumerate(wanted)}
        found: dict[str, Ints] = {}
        for name, block in self.blocks.items():
            mine = np.array([place.get(f.name, -1) for f in block.features], np.int32)
            if (mine >= 0).any():
                found[name] = mine
        return found
