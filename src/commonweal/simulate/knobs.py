"""A world's knobs: a small TOML file of numbers, every one of them named, none of them silent."""

from __future__ import annotations

import sys
import tomllib
from dataclasses import asdict, fields
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

from commonweal.core.errors import Problem, StudyError

PRESETS = ("none", "paper", "hard")
Knobs = TypeVar("Knobs")


def preset_text(package: str, noise: str) -> str:
    """Return the frozen preset of a world as TOML.

    Raises
    ------
    StudyError
        If there is no such preset.
    """
    if noise not in PRESETS:
        what = f"there is no preset {noise!r}"
        raise StudyError([Problem("noise", what, f"choose {', '.join(PRESETS)}")])
    return (files(package) / f"{noise}.toml").read_text(encoding="utf-8")


def read_knobs(kind: type[Knobs], package: str, noise: str, path: Path | None = None) -> Knobs:
    """Return the knobs of a preset, with those of a file in place of its own.

    Parameters
    ----------
    kind
        The world's dataclass of knobs: numbers, by name.
    package
        Package that holds the presets, every one of them complete.
    noise
        Name of the preset.
    path
        A TOML file with some of the knobs, or none.

    Raises
    ------
    StudyError
        If the file cannot be read, names a knob there is not, or gives one that is no number or
        outside its range.
    """
    values: dict[str, Any] = tomllib.loads(preset_text(package, noise))
    if path is not None:
        values |= _overrides(kind, path)
    for field in fields(kind):  # type: ignore[arg-type]
        if field.type in ("float", float):
            values[field.name] = float(values[field.name])
    try:
        return kind(**values)
    except ValueError as error:
        where = str(path) if path else f"preset {noise}"
        raise StudyError([Problem(where, str(error), "give a number in its range")]) from error


def knobs_text(knobs: Any) -> str:
    """Return knobs as TOML, one a line, in the order they are declared."""
    return "".join(f"{name} = {value!r}\n" for name, value in asdict(knobs).items())


def within(low: float, high: float, **values: float) -> None:
    """Check that values lie in [low, high].

    Raises
    ------
    ValueError
        If one does not; the message names it.
    """
    for name, value in values.items():
        if not low <= value <= high:
            raise ValueError(f"{name} is {value}, outside {low} to {high}")


def _is_number(value: object) -> bool:
    """Return whether it is a number, and neither infinite nor too large for a float."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return abs(value) <= sys.float_info.max


def _overrides(kind: type[Any], path: Path) -> dict[str, Any]:
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        what = f"cannot be read: {error.strerror}"
        raise StudyError([Problem(str(path), what, "check the path")]) from error
    except (ValueError, RecursionError) as error:  # TOML's own errors are ValueErrors
        raise StudyError([Problem(str(path), f"is not TOML: {error}", "mend it")]) from error
    known = [field.name for field in fields(kind)]
    problems = [
        Problem(f"{path}: {name}", "is no knob of this world", f"there are: {', '.join(known)}")
        for name in given
        if name not in known
    ]
    problems += [
        Problem(f"{path}: {name}", f"is {value!r}", "a knob is a number")
        for name, value in given.items()
        if name in known and not _is_number(value)
    ]
    if problems:
        raise StudyError(problems)
    return given
