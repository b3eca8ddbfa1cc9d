"""Searches: the same bytes on any number of threads, resumed after a kill, honest in the report."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from commonweal.core.errors import StudyError
from commonweal.models.spec import BoostedSpec
from commonweal.study import trial as trials
from commonweal.study import tuning
from commonweal.study.load import load
from commonweal.study.run import Run, rebuild, run
from commonweal.study.trial import Search

HERE = Path(__file__).resolve().parents[1]
SEARCH = """
calibration = "isotonic"
bags = 2

[models.boosted.tuning]
configurations = 4
choose_by = "log_loss"

[models.boosted.tuning.space]
learning_rate = [0.0002, 0.1, 0.09]
leaves = { low = 4, high = 12, log = true }
"""


def write(folder: Path, town: Path, search: str = SEARCH) -> Path:
    shutil.copytree(town, folder / "data")
    shutil.copy(HERE / "town" / "agency.toml", folder / "agency.toml")
    text = (HERE / "town" / "study.toml").read_text(encoding="utf-8")
    assert "patience = 50\n" in text
    text = text.replace("patience = 50\n", f"patience = 50\n{search}")
    (folder / "study.toml").write_text(text, encoding="utf-8")
    return folder / "study.toml"


@pytest.fixture(scope="module")
def study(town: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("study") / "study", town)


@pytest.fixture(scope="module")
def done(study: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A finished run on two threads; nobody may change it."""
    with pytest.MonkeyPatch.context() as patched:
        key = study.parent / "key"
        key.write_text("0123456789abcdef0123456789abcdef", encoding="utf-8")
        patched.setenv("COMMONWEAL_KEY_FILE", str(key))
        return run(load(study), tmp_path_factory.mktemp("tuned") / "run", threads=2)


@pytest.fixture(autouse=True)
def _key(study: Path, done: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMMONWEAL_KEY_FILE", str(study.parent / "key"))


def hashed(out: Path) -> dict[str, bytes]:
    """Every file that does not depend on the machine."""
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file() and path.name not in (".lock", "costs.jsonl")
    }


