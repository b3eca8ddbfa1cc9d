"""A model as a study asks for it: fitted, calibrated, its columns shuffled."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from commonweal.core.canonical import pretty_json
from commonweal.models.calibration import Calibrator, calibrate
from commonweal.models.data import Labels, Sample, Scores, TrainingData
from commonweal.models.fitted import Fitted, scores
from commonweal.models.missing import FilledModel, filled, learn_fills
from commonweal.models.parts import FOLDS
from commonweal.models.permutation import Shuffled, permutation
from commonweal.models.registry import fit, fit_early
from commonweal.models.spec import Learned, ModelSpec, shuffles


@dataclass(frozen=True, slots=True)
class Complete:
    """A model and what was learned about it.

    Parameters
    ----------
    model
        The model, fitted on training and validation rows.
    calibrator
        What mends its chances; None where none is asked for.
    shuffled
        What shuffling its columns costs, measured on a model of training rows only; None where
        it is not measured.
    """

    model: Fitted
    calibrator: Calibrator | None
    shuffled: tuple[Shuffled, ...] | None

    def save(self, folder: Path) -> None:
        """Write all of it into an existing folder."""
        self.model.save(folder)
        if self.calibrator is not None:
            self.calibrator.save(folder)
        if self.shuffled is not None:
            (folder / "permutation.json").write_text(pretty_json(self.shuffled), encoding="utf-8")


def complete(spec: ModelSpec, data: TrainingData, seed: int, threads: int) -> Complete:
    """Fit a model on training rows where something must be learned about it, then on all.

    Calibrator and shuffled columns are about the model of the training rows: the rows they are
    measured on are new to it, but for those on which growing stopped. They are taken to hold for
    the model of all rows.
    """
    if not isinstance(spec, Learned):
        return Complete(fit(spec, data, seed, threads), None, None)
    if spec.missing is None:
        return _learned(spec, data, seed, threads)
    fills = learn_fills(spec.missing, data.train, seed)
    made = _learned(spec, filled(data, fills), seed, threads)
    return replace(made, model=FilledModel(made.model, fills))


def _learned(spec: Learned, data: TrainingData, seed: int, threads: int) -> Complete:
    shuffle = shuffles(spec)
    held_out = spec.calibration is not None and not spec.cross_fitted
    early = fit_early(spec, data, seed, threads) if held_out or shuffle else None
    calibrator = None
    if spec.calibration is not None:
        found, labels, chances = _new_scores(spec, data, seed, threads, early)
        calibrator = calibrate(spec.calibration, found, labels, chances)
    shuffled = permutation(early, data.validation, shuffle, seed) if early and shuffle else None
    return Complete(fit(spec, data, seed, threads, early), calibrator, shuffled)


def _new_scores(
    spec: Learned, data: TrainingData, seed: int, threads: int, early: Fitted | None
) -> tuple[Scores, Labels, bool]:
    """Return scores of people new to the model that gave them, their outcomes, whether chances."""
    if not spec.cross_fitted:
        assert early is not None
        assert data.parts is not None
        held = data.parts.calibration
        return _scored(early, held), held.labels, early.probability
    assert data.folds is not None
    found, chances = np.zeros(len(data.train.rows)), True
    for fold in range(FOLDS):
        inside = np.flatnonzero(data.folds == fold)
        others = data.train.some(np.flatnonzero(data.folds != fold))
        part = TrainingData(others, data.validation, data.parts)
        model = fit_early(spec, part, seed, threads)
        found[inside], chances = _scored(model, data.train.some(inside)), model.probability
    return found, data.train.labels, chances


def _scored(model: Fitted, sample: Sample) -> Scores:
    return scores(model, sample.matrix, sample.rows)
