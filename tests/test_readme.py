from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from commonweal.study.load import load

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.slow
def test_the_python_of_the_readme_runs(tmp_path: Path) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.search(r"```python\n(.*?)```", text, re.DOTALL)
    assert found is not None
    code = found[1]
    assert len(code.strip().splitlines()) <= 15
    shutil.copytree(ROOT / "studies", tmp_path / "studies")
    script = code.replace("100_000", "30_000")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-W", "ignore:fetch_arrow_table", "-c", script],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "AUC of boosted" in done.stdout
    assert (tmp_path / "build" / "demo" / "precision.svg").exists()
    assert (tmp_path / "build" / "demo" / "run" / "report.html").exists()


def test_the_police_study_is_sound() -> None:
    study = load(ROOT / "studies" / "police-oversight" / "study.toml")
    assert study.spec.study.name == "police-oversight"
    assert study.spec.action.kind == "help"
