"""Permutation importance: how much worse a model is when a column is shuffled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from commonweal.core.seeds import stream
from commonweal.features.cells import Values
from commonweal.models.data import Labels, Sample, Scores
from commonweal.models.fitted import Fitted
from commonweal.models.tuning_spec import PermutationSpec

_USED = 1e-9
"""Share of what a model uses below which a column's weight is rounding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shuffled:
    """What shuffling one column costs; standard deviations are over the repeats.

    Parameters
    ----------
    column
        Name of the column.
    auc, auc_spread
        Mean fall of the AUC, and its standard deviation.
    log_loss, log_loss_spread
        Mean rise of the log loss, and its standard deviation; None where scores are no
        probabilities.
    """

    column: str
    auc: float
    auc_spread: float
    log_loss: float | None
    log_loss_spread: float | None


def permutation(
    model: Fitted, sample: Sample, spec: PermutationSpec, seed: int
) -> tuple[Shuffled, ...]:
    """Shuffle each column the model uses, over people, and measure what that costs.

    Estimated: how much the model's ranking and chances rest on the column given the others. Of
    two columns that say the same, either may look idle. The rows must be new to the model, or
    what it has learned by heart is measured too.

    Parameters
    ----------
    model
        A model.
    sample
        Rows with outcomes that the model was not fitted on, some of both kinds.
    spec
        How often, on how many rows, which columns.
    seed
        The study's seed.

    Returns
    -------
    tuple of Shuffled
        In order of the fall of the AUC, greatest first; equal ones in order of columns.
    """
    held = _some(sample, spec.rows, seed)
    values, labels = held.matrix.take(held.rows), held.labels
    names = sample.matrix.names
    weights = model.importance()
    used = np.flatnonzero(weights > _USED)
    used = np.sort(used[np.argsort(-weights[used], kind="stable")][: spec.columns])
    whole = _measured(model, values, labels)
    found = []
    for column in used.tolist():
        drawn = stream(seed, "permutation", names[column])
        costs = np.array([
            whole - _measured(model, _with(values, column, drawn), labels)
            for _ in range(spec.repeats)
        ])  # fmt: skip
        mean, spread = costs.mean(axis=0), costs.std(axis=0)
        chances = model.probability
        found.append(Shuffled(
            column=names[column], auc=float(mean[0]), auc_spread=float(spread[0]),
            log_loss=float(mean[1]) if chances else None,
            log_loss_spread=float(spread[1]) if chances else None,
        ))  # fmt: skip
    return tuple(sorted(found, key=lambda one: -one.auc))


def _some(sample: Sample, most: int, seed: int) -> Sample:
    if len(sample.rows) <= most:
        return sample
    drawn = stream(seed, "permutation", "rows").choice(len(sample.rows), most, replace=False)
    return sample.some(np.sort(drawn).astype(np.int64))


def _with(values: Values, column: int, drawn: np.random.Generator) -> Values:
    changed = values.copy()
    changed[:, column] = values[drawn.permutation(len(values)), column]
    return changed


def _measured(model: Fitted, values: Values, labels: Labels) -> NDArray[np.float64]:
    """Return the AUC and the log likelihood: of both, more is better."""
    scores = model.predict(values)
    p = np.clip(scores, 1e-12, 1 - 1e-12)
    likely = float(np.mean(np.where(labels == 1, np.log(p), np.log1p(-p))))
    return np.array([_auc(scores, labels), likely if model.probability else 0.0])


def _auc(scores: Scores, labels: Labels) -> float:
    """Return the area under the ROC curve, ties one half; one half where there is one kind."""
    from scipy.stats import rankdata

    positives = int(labels.sum())
    pairs = positives * (len(labels) - positives)
    if pairs == 0:
        return 0.5
    ranks = float(rankdata(scores)[labels == 1].sum())
    return (ranks - positives * (positives + 1) / 2) / pairs
