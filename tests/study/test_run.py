from __future__ import annotations

from pathlib import Path

from commonweal.study.load import load
from commonweal.study.run import run


def test_small_study_runs_to_its_report(small_study: Path, tmp_path: Path) -> None:
    finished = run(load(small_study), tmp_path / "run")
    assert finished.report.exists()
    assert finished.reused == ()
    assert "auc of boosted" in finished.sentence()
    frame = finished.frame()
    assert {"metric", "value", "low", "high", "n"} <= set(frame.columns)
