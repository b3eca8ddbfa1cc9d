"""Studies with decision trees on the town, for the tests that read them."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]
TREES = """
[models.rules]
kind = "tree"
max_depth = 4
min_leaf = 8
alpha = 0.0005

[models.short]
kind = "tree"
max_depth = 2
blocks = ["arrests", "arrest_place"]

[models.filled]
kind = "tree"
max_depth = 2
missing = { columns = ["*"], by = "typical" }

"""


def write_tree_study(folder: Path, town: Path, *, real: bool = False, burden: bool = False) -> Path:
    """Write a study with three trees, on a wide outcome so that leaves hold people."""
    shutil.copytree(town, folder / "data")
    agency = (HERE / "town" / "agency.toml").read_text(encoding="utf-8")
    agency = agency.replace("simulated =", "# =") if real else agency
    (folder / "agency.toml").write_text(agency, encoding="utf-8")
    text = (HERE / "town" / "study.toml").read_text(encoding="utf-8")
    text = text.replace("[capacity]", f"{TREES}[capacity]")
    outcome = '[outcome]\nevent = "arrest"\nwithin = "18 months"\ndated_by = "known_on"\n\n'
    text = re.sub(r"\[outcome\].*?(?=\[protected\])", outcome, text, flags=re.DOTALL)
    latest = 'summaries = ["latest", "distinct"]'
    text = text.replace(latest, f'{latest}\nencode = "category"')
    if burden:
        text = text[: text.index("[recommendation]")].replace('kind = "help"', 'kind = "burden"', 1)
    (folder / "study.toml").write_text(text, encoding="utf-8")
    return folder / "study.toml"
