"""Whether the windows an agency declares agree with its sources."""

from __future__ import annotations

from collections.abc import Iterator

from commonweal.cohorts.spec import OutcomeSpec
from commonweal.core.errors import Problem
from commonweal.records.episode_spec import (
    ALWAYS,
    EpisodeSpec,
    Resolution,
    source_of,
    unsettled,
)
from commonweal.records.spec import STRUCTURE, UNTIL, Column, Source
from commonweal.study.parts import Parts, filled, known, once, usable
from commonweal.study.sources import check_conditions

_NEEDS = {"sum": ("integer", "number"), "any": ("boolean",), "most_severe": ("text",)}


def check_episodes(parts: Parts) -> Iterator[Problem]:
    """Check every set of windows against the source it is made of."""
    if not parts.declared:
        return
    for name, spec in parts.episodes.items():
        where = f"{parts.agency_file}: episodes.{name}"
        yield from usable(name, where)
        if name in parts.declared:
            yield Problem(where, "is the name of a source too", "rename one of them")
        yield from known(spec.of, parts.declared, f"{where}.of", "source")
        if spec.role is not None:
            yield from filled(spec.role, f"{where}.role", "fill it")
        if spec.of in parts.declared:
            source = parts.declared[spec.of]
            yield from _ends(f"{where}.ends", spec.ends, source)
            for column, how in spec.columns.items():
                yield from _column(f"{where}.columns.{column}", column, how, source)
            yield from _groups(where, spec, parts)


def _ends(where: str, column: str, source: Source) -> Iterator[Problem]:
    yield from known(column, source.columns, where, "column")
    if column in source.columns and source.columns[column].type != "date":
        what = f"{column!r} is a {source.columns[column].type} column"
        yield Problem(where, what, 'name a column of type = "date"')


def _column(where: str, name: str, how: Resolution, source: Source) -> Iterator[Problem]:
    if name in (*ALWAYS, *STRUCTURE, UNTIL):
        yield Problem(where, "is a name every window uses itself", "leave it out")
        return
    yield from known(name, source.columns, where, "column")
    if name not in source.columns:
        return
    column = source.columns[name]
    needs = _NEEDS.get(how.rule, (column.type,))
    if column.type not in needs:
        what = f"{how.rule} is for a column that is {' or '.join(needs)}, not {column.type}"
        yield Problem(f"{where}.rule", what, "choose another rule")
    elif how.rule == "most_severe":
        yield from _order(where, how, column)
    elif how.order:
        yield Problem(f"{where}.order", f"means nothing to {how.rule}", "drop it")


def _order(where: str, how: Resolution, column: Column) -> Iterator[Problem]:
    """Check that the order has every allowed value once: each needs a place, and one only."""
    if not column.allowed:
        mend = "declare `allowed`, so that every value has a place in the order"
        yield Problem(where, "most_severe needs the column's allowed values", mend)
    elif not how.order:
        mend = f"list the allowed values, least severe first: {', '.join(column.allowed)}"
        yield Problem(f"{where}.order", "is missing", mend)
    else:
        yield from once(how.order, f"{where}.order")
        for value in how.order:
            yield from known(value, column.allowed, f"{where}.order", "allowed value")
        left = [value for value in column.allowed if value not in how.order]
        if left and set(how.order) <= set(column.allowed):
            yield Problem(f"{where}.order", f"lacks {', '.join(left)}", "give each a place")


def _groups(where: str, spec: EpisodeSpec, parts: Parts) -> Iterator[Problem]:
    columns = source_of(spec, parts.declared).columns
    named = [(f"groups.{group}", condition) for group, condition in spec.groups.items()]
    yield from check_conditions(where, named, columns)
    for group in spec.groups:
        yield from usable(group, f"{where}.groups.{group}")
        if group == "all":
            yield Problem(f"{where}.groups.all", "means every window already", "rename it")


def check_settled(parts: Parts, outcome: OutcomeSpec, place: str) -> Iterator[Problem]:
    """Check that an outcome does not rest on a window's value that is still to change.

    Of a record that is undecided the label waits for the decision; a window never says that it
    will not change again.
    """
    spec = parts.episodes.get(outcome.event)
    if spec is None:
        return
    for number, condition in enumerate(outcome.where, start=1):
        if condition.column in unsettled(spec, parts.declared):
            what = f"rests on {condition.column}, which changes while a window lasts"
            mend = f"predict events of {spec.of}, whose decisions are waited for"
            yield Problem(parts.at(f"{place}.where[{number}]"), what, mend)
