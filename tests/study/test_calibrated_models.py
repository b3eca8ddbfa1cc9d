"""Every kind that learns, calibrated both ways, in one study."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

from commonweal.study.load import load
from commonweal.study.run import Run, run

MORE = """
[models.forest]
kind = "forest"
trees = 40
min_leaf = 20
calibration = "isotonic"
permutation = { repeats = 2, rows = 500, columns = 5 }

[models.line]
kind = "ols"
blocks = ["arrests"]
calibration = "platt"

[models.crossed]
kind = "logistic"
penalties = [100.0, 1000.0]
blocks = ["arrests"]
calibration = "platt"
cross_fitted = true
"""


def with_more(study: Path, more: str) -> Path:
    text = study.read_text(encoding="utf-8")
    study.write_text(text.replace("[capacity]", f"{more}\n[capacity]"), encoding="utf-8")
    return study


def stage(out: Path, name: str) -> Path:
    (folder,) = (out / "store").glob(f"models-{name}-*")
    return folder


def figures(done: Run, model: str) -> dict[str, float]:
    return {m.metric: m.value for m in done.metrics if m.model == model and m.whole and m.k is None}


def test_chances_come_nearer_to_what_happened(small_study: Path, tmp_path: Path) -> None:
    plain = run(load(small_study), tmp_path / "run")
    done = run(load(with_more(small_study, MORE)), tmp_path / "run")
    assert {"models/boosted", "models/logistic"} <= set(done.reused)
    for model in ("boosted", "logistic", "past_arrests"):
        assert figures(done, model) == figures(plain, model), model
    rate = figures(done, "boosted")["base_rate"]
    for model in ("forest", "line", "crossed"):
        found = figures(done, model)
        assert found["mean_prediction.calibrated"] == pytest.approx(rate, rel=0.5), model
        assert "auc" in found
    # Many columns and few with the outcome: least squares ranks badly here, and may.
    assert min(figures(done, model)["auc"] for model in ("forest", "crossed")) > 0.65
    assert "brier" not in figures(done, "line")
    assert "brier" in figures(done, "crossed")
    page = done.report.read_text(encoding="utf-8")
    assert "line, calibrated" in page
    assert "a random forest" in page
    assert "Calibration does not apply to “past arrests”" in page

    shuffled: Any = json.loads((stage(done.out, "forest") / "permutation.json").read_text())
    assert len(shuffled) == 5
    assert not list(stage(done.out, "boosted").glob("permutation.json"))
    # Nothing a model is kept as holds code.
    kept = {p.suffix for p in (done.out / "store").glob("models-*/*")}
    assert kept <= {".json", ".txt", ".parquet"}


@pytest.mark.skipif(importlib.util.find_spec("optuna") is None, reason="Optuna is not installed")
def test_suggested_trials_are_the_same_on_any_number_of_threads(
    small_study: Path, tmp_path: Path
) -> None:
    search = '[models.boosted.tuning]\nsampler = "optuna"\nconfigurations = 3\n'
    study = with_more(small_study, search)
    one, two = (run(load(study), tmp_path / str(t), threads=t) for t in (1, 2))
    first, second = ((r.out / "trials-boosted.csv").read_bytes() for r in (one, two))
    assert first == second
    assert first.count(b"\n") == 4
    assert one.report.read_bytes() == two.report.read_bytes()
