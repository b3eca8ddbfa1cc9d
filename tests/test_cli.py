from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from commonweal.cli import app
from commonweal.simulate.world import WORLDS
from simulate.fake import PACKAGE, contents
from study.small import write_study

HEAVY = ("ibis", "duckdb", "lightgbm", "sklearn", "scipy", "pyarrow", "numpy", "pydantic", "altair")


def ask(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "commonweal.cli", *arguments],
        capture_output=True, text=True, check=False, env={**os.environ, "NO_COLOR": "1"},
    )  # fmt: skip


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from commonweal.cli import app\n"
        "try:\n    app(['--help'])\nexcept SystemExit as end:\n    assert end.code == 0, end.code\n"
        f"heavy = [m for m in {HEAVY!r} if m in sys.modules]\n"
        "print('heavy:', heavy)\n"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "heavy: []" in said.stdout
    assert "check" in said.stdout


@pytest.fixture
def study(tmp_path: Path) -> Path:
    return write_study(tmp_path / "study")


def test_a_good_study_is_told_on_stdout(study: Path) -> None:
    said = ask("check", str(study))
    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout.splitlines() == [
        "contact: 300 of 300 rows can be used.",
        "harm: 80 of 80 rows can be used.",
        "registration: 60 of 60 rows can be used.",
        "visit: 200 of 200 rows can be used.",
        "The study can run.",
    ]


def test_mistakes_are_told_on_stderr_and_nothing_on_stdout(study: Path) -> None:
    text = study.read_text(encoding="utf-8")
    study.write_text(text.replace("k = 10", "k = 0\nseats = 1"), encoding="utf-8")
    said = ask("check", str(study))
    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr.splitlines() == [
        "error: study.toml: capacity.seats: is not a known setting -> there are: k, unit",
        "1 problem.",
    ]
    study.write_text(text.replace("k = 10", "k = 0").replace("draws = 100", "draws = 1"), "utf-8")
    told = CliRunner().invoke(app, ["check", str(study)])
    assert (told.exit_code, told.stdout) == (1, "")
    assert told.stderr.splitlines() == [
        "error: study.toml: capacity.k: is 0 -> use 1 or more",
        "error: study.toml: evaluation.draws: is 1 -> use 100 or more",
        "2 problems.",
    ]


def test_what_is_kept_in_spite_of_a_check_is_counted(study: Path) -> None:
    table = study.parent / "data" / "contacts.csv"
    table.write_text(
        table.read_text(encoding="utf-8").replace("THEFT-AUTO", "=1+1"), encoding="utf-8"
    )
    result = CliRunner().invoke(app, ["check", str(study)])
    assert result.exit_code == 0
    assert "  warn: contacts.csv: unsafe text in charge, 100 rows" in result.output.splitlines()


def test_the_tables_may_be_elsewhere(study: Path, tmp_path: Path) -> None:
    (study.parent / "data").rename(tmp_path / "moved")
    runner = CliRunner()
    lost = runner.invoke(app, ["check", str(study)])
    assert lost.exit_code == 1
    assert lost.stderr.count("there is no file") == 4
    found = runner.invoke(app, ["check", str(study), "--data", str(tmp_path / "moved")])
    assert found.exit_code == 0


@pytest.mark.parametrize("command", [["check"], ["run"], ["check", "a", "b"], ["chekc", "a"]])
def test_a_wrong_command_is_exit_code_2(command: list[str]) -> None:
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_run_refuses_what_check_refuses_and_leaves_no_folder(study: Path, tmp_path: Path) -> None:
    (study.parent / "agency.toml").unlink()
    out = tmp_path / "out"
    result = CliRunner().invoke(app, ["run", str(study), "--out", str(out)])
    assert result.exit_code == 1
    assert "there is no file" in result.stderr
    assert not out.exists()


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> None:
    """One more world to simulate, called fake."""
    monkeypatch.setitem(WORLDS, "fake", PACKAGE)


def refused(*arguments: str) -> str:
    """What simulate says in its one line when it refuses."""
    result = CliRunner().invoke(app, ["simulate", *arguments])
    assert (result.exit_code, result.stdout) == (1, "")
    line, count = result.stderr.splitlines()
    assert count == "1 problem."
    return line


