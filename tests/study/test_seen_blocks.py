"""Models that see some of the blocks: the same as if the others were not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from commonweal.core.errors import StudyError
from commonweal.models import design
from commonweal.study.load import load
from commonweal.study.run import Run, run

NETWORK = "[features.network]\n"
FEW = {"models.logistic": 'blocks = ["arrests", "shootings"]'}


def changed(text: str, settings: dict[str, str]) -> str:
    """Put a setting under each of some sections."""
    for section, setting in settings.items():
        assert f"[{section}]\n" in text
        text = text.replace(f"[{section}]\n", f"[{section}]\n{setting}\n")
    return text


def without_network(text: str) -> str:
    before, _, rest = text.partition(NETWORK)
    return before + rest[rest.index("[models.") :]


def finished(study: Path, text: str, out: Path) -> Run:
    study.write_text(text, encoding="utf-8")
    return run(load(study), out)


def figures(done: Run, model: str) -> list[dict[str, object]]:
    found = [metric.record() for metric in done.metrics if metric.model == model]
    assert found
    return found


def test_a_block_that_is_not_seen_changes_nothing(small_study: Path, tmp_path: Path) -> None:
    text, out = changed(small_study.read_text(encoding="utf-8"), FEW), tmp_path / "run"
    bare = finished(small_study, without_network(text), out)
    offered = (out / "recommendation.csv").read_bytes()
    blind = changed(text, {"models.boosted": 'without = ["network"]'})
    done = finished(small_study, blind, out)
    assert {s for s in done.made if s.startswith("features/")} == {"features/network"}
    # One sees no block, the other those it names; neither is fitted again for a new one.
    assert {"models/base_rate", "models/logistic"} <= set(done.reused)
    for model in ("boosted", "logistic", "past_arrests", "base_rate"):
        assert figures(done, model) == figures(bare, model), model
    assert (out / "recommendation.csv").read_bytes() == offered
    shares = {m.group: m.value for m in done.metrics if m.metric == "features.share"}
    assert shares["block=network"] == 0
    assert sum(shares.values()) == pytest.approx(1)


def test_leaving_blocks_out_computes_no_feature(small_study: Path, tmp_path: Path) -> None:
    text, out = small_study.read_text(encoding="utf-8"), tmp_path / "run"
    whole = finished(small_study, text, out)
    done = finished(small_study, changed(text, FEW), out)
    assert [stage for stage in done.made if stage.startswith(("features/", "models/"))] == [
        "models/logistic"
    ]
    assert figures(done, "logistic") != figures(whole, "logistic")


def test_blocks_in_another_order_are_another_model(small_study: Path, tmp_path: Path) -> None:
    """A model tells columns by their places."""
    text, out = small_study.read_text(encoding="utf-8"), tmp_path / "run"
    before, _, rest = text.partition(NETWORK)
    network, models, end = rest.partition("[models.boosted]")
    start, first, blocks = before.partition("[features.arrests]")
    other = start + NETWORK + network + first + blocks + models + end
    whole = finished(small_study, text, out)
    done = finished(small_study, other, out)
    assert {"models/logistic", "models/past_arrests"} <= set(done.made)
    for model in ("past_arrests", "base_rate"):
        assert figures(done, model) == figures(whole, model)


def test_nobody_is_offered_a_reason_by_a_model_that_sees_nothing(
    small_study: Path, tmp_path: Path
) -> None:
    text = small_study.read_text(encoding="utf-8")
    text = text.replace('model = "boosted"', 'model = "base_rate"')
    text = text.replace('headline = "boosted"', 'headline = "base_rate"')
    done = finished(small_study, text, tmp_path / "run")
    assert done.recommendation is not None
    rows = done.recommendation.read_text(encoding="utf-8").splitlines()
    assert len(rows) == 61
    assert all(row.endswith(",") for row in rows[1:])


def test_a_regression_too_large_is_named(
    small_study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(design, "BUDGET", 100_000)
    where = r"study\.toml: models\.logistic: .* rows of .* numbers .* -> name fewer blocks"
    with pytest.raises(StudyError, match=where):
        run(load(small_study), tmp_path / "run")
