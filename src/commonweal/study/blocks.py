"""Whether feature blocks fit the agency's sources and each other."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from commonweal.core.errors import Problem
from commonweal.features.registry import columns_of, groups_of, sources_of
from commonweal.features.spec import (
    AttributesSpec,
    BlockSpec,
    CountsSpec,
    NetworkSpec,
    RecencySpec,
)
from commonweal.study.parts import Parts, between, known, once, usable

CODE = "=*"
"""Ends the name of a feature that there is one of for each code."""


def check_features(parts: Parts) -> Iterator[Problem]:
    """Check every feature block against the sources, the review and the other blocks."""
    blocks = parts.study.get("features")
    if blocks is None or not parts.sources:
        return
    if not blocks:
        yield Problem(parts.at("features"), "is empty", "add a [features.NAME] block")
    for name, spec in blocks.items():
        where = parts.at(f"features.{name}")
        yield from usable(name, where)
        for source in sources_of(spec):
            yield from known(source, parts.sources, where, "source")
        for source, group in groups_of(spec):
            if source in parts.sources:
                yield from known(group, parts.sources[source].groups, f"{where}.groups", "group")
        for source, column in columns_of(spec):
            if source in parts.sources:
                yield from known(column, parts.sources[source].columns, where, "column")
        yield from _windows(where, spec)
        yield from _counted(where, spec)
        if isinstance(spec, NetworkSpec):
            yield from _edges(parts, where, spec)
        yield from _kept_out(parts, where, spec)
    for (one, first), (other, second) in combinations(blocks.items(), 2):
        for name in sorted(set(feature_names(first)) & set(feature_names(second)))[:1]:
            what = f"holds the feature {name!r}, as does {one}"
            yield Problem(parts.at(f"features.{other}"), what, "take it out of one of them")


def _windows(where: str, spec: BlockSpec) -> Iterator[Problem]:
    if not isinstance(spec, (CountsSpec, NetworkSpec)):
        return
    days = [w.number * (1 if w.unit == "days" else 30.44) for w in spec.windows]
    if days != sorted(set(days)):
        yield Problem(f"{where}.windows", "is not ascending", "sort the windows, each once")
    if not days and not spec.ever:
        yield Problem(f"{where}.windows", "is empty", "name a window or set ever = true")


def _counted(where: str, spec: BlockSpec) -> Iterator[Problem]:
    """Check that a block names something to look at, and nothing twice."""
    if isinstance(spec, CountsSpec):
        yield from once(spec.by, f"{where}.by")
        if not (spec.total or spec.groups or spec.by):
            yield Problem(where, "counts nothing", "set total = true, or name groups or by")
    if isinstance(spec, (CountsSpec, RecencySpec)):
        yield from once(spec.groups, f"{where}.groups")
    if isinstance(spec, (CountsSpec, AttributesSpec)):
        yield from between(spec.top, 1, 10_000, f"{where}.top")
    if isinstance(spec, AttributesSpec):
        for setting in ("columns", "summaries"):
            yield from once(getattr(spec, setting), f"{where}.{setting}")
            if not getattr(spec, setting):
                yield Problem(f"{where}.{setting}", "is empty", "name at least one")


def _edges(parts: Parts, where: str, spec: NetworkSpec) -> Iterator[Problem]:
    yield from once(spec.edges, f"{where}.edges")
    for source, groups in spec.count.items():
        yield from once(groups, f"{where}.count.{source}")
    if not spec.edges:
        yield Problem(f"{where}.edges", "is empty", "name at least one source")
    for edge in spec.edges:
        ends = edge.split("-")
        if len(ends) > 2:
            yield Problem(f"{where}.edges", f"{edge!r} links more than two", "name one or two")
        for end in ends:
            if end in parts.sources and parts.sources[end].event is None:
                what = f"{edge!r} links nobody: {end} has no column that names the incident"
                yield Problem(f"{where}.edges", what, f"declare sources.{end}.event")


def _kept_out(parts: Parts, where: str, spec: BlockSpec) -> Iterator[Problem]:
    """Protected attributes stay out of features unless the review allows them by name."""
    review = parts.study.get("review")
    allowed = set(review.allows_features) if review is not None else set()
    used = {column.casefold() for _, column in columns_of(spec)}
    for source, group in groups_of(spec):
        if source in parts.sources and group in parts.sources[source].groups:
            used.add(parts.sources[source].groups[group].column.casefold())
    for name, protected in parts.study.get("protected", {}).items():
        # The same column may stand in several tables: it is kept out of all of them.
        if used & {protected.column.casefold(), name.casefold()} and name not in allowed:
            what = f"uses the protected attribute {name!r}"
            mend = "take it out; only the study's review can allow it (review.allows_features)"
            yield Problem(where, what, mend)


def feature_names(spec: BlockSpec) -> list[str]:
    """Return the names of a block's features; one a code of a column ends its part in `=*`."""
    match spec:
        case CountsSpec():
            series = ["all"] if spec.total else []
            series += [*spec.groups, *(f"{column}{CODE}" for column in spec.by)]
            ends = [window.slug for window in spec.windows] + ["ever"] * spec.ever
            return [f"{spec.event}.{s}.count.{end}" for s in series for end in ends]
        case RecencySpec():
            series = ["all", *spec.groups]
            return [f"{spec.event}.{s}.days_since_{e}" for s in series for e in ("first", "last")]
        case AttributesSpec():
            ends = ["missing", *spec.summaries, *(f"{s}{CODE}" for s in spec.summaries)]
            return [f"{spec.event}.{column}.{end}" for column in spec.columns for end in ends]
        case NetworkSpec():
            ends = [window.slug for window in spec.windows] + ["ever"] * spec.ever
            counted = [(s, g) for s, groups in spec.count.items() for g in ("all", *groups)]
            units = ("incidents", "people")
            return ["network.degree"] + [
                f"network1.{s}.{g}.{unit}.{end}"
                for s, g in counted
                for unit in units
                for end in ends
            ]
