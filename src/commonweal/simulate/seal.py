"""The seal beside simulated tables: what tells them from tables about anybody.

Simulated tables may show small cells, so whatever is not exactly what the simulation wrote
must not pass as simulated. The seal guards against mix-ups, not against forgery: it holds no
secret.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from commonweal.core.canonical import file_digest, fingerprint, pretty_json
from commonweal.core.store import atomic_write

SEAL = "simulation.json"


def write_seal(
    folder: Path,
    world: str,
    seed: int,
    people: int,
    tables: Iterable[str],
    more: Mapping[str, object] | None = None,
) -> Path:
    """Write the seal over the tables a simulation has written.

    Parameters
    ----------
    folder
        Folder of the tables; the seal is written into it.
    world
        Name of the simulated world.
    seed, people
        What it was simulated with.
    tables
        File names of the tables, all of them in `folder`.
    more
        What else it was simulated with.

    Returns
    -------
    Path
        The seal's file.

    Raises
    ------
    ValueError
        If a table is not a plain file name.
    """
    names = sorted(set(tables))
    outside = [name for name in names if Path(name).name != name]
    if outside:
        raise ValueError(f"a seal covers files of its own folder only, not {', '.join(outside)}")
    contents = {
        **(more or {}),
        "world": world,
        "seed": seed,
        "people": people,
        "tables": {name: file_digest(folder / name) for name in names},
    }
    atomic_write(folder / SEAL, _text(contents))
    return folder / SEAL


def matches_seal(folder: Path, seal: str, tables: Iterable[str]) -> bool:
    """Return whether every named table is exactly what the sealed simulation wrote.

    Parameters
    ----------
    folder
        Folder of the tables.
    seal
        File name of the seal, in that folder.
    tables
        Tables as an agency file declares them; what follows ``#`` is not part of the file name.

    Returns
    -------
    bool
        False where the seal is missing, damaged or altered in any byte, where a table is
        missing, altered or not under the seal, and where no table is named at all.
    """
    sealed = _sealed_tables(folder / seal)
    files = {table.partition("#")[0] for table in tables}
    return bool(files) and all(_is_sealed(folder, file, sealed) for file in files)


def _is_sealed(folder: Path, file: str, sealed: dict[str, str]) -> bool:
    try:
        return file in sealed and file_digest(folder / file) == sealed[file]
    except OSError:
        return False


def _sealed_tables(path: Path) -> dict[str, str]:
    """Return file -> digest of a sound seal; nothing for any other file."""
    try:
        text = path.read_bytes().decode("utf-8")
        contents = json.loads(text)
        if not isinstance(contents, dict) or not isinstance(contents.get("tables"), dict):
            return {}
        contents.pop("digest", None)
        if text != _text(contents):
            return {}
    except (OSError, ValueError, RecursionError):
        return {}
    return {str(name): str(digest) for name, digest in contents["tables"].items()}


def _text(contents: dict[str, object]) -> str:
    """Return the one spelling of a seal; its own digest is the last word on its contents."""
    return pretty_json({**contents, "digest": fingerprint(contents)})
