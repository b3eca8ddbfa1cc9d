"""Ridge logistic regression on log-transformed, standardized features."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from commonweal.core.canonical import pretty_json
from commonweal.features.cells import Values
from commonweal.models.data import Sample, Scores, TrainingData
from commonweal.models.design import Columns, Wide, describe, standardized
from commonweal.models.fitted import Fitted, scores, shares
from commonweal.models.spec import LogisticSpec

_ALONE = Lock()
"""One design in memory at a time; and a limit on threads that ends is everybody's."""


@dataclass(frozen=True, slots=True)
class LogisticModel:
    """Coefficients of a logistic regression.

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
    penalty
        Ridge strength chosen on the validation rows.
    """

    mean: Wide
    scale: Wide
    slope: Wide
    missing: Wide
    levels: Mapping[int, Wide]
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
        moved = standardized(values, self.mean, self.scale) * self.slope
        moved += np.isnan(values) * self.missing
        for column, weights in self.levels.items():
            value = values[:, column]
            known = np.flatnonzero((value >= 0) & (value < len(weights)))
            moved[known, column] += weights[value[known].astype(np.int64)]
        return moved

    def importance(self) -> NDArray[np.float64]:
        """Return each feature's share of the summed absolute coefficients."""
        weights = np.abs(self.slope) + np.abs(self.missing)
        for column, levels in self.levels.items():
            weights[column] += np.abs(levels).sum()
        return shares(weights)

    def save(self, folder: Path) -> None:
        """Write the coefficients as JSON."""
        plain = {
            "mean": self.mean.tolist(), "scale": self.scale.tolist(),
            "slope": self.slope.tolist(), "missing": self.missing.tolist(),
            "levels": {str(column): w.tolist() for column, w in self.levels.items()},
            "intercept": self.intercept, "penalty": self.penalty,
        }  # fmt: skip
        (folder / "logistic.json").write_text(pretty_json(plain), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, _names: tuple[str, ...]) -> LogisticModel:
        """Read what `save` wrote."""
        read: dict[str, Any] = json.loads((folder / "logistic.json").read_text(encoding="utf-8"))
        for name in ("mean", "scale", "slope", "missing"):
            read[name] = np.array(read[name], np.float64)
        levels = {int(c): np.array(w, np.float64) for c, w in read["levels"].items()}
        return cls(**{**read, "levels": dict(sorted(levels.items()))})


def fit_logistic(spec: LogisticSpec, data: TrainingData) -> LogisticModel:
    """Choose the penalty by validation log loss, then fit on both parts with it."""
    with _ALONE:
        best = spec.penalties[0]
        if len(spec.penalties) > 1:
            models = fits(data.train, data.categorical, spec.penalties)
            losses = [log_loss(data.validation, model) for model in models]
            best = spec.penalties[int(np.argmin(losses))]
        return fits(data.together(), data.categorical, [best])[0]


def log_loss(sample: Sample, model: Fitted) -> float:
    """Return the mean negative log likelihood of the labels."""
    p = np.clip(scores(model, sample.matrix, sample.rows), 1e-12, 1 - 1e-12)
    return float(-np.mean(np.where(sample.labels == 1, np.log(p), np.log1p(-p))))


def fits(
    sample: Sample, categorical: tuple[int, ...], penalties: Sequence[float]
) -> list[LogisticModel]:
    """Fit one model a penalty on the same design, by scikit-learn."""
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    columns = describe(sample, categorical)
    design = columns.design(sample)
    made = []
    for penalty in penalties:
        regression = LogisticRegression(C=1.0 / penalty, solver="newton-cholesky", max_iter=200)
        with threadpool_limits(limits=1):  # sums over threads would change the last bits
            regression.fit(design, sample.labels)
        made.append(_model(columns, regression.coef_[0], float(regression.intercept_[0]), penalty))
    return made


def _model(columns: Columns, coefficients: Wide, intercept: float, penalty: float) -> LogisticModel:
    count = len(columns.mean)
    slope, missing = np.zeros(count), np.zeros(count)
    ends = np.cumsum([len(columns.numeric), *columns.levels.values()])
    slope[columns.numeric] = coefficients[: ends[0]]
    levels = {
        column: coefficients[start : start + size].astype(np.float64)
        for (column, size), start in zip(columns.levels.items(), ends[:-1], strict=True)
    }
    missing[columns.gaps] = coefficients[ends[-1] :]
    return LogisticModel(columns.mean, columns.scale, slope, missing, levels, intercept, penalty)
