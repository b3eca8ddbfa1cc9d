"""Ordinary least squares: a linear probability model on the design of the logistic regression."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from commonweal.core.canonical import pretty_json
from commonweal.features.cells import Values
from commonweal.models.data import Sample, Scores
from commonweal.models.design import ALONE, Columns, Wide, describe
from commonweal.models.linear import LinearModel, parts_of, read_linear

_NEGLIGIBLE = 1e-10
"""Share of the largest eigenvalue below which a direction of the design holds no information."""


@dataclass(frozen=True, slots=True)
class OlsModel(LinearModel):
    """Coefficients of a linear probability model, on the scale of the label."""

    @property
    def probability(self) -> bool:
        """Scores are not bounded by 0 and 1."""
        return False

    def predict(self, values: Values) -> Scores:
        """Return the fitted value of each row."""
        return self.total(values)

    def save(self, folder: Path) -> None:
        """Write the coefficients as JSON."""
        (folder / "ols.json").write_text(pretty_json(self.plain()), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, _names: tuple[str, ...]) -> OlsModel:
        """Read what `save` wrote."""
        return cls(**read_linear(folder / "ols.json"))


def fit_ols(sample: Sample, categorical: tuple[int, ...]) -> OlsModel:
    """Minimize the squared errors; of all solutions, take that of the smallest coefficients.

    Only the products of columns are held, so any number of rows will do.

    Parameters
    ----------
    sample
        Rows fitted on.
    categorical
        Places of the columns that hold categories.
    """
    with ALONE:
        columns = describe(sample, categorical)
        centre, products, towards = _products(columns, sample)
        coefficients = _solved(products, towards)
    level = float(np.mean(sample.labels, dtype=np.float64))
    intercept = level - float(np.einsum("i,i->", centre, coefficients))
    return OlsModel(**parts_of(columns, coefficients, intercept))


def _products(columns: Columns, sample: Sample) -> tuple[Wide, Wide, Wide]:
    """Return the design's mean, its products about it, and its products with the labels."""
    from threadpoolctl import threadpool_limits

    rows, width = len(sample.rows), columns.width
    total = np.zeros(width)
    for values in sample.chunks():
        total += columns.of(values).sum(axis=0)
    centre = total / rows
    products, towards, done = np.zeros((width, width)), np.zeros(width), 0
    with threadpool_limits(limits=1):  # sums over threads would change the last bits
        for values in sample.chunks():
            part = columns.of(values) - centre
            products += part.T @ part
            towards += sample.labels[done : done + len(part)].astype(np.float64) @ part
            done += len(part)
    return centre, products, towards


def _solved(products: Wide, towards: Wide) -> Wide:
    """Solve the normal equations, leaving out directions in which the design does not vary."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        size, vectors = np.linalg.eigh(products)
        kept = size > _NEGLIGIBLE * max(float(size.max(initial=0.0)), 1e-300)
        within = (towards @ vectors[:, kept]) / size[kept]
        return np.asarray(vectors[:, kept] @ within, dtype=np.float64)
