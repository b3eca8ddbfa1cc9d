"""Read a study and its agency file; every mistake is reported at once, before any work."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any, cast, get_type_hints

from pydantic import ConfigDict, TypeAdapter, ValidationError

from commonweal.core.errors import Problem, StudyError, problem
from commonweal.records.spec import Agency
from commonweal.simulate.seal import matches_seal
from commonweal.study.messages import explain
from commonweal.study.spec import Study, StudySpec
from commonweal.study.validate import Parts, cross_check

_STRICT = ConfigDict(extra="forbid", strict=True)


@dataclass(frozen=True, slots=True)
class _File:
    """A parsed TOML file: the sections that are sound, and what is wrong with the others."""

    parts: Mapping[str, Any]
    problems: tuple[Problem, ...]


def load(
    path: Path | str, data: Path | str | None = None, agency_file: Path | None = None
) -> Study:
    """Read a study file and the agency file it names.

    Parameters
    ----------
    path
        The study file.
    data
        Folder of the agency's tables, where it is not the one the agency file names.
    agency_file
        The agency file, where it is not the one the study file names.

    Raises
    ------
    StudyError
        With every mistake in both files, by path, and the mend.
    """
    path = Path(path)
    study = _sections(path, StudySpec)
    agency_path = agency_file or path.parent / _agency_name(study)
    agency = _sections(agency_path, Agency) if agency_path.is_file() else None
    problems = list(study.problems)
    if agency is None:
        where = f"{path.name}: study.agency"
        problems.append(Problem(where, f"there is no file {agency_path}", "name the agency file"))
    else:
        problems += agency.problems
    parts = Parts(path.name, study.parts, agency_path.name, agency.parts if agency else {})
    problems += cross_check(parts)
    if problems or agency is None:
        raise StudyError(problems)
    folder = Path(data) if data is not None else agency_path.parent / agency.parts["data"]
    checked = Agency(**agency.parts)
    tables = [source.table for source in checked.sources.values()]
    tables += [source.join.table for source in checked.sources.values() if source.join]
    simulated = checked.simulated is not None and matches_seal(folder, checked.simulated, tables)
    spec = StudySpec(**study.parts)
    return Study(
        spec=spec, agency=checked, data=folder, path=path, agency_path=agency_path,
        simulated=simulated,
    )  # fmt: skip


def _agency_name(study: _File) -> str:
    about = study.parts.get("study")
    return str(about.agency) if about is not None else "agency.toml"


def _toml(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
        return tomllib.loads(text)
    except FileNotFoundError as error:
        raise problem(StudyError, str(path), "there is no such file", "check the path") from error
    except IsADirectoryError as error:
        raise problem(StudyError, str(path), "is a folder", "name the study file") from error
    except UnicodeDecodeError as error:
        raise problem(StudyError, path.name, "is not UTF-8 text", "save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise problem(StudyError, path.name, f"is not TOML: {error}", "mend that line") from error


def _sections(path: Path, target: type[StudySpec] | type[Agency]) -> _File:
    """Check each section by itself, so that one mistake does not hide the others."""
    raw = _toml(path)
    hints, found, problems = get_type_hints(target), {}, []
    for field in fields(target):
        name = field.name
        if name in raw:
            section, mistakes = _section(path.name, name, raw[name], hints[name])
            problems += mistakes
            if not mistakes:
                found[name] = section
        elif field.default is MISSING and field.default_factory is MISSING:
            mend = f"add [{name}] ({_fields_of(hints[name])})" if name in _TABLES else f"add `{name}`"
            problems.append(Problem(f"{path.name}: {name}", "is missing", mend))
    known = [field.name for field in fields(target)]
    for name in raw:
        if name not in known:
            mend = f"the sections are: {', '.join(known)}"
            problems.append(Problem(f"{path.name}: {name}", "is not a known section", mend))
    return _File(found, tuple(problems))


_TABLES = {"study", "action", "review", "cohort", "outcome", "capacity", "evaluation"}


def _fields_of(kind: Any) -> str:
    required = [f.name for f in fields(kind)
                if f.default is MISSING and f.default_factory is MISSING]  # fmt: skip
    return "with " + ", ".join(required)


def _section(file: str, name: str, raw: object, kind: Any) -> tuple[Any, list[Problem]]:
    adapter: TypeAdapter[Any] = TypeAdapter(tuple[kind], config=_STRICT)
    text = json.dumps([raw], default=_date_text)
    try:
        return cast(tuple[Any], adapter.validate_json(text))[0], []
    except ValidationError as error:
        return None, [explain(file, name, detail) for detail in error.errors()]


def _date_text(value: object) -> str:
    """TOML dates become ISO text; a date with a time does not pass for a date."""
    return str(value)
