"""Read a study and its agency file; every mistake is reported at once, before any work."""

from __future__ import annotations

import json
import math
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Annotated, Any, cast, get_args, get_type_hints

from pydantic import ConfigDict, Discriminator, TypeAdapter, ValidationError

from commonweal.cohorts.spec import OutcomeSpec
from commonweal.core.engines.address import Address, database
from commonweal.core.errors import Problem, StudyError, nearest, problem
from commonweal.simulate.seal import matches_seal
from commonweal.study.agency import Agency
from commonweal.study.messages import explain, is_about
from commonweal.study.parts import Parts
from commonweal.study.spec import Study, StudySpec
from commonweal.study.validate import cross_check

_STRICT = ConfigDict(extra="forbid", strict=True)
_LARGEST = 2**53


@dataclass(frozen=True, slots=True)
class _File:
    """A parsed TOML file: the sections that are sound, and what is wrong with the others."""

    parts: Mapping[str, Any]
    problems: tuple[Problem, ...]
    raw: Mapping[str, Any]


def load(
    path: Path | str, data: Path | str | None = None, agency_file: Path | None = None
) -> Study:
    """Read a study file and the agency file it names.

    Parameters
    ----------
    path
        The study file.
    data
        Folder of the agency's tables, where it is not the one the agency file names, or
        ``postgresql://user@host:port/database?schema=public``.
    agency_file
        The agency file, where it is not the one the study file names.

    Raises
    ------
    StudyError
        With every mistake in both files, by path, and the mend.
    """
    path = Path(path)
    if "sources" in (raw := _toml(path)) and "study" not in raw:
        raise problem(StudyError, path.name, "is an agency file", "name the study file")
    study = _sections(path, StudySpec)
    agency_path = agency_file or path.parent / _agency_name(study)
    agency = _agency(path, agency_path)
    unread = frozenset(agency.raw) - frozenset(agency.parts)
    parts = Parts(path.name, study.parts, agency_path.name, agency.parts, unread=unread)
    if "episodes" in unread:
        parts = parts.without_sources()
    problems = [*study.problems, *agency.problems, *cross_check(parts)]
    if problems:
        raise StudyError(problems)
    checked = Agency(**agency.parts)
    folder, base = _where(data, checked, agency_path)
    tables = [source.table for source in checked.sources.values()]
    tables += [source.join.table for source in checked.sources.values() if source.join]
    sealed = checked.simulated if base is None else None
    simulated = sealed is not None and matches_seal(folder, sealed, tables)
    spec = StudySpec(**study.parts)
    return Study(
        spec=spec, agency=checked, data=folder, path=path, agency_path=agency_path,
        simulated=simulated, database=base,
    )  # fmt: skip


def _where(
    data: Path | str | None, agency: Agency, agency_path: Path
) -> tuple[Path, Address | None]:
    """Return the folder of the tables, or the database that holds them.

    A password in an agency file would be copied into every run's folder: it may not stand there.
    """
    named = data if data is not None else agency.data
    if isinstance(named, Path) or "://" not in named:
        return (agency_path.parent / named if data is None else Path(named)), None
    where = f"{agency_path.name}: data" if data is None else "--data"
    found = database(named, where)
    if data is None and found.password:
        mend = "take it out, and put it into PGPASSWORD or ~/.pgpass"
        raise problem(StudyError, where, "holds a password, which every run would copy", mend)
    return Path(), found


def outcome_of(text: str, file: str) -> OutcomeSpec | None:
    """Return the outcome a study file's text declares; None where it declares no sound one."""
    try:
        section, problems = _section(file, "outcome", tomllib.loads(text)["outcome"], OutcomeSpec)
    except (ValueError, KeyError):
        return None
    return section if not problems and isinstance(section, OutcomeSpec) else None


def _agency_name(study: _File) -> str:
    """Return the file the study names, even where the rest of its section is not sound."""
    about = study.raw.get("study")
    name = about.get("agency") if isinstance(about, dict) else None
    return name if isinstance(name, str) else "agency.toml"


def _agency(path: Path, agency_path: Path) -> _File:
    """Read the agency file; where it cannot be read, the study's mistakes are told all the same."""
    if not agency_path.is_file():
        where = f"{path.name}: study.agency"
        missing = Problem(where, f"there is no file {agency_path}", "name the agency file")
        return _File({}, (missing,), {})
    try:
        return _sections(agency_path, Agency)
    except StudyError as error:
        return _File({}, error.problems, {})


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise problem(StudyError, str(path), "there is no such file", "check the path") from error
    except IsADirectoryError as error:
        raise problem(StudyError, str(path), "is a folder", "name the study file") from error
    except OSError as error:
        what = f"cannot be opened: {error.strerror}"
        raise problem(StudyError, str(path), what, "check the path") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        where = f"{path.name}: line {line}"
        raise problem(StudyError, where, "is not UTF-8 text", "save the file as UTF-8") from error
    except (ValueError, RecursionError) as error:  # TOML's own errors are ValueErrors
        raise problem(StudyError, path.name, f"is not TOML: {error}", "mend that line") from error


