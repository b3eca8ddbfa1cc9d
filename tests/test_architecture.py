from __future__ import annotations

import importlib.util
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_the_tree_in_the_architecture_page_is_the_tree_there_is() -> None:
    spec = importlib.util.spec_from_file_location("tree", ROOT / "docs" / "tree.py")
    assert spec is not None
    assert spec.loader is not None
    tree = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tree)
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    assert tree.written(text) == text, "run make tree"


def test_every_finding_is_explained() -> None:
    from commonweal.records.assemble import _CHECKED

    page = (ROOT / "docs" / "findings.md").read_text(encoding="utf-8")
    codes = {f"records.{code.replace('_', '-')}" for code in _CHECKED}
    for path in (ROOT / "src" / "commonweal" / "study").glob("*.py"):
        text = path.read_text(encoding="utf-8")
        codes |= {part.split('"')[0] for part in text.split('code = "')[1:]}
        codes |= {part.split('"')[0] for part in text.split('code="')[1:]}
    assert len(codes) > 12
    assert {code for code in codes if f"`{code}`" not in page} == set()
