"""A simulated world: from its name, size, seed and knobs to a folder a study runs on."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

from commonweal.core.canonical import file_digest
from commonweal.core.errors import Problem, StudyError, problem
from commonweal.core.progress import progress
from commonweal.simulate.knobs import knobs_text, read_knobs
from commonweal.simulate.seal import SEAL, write_seal
from commonweal.simulate.sink import Sink
from commonweal.simulate.truth import TRUTH_SEAL, write_truth_seal

WORLDS = {
    "violence-prevention": "commonweal.simulate.violence",
    "children-services": "commonweal.simulate.children",
    "custody": "commonweal.simulate.custody",
}
"""Name -> package. A new world is one package and one line here."""

FEWEST, MOST = 1_000, 100_000_000
_TEMPLATES = ("agency.toml", "study.toml")
_FILES = ("knobs.toml", *_TEMPLATES, "paper.toml")
_MEND = "name another folder, or move it away"


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
        What stands for ``$NAME`` in the package's ``agency.toml`` and ``study.toml``, given the
        number of people; ``$made`` always says what the world is made with.
    variants
        Further study file -> words that take the place of the usual ones in ``study.toml``.
    """

    people: int
    knobs: type[Any]
    build: Callable[[Any, int, int, Sink], None]
    words: Callable[[int], Mapping[str, str]]
    variants: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Simulated:
    """What was written.

    Parameters
    ----------
    world, people, seed, noise
        What it was simulated with.
    folder
        ``data/`` (the agency's tables and their seal), ``truth/``, ``agency.toml``,
        ``study.toml``, its variants and ``knobs.toml``.
    rows
        Table -> rows; those of the truth are named ``truth/NAME``.
    replaced
        What an earlier simulation had left in the folder, in words; None where nothing was.
    """

    world: str
    people: int
    seed: int
    noise: str
    folder: Path
    rows: Mapping[str, int]
    replaced: str | None = None

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
            if not name.startswith(("truth/", "index_"))
        )
        before = f" In place of what was there: {self.replaced}." if self.replaced else ""
        return (
            f"Simulated {self.world} (people {self.people:,}, seed {self.seed}, noise "
            f"{self.noise}): {counts}.{before} Next: commonweal run {self.study} --out FOLDER"
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
    knobs: Path | str | None = None, threads: int = 2,
) -> Simulated:  # fmt: skip
    """Simulate an agency's tables, a study on them, and the truth, apart.

    Parameters
    ----------
    name
        The world: ``violence-prevention``, ``children-services`` or ``custody``.
    out
        Folder to write into. What an earlier simulation wrote there is replaced, unless its
        study, agency or knobs file has been edited.
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
        holds something else or is in use.
    """
    world = world_named(name)
    size = world.people if people is None else people
    if size < FEWEST:
        what = f"{size} people are too few"
        raise problem(StudyError, "people", what, f"simulate {FEWEST:,} or more")
    if size > MOST:
        what = f"{size:,} people are too many"
        raise problem(StudyError, "people", what, f"simulate {MOST:,} or fewer")
    settings = read_knobs(world.knobs, WORLDS[name], noise, _knobs_file(knobs))
    preset = read_knobs(world.knobs, WORLDS[name], noise)
    words = {**world.words(size), "made": _made(name, size, seed, noise, settings, preset)}
    texts = {file: _filled(WORLDS[name], file, words) for file in _TEMPLATES}
    texts |= {
        file: _filled(WORLDS[name], "study.toml", {**words, **other})
        for file, other in world.variants.items()
    }
    texts["knobs.toml"] = knobs_text(settings)
    folder = Path(out)
    with _partial(folder) as partial, progress() as shown:
        before = _before(folder)
        sink = Sink(partial / "data", partial / "truth", threads, shown.step)
        world.build(settings, size, seed, sink)
        tables = [f"{one}.parquet" for one in sink.rows if not one.startswith("truth/")]
        for file, text in texts.items():
            (partial / file).write_bytes(text.encode())
        marks = {file: file_digest(partial / file) for file in sorted(texts)}
        write_seal(sink.data, name, seed, size, tables, {"noise": noise, "files": marks})
        write_truth_seal(sink.truth, name, file_digest(sink.data / SEAL))
        _swap(partial, folder)
    return Simulated(name, size, seed, noise, folder, dict(sorted(sink.rows.items())), before)


def _knobs_file(knobs: object) -> Path | None:
    if knobs is None or isinstance(knobs, (str, Path)):
        return Path(knobs) if knobs else None
    what = f"is {type(knobs).__name__}"
    raise problem(StudyError, "knobs", what, "name a TOML file")


