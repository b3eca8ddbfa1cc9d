"""Ridge logistic regression on log-transformed, standardized features."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from commonweal.core.canonical import pretty_json
from commonweal.features.cells import Values
from commonweal.models.data import Sample, Scores, TrainingData
from commonweal.models.fitted import shares
from commonweal.models.spec import LogisticSpec

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LogisticModel:
    """Coefficients of a logistic regression.

    A feature x enters as (sign(x) log(1 + |x|) - mean) / scale; a missing x enters as 0 and
    adds its own ``missing`` coefficient.

    Parameters
    ----------
    mean, scale
        Of the transformed training values, shape (columns,).
    slope, missing
        Coefficients, shape (columns,).
    intercept
        Intercept.
    penalty
        Ridge strength chosen on the validation rows.
    """

    mean: Matrix
    scale: Matrix
    slope: Matrix
    missing: Matrix
    intercept: float
    penalty: float

    @property
    def probability(self) -> bool:
        """Scores are probabilities."""
        return True

    def predict(self, values: Values) -> Scores:
        """Return the predicted probability of each row."""
        odds = self.contributions(values).sum(axis=1) + self.intercept
        return np.asarray(1.0 / (1.0 + np.exp(-odds)), dtype=np.float64)

    def contributions(self, values: Values) -> NDArray[np.float64]:
        """Return coefficient times standardized value, shape of `values`, log-odds."""
        part = _standardized(values, self.mean, self.scale) * self.slope
        return np.asarray(part + np.isnan(values) * self.missing, dtype=np.float64)

    def importance(self) -> NDArray[np.float64]:
        """Return each feature's share of the summed absolute coefficients."""
        return shares(np.abs(self.slope) + np.abs(self.missing))

    def save(self, folder: Path) -> None:
        """Write the coefficients as JSON."""
        fields = {name: getattr(self, name) for name in self.__slots__}
        plain = {k: v.tolist() if isinstance(v, np.ndarray) else v for k, v in fields.items()}
        (folder / "logistic.json").write_text(pretty_json(plain), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, _names: tuple[str, ...]) -> LogisticModel:
        """Read what `save` wrote."""
        plain = json.loads((folder / "logistic.json").read_text(encoding="utf-8"))
        read: dict[str, Any] = {
            k: np.array(v, np.float64) if isinstance(v, list) else v for k, v in plain.items()
        }
        return cls(**read)


def fit_logistic(spec: LogisticSpec, data: TrainingData) -> LogisticModel:
    """Choose the penalty by validation log loss, then fit on both parts with it."""
    losses = []
    for penalty in spec.penalties:
        model = _fit(data.train, penalty)
        losses.append(log_loss(data.validation, model.predict(data.validation.values)))
    best = spec.penalties[int(np.argmin(losses))]
    return _fit(data.together(), best)


def log_loss(sample: Sample, scores: Scores) -> float:
    """Return the mean negative log likelihood of the labels."""
    p = np.clip(scores, 1e-12, 1 - 1e-12)
    return float(-np.mean(np.where(sample.labels == 1, np.log(p), np.log1p(-p))))


def _transformed(values: Values) -> Matrix:
    wide = values.astype(np.float64)
    return np.asarray(np.sign(wide) * np.log1p(np.abs(wide)), dtype=np.float64)


def _standardized(values: Values, mean: Matrix, scale: Matrix) -> Matrix:
    return np.asarray(np.nan_to_num((_transformed(values) - mean) / scale, nan=0.0))


def _fit(sample: Sample, penalty: float) -> LogisticModel:
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    transformed = _transformed(sample.values)
    there = ~np.isnan(transformed)
    count = np.maximum(there.sum(axis=0), 1)
    mean = np.where(there, transformed, 0.0).sum(axis=0) / count
    spread = np.sqrt(np.square(np.where(there, transformed - mean, 0.0)).sum(axis=0) / count)
    # A constant column has a spread of rounding errors, by which nothing may be divided.
    scale = np.where(spread > 1e-10 * np.abs(mean), spread, 1.0)
    gaps = np.flatnonzero(~there.all(axis=0))
    standardized = _standardized(sample.values, mean, scale)
    design = np.concatenate([standardized, (~there[:, gaps]).astype(np.float64)], axis=1)
    regression = LogisticRegression(C=1.0 / penalty, solver="newton-cholesky", max_iter=200)
    with threadpool_limits(limits=1):  # sums over threads would change the last bits
        regression.fit(design, sample.labels)
    columns = sample.values.shape[1]
    missing = np.zeros(columns)
    missing[gaps] = regression.coef_[0, columns:]
    slope = regression.coef_[0, :columns].astype(np.float64)
    return LogisticModel(mean, scale, slope, missing, float(regression.intercept_[0]), penalty)
