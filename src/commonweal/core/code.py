"""The code's own fingerprint: an artefact made by other code is another artefact."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@cache
def code_digest(*parts: str) -> str:
    """SHA-256 of the source files of some folders and files of the package, in hexadecimal.

    Parameters
    ----------
    parts
        Paths relative to the package: ``records``, ``study/evaluate.py``.
    """
    digest = hashlib.sha256()
    for part in parts:
        path = ROOT / part
        for file in [path] if path.is_file() else sorted(path.rglob("*")):
            if file.is_file() and "__pycache__" not in file.parts:
                digest.update(file.relative_to(ROOT).as_posix().encode() + b"\0")
                digest.update(file.read_bytes())
    return digest.hexdigest()
