"""Whether the linkage an agency declares fits its sources."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from commonweal.core.errors import Problem
from commonweal.linkage.spec import Field, LinkageSpec
from commonweal.records.spec import Column, Source
from commonweal.study.parts import Parts, between, filled, known, once

_TYPES: Mapping[str, tuple[str, ...]] = {
    "birth_date": ("date",),
    "date": ("date",),
    "birth_year": ("integer", "number"),
    "age": ("integer", "number"),
    "name": ("text",),
    "address": ("text", "integer"),
    "category": ("text", "integer", "boolean", "number"),
}


def check_linkage(parts: Parts) -> Iterator[Problem]:
    """Check the section, and that sources without an entity of their own are linked."""
    at = f"{parts.agency_file}: "
    spec: LinkageSpec | None = parts.agency.get("linkage")
    linked = _linked(spec, parts.declared) if spec is not None else set()
    for name, source in parts.declared.items():
        if source.entity is None and name not in linked and "linkage" not in parts.unread:
            mend = "name the column that says whom a record is about, or link the source"
            yield Problem(f"{at}sources.{name}.entity", "is missing", mend)
    if spec is None:
        return
    where = f"{at}linkage"
    if parts.agency.get("repeats") is not None:
        mend = "link the records, or put ids together by their histories: drop one"
        yield Problem(where, "stands beside [repeats], which needs ids", mend)
    if not spec.fields:
        yield Problem(f"{where}.fields", "is empty", "name columns that tell people apart")
    yield from _ranges(spec, where)
    for place, names in (("sources", spec.sources), ("terminal", spec.terminal)):
        yield from once(names, f"{where}.{place}")
        for name in names:
            yield from known(name, parts.declared, f"{where}.{place}", "source")
    yield from once(spec.constraints, f"{where}.constraints")
    for name in spec.terminal:
        if name in parts.declared and name not in linked:
            yield Problem(f"{where}.terminal", f"{name} is not linked", "add a field to it")
    columns = _columns(parts.declared, linked)
    for name, field in spec.fields.items():
        yield from _field(name, field, columns, f"{where}.fields.{name}")
    for name in spec.groups:
        yield from known(name, spec.fields, f"{where}.groups", "field")
        if name in spec.fields and spec.fields[name].kind != "category":
            yield Problem(f"{where}.groups", f"{name} is no category", "name categories")
    if spec.trusted_id is not None:
        place = f"{where}.trusted_id.column"
        yield from known(spec.trusted_id.column, columns, place, "column of a linked source")
        if spec.trusted_id.column in spec.fields:
            yield Problem(place, "is a field as well", "an id is no field: drop one")
    if spec.answers is not None:
        yield from filled(spec.answers, f"{where}.answers", "name the file, or drop it")


def _ranges(spec: LinkageSpec, where: str) -> Iterator[Problem]:
    yield from between(spec.ages_within, 0, 100, f"{where}.ages_within")
    yield from between(spec.edits, 0, 8, f"{where}.edits")
    yield from between(spec.max_pairs, 1, 10**10, f"{where}.max_pairs")
    yield from between(spec.threshold_shift, -20, 20, f"{where}.threshold_shift")


def _linked(spec: LinkageSpec, sources: Mapping[str, Source]) -> set[str]:
    named = {c for name, field in spec.fields.items() for c in (name, *field.also)}
    return set(spec.sources) or {n for n, s in sources.items() if named & set(s.columns)}


def _columns(sources: Mapping[str, Source], linked: set[str]) -> dict[str, list[Column]]:
    found: dict[str, list[Column]] = {}
    for name in sorted(linked & set(sources)):
        for column, spec in sources[name].columns.items():
            found.setdefault(column, []).append(spec)
    return found


def _field(
    name: str, field: Field, columns: Mapping[str, list[Any]], where: str
) -> Iterator[Problem]:
    for column in (name, *field.also):
        yield from known(column, columns, where, "column of a linked source")
        for spec in columns.get(column, []):
            if spec.decided_on is not None:
                yield Problem(where, "is decided later", "link by what is known at the event")
            elif spec.type not in _TYPES[field.kind]:
                mend = f'declare the column as type = "{_TYPES[field.kind][0]}"'
                yield Problem(where, f"is {field.kind}, but its column is {spec.type}", mend)
                break
