"""Models that see some of the columns: the same as if the others were not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from commonweal.core.errors import StudyError
from commonweal.core.store import Store
from commonweal.study.load import load
from commonweal.study.run import Run
from commonweal.study.verify import read_manifest
from study.test_seen_blocks import changed, figures, finished

SOME = 'columns = ["arrest.*", "shooting.all.count.2y"]\nwithout_columns = ["arrest.charge=*"]'


def test_columns_that_are_not_seen_change_nothing(small_study: Path, tmp_path: Path) -> None:
    text, out = small_study.read_text(encoding="utf-8"), tmp_path / "run"
    done = finished(small_study, changed(text, {"models.boosted": SOME}), out)
    weights = weights_of(done, "boosted")
    assert "shooting.all.count.2y" in weights
    assert all(n.startswith("arrest.") for n in weights if n != "shooting.all.count.2y")
    assert not any(n.startswith("arrest.charge=") for n in weights)
    assert sum(weights.values()) == pytest.approx(1)
    shares = {m.group: m.value for m in done.metrics if m.metric == "features.share"}
    assert shares["block=network"] == 0
    listed = ", ".join(f'"{name}"' for name in weights)
    again = finished(small_study, changed(text, {"models.boosted": f"columns = [{listed}]"}), out)
    assert figures(again, "boosted") == figures(done, "boosted")
    assert "models/logistic" in again.reused
    # No column of the network is seen: another network is another study for other models only.
    narrower = changed(text, {"models.boosted": SOME}).replace(
        'windows = ["1 year", "2 years"]', 'windows = ["1 year"]'
    )
    third = finished(small_study, narrower, out)
    assert {"features/network", "models/logistic"} <= set(third.made)
    assert "models/boosted" in third.reused


def weights_of(done: Run, model: str) -> dict[str, float]:
    stages = {one["stage"]: one["folder"] for one in read_manifest(done.out)["stages"]}
    folder = done.out / "store" / stages[f"models/{model}"]
    weights = Store.read(folder).json("importance.json")
    assert isinstance(weights, dict)
    return weights


def test_a_pattern_that_is_about_nothing_is_refused_before_any_model(
    small_study: Path, tmp_path: Path
) -> None:
    text = small_study.read_text(encoding="utf-8")
    wrong = changed(text, {
        "models.boosted": 'columns = ["arrest.all.count.2yr"]',
        "models.logistic": 'without_columns = ["*"]',
    })  # fmt: skip
    with pytest.raises(StudyError) as raised:
        finished(small_study, wrong, tmp_path / "run")
    first, second = raised.value.problems
    assert first.where == "study.toml: models.boosted.columns"
    assert "did you mean arrest.all.count.2y" in first.mend
    assert second.what == "leaves no feature"
    assert not list((tmp_path / "run" / "store").glob("models-*"))


def test_a_ranking_by_a_column_that_is_not_seen_is_refused(
    small_study: Path, tmp_path: Path
) -> None:
    text = small_study.read_text(encoding="utf-8")
    blind = changed(text, {"models.past_arrests": 'without_columns = ["arrest.all.*"]'})
    with pytest.raises(StudyError, match=r"no feature 'arrest\.all\.count\.4y'"):
        finished(small_study, blind, tmp_path / "run")


def test_a_pattern_named_twice_is_refused(small_study: Path) -> None:
    text = small_study.read_text(encoding="utf-8")
    small_study.write_text(
        changed(text, {"models.boosted": 'columns = ["a.*", "a.*"]'}), encoding="utf-8"
    )
    with pytest.raises(StudyError, match="more than once"):
        load(small_study)
