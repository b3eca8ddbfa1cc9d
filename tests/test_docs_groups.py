"""What docs/groups.md shows runs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "groups.md").read_text(encoding="utf-8")
COMPAS = ROOT.parent / "shared" / "data" / "compas" / "two_year.csv"


def ran(code: str, folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], cwd=folder, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(not COMPAS.is_file(), reason="the COMPAS scores are not there")
def test_five_lines_make_propublicas_table() -> None:
    code = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)[0]
    assert len(code.split("\n")) - code.count("\n\n") - 1 == 5
    said = ran(code, COMPAS.parent)
    for group, wrong, missed in (("African-American", "44.8%", "28.0%"),
                                 ("Caucasian", "23.5%", "47.7%")):  # fmt: skip
        assert f"{group} {wrong}" in said
        assert f"{group} {missed}" in said


def test_the_other_examples_run(tmp_path: Path) -> None:
    examples = re.findall(r"<!-- run -->\n```python\n(.*?)```", PAGE, re.DOTALL)
    assert len(examples) == 2
    said = ran("\n".join(examples), tmp_path)
    assert "By race and sex, the mean prediction lies inside" in said
    assert "cannot be predicted from them" in said
