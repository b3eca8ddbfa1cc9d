from __future__ import annotations

import dataclasses
import importlib.util
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parent.parent


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_tree_in_the_architecture_page_is_the_tree_there_is() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    assert generator().written(text) == text, "run make tree"


def test_the_reference_of_study_files_is_what_the_settings_say() -> None:
    generate = generator()
    page = (ROOT / "docs" / "study-file.md").read_text(encoding="utf-8")
    assert generate.reference() == page, "run make tree"
    for sections in generate.SECTIONS.values():
        for title, kind in sections:
            meanings = generate.described(kind)
            for field in dataclasses.fields(kind):
                if field.name != "kind":
                    assert meanings.get(field.name), f"{title} {field.name} is not explained"


def test_every_finding_is_explained() -> None:
    from commonweal.records.assemble import _CHECKED

    page = (ROOT / "docs" / "findings.md").read_text(encoding="utf-8")
    codes = {f"records.{code.replace('_', '-')}" for code in _CHECKED}
    for path in (ROOT / "src" / "commonweal" / "study").rglob("*.py"):
        text = path.read_text(encoding="utf-8").replace('CODE = "', 'code = "')
        codes |= {part.split('"')[0] for part in text.split('code = "')[1:]}
        codes |= {part.split('"')[0] for part in text.split('code="')[1:]}
    assert len(codes) > 12
    assert {code for code in codes if f"`{code}`" not in page} == set()
