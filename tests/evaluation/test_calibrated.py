"""Calibrated chances: measured beside the raw ones, in the same bins of the same ranking."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, log_loss

from commonweal.core.results import Metric
from commonweal.evaluation.overall import Subject, measure
from commonweal.evaluation.ranking import Ranking

N, CUTOFFS, BINS = 400, (50, 100), (0, 50, 100, 400)
rng = np.random.default_rng(0)
SCORES = rng.random(N)
LABELS = (rng.random(N) < SCORES**2).astype(np.int8)
RANKING = Ranking.of(SCORES, LABELS, np.zeros(N, np.uint64))
PLAIN = Subject("m", date(2020, 1, 1), True, None)
MENDED = replace(PLAIN, calibrator=np.square)


def measured(subject: Subject) -> list[Metric]:
    return measure(RANKING, subject, CUTOFFS, BINS, 50, np.random.default_rng(1))


def test_raw_figures_stay_as_they_are() -> None:
    both = measured(MENDED)
    raw = [m for m in both if "calibrated" not in m.metric]
    assert raw == measured(PLAIN)
    assert {m.metric for m in both} - {m.metric for m in raw} == {
        "brier.calibrated", "log_loss.calibrated", "mean_prediction.calibrated",
        "calibration.calibrated",
    }  # fmt: skip


def test_calibrated_figures_are_those_of_the_mended_chances() -> None:
    found = {(m.metric, m.k): m for m in measured(MENDED)}
    p = SCORES**2
    assert found["brier.calibrated", None].value == pytest.approx(brier_score_loss(LABELS, p))
    assert found["log_loss.calibrated", None].value == pytest.approx(log_loss(LABELS, p))
    one = found["mean_prediction.calibrated", None]
    assert one.value == pytest.approx(p.mean())
    assert one.low is not None
    assert one.high is not None
    assert one.low < one.value < one.high
    top = found["calibration.calibrated", 50]
    assert top.value == pytest.approx(np.sort(p)[-50:].mean())
    assert top.n == 50


def test_scores_that_are_no_chances_have_calibrated_figures_only() -> None:
    found = {m.metric for m in measured(replace(MENDED, probability=False))}
    assert "calibration.observed" in found
    assert {"brier.calibrated", "calibration.calibrated"} <= found
    assert not found & {"brier", "log_loss", "mean_prediction", "calibration.predicted"}
    nothing = {m.metric for m in measured(replace(PLAIN, probability=False))}
    assert not {m for m in nothing if m.startswith(("calibration", "brier"))}
