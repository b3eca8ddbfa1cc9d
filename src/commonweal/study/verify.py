"""Whether a finished run's files are what it wrote."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from commonweal.core.canonical import file_digest
from commonweal.core.errors import DataError, Problem, StudyError, problem


def read_manifest(out: Path) -> Any:
    """Read a run's manifest.

    Raises
    ------
    StudyError
        If the folder holds no finished run.
    """
    path = out / "manifest.json"
    if not path.is_file():
        raise problem(StudyError, str(out), "holds no finished run", "commonweal run first")
    return json.loads(path.read_text(encoding="utf-8"))


def verify(out: Path, outputs: bool = True) -> int:
    """Check every file against the hash in the manifest and return how many there are.

    Parameters
    ----------
    out
        Folder of the run.
    outputs
        Whether the files beside the store (the report and its like) are checked as well.

    Raises
    ------
    DataError
        Naming every file that is missing or was changed.
    """
    manifest = read_manifest(out)
    rerun, rewrite = (
        "delete that folder and run the study again",
        "commonweal report writes it again",
    )
    expected = {out / name: (digest, rerun) for name, digest in manifest["files"].items()}
    for stage in manifest["stages"]:
        folder = out / "store" / stage["folder"]
        expected |= {folder / name: (digest, rerun) for name, digest in stage["files"].items()}
    if outputs:
        expected |= {out / n: (digest, rewrite) for n, digest in manifest["outputs"].items()}
    problems = []
    for path, (digest, mend) in expected.items():
        if not path.is_file():
            problems.append(Problem(str(path), "is missing", mend))
        elif file_digest(path) != digest:
            problems.append(Problem(str(path), "is not what the run wrote", mend))
    if problems:
        raise DataError(problems)
    return len(expected)
