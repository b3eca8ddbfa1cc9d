"""What a feature block hands over: named columns of numbers, one row a cohort row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Values = NDArray[np.float32]


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
        ``events``, ``people``, ``days``, ``values`` or ``yes/no``.
    """

    name: str
    block: str
    meaning: str
    unit: str


@dataclass(frozen=True, slots=True)
class Block:
    """The columns of one block.

    Parameters
    ----------
    features
        The columns, in order.
    values
        Shape (rows, columns), float32; NaN where a value is missing: the window reaches before
        the records begin, or there is nothing to date.
    notes
        Codes chosen and other facts worth keeping, as plain JSON values.
    """

    features: tuple[Feature, ...]
    values: Values
    notes: dict[str, object]

    def table(self) -> pa.Table:
        """Return the columns as an Arrow table in order of row."""
        columns = [pa.array(self.values[:, i]) for i in range(len(self.features))]
        return pa.table(columns, names=[feature.name for feature in self.features])
