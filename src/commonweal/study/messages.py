"""Pydantic's errors in the words of a study file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from commonweal.core.errors import Problem

_MENDS = {
    "missing": "add it",
    "missing_argument": "add it",
    "missing_keyword_only_argument": "add it",
    "unexpected_keyword_argument": "remove it, or check the spelling",
    "literal_error": "use one of the values named",
    "int_type": "write a whole number, without quotes",
    "int_from_float": "write a whole number",
    "float_type": "write a number, without quotes",
    "bool_type": "write true or false, without quotes",
    "string_type": "write it in quotes",
    "date_from_datetime_parsing": "write a date like 2013-01-01",
    "date_type": "write a date like 2013-01-01",
    "tuple_type": "write a list in square brackets",
    "dict_type": "write a table",
    "dataclass_type": "write a table",
    "union_tag_not_found": "add `kind`",
}
_WORDS = {
    "missing_argument": "is missing",
    "missing_keyword_only_argument": "is missing",
    "missing": "is missing",
    "unexpected_keyword_argument": "is not a known setting",
}


def explain(file: str, section: str, detail: Mapping[str, Any]) -> Problem:
    """Turn one error of the section into a problem with its path."""
    steps = [section]
    for step in detail["loc"][1:]:
        text = str(step)
        if text.endswith("Spec") or text.startswith("function-"):
            continue  # a member of a union or a validator, not a place in the file
        steps[-1:] = [f"{steps[-1]}[{step + 1}]"] if isinstance(step, int) else [steps[-1], text]
    kind = str(detail["type"])
    what = _WORDS.get(kind, str(detail["msg"]).removeprefix("Value error, "))
    if kind not in _WORDS and not isinstance(detail.get("input"), (dict, list)):
        what = f"{what} (found {detail.get('input')!r})"
    return Problem(f"{file}: {'.'.join(steps)}", what[0].lower() + what[1:], _MENDS.get(kind, ""))
