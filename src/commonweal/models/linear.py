"""A weighted sum of standardized columns, of categories and of gaps: what linear models share."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from commonweal.features.cells import Values
from commonweal.models.design import Columns, Wide, standardized
from commonweal.models.fitted import shares


@dataclass(frozen=True, slots=True)
class LinearModel:
    """Coefficients of a linear model.

    A feature x enters as (sign(x) log(1 + |x|) - mean) / scale; a missing x enters as 0 and
    adds its own ``missing`` coefficient. A category adds its own coefficient, one that no row
    had when the model was fitted adds nothing.

    Parameters
    ----------
    mean, scale
        Of the transformed training values, shape (columns,).
    slope, missing
        Coefficients, shape (columns,).
    levels
        Column of categories -> coefficient of each, in order of the codes.
    intercept
        Intercept.
    """

    mean: Wide
    scale: Wide
    slope: Wide
    missing: Wide
    levels: Mapping[int, Wide]
    intercept: float

    def contributions(self, values: Values) -> NDArray[np.float64]:
        """Return coefficient times standardized value, shape of `values`."""
        moved = standardized(values, self.mean, self.scale) * self.slope
        moved += np.isnan(values) * self.missing
        for column, weights in self.levels.items():
            value = values[:, column]
            known = np.flatnonzero((value >= 0) & (value < len(weights)))
            moved[known, column] += weights[value[known].astype(np.int64)]
        return moved

    def total(self, values: Values) -> NDArray[np.float64]:
        """Return the weighted sum of each row."""
        return np.asarray(self.contributions(values).sum(axis=1) + self.intercept, dtype=np.float64)

    def importance(self) -> NDArray[np.float64]:
        """Return each feature's share of the summed absolute coefficients."""
        weights = np.abs(self.slope) + np.abs(self.missing)
        for column, levels in self.levels.items():
            weights[column] += np.abs(levels).sum()
        return shares(weights)

    def plain(self) -> dict[str, object]:
        """Return the coefficients as JSON holds them."""
        return {
            "mean": self.mean.tolist(), "scale": self.scale.tolist(),
            "slope": self.slope.tolist(), "missing": self.missing.tolist(),
            "levels": {str(column): w.tolist() for column, w in self.levels.items()},
            "intercept": self.intercept,
        }  # fmt: skip


def read_linear(path: Path) -> dict[str, Any]:
    """Read what `LinearModel.plain` gave, as arguments."""
    read: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    for name in ("mean", "scale", "slope", "missing"):
        read[name] = np.array(read[name], np.float64)
    levels = {int(c): np.array(w, np.float64) for c, w in read["levels"].items()}
    return {**read, "levels": dict(sorted(levels.items()))}


def parts_of(columns: Columns, coefficients: Wide, intercept: float) -> dict[str, Any]:
    """Take a design's coefficients apart by column, as arguments."""
    count = len(columns.mean)
    slope, missing = np.zeros(count), np.zeros(count)
    ends = np.cumsum([len(columns.numeric), *columns.levels.values()])
    slope[columns.numeric] = coefficients[: ends[0]]
    levels = {
        column: coefficients[start : start + size].astype(np.float64)
        for (column, size), start in zip(columns.levels.items(), ends[:-1], strict=True)
    }
    missing[columns.gaps] = coefficients[ends[-1] :]
    return {
        "mean": columns.mean, "scale": columns.scale, "slope": slope, "missing": missing,
        "levels": levels, "intercept": intercept,
    }  # fmt: skip
