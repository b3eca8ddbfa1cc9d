"""The interpretability stage in a study: what it uses, what it shows, what it hides."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from commonweal.core.errors import StudyError
from commonweal.core.results import Metric, Severity
from commonweal.core.store import Artefact, Store
from commonweal.core.tables import read_table
from commonweal.study.load import load
from commonweal.study.run import Run, rebuild, run
from commonweal.study.verify import read_manifest

HERE = Path(__file__).resolve().parents[1]
CODE = "evaluation.interpretability"
KINDS = ["boosted", "logistic", "scorecard", "tree", "cart", "count_rank"]


def written(town: Path, folder: Path, more: str = "", real: bool = False) -> Path:
    shutil.copytree(town, folder / "data")
    for name in ("agency.toml", "study.toml"):
        shutil.copy(HERE / "town" / name, folder / name)
    study = folder / "study.toml"
    town_alone, section, _ = study.read_text(encoding="utf-8").partition("\n[interpretability]")
    assert section
    study.write_text(town_alone + more, encoding="utf-8")
    if real:
        agency = folder / "agency.toml"
        text = agency.read_text(encoding="utf-8").replace('simulated = "simulation.json"\n', "")
        agency.write_text(text, encoding="utf-8")
    return study


@pytest.fixture(scope="module")
def done(town: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("interpretability")
    with pytest.MonkeyPatch.context() as patched:
        (folder / "key").write_text("0123456789abcdef0123456789abcdef", encoding="utf-8")
        patched.setenv("COMMONWEAL_KEY_FILE", str(folder / "key"))
        return run(load(written(town, folder / "study")), folder / "run")


def stages(done: Run) -> dict[str, Artefact]:
    listed = read_manifest(done.out)["stages"]
    return {one["stage"]: Store.read(done.out / "store" / one["folder"]) for one in listed}


def mine(metrics: Sequence[Metric], name: str = "") -> dict[str, Metric]:
    """Return kind -> its figure; of all figures where none is named, the last."""
    return {
        (m.group or "").partition("=")[2]: m
        for m in metrics
        if m.metric == f"interpretability.{name}" or (not name and m.metric.startswith("interp"))
    }


def found(done: Run) -> list[str]:
    return [f.message for f in done.findings if f.code == CODE]


def test_every_kind_is_measured_beside_its_size(done: Run) -> None:
    assert list(mine(done.metrics, "auc")) == KINDS
    assert list(mine(done.metrics, "difference.auc")) == KINDS[1:]
    sizes = {kind: m.value for kind, m in mine(done.metrics, "size").items()}
    assert sizes["count_rank"] == 1
    assert 1 <= sizes["tree"] <= 16
    assert sizes["scorecard"] <= 10
    assert sizes["boosted"] > 10 * sizes["tree"]
    own, apart = mine(done.metrics, "auc"), mine(done.metrics, "difference.auc")
    for kind in KINDS[1:]:
        difference = own[kind].value - own["boosted"].value
        assert apart[kind].value == pytest.approx(difference, abs=1e-9)
        assert apart[kind].against == "boosted"
    assert "count_rank" not in mine(done.metrics, "brier")
    page = done.report.read_text(encoding="utf-8")
    for model in ("boosted", "logistic", "past arrests"):
        assert f"settings of “{model}”" in page


def test_rows_are_those_of_training_and_validation_dates(done: Run) -> None:
    made = stages(done)
    days = read_table(made["cohort"].file("cohort.parquet"))["as_of"].to_pylist()
    known = read_table(made["labels"].file("labels.parquet"))["label"].is_valid().to_pylist()
    last = max(days)
    rows = sum(day < last and ok for day, ok in zip(days, known, strict=True))
    learned, measured = mine(done.metrics, "size")["tree"].n, mine(done.metrics, "auc")["tree"].n
    assert learned + measured == pytest.approx(rows, abs=1)
    assert measured / rows == pytest.approx(1 / 3, abs=0.02)
    dates = len({day for day in days if day < last})
    before = sum(day < last for day in days)
    k = mine(done.metrics, "precision")["tree"].k
    assert k == pytest.approx(60 * dates / before * measured, abs=1)
    assert [f.message for f in done.findings if f.code == "evaluation.openings"]
    opened = (done.out / "openings.jsonl").read_text(encoding="utf-8")
    assert "interpretability" not in opened


def test_the_stage_holds_no_score_and_the_report_says_it(done: Run) -> None:
    made = stages(done)["interpretability"]
    assert set(made.files) == {"metrics.json", "findings.json"}
    page = done.report.read_text(encoding="utf-8")
    assert "What a model that can be read gives up" in page
    assert "Choosing a scorecard" in page
    assert [f.severity for f in done.findings if f.code == CODE] == [Severity.PASS]
    assert rebuild(done.out).made == ()
    assert done.report.read_text(encoding="utf-8") == page


def test_one_thread_gives_the_same_bytes(done: Run, tmp_path: Path) -> None:
    out = tmp_path / "run"
    shutil.copytree(done.out, out)
    before = stages(done)["interpretability"]
    shutil.rmtree(out / "store" / before.path.name)
    again = run(load(done.out.parent / "study" / "study.toml"), out, threads=1)
    assert again.made == ("interpretability",)
    assert stages(again)["interpretability"].content == before.content


def test_of_real_people_figures_are_rounded_or_left_out(town: Path, tmp_path: Path) -> None:
    done = run(load(written(town, tmp_path / "study", real=True)), tmp_path / "run")
    shown = [m for m in done.metrics if m.metric.startswith("interpretability.")]
    for m in shown:
        name = m.metric.rpartition(".")[2]
        if name in ("size", "trees", "columns"):
            assert m.value == float(f"{m.value:.2g}")
        else:
            assert [x for x in (m.value, m.low, m.high) if x != round(x or 0.0, 3)] == []
    # Some 35 people of a third have the outcome, and few of them are among the first: not shown.
    assert not mine(done.metrics, "precision")
    assert not mine(done.metrics, "difference.precision")


def test_too_few_people_are_told(town: Path, tmp_path: Path) -> None:
    more = "\n[interpretability]\nrows = 100\n"
    done = run(load(written(town, tmp_path / "study", more, real=True)), tmp_path / "run")
    assert mine(done.metrics) == {}
    assert [f.severity for f in done.findings if f.code == CODE] == [Severity.SKIPPED]
    assert "What a model that can be read" not in done.report.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ("splits = 1\n", "nothing tells how far chance goes"),
        ("splits = -1\n", "use 0 or more"),
        ("rows = 5\n", "use 100 or more"),
        ('kinds = ["tree"]\n', "names fewer than two kinds"),
        ('kinds = ["tree", "tree"]\n', "more than once"),
        ('kinds = ["tree", "forest"]\n', "interpretability.kinds"),
    ],
)
def test_mistakes_are_told_before_any_work(
    section: str, said: str, town: Path, tmp_path: Path
) -> None:
    study = written(town, tmp_path / "study", f"\n[interpretability]\n{section}")
    with pytest.raises(StudyError) as raised:
        load(study, town)
    assert any(said in f"{p.where} {p.what} {p.mend}" for p in raised.value.problems)


SMALLER = """
[interpretability]
kinds = ["cart", "logistic"]
splits = 3
rows = 1500

