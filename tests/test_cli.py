from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from commonweal.cli import app
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


def test_there_is_one_world() -> None:
    result = CliRunner().invoke(app, ["simulate", "moon", "--people", "1000", "--out", "x"])
    assert result.exit_code == 1
    assert "error: world: there is no world 'moon' -> there is: city" in result.stderr


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