def _made(name: str, people: int, seed: int, noise: str, settings: Any, preset: Any) -> str:
    """Say in a line what a world is made with: its report says it too."""
    usual = asdict(preset)
    turned = [
        f"{key} = {value:g}" for key, value in asdict(settings).items() if value != usual[key]
    ]
    return ", ".join([name, f"{people:,} people", f"seed {seed}", f"noise {noise}", *turned])


def _before(folder: Path) -> str | None:
    """Say what an earlier simulation left in a folder."""
    try:
        sealed = json.loads((folder / "data" / SEAL).read_text(encoding="utf-8"))
        return f"{sealed['world']}, {int(sealed['people']):,} people, seed {sealed['seed']}"
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _filled(package: str, file: str, words: Mapping[str, str]) -> str:
    text = (files(package) / file).read_text(encoding="utf-8")
    return Template(text).substitute(words)


@contextmanager
def _partial(folder: Path) -> Iterator[Path]:
    """Hold the folder and make one inside it, gone when all is done or nothing is."""
    made = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        held = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise _cannot(folder, error) from error
    try:
        _lock(held, folder)
        for left in folder.glob(".partial-*"):
            _undo(left, folder)
            shutil.rmtree(left, ignore_errors=True)
        _check_folder(folder)
        try:
            partial = Path(tempfile.mkdtemp(prefix=".partial-", dir=folder))
        except OSError as error:
            raise _cannot(folder, error) from error
        try:
            for part in ("data", "truth", "old"):
                (partial / part).mkdir()
            yield partial
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    finally:
        os.close(held)
        if made:
            with suppress(OSError):  # it is not empty: all went well
                folder.rmdir()


def _cannot(folder: Path, error: OSError) -> StudyError:
    what = "is not a folder" if folder.is_file() else f"cannot be written: {error.strerror}"
    return StudyError([Problem(str(folder), what, "name another folder")])


def _lock(held: int, folder: Path) -> None:
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        what = "is being simulated into"
        raise problem(StudyError, str(folder), what, "wait, or name another folder") from error
    except OSError:
        return  # some network file systems lock no folders


def _check_folder(folder: Path) -> None:
    """Refuse to write over what no simulation wrote, or what was edited since.

    Raises
    ------
    StudyError
        If the folder holds such a thing.
    """
    data, truth = folder / "data", folder / "truth"
    tables, files = _written(data / SEAL)
    strange = [part for part in (data, truth) if part.exists() and not tables]
    if tables:
        strange += [path for path in data.glob("*") if path.name not in (SEAL, *tables)]
        strange += [
            path
            for path in truth.glob("*")
            if path.name != TRUTH_SEAL and path.suffix != ".parquet"
        ]
    problems = [
        Problem(str(path), "is there and is no simulation's", _MEND) for path in sorted(strange)
    ]
    problems += [
        Problem(str(folder / file), "is there and was edited", _MEND)
        for file in _FILES
        if (folder / file).exists() and not _is_as_written(folder / file, files.get(file))
    ]
    if problems:
        raise StudyError(problems)


def _is_as_written(path: Path, digest: object) -> bool:
    return path.is_file() and file_digest(path) == digest


def _written(seal: Path) -> tuple[Mapping[str, object], Mapping[str, object]]:
    """Return the tables and the files, by name, that an earlier simulation wrote."""
    try:
        sealed = json.loads(seal.read_text(encoding="utf-8"))
        return dict(sealed["tables"]), dict(sealed["files"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return {}, {}


def _moves(new: Path, folder: Path) -> list[tuple[Path, Path]]:
    """Return from where to where everything goes; the agency's tables go first and come last.

    So a folder of tables always goes with what lies beside it, whoever is killed when.
    """
    parts = ("data", "truth", *_FILES)
    away = [(folder / part, new / "old" / part) for part in parts]
    return away + [(new / part, folder / part) for part in reversed(parts)]


def _swap(new: Path, folder: Path) -> None:
    """Put what is new in the place of what is old, or leave everything where it was."""
    try:
        for source, target in _moves(new, folder):
            if source.exists():
                os.rename(source, target)
    except BaseException:
        _undo(new, folder)
        raise


def _undo(new: Path, folder: Path) -> None:
    """Take back a swap that was broken off."""
    if (folder / "data").exists():
        return
    for source, target in reversed(_moves(new, folder)):
        if target.exists() and not source.exists():
            os.rename(target, source)