@pytest.mark.usefixtures("fake")
def test_a_world_is_simulated_and_what_to_do_next_is_told(tmp_path: Path) -> None:
    out, again = tmp_path / "out", tmp_path / "again"
    (tmp_path / "mine.toml").write_text("missing = 0.25\n", encoding="utf-8")
    options = ["--people", "1000", "--noise", "hard", "--knobs", str(tmp_path / "mine.toml")]
    runner = CliRunner()
    result = runner.invoke(app, ["simulate", "fake", "--out", str(out), "--seed", "2", *options])
    assert (result.exit_code, result.stderr) == (0, "")
    told, command = result.stdout.rstrip().split(" Next: commonweal ")
    assert told.startswith("Simulated fake (people 1,000, seed 2, noise hard): ")
    assert command == f"run {out / 'study.toml'} --out FOLDER"
    knobs = (out / "knobs.toml").read_text(encoding="utf-8")
    assert knobs == "missing = 0.25\nharm = 0.5\nshift = 2.0\n"
    options += ["--seed", "2", "--threads", "1"]
    runner.invoke(app, ["simulate", "fake", "--out", str(again), *options])
    assert contents(again) == contents(out)
    checked = runner.invoke(app, ["check", str(out / "study.toml")])
    assert (checked.exit_code, checked.stderr) == (0, "")
    assert checked.stdout.endswith("The study can run.\n")


@pytest.mark.usefixtures("fake")
@pytest.mark.parametrize(
    ("world", "options", "told"),
    [
        ("moon", [], "world: there is no world 'moon' -> there is: violence-prevention, "),
        ("fake", ["--noise", "loud"], "noise: there is no preset 'loud' -> choose none, paper, "),
        ("fake", ["--people", "999"], "people: 999 people are too few -> simulate 1,000 or more"),
        ("fake", ["--people", "-5"], "people: -5 people are too few -> simulate 1,000 or more"),
        ("fake", ["--knobs", "mine.toml"], "mine.toml: mising: is no knob of this world -> "),
        ("fake", ["--knobs", "no.toml"], "no.toml: cannot be read: No such file or directory -> "),
    ],
)
def test_a_world_that_cannot_be_is_refused_before_anything_is_written(
    world: str, options: list[str], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.toml").write_text("mising = 0.25\n", encoding="utf-8")
    assert refused(world, "--out", "new/out", *options).startswith(f"error: {told}")
    assert set(contents(tmp_path)) == {"mine.toml"}


@pytest.mark.usefixtures("fake")
def test_a_folder_of_something_else_or_edited_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "mine.csv").write_text("a,b\n", encoding="utf-8")
    here = ["fake", "--people", "1000", "--out", str(tmp_path)]
    line = f"error: {tmp_path / 'data'}: is there and is no simulation's -> name another folder"
    assert refused(*here).startswith(line)
    assert set(contents(tmp_path)) == {"data", "data/mine.csv"}
    here[-1] = str(tmp_path / "world")
    assert CliRunner().invoke(app, ["simulate", *here]).exit_code == 0
    study = tmp_path / "world" / "study.toml"
    study.write_text(study.read_text(encoding="utf-8") + "# mine\n", encoding="utf-8")
    before = contents(tmp_path)
    assert refused(*here, "--seed", "2").startswith(f"error: {study}: is there and was edited -> ")
    assert contents(tmp_path) == before


def test_an_interrupted_run_exits_with_130(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("commonweal.study.check.check_tables", stop)
    result = CliRunner().invoke(app, ["check", str(study)])
    assert result.exit_code == 130
    assert "run again to go on" in result.stderr


def test_a_mistake_of_ours_is_not_dressed_up_as_the_users(
    study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("ours")

    monkeypatch.setattr("commonweal.study.check.check_tables", fail)
    result = CliRunner().invoke(app, ["check", str(study)])
    assert isinstance(result.exception, ZeroDivisionError)
    assert "error:" not in result.stderr
