"""Content-addressed stages: a stage's folder is whole or it is not there.

A stage is named by the fingerprint of its name, version, settings and the *contents* of what
it reads, so an unchanged input is never computed twice and a change that leaves a stage's
output as it was stops there. It is written into a temporary folder, flushed to disk and moved
into place in one step; a killed run leaves at most a temporary folder, removed by the next.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from commonweal.core.canonical import canonical_json, file_digest, fingerprint, pretty_json
from commonweal.core.errors import StudyError, problem

_RECORD = "stage.json"
_TEMPORARY = ".tmp-"


@dataclass(frozen=True, slots=True)
class Artefact:
    """A finished stage: a folder of files that will never change.

    Parameters
    ----------
    stage
        Name of the stage, such as ``records/arrest``.
    key
        Fingerprint of stage, version, settings and parents' contents.
    content
        Fingerprint of the files, which is what later stages depend on.
    path
        The folder.
    files
        File name -> SHA-256 of its bytes.
    parents
        Name -> content fingerprint of what the stage read.
    reused
        Whether it was there already.
    """

    stage: str
    key: str
    content: str
    path: Path
    files: Mapping[str, str]
    parents: Mapping[str, str]
    reused: bool = False

    def file(self, name: str) -> Path:
        """Return the path of one of the stage's files."""
        return self.path / name

    def json(self, name: str) -> object:
        """Read one of the stage's JSON files."""
        return json.loads(self.file(name).read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class Store:
    """The folder that holds a run's artefacts, one folder a stage.

    Parameters
    ----------
    root
        The folder.
    complete
        Whether everything asked for must be there already: nothing is then computed.
    """

    root: Path
    complete: bool = False

    def sweep(self) -> None:
        """Remove what a killed run left half-written."""
        for leftover in sorted(self.root.glob(f"{_TEMPORARY}*")):
            shutil.rmtree(leftover)

    def stage(
        self,
        name: str,
        version: object,
        settings: object,
        parents: Mapping[str, str],
        write: Callable[[Path], None],
    ) -> Artefact:
        """Return the artefact of a stage, computing it only where it is not there yet.

        Parameters
        ----------
        name
            Stage name; ``/`` becomes ``-`` in the folder's name.
        version
            Fingerprint of the code that makes the stage.
        settings
            The stage's part of the study.
        parents
            Name -> content fingerprint of everything the stage reads.
        write
            Called with an empty folder; writes the stage's files into it.

        Raises
        ------
        StudyError
            If the store is complete and the stage is not in it.
        """
        key, folder = self._place(name, version, settings, parents)
        if (folder / _RECORD).exists():
            return self._open(folder, reused=True)
        if self.complete:
            raise problem(StudyError, str(self.root), f"stage {name} is missing", "run the study")
        temporary = self.root / f"{_TEMPORARY}{folder.name}-{os.getpid()}"
        shutil.rmtree(temporary, ignore_errors=True)  # an earlier try of this process
        temporary.mkdir(parents=True)
        write(temporary)
        files = {
            path.relative_to(temporary).as_posix(): file_digest(path)
            for path in sorted(temporary.rglob("*"))
            if path.is_file()
        }
        record = {
            "stage": name,
            "version": version,
            "settings": json.loads(canonical_json(settings)),
            "parents": dict(parents),
            "key": key,
            "content": fingerprint(files),
            "files": files,
        }
        (temporary / _RECORD).write_text(pretty_json(record), encoding="utf-8")
        for path in (*files, _RECORD):
            _flush(temporary / path)
        os.rename(temporary, folder)
        _flush(self.root)
        return self._open(folder, reused=False)

    def key(self, name: str, version: object, settings: object, parents: Mapping[str, str]) -> str:
        """Return the fingerprint a stage would have."""
        return self._place(name, version, settings, parents)[0]

    def has(self, name: str, version: object, settings: object, parents: Mapping[str, str]) -> bool:
        """Return whether a stage would be found there already."""
        _, folder = self._place(name, version, settings, parents)
        return (folder / _RECORD).exists()

    def _place(
        self, name: str, version: object, settings: object, parents: Mapping[str, str]
    ) -> tuple[str, Path]:
        key = fingerprint(name, version, settings, parents)
        return key, self.root / f"{name.replace('/', '-')}-{key[:16]}"

    @classmethod
    def read(cls, folder: Path) -> Artefact:
        """Return the artefact that lies in a folder."""
        return cls._open(folder, reused=True)

    @staticmethod
    def _open(folder: Path, *, reused: bool) -> Artefact:
        record = json.loads((folder / _RECORD).read_text(encoding="utf-8"))
        return Artefact(
            stage=record["stage"],
            key=record["key"],
            content=record["content"],
            path=folder,
            files=record["files"],
            parents=record["parents"],
            reused=reused,
        )


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def atomic_write(path: Path, text: str) -> bool:
    """Write `text` to `path` in one step, unless it is there already.

    Returns
    -------
    bool
        Whether anything was written: a file with the same bytes is left untouched.
    """
    data = text.encode()
    if path.exists() and path.read_bytes() == data:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".tmp-{path.name}-{os.getpid()}")
    with temporary.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(temporary, path)
    return True


def write_json(path: Path, value: object) -> None:
    """Write a JSON file inside a stage's temporary folder."""
    path.write_text(pretty_json(value), encoding="utf-8")
