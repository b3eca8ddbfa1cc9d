"""Scores to chances that come true: isotonic or Platt's, learned on rows the model did not see."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from commonweal.core.canonical import pretty_json
from commonweal.models.data import Labels, Scores
from commonweal.models.spec import Calibration

FILE = "calibrator.json"
FEWEST = 11
"""People behind each point of an isotonic calibrator: no point is anybody's own score."""
_STEPS = 100


@dataclass(frozen=True, slots=True)
class Platt:
    """A logistic curve over the log-odds of the score, or over the score itself.

    Parameters
    ----------
    slope
        Not negative: a higher score is never a lower chance.
    intercept
        Log-odds where the score's are 0.
    odds
        Whether the curve is over log-odds: where scores are probabilities.
    """

    slope: float
    intercept: float
    odds: bool

    def __call__(self, scores: Scores) -> Scores:
        """Return the calibrated chance of each score."""
        return _curve(self.slope * _abscissa(scores, self.odds) + self.intercept)

    def save(self, folder: Path) -> None:
        """Write the curve as JSON."""
        said = {"method": "platt", "slope": self.slope, "intercept": self.intercept,
                "odds": self.odds}  # fmt: skip
        (folder / FILE).write_text(pretty_json(said), encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Isotonic:
    """A rising line through points: mean score and observed rate of people of like scores.

    Parameters
    ----------
    score, chance
        The points, ascending, shape (points,); level outside them.
    """

    score: Scores
    chance: Scores

    def __call__(self, scores: Scores) -> Scores:
        """Return the calibrated chance of each score."""
        return np.asarray(np.interp(scores, self.score, self.chance), dtype=np.float64)

    def save(self, folder: Path) -> None:
        """Write the points as JSON."""
        said = {"method": "isotonic", "score": self.score.tolist(), "chance": self.chance.tolist()}
        (folder / FILE).write_text(pretty_json(said), encoding="utf-8")


Calibrator = Platt | Isotonic


def load_calibrator(folder: Path) -> Calibrator | None:
    """Read what a calibrator's `save` wrote beside a model; None where there is none."""
    path = folder / FILE
    if not path.is_file():
        return None
    read: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if read.pop("method") == "platt":
        return Platt(**read)
    return Isotonic(np.array(read["score"], np.float64), np.array(read["chance"], np.float64))


def calibrate(method: Calibration, scores: Scores, labels: Labels, probability: bool) -> Calibrator:
    """Learn a calibrator.

    Estimated: the chance of the outcome given the score, assumed never to fall as the score
    rises. Rankings therefore stay as they are, except that equal chances may be given to
    different scores.

    Parameters
    ----------
    method
        ``platt`` is Platt's logistic curve with his smoothed targets, (positives + 1) /
        (positives + 2) and 1 / (negatives + 2), over the log-odds of the score (Platt 1999).
        ``isotonic`` is the least-squares rising step function (scikit-learn), its steps of fewer
        than 11 people joined with the next, and drawn as a line through the steps' centres
        (centred isotonic regression, Oron and Flournoy 2017).
    scores
        Scores of people the model was not fitted on, shape (n,).
    labels
        Their outcomes, shape (n,).
    probability
        Whether scores are probabilities.
    """
    if method == "platt":
        return _platt(scores, labels, probability)
    return _isotonic(scores, labels)


def _platt(scores: Scores, labels: Labels, odds: bool) -> Platt:
    """Maximize the likelihood of the smoothed targets by Newton's method."""
    x, positives = _abscissa(scores, odds), int(labels.sum())
    negatives = len(labels) - positives
    high, low = (positives + 1) / (positives + 2), 1 / (negatives + 2)
    target = np.where(labels == 1, high, low)
    # Steps are taken over standardized scores, or a flat start would be a long way from the end.
    mean, spread = float(x.mean()), float(x.std()) or 1.0
    z = (x - mean) / spread
    rate = float(target.mean())
    slope, intercept = 0.0, float(np.log(rate / (1 - rate)))
    for _ in range(_STEPS):
        p = _curve(slope * z + intercept)
        weight = p * (1 - p)
        gradient = np.array([np.sum((target - p) * z), np.sum(target - p)])
        cross = float(np.sum(weight * z))
        bend = np.array([[np.sum(weight * z * z) + 1e-9, cross], [cross, np.sum(weight) + 1e-9]])
        step = np.linalg.solve(bend, gradient)
        slope, intercept = slope + float(step[0]), intercept + float(step[1])
        if float(np.abs(step).max()) < 1e-10:
            break
    if slope < 0:
        return Platt(0.0, float(np.log(rate / (1 - rate))), odds)
    return Platt(slope / spread, intercept - slope * mean / spread, odds)


def _isotonic(scores: Scores, labels: Labels) -> Isotonic:
    from sklearn.isotonic import IsotonicRegression

    order = np.argsort(scores, kind="stable")
    x, hits = scores[order], labels[order].astype(np.float64)
    fitted = IsotonicRegression().fit(x, hits).predict(x)
    # A boundary falls where the fit rises; equal scores have equal fits.
    edges = [0, *(np.flatnonzero(np.diff(fitted) > 0) + 1).tolist(), len(x)]
    kept = [0]
    for edge in edges[1:-1]:
        if edge - kept[-1] >= FEWEST and len(x) - edge >= FEWEST:
            kept.append(edge)
    starts = np.array(kept, dtype=np.int64)
    size = np.diff([*kept, len(x)])
    score = np.add.reduceat(x, starts) / size
    chance = np.add.reduceat(hits, starts) / size
    return Isotonic(score, chance)


def _abscissa(scores: Scores, odds: bool) -> Scores:
    if not odds:
        return np.asarray(scores, dtype=np.float64)
    p = np.clip(scores, 1e-12, 1 - 1e-12)
    return np.asarray(np.log(p) - np.log1p(-p), dtype=np.float64)


def _curve(x: Scores) -> Scores:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(x, -700, 700))), dtype=np.float64)
