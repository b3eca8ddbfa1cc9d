"""Ridge logistic regression on log-transformed, standardized features."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from commonweal.core.canonical import pretty_json
from commonweal.features.cells import Values
from commonweal.models.data import Sample, Scores, TrainingData
from commonweal.models.design import ALONE, describe
from commonweal.models.fitted import Fitted, scores
from commonweal.models.linear import LinearModel, parts_of, read_linear
from commonweal.models.spec import LogisticSpec


@dataclass(frozen=True, slots=True)
class LogisticModel(LinearModel):
    """Coefficients of a logistic regression, on the log-odds scale.

    Parameters
    ----------
    penalty
        Ridge strength chosen on the validation rows.
    """

    penalty: float

    @property
    def probability(self) -> bool:
        """Scores are probabilities."""
        return True

    def predict(self, values: Values) -> Scores:
        """Return the predicted probability of each row."""
        return np.asarray(1.0 / (1.0 + np.exp(-self.total(values))), dtype=np.float64)

    def save(self, folder: Path) -> None:
        """Write the coefficients as JSON."""
        text = pretty_json({**self.plain(), "penalty": self.penalty})
        (folder / "logistic.json").write_text(text, encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, _names: tuple[str, ...]) -> LogisticModel:
        """Read what `save` wrote."""
        return cls(**read_linear(folder / "logistic.json"))


def early_logistic(spec: LogisticSpec, data: TrainingData) -> LogisticModel:
    """Choose the penalty by log loss on the stopping rows, fitting on training rows only."""
    with ALONE:
        models = fits(data.train, data.categorical, spec.penalties)
        if len(models) == 1:
            return models[0]
        losses = [log_loss(data.stopping, model) for model in models]
        return models[int(np.argmin(losses))]


def fit_logistic(
    spec: LogisticSpec, data: TrainingData, early: LogisticModel | None = None
) -> LogisticModel:
    """Choose the penalty by validation log loss, then fit on both parts with it."""
    best = early.penalty if early else spec.penalties[0]
    if early is None and len(spec.penalties) > 1:
        best = early_logistic(spec, data).penalty
    with ALONE:
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
        parts = parts_of(columns, regression.coef_[0], float(regression.intercept_[0]))
        made.append(LogisticModel(**parts, penalty=penalty))
    return made
