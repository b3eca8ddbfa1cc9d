"""Whether what is declared about derived dates fits the sources."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from commonweal.core.errors import Problem
from commonweal.records.derived_spec import DerivedSpec, ImputeSpec
from commonweal.records.spec import Source
from commonweal.study.parts import Parts, known, once, usable
from commonweal.study.sources import check_conditions

_WHOLE = ("integer", "number")


def check_derived(parts: Parts) -> Iterator[Problem]:
    """Check every ``[derived.NAME]`` section against the sources."""
    declared: Mapping[str, DerivedSpec] = parts.agency.get("derived", {})
    if not parts.sources:
        return
    for name, spec in declared.items():
        where = f"{parts.agency_file}: derived.{name}"
        yield from usable(name, where)
        if name in parts.sources:
            yield Problem(where, "is the name of a source too", "rename it")
        yield from known(spec.of, parts.sources, f"{where}.of", "source")
        if spec.of in parts.sources:
            yield from _columns(where, spec, parts.sources[spec.of])
            yield from _impute(f"{where}.impute", spec, parts.sources)


def _columns(where: str, spec: DerivedSpec, source: Source) -> Iterator[Problem]:
    decided = (source.columns[c].decided_on for c in source.decided())
    dates = [source.occurred_on, source.known_on, *(d for d in decided if d)]
    dates += [name for name, column in source.columns.items() if column.type == "date"]
    yield from known(spec.begins, dict.fromkeys(dates), f"{where}.begins", "date column")
    yield from known(spec.days, source.columns, f"{where}.days", "column")
    if spec.days in source.columns and source.columns[spec.days].type not in _WHOLE:
        what = f"is a {source.columns[spec.days].type} column"
        yield Problem(f"{where}.days", what, "name a column of days (integer)")
    listed = [(f"where[{i + 1}]", c) for i, c in enumerate(spec.where)]
    yield from check_conditions(where, listed, source.columns)


def _impute(where: str, spec: DerivedSpec, sources: Mapping[str, Source]) -> Iterator[Problem]:
    impute = spec.impute
    yield from once(impute.by, f"{where}.by")
    for name in impute.by:
        yield from _factor(f"{where}.by", name, spec, sources)
    if impute.method == "model" and not (impute.by or impute.born):
        yield Problem(f"{where}.by", "is empty", "name what the length depends on")
    if impute.born is not None:
        yield from _born(f"{where}.born", impute, sources)


def _factor(
    where: str, name: str, spec: DerivedSpec, sources: Mapping[str, Source]
) -> Iterator[Problem]:
    if "." in name:
        yield from _elsewhere(where, name, sources)
        return
    yield from known(name, sources[spec.of].columns, where, "column")
    if name == spec.days:
        yield Problem(where, f"{name!r} is what is missing", "name what it depends on")


def _elsewhere(where: str, name: str, sources: Mapping[str, Source]) -> Iterator[Problem]:
    source, _, column = name.partition(".")
    yield from known(source, sources, where, "source")
    if source in sources:
        yield from known(column, sources[source].columns, where, f"column of {source}")


def _born(where: str, impute: ImputeSpec, sources: Mapping[str, Source]) -> Iterator[Problem]:
    name = impute.born or ""
    source, dot, column = name.partition(".")
    if not dot:
        yield Problem(where, f"{name!r} names no source", "write SOURCE.COLUMN")
        return
    yield from _elsewhere(where, name, sources)
    columns = sources[source].columns if source in sources else {}
    if column in columns and columns[column].type != "integer":
        yield Problem(where, "is no year of birth (integer)", "declare it so")