[models.short]
kind = "tree"
max_depth = 2
alpha = 0.0
min_leaf = 7
blocks = ["arrests"]
calibration = "platt"
"""


def test_declared_settings_are_used_and_the_first_kind_leads(town: Path, tmp_path: Path) -> None:
    done = run(load(written(town, tmp_path / "study", SMALLER)), tmp_path / "run")
    sizes = mine(done.metrics, "size")
    assert list(sizes) == ["cart", "logistic"]
    assert "settings of “short”" in done.report.read_text(encoding="utf-8")
    assert 2 < sizes["cart"].value <= 4  # two questions deep, and no penalty
    assert mine(done.metrics, "columns")["cart"].value <= 3
    assert list(mine(done.metrics, "difference.auc")) == ["logistic"]
    assert sizes["cart"].n + mine(done.metrics, "auc")["cart"].n <= 1500
    assert "over 3 splits" in found(done)[0]


def test_nothing_is_fitted_where_nobody_asks(town: Path, tmp_path: Path) -> None:
    more = "\n[interpretability]\nsplits = 0\n"
    done = run(load(written(town, tmp_path / "study", more)), tmp_path / "run")
    assert mine(done.metrics) == {}
    assert found(done) == ["Not asked for: splits is 0."]


def test_a_wide_logistic_regression_is_not_fitted_unasked(
    town: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("commonweal.study.strategies.WIDE", 20)
    study = written(
        town,
        tmp_path / "study",
        '\n[interpretability]\nkinds = ["tree", "logistic", "cart"]\nsplits = 2\n',
    )
    text = study.read_text(encoding="utf-8")
    text = text.replace('[models.logistic]\nkind = "logistic"\npenalties = [100.0, 1000.0]\n', "")
    study.write_text(text, encoding="utf-8")
    done = run(load(study), tmp_path / "run")
    assert list(mine(done.metrics, "auc")) == ["tree", "cart"]
    assert any("logistic was left out" in message for message in found(done))
