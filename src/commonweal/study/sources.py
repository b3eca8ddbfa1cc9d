"""Whether an agency's declarations agree with themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from itertools import chain

from commonweal.core.errors import Problem
from commonweal.records.spec import STRUCTURE, UNTIL, Column, Condition, Source, declared_columns
from commonweal.study.parts import Parts, filled, known, once, usable

EARLIEST = date(1900, 1, 1)
_NUMERIC = {"integer", "number"}
_FITS: Mapping[str, tuple[type, ...]] = {
    "text": (str,),
    "date": (str,),
    "boolean": (bool,),
    "integer": (int, float),
    "number": (int, float),
}


def check_agency(parts: Parts) -> Iterator[Problem]:
    """Check the agency file against itself."""
    at = f"{parts.agency_file}: "
    for name in ("name", "data"):
        if name in parts.agency:
            yield from filled(parts.agency[name], f"{at}{name}", "fill it")
    if "sources" in parts.agency and not parts.declared:
        yield Problem(f"{at}sources", "is empty", "add a [sources.NAME] section")
    extracted: date | None = parts.agency.get("extracted_on")
    if extracted is not None and extracted < EARLIEST:
        yield Problem(f"{at}extracted_on", f"is {extracted}", "write the day the tables were drawn")
    if extracted is not None and in_future(extracted):
        yield Problem(f"{at}extracted_on", f"is {extracted}, in the future", "mend the date")
    for name, source in parts.declared.items():
        where = f"{at}sources.{name}"
        yield from usable(name, where)
        yield from _structure(where, source)
        for column, spec in source.columns.items():
            yield from _column(f"{where}.columns.{column}", column, spec, source)
        yield from _coverage(where, source, extracted)
        every = {c: Column(type=kind) for c, kind in declared_columns(source).items()}
        listed = [(f"where[{i + 1}]", c) for i, c in enumerate(source.where)]
        yield from check_conditions(where, listed, every | dict(source.columns))
        named = [(f"groups.{group}", c) for group, c in source.groups.items()]
        yield from check_conditions(where, named, source.columns)
        for group in source.groups:
            yield from usable(group, f"{where}.groups.{group}")
            if group == "all":
                yield Problem(f"{where}.groups.all", "means every event already", "rename it")


def in_future(day: date) -> bool:
    """Whether a day has not begun anywhere on earth."""
    return day > date.today() + timedelta(days=1)


def _structure(where: str, source: Source) -> Iterator[Problem]:
    """Check the columns every source has, and that no two names are one."""
    for name in ("table", "role"):
        yield from filled(getattr(source, name), f"{where}.{name}", "fill it")
    yield from once(source.record, f"{where}.record")
    for column in source.identifiers():
        if column in source.dates():
            mend = "an id and a date are two columns"
            yield Problem(where, f"column {column!r} is used as an id and as a date", mend)
    ours = (*STRUCTURE, UNTIL)
    declared = {column.casefold(): column for column in ours}
    for column in source.columns:
        here = f"{where}.columns.{column}"
        twin = declared.setdefault(column.casefold(), column)
        if twin in ours:
            yield Problem(here, "is a name commonweal uses itself", "rename the table's column")
        elif twin != column:
            yield Problem(here, f"differs from {twin} only in its capitals", "rename one")
        if "__" in column:
            yield Problem(here, "holds a double underscore", "rename it")


def _column(where: str, name: str, spec: Column, source: Source) -> Iterator[Problem]:
    used = (
        "date" if name in source.dates() else "text" if name in source.identifiers() else spec.type
    )
    if spec.type != used:
        what = f"is declared as {spec.type}, but used as {'an id' if used == 'text' else 'a date'}"
        yield Problem(where, what, f'write type = "{used}"')
    if spec.decided_on == name and spec.type != "date":
        yield Problem(f"{where}.decided_on", "is the column itself", "name the date column")
    if spec.min is not None and spec.max is not None and spec.min > spec.max:
        yield Problem(where, "min is above max", "swap them")
    if (spec.min is not None or spec.max is not None) and spec.type not in _NUMERIC:
        yield Problem(where, "min and max are for numbers", "drop them")
    if spec.allowed and spec.type not in ("text", "integer"):
        yield Problem(f"{where}.allowed", f"is for text, not for a {spec.type}", "drop it")
    else:
        yield from _comparable(spec.allowed, spec.type, f"{where}.allowed")


def _coverage(where: str, source: Source, extracted: date | None) -> Iterator[Problem]:
    columns = ((f"{where}.columns.{c}", s.covers_from) for c, s in source.columns.items())
    for place, day in chain([(where, source.covers_from)], columns):
        if day is not None and extracted is not None and day >= extracted:
            mend = "check covers_from and extracted_on"
            yield Problem(f"{place}.covers_from", "is not before extracted_on", mend)
        elif day is not None and day < EARLIEST:
            yield Problem(f"{place}.covers_from", f"is {day}", "use a day from 1900 on")


def check_conditions(
    where: str, conditions: Iterable[tuple[str, Condition]], columns: Mapping[str, Column]
) -> Iterator[Problem]:
    """Check that each condition has one test, and that its column could ever pass it."""
    for place, condition in conditions:
        at = f"{where}.{place}"
        yield from known(condition.column, columns, at, "column")
        if condition.tests() != 1:
            mend = "give one of equals, any_of, starts_with, at_least/at_most, present"
            yield Problem(at, f"has {condition.tests()} tests", mend)
        elif condition.column in columns:
            yield from _test(at, condition, columns[condition.column])


def _test(at: str, condition: Condition, column: Column) -> Iterator[Problem]:
    kind = column.type
    low, high = condition.at_least, condition.at_most
    if (low is not None or high is not None) and kind not in _NUMERIC:
        yield Problem(at, f"compares a {kind} column with a number", "test it as text")
    elif low is not None and high is not None and low > high:
        yield Problem(at, "at_least is above at_most", "swap them")
    if condition.starts_with and kind != "text":
        yield Problem(at, f"looks at the start of a {kind} column", "use equals or a range")
    elif condition.starts_with:
        yield from _comparable(condition.starts_with, kind, f"{at}.starts_with")
    if condition.any_of:
        yield from _comparable(condition.any_of, kind, f"{at}.any_of", column.allowed)
    if condition.equals is None:
        return
    value = condition.equals
    if not isinstance(value, _FITS[kind]) or (kind in _NUMERIC and isinstance(value, bool)):
        yield Problem(at, f"equals {value!r}, but the column is {kind}", "match the type")
    elif isinstance(value, str):
        yield from _comparable((value,), kind, f"{at}.equals", column.allowed)
    elif kind == "integer" and not float(value).is_integer():
        yield Problem(at, f"equals {value!r}, but the column is integer", "match the type")


def _comparable(
    texts: Iterable[str], kind: str, where: str, allowed: tuple[str, ...] = ()
) -> Iterator[Problem]:
    """Say which texts no value of the column can ever be."""
    for text in texts:
        if not text.strip():
            yield Problem(where, "holds an empty text", "use present = false for a missing value")
        elif text != text.strip():
            yield Problem(where, f"{text!r} begins or ends with a space", "values are trimmed")
        elif not _written(text, kind):
            yield Problem(where, f"{text!r} is never how a {kind} is written", "match the type")
        elif allowed:
            yield from known(text, allowed, where, "allowed value")


def _written(text: str, kind: str) -> bool:
    """Whether a value of the type can be written like this."""
    try:
        if kind == "integer":
            return str(int(text)) == text
        if kind == "number":
            return abs(float(text)) < float("inf")
        if kind == "date":
            return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
    return kind != "boolean" or text in ("true", "false")
