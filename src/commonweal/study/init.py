"""Files to start a study from."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from commonweal.core.errors import StudyError, problem
from commonweal.core.store import atomic_write

_NAMES = ("agency.toml", "study.toml")


def write_templates(folder: Path) -> list[Path]:
    """Write ``agency.toml`` and ``study.toml`` to fill in.

    Raises
    ------
    StudyError
        If one of them is there already: nothing is overwritten.
    """
    paths = [folder / name for name in _NAMES]
    for path in paths:
        if path.exists():
            raise problem(StudyError, str(path), "is there already", "choose another folder")
    for path in paths:
        text = (files("commonweal.study") / "templates" / path.name).read_text(encoding="utf-8")
        atomic_write(path, text)
    return paths