def _sections(path: Path, target: type[StudySpec] | type[Agency]) -> _File:
    """Check each section by itself, so that one mistake does not hide the others."""
    raw = _toml(path)
    hints, found, problems = get_type_hints(target), {}, []
    for field in fields(target):
        name = field.name
        if name in raw:
            section, mistakes = _section(path.name, name, raw[name], _tagged(hints[name]))
            problems += mistakes
            if not mistakes:
                found[name] = section
        elif field.default is MISSING and field.default_factory is MISSING:
            mend = (
                f"add [{name}] ({_fields_of(hints[name])})" if name in _TABLES else f"add `{name}`"
            )
            problems.append(Problem(f"{path.name}: {name}", "is missing", mend))
    known = [field.name for field in fields(target)]
    for name in raw:
        if name not in known:
            near = nearest(name, known)
            mend = f"did you mean {near}?" if near else f"the sections are: {', '.join(known)}"
            problems.append(Problem(f"{path.name}: {name}", "is not a known section", mend))
    return _File(found, tuple(problems), raw)


_TABLES = {"study", "action", "review", "cohort", "outcome", "capacity", "evaluation"}


def _fields_of(kind: Any) -> str:
    required = [f.name for f in fields(kind)
                if f.default is MISSING and f.default_factory is MISSING]  # fmt: skip
    return "with " + ", ".join(required)


def _tagged(kind: Any) -> Any:
    """Let `kind` tell the members of a union apart, so that only one can be meant."""
    arguments = get_args(kind)
    members = get_args(arguments[-1]) if arguments else ()
    if len(members) > 1 and all(is_dataclass(member) for member in members):
        tagged = cast(Any, Annotated)[arguments[-1], Discriminator("kind")]
        return cast(Any, Mapping)[str, tagged]
    return kind


def _section(file: str, name: str, raw: object, kind: Any) -> tuple[Any, list[Problem]]:
    strange = {f"{file}: {place}": said for place, said in _strange(raw, name)}
    told = [Problem(where, *said) for where, said in strange.items()]
    adapter: TypeAdapter[Any] = TypeAdapter(tuple[kind], config=_STRICT)
    found = None
    try:
        found = cast(tuple[Any], adapter.validate_json(json.dumps([raw], default=str)))[0]
    except ValidationError as error:
        said = [explain(file, name, kind, one) for one in error.errors() if is_about(one)]
        # The members of a union each say no; the reader needs to hear it once.
        told += [one for one in dict.fromkeys(said) if one.where not in strange]
    told += [Problem(f"{file}: {place}", *said) for place, said in _quoted(raw, found, name)]
    return (None, told) if told else (found, [])


def _strange(raw: object, place: str) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield what TOML can say and no setting can mean."""
    if isinstance(raw, (datetime, time)):
        yield place, (f"is a time ({raw})", "write a date like 2013-01-01")
    elif isinstance(raw, float) and not math.isfinite(raw):
        yield place, (f"is {raw}", "write a finite number")
    elif isinstance(raw, int) and abs(raw) > _LARGEST:
        yield place, ("is too large a number", f"use at most {_LARGEST:,}")
    for step, inner in _inner(raw):
        yield from _strange(inner, place + step)


def _inner(raw: object) -> list[tuple[str, object]]:
    if isinstance(raw, dict):
        return [(f".{key}", value) for key, value in raw.items()]
    if isinstance(raw, list):
        return [(f"[{place}]", value) for place, value in enumerate(raw, start=1)]
    return []


def _quoted(raw: object, found: object, place: str) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield the dates that were read from text: any number in quotes would pass for one."""
    if isinstance(found, date) and not isinstance(raw, date):
        yield place, (f"should be a date (found {raw!r})", "write a date without quotes")
    elif isinstance(raw, dict):
        for key, value in raw.items():
            inner = found.get(key) if isinstance(found, Mapping) else getattr(found, key, None)
            yield from _quoted(value, inner, f"{place}.{key}")
    elif isinstance(raw, list) and isinstance(found, Sequence):
        for number, (value, inner) in enumerate(zip(raw, found, strict=True), start=1):
            yield from _quoted(value, inner, f"{place}[{number}]")
