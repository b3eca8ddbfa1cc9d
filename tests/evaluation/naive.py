"""Stepwise residualization as paper C describes it: every column is regressed at every step."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from commonweal.evaluation.selection import COLLINEAR
from commonweal.features.cells import Values
from commonweal.models.data import Labels

Floats = NDArray[np.float64]


def naive(
    values: Values, labels: Labels, count: int, categorical: tuple[int, ...] = ()
) -> list[tuple[int, int, float, float]]:
    """Return (column, category or -1, residualized, original) of each step."""
    terms, owners = expanded(values, categorical)
    y = labels.astype(np.float64)
    spread = np.sqrt(np.square(terms).sum(axis=0))
    usable = np.array([len(np.unique(c[c != 0])) > 0 and s > 1e-9 for c, s in zip(
        terms.T, spread, strict=True)], bool)  # fmt: skip
    original = [correlation(column, y) for column in terms.T]
    waiting, residuals, steps = usable.copy(), terms.copy(), []
    while len(steps) < count:
        left = np.square(residuals).sum(axis=0) / np.maximum(spread**2, 1e-300)
        open_ = waiting & (left > COLLINEAR)
        sizes = np.array([
            abs(correlation(column, y)) if is_open else -1.0
            for column, is_open in zip(residuals.T, open_, strict=True)
        ])  # fmt: skip
        if not len(sizes) or sizes.max() <= 1e-9:
            break
        place = int(np.argmax(sizes >= sizes.max() * (1 - 1e-10)))
        steps.append((*owners[place], correlation(residuals[:, place], y), original[place]))
        mine = [i for i, owner in enumerate(owners) if owner[0] == owners[place][0] and usable[i]]
        for term in [place, *(m for m in mine if m != place)]:
            chosen = residuals[:, term].copy()
            if chosen @ chosen / spread[term] ** 2 > COLLINEAR:
                slope = chosen @ residuals / (chosen @ chosen)
                residuals = residuals - np.outer(chosen, slope)
        waiting[mine] = False
    return steps


def expanded(values: Values, categorical: tuple[int, ...]) -> tuple[Floats, list[tuple[int, int]]]:
    """Return centred columns, missing as the mean, and (column, category) of each."""
    terms, owners = [], []
    for place in range(values.shape[1]):
        column = values[:, place].astype(np.float64)
        there = ~np.isnan(column)
        codes = range(int(column[there].max()) + 1 if there.any() else 0)
        parts = [(-1, column)]
        if place in categorical:
            parts = [(c, np.where(there, column == c, np.nan)) for c in codes]
        for code, part in parts:
            mean = part[there].mean() if there.any() else 0.0
            terms.append(np.where(there, part - mean, 0.0))
            owners.append((place, code))
    return np.column_stack([*terms, np.zeros((len(values), 0))]), owners


def correlation(x: Floats, y: Floats) -> float:
    x, y = x - x.mean(), y - y.mean()
    size = np.sqrt((x @ x) * (y @ y))
    return float(x @ y / size) if size > 0 else 0.0
