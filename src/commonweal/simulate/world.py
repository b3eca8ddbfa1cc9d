"""A simulated world: from its name, size, seed and knobs to a folder a study runs on."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

from commonweal.core.canonical import file_digest, fingerprint
from commonweal.core.errors import StudyError, problem
from commonweal.core.progress import progress
from commonweal.core.store import atomic_write
from commonweal.simulate.knobs import knobs_text, read_knobs
from commonweal.simulate.seal import SEAL, write_seal
from commonweal.simulate.sink import Sink
from commonweal.simulate.truth import write_truth_seal

WORLDS = {
    "violence-prevention": "commonweal.simulate.violence",
    "children-services": "commonweal.simulate.children",
    "custody": "commonweal.simulate.custody",
}
"""Name -> package. A new world is one package and one line here."""

FEWEST = 1_000
_FILES = ("agency.toml", "study.toml")


@dataclass(frozen=True, slots=True)
class World:
    """What a world's package declares, as ``WORLD`` in its module ``world``.

    Parameters
    ----------
    people
        Its full size, at which the marginals of its paper hold.
    knobs
        Frozen dataclass of numbers; the presets ``none.toml``, ``paper.toml`` and ``hard.toml``
        of the package give all of them.
    build
        Simulates: ``build(knobs, people, seed, sink)`` puts every table into the sink.
    words
        What stands for ``$NAME`` in the package's ``study.toml``, given the number of people.
    """

    people: int
    knobs: type[Any]
    build: Callable[[Any, int, int, Sink], None]
    words: Callable[[int], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Simulated:
    """What was written.

    Parameters
    ----------
    world, people, seed, noise
        What it was simulated with.
    folder
        ``data/`` (the agency's tables and their seal), ``truth/``, ``agency.toml``,
        ``study.toml`` and ``knobs.toml``.
    rows
        Table -> rows; those of the truth are named ``truth/NAME``.
    """

    world: str
    people: int
    seed: int
    noise: str
    folder: Path
    rows: Mapping[str, int]

    @property
    def data(self) -> Path:
        """Folder of the agency's tables."""
        return self.folder / "data"

    @property
    def study(self) -> Path:
        """The study file written beside the tables."""
        return self.folder / "study.toml"

    def sentence(self) -> str:
        """Say what was written and what to do with it."""
        counts = ", ".join(
            f"{count:,} {name.replace('_', ' ')}"
            for name, count in sorted(self.rows.items())
            if not name.startswith("truth/")
        )
        return (
            f"Simulated {self.world} (people {self.people:,}, seed {self.seed}, noise "
            f"{self.noise}): {counts}. Next: commonweal run {self.study} --out FOLDER"
        )


def world_named(name: str) -> World:
    """Return a world by name.

    Raises
    ------
    StudyError
        If there is none of that name.
    """
    if name not in WORLDS:
        what = f"there is no world {name!r}"
        raise problem(StudyError, "world", what, f"there is: {', '.join(WORLDS)}")
    found = import_module(f"{WORLDS[name]}.world").WORLD
    assert isinstance(found, World)
    return found


def simulate(
    name: str, out: Path | str, people: int | None = None, seed: int = 1, noise: str = "paper",
    knobs: Path | None = None, threads: int = 2,
) -> Simulated:  # fmt: skip
    """Simulate an agency's tables, a study on them, and the truth, apart.

    Parameters
    ----------
    name
        The world: ``violence-prevention``, ``children-services`` or ``custody``.
    out
        Folder to write into. What an earlier simulation wrote there is replaced, unless its
        study or agency file has been edited.
    people
        How many people are in the records; the paper's number where none is given.
    seed
        The one seed: the same seed, people and knobs write the same bytes.
    noise
        Preset of knobs: ``none``, ``paper`` or ``hard``.
    knobs
        A TOML file with knobs that replace those of the preset.
    threads
        Threads used; no byte depends on it.

    Raises
    ------
    StudyError
        If there is no such world, preset or knob, the world would be too small, or the folder
        holds something else.
    """
    world = world_named(name)
    size = world.people if people is None else people
    if size < FEWEST:
        what = f"{size} people are too few"
        raise problem(StudyError, "people", what, f"simulate {FEWEST:,} or more")
    settings = read_knobs(world.knobs, WORLDS[name], noise, knobs)
    texts = {file: _filled(WORLDS[name], file, world.words(size)) for file in _FILES}
    folder = Path(out)
    _check_folder(folder)
    with _partial(folder) as partial, progress() as shown:
        sink = Sink(partial / "data", partial / "truth", threads, shown.step)
        world.build(settings, size, seed, sink)
        tables = [f"{one}.parquet" for one in sink.rows if not one.startswith("truth/")]
        marks = {file: fingerprint(text) for file, text in texts.items()}
        write_seal(sink.data, name, seed, size, tables, {"noise": noise, "files": marks})
        write_truth_seal(sink.truth, name, file_digest(sink.data / SEAL))
        for part in ("truth", "data"):
            shutil.rmtree(folder / part, ignore_errors=True)
            os.replace(partial / part, folder / part)
        for file, text in texts.items():
            atomic_write(folder / file, text)
        atomic_write(folder / "knobs.toml", knobs_text(settings))
    return Simulated(name, size, seed, noise, folder, dict(sink.rows))


def _filled(package: str, file: str, words: Mapping[str, str]) -> str:
    text = (files(package) / file).read_text(encoding="utf-8")
    return Template(text).substitute(words)


def _check_folder(folder: Path) -> None:
    """Refuse to write over what no simulation wrote, or what was edited since.

    Raises
    ------
    StudyError
        If the folder holds such a thing, or is not one.
    """
    if folder.exists() and not folder.is_dir():
        raise problem(StudyError, str(folder), "is not a folder", "name another")
    written = _written(folder)
    for part in ("data", "truth"):
        if (folder / part).exists() and not (folder / "data" / SEAL).is_file():
            what = "is there and is no simulation's"
            raise problem(StudyError, str(folder / part), what, "name another folder")
    for file in _FILES:
        path = folder / file
        if path.exists() and fingerprint(path.read_text(encoding="utf-8")) != written.get(file):
            what = "is there and was edited"
            raise problem(StudyError, str(path), what, "name another folder, or move it away")


def _written(folder: Path) -> Mapping[str, str]:
    """Return file -> fingerprint of the files an earlier simulation wrote."""
    try:
        sealed = json.loads((folder / "data" / SEAL).read_text(encoding="utf-8"))
        found = sealed["files"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}


@contextmanager
def _partial(folder: Path) -> Iterator[Path]:
    """Make a folder beside the result, gone when all is done or nothing is."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.glob(".partial-*"):
            shutil.rmtree(left, ignore_errors=True)
        partial = Path(tempfile.mkdtemp(prefix=".partial-", dir=folder))
    except OSError as error:
        what = f"cannot be written: {error.strerror}"
        raise problem(StudyError, str(folder), what, "name another folder") from error
    try:
        for part in ("data", "truth"):
            (partial / part).mkdir()
        yield partial
    finally:
        shutil.rmtree(partial, ignore_errors=True)
