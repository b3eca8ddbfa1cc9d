"""A study from raw tables to its report: the same bytes whichever engine computed them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from commonweal.cli import app
from commonweal.study.run import rebuild
from core.engines.servers import PASSWORD, URL_PASSWORD
from study.small import write_study


def contents(out: Path) -> dict[str, bytes]:
    """Every file of a run but its manifest, which alone names the engine."""
    files = [path for path in out.rglob("*") if path.is_file() and path.name != "manifest.json"]
    return {str(path.relative_to(out)): path.read_bytes() for path in files}


def run(study: Path, out: Path, *more: str) -> str:
    result = CliRunner().invoke(app, ["run", str(study), "--out", str(out), *more])
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.slow
def test_a_run_has_the_same_bytes_and_no_password(elsewhere: str, tmp_path: Path) -> None:
    study = write_study(tmp_path / "small")
    run(study, tmp_path / "here")
    said = run(study, tmp_path / "there", "--engine", elsewhere)
    here, there = contents(tmp_path / "here"), contents(tmp_path / "there")
    assert here == there
    assert sum(name.endswith("cells.arrow") for name in here) == 4
    assert {"report.html", "metrics.json"} <= set(here)
    kind = json.loads((tmp_path / "there" / "manifest.json").read_text())["engine"]
    assert kind == {"p": "postgresql", "s": "spark"}[elsewhere[0]]
    for secret in (PASSWORD, URL_PASSWORD):
        assert secret not in said
        assert not [
            p for p in tmp_path.rglob("*") if p.is_file() and secret.encode() in p.read_bytes()
        ]
    rebuild(tmp_path / "there")
    assert json.loads((tmp_path / "there" / "manifest.json").read_text())["engine"] == kind


def test_the_environment_names_the_engine(
    postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COMMONWEAL_ENGINE", postgres)
    study = write_study(tmp_path / "small")
    run(study, tmp_path / "out")
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["engine"] == "postgresql"
    monkeypatch.delenv("COMMONWEAL_ENGINE")
    assert "0 stages computed" in run(study, tmp_path / "out")
