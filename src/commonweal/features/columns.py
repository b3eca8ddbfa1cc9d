"""What a feature block hands over: described columns, and the cells that fill them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from commonweal.features.cells import Cells, Ints, Layout, Values, dense

EVER = "ever"
"""The window that is the whole recorded past."""


@dataclass(frozen=True, slots=True)
class Feature:
    """One column of the feature matrix.

    Parameters
    ----------
    name
        Unique name that reads aloud: ``complaint.force.count.5y``.
    block
        Feature block of the study it belongs to.
    meaning
        What it is, in a sentence.
    unit
        ``incidents``, ``people``, ``days``, ``years``, ``values``, ``value``, ``yes/no``,
        ``category`` (the place of the value among the codes in the block's notes), ``links`` or
        ``centrality``.
    window
        Lookback, such as ``365 days``; ``ever`` for the whole recorded past; empty where the
        feature has none.
    missing
        When a cell is missing, in words; empty where it never is.
    """

    name: str
    block: str
    meaning: str
    unit: str
    window: str = ""
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """The columns of one block.

    Parameters
    ----------
    features
        The columns, in order.
    layout
        How cells become columns.
    parts
        Returns the cells of all rows in order, some rows at a time, computing them on the way.
    notes
        Codes chosen and other facts worth keeping, as plain JSON values.
    days
        As-of date of each row, days since 1970-01-01.
    """

    features: tuple[Feature, ...]
    layout: Layout
    parts: Callable[[], Iterable[Cells]]
    notes: dict[str, object]
    days: Ints

    @property
    def values(self) -> Values:
        """All columns as one matrix, shape (rows, columns), float32; for few rows only."""
        out: Values = np.empty((len(self.days), len(self.features)), np.float32)
        done = 0
        for cells in self.parts():
            here = slice(done, done + cells.rows)
            dense(cells, self.layout, np.arange(cells.rows), self.days[here], out[here])
            done += cells.rows
        return out