def costs(out: Path) -> list[dict[str, Any]]:
    text = (out / "costs.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def chosen(out: Path) -> dict[str, Any]:
    (path,) = (out / "store").glob("tuning-boosted-*/chosen.json")
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def table(out: Path) -> list[dict[str, str]]:
    with (out / "trials-boosted.csv").open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_the_best_of_the_trials_is_chosen_and_refitted(done: Run) -> None:
    rows, best = table(done.out), chosen(done.out)
    assert [row["trial"] for row in rows] == ["0", "1", "2", "3"]
    losses = [float(row["log_loss"]) for row in rows]
    (mine,) = [place for place, row in enumerate(rows) if row["chosen"] == "yes"]
    assert losses[mine] == min(losses)
    # A learning rate of .0002 learns next to nothing in 60 trees: it was planted to lose.
    assert {row["learning_rate"] for row in rows} == {"0.0002", "0.1"}
    assert best["settings"]["learning_rate"] == 0.1
    (model,) = (done.out / "store").glob("models-boosted-*")
    for bag in range(2):
        text = (model / f"booster-{bag}.txt").read_text(encoding="utf-8")
        assert text.count("\nTree=") == best["trees"]
        assert "[learning_rate: 0.1]" in text


def test_its_figures_are_in_the_report(done: Run) -> None:
    found = {m.metric: m for m in done.metrics if m.metric.startswith("tuning.")}
    losses = sorted(float(row["log_loss"]) for row in table(done.out))
    assert found["tuning.trials"].value == 4
    one = found["tuning.chosen"]
    assert one.value == pytest.approx(losses[0])
    assert found["tuning.worst"].value == pytest.approx(losses[-1])
    assert losses[0] < found["tuning.median"].value < losses[-1]
    assert one.low is not None
    assert one.high is not None
    assert one.low < one.value < one.high
    page = done.report.read_text(encoding="utf-8")
    assert "How settings were found" in page
    assert "4 configurations tried" in page
    codes = {f.code: f.severity.value for f in done.findings}
    assert codes["models.tuning-stopped"] == "pass"


def test_calibrated_figures_stand_beside_the_raw_ones(done: Run) -> None:
    mine = [m for m in done.metrics if m.model == "boosted" and m.whole]
    found = {m.metric: m for m in mine if m.k is None}
    for name in ("brier", "log_loss", "mean_prediction"):
        mended = found[f"{name}.calibrated"]
        assert mended.n == found[name].n
        assert mended.low is not None
        assert mended.value != found[name].value
    ends = {m.k for m in mine if m.metric == "calibration.predicted"}
    assert ends == {m.k for m in mine if m.metric == "calibration.calibrated"}
    assert ends
    others = {m.metric for m in done.metrics if m.model == "logistic"}
    assert not [name for name in others if name.endswith(".calibrated")]
    assert "Calibrated" in done.report.read_text(encoding="utf-8")


def test_the_same_bytes_on_one_thread(done: Run, study: Path, tmp_path: Path) -> None:
    run(load(study), tmp_path / "run", threads=1)
    assert hashed(tmp_path / "run") == hashed(done.out)


def test_a_kill_loses_one_trial(
    done: Run, study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, whole = tmp_path / "run", Search.ranked

    def killed(self: Search, values: Any) -> Any:
        if len(costs(out) if (out / "costs.jsonl").exists() else []) == 2:
            raise KeyboardInterrupt
        return whole(self, values)

    with monkeypatch.context() as patched:
        patched.setattr(Search, "ranked", killed)
        with pytest.raises(KeyboardInterrupt):
            run(load(study), out, threads=1)
    again = run(load(study), out, threads=1)
    assert {f"tuning/boosted/{n:03}" for n in (0, 1)} <= set(again.reused)
    assert {f"tuning/boosted/{n:03}" for n in (2, 3)} <= set(again.made)
    assert hashed(out) == hashed(done.out)
    assert [one["stage"] for one in costs(out)] == [f"tuning/boosted/{n:03}" for n in range(4)]
    assert all(one["wall_seconds"] > 0 and one["threads"] == 1 for one in costs(out))
    before = (out / "costs.jsonl").read_bytes()
    assert run(load(study), out).made == ()
    assert (out / "costs.jsonl").read_bytes() == before


def test_the_report_is_rebuilt_without_a_fit(done: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    before = hashed(done.out)
    monkeypatch.setattr(trials, "trainer", None)
    again = rebuild(done.out)
    assert again.made == ()
    assert hashed(done.out) == before


def test_more_configurations_make_only_those(done: Run, study: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    shutil.copytree(done.out, out)
    text = study.read_text(encoding="utf-8").replace("configurations = 4", "configurations = 5")
    more = study.with_name("more.toml")
    more.write_text(text, encoding="utf-8")
    again = run(load(more), out)
    made = [stage for stage in again.made if stage.startswith("tuning/boosted/")]
    assert made == ["tuning/boosted/004"]


def test_without_time_it_stops_and_says_so(done: Run, study: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    shutil.copytree(done.out, out)
    (out / "costs.jsonl").unlink()
    text = study.read_text(encoding="utf-8").replace(
        "configurations = 4\n", "configurations = 40\nminutes = 1e-6\n"
    )
    short = tmp_path / "study" / "study.toml"
    shutil.copytree(study.parent, short.parent)
    short.write_text(text, encoding="utf-8")
    first = run(load(short), out, threads=1)
    # Trials that were there took no time that anybody knows of.
    assert [s for s in first.made if s.startswith("tuning/boosted/")] == ["tuning/boosted/004"]
    (said,) = [f for f in first.findings if f.code == "models.tuning-stopped"]
    assert said.severity.value == "warn"
    assert "5 of 40" in said.message
    assert rebuild(out).made == ()
    (out / "costs.jsonl").unlink()
    assert rebuild(out).made == ()


def test_settings_go_elsewhere_without_their_trees() -> None:
    found = tuning.Tuned(
        {"b": BoostedSpec(kind="boosted", trees=9, tuning=tuning_spec())}, (), {},
        tuning.Evaluated(), (),
    )  # fmt: skip
    (one,) = found.elsewhere().values()
    assert isinstance(one, BoostedSpec)
    assert one.trees is None


def tuning_spec() -> Any:
    from commonweal.models.tuning_spec import TuningSpec

    return TuningSpec()


def test_of_real_people_no_small_count_follows(town: Path, tmp_path: Path) -> None:
    study = write(tmp_path / "study", town, SEARCH.replace("log_loss", "precision"))
    agency = study.parent / "agency.toml"
    text = agency.read_text(encoding="utf-8").replace('simulated = "simulation.json"\n', "")
    agency.write_text(text, encoding="utf-8")
    out = tmp_path / "run"
    run(load(study), out)
    best = chosen(out)
    positives, n = best["ranks"][0], best["rows"]
    for row in table(out):
        if row["precision"]:
            hits = float(row["precision"]) * positives
            cells = (hits, positives - hits, n - 2 * positives + hits)
            assert all(cell == pytest.approx(0) or cell > 10 - 1e-9 for cell in cells)


@pytest.mark.parametrize(
    ("search", "said"),
    [
        ("[models.boosted.tuning.space]\nleafs = [3]", "did you mean leaves"),
        ("[models.boosted.tuning.space]\nleaves = []", "leaves: is empty"),
        ("[models.boosted.tuning.space]\nleaves = [3.5]", "whole numbers"),
        ("[models.boosted.tuning.space]\nleaves = { low = 9, high = 3 }", "not below its high"),
        ("[models.boosted.tuning.space]\nl2 = { low = 0, high = 3, log = true }", "no logarithm"),
        ("[models.boosted.tuning.space]\nlearning_rate = [0.1, 2.0]", "at most 1"),
        ("[models.boosted.tuning.space]\nleaves = { low = 9 }", "space.leaves.high: is missing"),
        ("[models.boosted.tuning.space]\nleaves = 9", "leaves: should be a range or a list"),
        ("[models.boosted.tuning.space]\nleaves = ['a']", "leaves[1]: should be a number"),
        ("[models.boosted.tuning]\nconfigurations = 0", "use 1 or more"),
        ("[models.boosted.tuning]\nminutes = 0.0", "minutes: is 0"),
        ("[models.boosted.tuning]\nchoose_by = 'luck'", "choose_by: should be"),
        ("trees = 5\n[models.boosted.tuning]", "trees: stands beside a search"),
        ("parts = [0.5, 0.5, 0.5]", "sum to 1"),
        ("parts = [1.0, 0.0, 0.0]\n[models.boosted.tuning]", "leave nobody for early stopping"),
        ("parts = [0.5, 0.0, 0.5]\ncalibration = 'platt'", "leave nobody for calibration"),
        ("cross_fitted = true", "name `calibration` too"),
        ("permutation = { repeats = -1 }", "use 0 or more"),
    ],
)
def test_mistakes_are_said_before_any_work(small_study: Path, search: str, said: str) -> None:
    text = small_study.read_text(encoding="utf-8")
    text = text.replace("patience = 50\n", f"patience = 50\n{search}\n")
    small_study.write_text(text, encoding="utf-8")
    with pytest.raises(StudyError) as error:
        load(small_study)
    assert said in str(error.value)
    assert len(error.value.problems) == 1


SETS = """
[feature_sets.no_network]
without = ["network"]

[feature_sets.searched_anew]
without = ["network"]
retune = true
"""


def test_a_variant_takes_what_was_found_or_searches_anew(
    done: Run, study: Path, tmp_path: Path
) -> None:
    out, mine = tmp_path / "run", tmp_path / "study" / "study.toml"
    shutil.copytree(done.out, out)
    shutil.copytree(study.parent, mine.parent)
    mine.write_text(study.read_text(encoding="utf-8") + SETS, encoding="utf-8")
    again = run(load(mine), out)
    made = [stage for stage in again.made if "/tuning/" in stage or stage.startswith("tuning/")]
    assert sorted(made) == [
        "variants/searched_anew/tuning/boosted",
        *(f"variants/searched_anew/tuning/boosted/{n:03}" for n in range(4)),
    ]
    (kept,) = (out / "store").glob("variants-no_network-models-boosted-*")
    settings = json.loads((kept / "stage.json").read_text(encoding="utf-8"))["settings"][0]
    assert settings["learning_rate"] == chosen(done.out)["settings"]["learning_rate"]
    assert settings["trees"] is None
    assert (kept / "calibrator.json").exists()
    (found,) = (out / "store").glob("variants-searched_anew-models-boosted-*")
    settings = json.loads((found / "stage.json").read_text(encoding="utf-8"))["settings"][0]
    assert settings["trees"] >= 1
