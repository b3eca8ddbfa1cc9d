"""A matrix held in memory."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from commonweal.features.cells import Values
from commonweal.models.data import Labels, Places, Sample


@dataclass
class InMemory:
    """Columns of one array; it counts the most rows it was asked for at once."""

    values: Values
    names: tuple[str, ...]
    categorical: tuple[str, ...] = ()
    most: int = field(default=0, compare=False)

    def take(self, rows: Places) -> Values:
        self.most = max(self.most, len(rows))
        return np.ascontiguousarray(self.values[rows])


def sample_of(
    values: Values, labels: Labels, names: tuple[str, ...], categorical: tuple[str, ...] = ()
) -> Sample:
    return Sample(InMemory(values, names, categorical), np.arange(len(values)), labels)
