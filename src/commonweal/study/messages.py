"""Pydantic's errors in the words of a study file."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from commonweal.core.errors import Problem, nearest
from commonweal.models.tuning_spec import Range

_DATE = ("should be a date", "write a date like 2013-01-01, without quotes and without a time")
_SAID = {
    "missing": ("is missing", "add it"),
    "int_type": ("should be a whole number", "write it without quotes or a decimal point"),
    "int_from_float": ("should be a whole number", "write it without quotes or a decimal point"),
    "float_type": ("should be a number", "write it without quotes"),
    "bool_type": ("should be true or false", "write it without quotes"),
    "string_type": ("should be text", "write it in quotes"),
    "date_type": _DATE,
    "date_parsing": _DATE,
    "date_from_datetime_parsing": _DATE,
    "date_from_datetime_inexact": _DATE,
    "tuple_type": ("should be a list", "write it in square brackets"),
    "dict_type": ("should be a table", "write it as [NAME] or { }"),
    "dataclass_type": ("should be a table", "write it as [NAME] or { }"),
}
_NUMBER_OR_TABLE = ("should be a number or a table", "write 5 or { value = 5, low = 4, high = 6 }")
_RANGED = ("should be a range or a list", "write { low = 1, high = 9 } or [1, 5, 9]")
_SCALARS = {"string_type": "str", "bool_type": "bool", "float_type": "float"}


def explain(file: str, section: str, kind: Any, detail: Mapping[str, Any]) -> Problem:
    """Turn one error of a section, whose type is `kind`, into a problem with its path."""
    code, loc = str(detail["type"]), tuple(detail["loc"][1:])
    if loc and (_SCALARS.get(code) == loc[-1] or (code == "tuple_type" and _many(loc[-1]))):
        # A setting that may be one of several things: its members all say no.
        where, inside = path_of(section, kind, loc[:-1])
        what, mend = "should be text, a number, true or false", "write one value"
        if _ranged(inside):
            what, mend = _RANGED
        elif any(get_origin(member) is tuple for member in get_args(inside)):
            what, mend = "should be text or a list of text", "write it in quotes"
        elif any(is_dataclass(member) for member in get_args(inside)):
            what, mend = _NUMBER_OR_TABLE
    elif code == "dataclass_type" and _ranged(path_of(section, kind, loc[:-1])[1]):
        where, _ = path_of(section, kind, loc[:-1])
        what, mend = _RANGED
    elif (
        code == "dataclass_type" and loc and _alternative(path_of(section, kind, loc[:-1])[1], loc)
    ):
        where, what, mend = path_of(section, kind, loc[:-1])[0], *_NUMBER_OR_TABLE
    elif code == "unexpected_keyword_argument":
        where, inside = path_of(section, kind, loc[:-1])
        near = nearest(str(loc[-1]), settings := _settings(inside))
        what = "is not a known setting"
        mend = f"did you mean {near}?" if near else f"there are: {', '.join(settings)}"
        return Problem(f"{file}: {where}.{loc[-1]}", what, mend)
    else:
        where, _ = path_of(section, kind, loc)
        what, mend = _said(code, detail)
    if code == "union_tag_invalid":
        where, context = f"{where}.kind", detail["ctx"]
        tags = context["expected_tags"].replace("'", "").split(", ")
        near = nearest(str(context["tag"]), tags)
        mend = f"did you mean {near}?" if near else f"there are: {', '.join(tags)}"
        return Problem(f"{file}: {where}", f"there is no kind {context['tag']!r}", mend)
    if code == "union_tag_not_found":
        return Problem(f"{file}: {where}.kind", "is missing", "add `kind`")
    found = detail.get("input")
    if what != "is missing" and not isinstance(found, (dict, list)) and repr(found) not in what:
        what = f"{what} (found {_short(found)})"
    return Problem(f"{file}: {where}", what, mend)


def is_about(detail: Mapping[str, Any]) -> bool:
    """Whether an error is about what was written: of a range or a list only one is meant."""
    found, last = detail["input"], detail["loc"][-1]
    if isinstance(found, list):
        return last != "str" and not (detail["type"] == "dataclass_type" and last == "Range")
    return not (isinstance(found, dict) and (_many(last) or last == "float"))


def _ranged(kind: Any) -> bool:
    """Whether a setting is a range or a list of numbers."""
    return Range in get_args(_plain(kind))


def path_of(section: str, kind: Any, loc: tuple[str | int, ...]) -> tuple[str, Any]:
    """Return the path of a place as a reader of the file counts it, and the type there."""
    path = section
    for step in loc:
        kind, named = _inside(kind, step)
        if named:
            path += f"[{step + 1}]" if isinstance(step, int) else f".{step}"
    return path, kind


def _alternative(kind: Any, loc: tuple[str | int, ...]) -> bool:
    """Whether the last step only names a table that may stand where a number may."""
    members = get_args(_plain(kind))
    return any(is_dataclass(m) and getattr(m, "__name__", "") == loc[-1] for m in members)


def _many(step: str | int) -> bool:
    """Whether a step only says that the list was meant, where one thing or a list may stand."""
    return isinstance(step, str) and step.startswith("tuple[")


def _inside(kind: Any, step: str | int) -> tuple[Any, bool]:
    """Return the type one step further in, and whether the step is a place in the file."""
    kind = _plain(kind)
    members = get_args(kind) if get_origin(kind) in (Union, types.UnionType) else ()
    for member in members:
        if get_origin(member) is tuple and _many(step):
            return member, False
        if is_dataclass(member) and step == getattr(member, "__name__", None):
            return member, False
        if is_dataclass(member) and step in get_args(get_type_hints(member).get("kind", str)):
            return member, False
    if is_dataclass(kind):
        return get_type_hints(kind).get(str(step), Any), True
    inner = [argument for argument in get_args(kind) if argument is not Ellipsis]
    return (inner[-1] if inner and get_origin(kind) is not Literal else Any), True


def _plain(kind: Any) -> Any:
    """Take off what only says that a value may be absent, or how it is told from others."""
    if get_origin(kind) is Annotated:
        return _plain(get_args(kind)[0])
    if get_origin(kind) in (Union, types.UnionType):
        members = [member for member in get_args(kind) if member is not type(None)]
        return members[0] if len(members) == 1 else kind
    return kind


def _settings(kind: Any) -> list[str]:
    kind = _plain(kind)
    return [field.name for field in fields(kind)] if is_dataclass(kind) else []


def _said(code: str, detail: Mapping[str, Any]) -> tuple[str, str]:
    if code.startswith("missing"):
        return _SAID["missing"]
    if code in _SAID:
        return _SAID[code]
    if code == "literal_error":
        return f"should be {detail['ctx']['expected']}", ""
    what = str(detail["msg"]).removeprefix("Value error, ")
    return what[0].lower() + what[1:], ""


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
