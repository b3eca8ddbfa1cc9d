"""Whether feature blocks fit the agency's sources and each other."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from commonweal.core.errors import Problem
from commonweal.features.names import names_of
from commonweal.features.needs import columns_of, groups_of, sources_of
from commonweal.features.spec import (
    AffiliationSpec,
    AgeSpec,
    AttributesSpec,
    BlockSpec,
    CentralitySpec,
    CountsSpec,
    GapsSpec,
    HouseholdSpec,
    NetworkRecencySpec,
    NetworkSpec,
    RecencySpec,
)
from commonweal.study.parts import Parts, between, known, once, usable


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
        if isinstance(spec, (NetworkSpec, NetworkRecencySpec, CentralitySpec)):
            yield from _edges(parts, where, spec)
        yield from _types(parts, where, spec)
        yield from _kept_out(parts, where, spec)
    for (one, first), (other, second) in combinations(blocks.items(), 2):
        for name in sorted(set(names_of(first)) & set(names_of(second)))[:1]:
            what = f"holds the feature {name!r}, as does {one}"
            yield Problem(parts.at(f"features.{other}"), what, "take it out of one of them")


def _windows(where: str, spec: BlockSpec) -> Iterator[Problem]:
    if not isinstance(spec, (CountsSpec, NetworkSpec, HouseholdSpec)):
        return
    days = [w.number * (1 if w.unit == "days" else 30.44) for w in spec.windows]
    if days != sorted(set(days)):
        yield Problem(f"{where}.windows", "is not ascending", "sort the windows, each once")
    if not days and not spec.ever:
        yield Problem(f"{where}.windows", "is empty", "name a window or set ever = true")


def _counted(where: str, spec: BlockSpec) -> Iterator[Problem]:
    """Check that a block names something to look at, and nothing twice."""
    if isinstance(spec, (CountsSpec, RecencySpec, GapsSpec)):
        yield from once(spec.groups, f"{where}.groups")
        codes = spec.by if isinstance(spec, CountsSpec) else ()
        yield from once(codes, f"{where}.by")
        if not (spec.total or spec.groups or codes):
            yield Problem(where, "counts nothing", "set total = true, or name groups")
    if isinstance(spec, (NetworkSpec, NetworkRecencySpec, HouseholdSpec)):
        for source, groups in spec.count.items():
            yield from once(groups, f"{where}.count.{source}")
        if not any(spec.total or groups for groups in spec.count.values()):
            yield Problem(where, "counts nothing", "name sources, and groups or total = true")
    if isinstance(spec, (CountsSpec, AttributesSpec, AffiliationSpec)):
        yield from between(spec.top, 1, 10_000, f"{where}.top")
    for setting in ("columns", "summaries", "measures", "units"):
        values = getattr(spec, setting, ("",))
        yield from once(values, f"{where}.{setting}")
        if not values and not isinstance(spec, AgeSpec):
            yield Problem(f"{where}.{setting}", "is empty", "name at least one")
    if isinstance(spec, (AgeSpec, AttributesSpec)):
        yield from once(spec.sources, f"{where}.event")
        if not spec.sources:
            yield Problem(f"{where}.event", "is empty", "name at least one source")
    if isinstance(spec, AgeSpec) and not spec.columns:
        yield Problem(where, "looks at no column", "name birth_date or age")


def _edges(
    parts: Parts, where: str, spec: NetworkSpec | NetworkRecencySpec | CentralitySpec
) -> Iterator[Problem]:
    yield from once(spec.edges, f"{where}.edges")
    if not spec.edges:
        yield Problem(f"{where}.edges", "is empty", "name at least one source")
    if spec.largest_incident is not None:
        least, most = 2, 10_000_000
        yield from between(spec.largest_incident, least, most, f"{where}.largest_incident")
    for edge in spec.edges:
        ends = edge.split("-")
        if len(ends) > 2:
            yield Problem(f"{where}.edges", f"{edge!r} links more than two", "name one or two")
        for end in ends:
            if end in parts.sources and parts.sources[end].event is None:
                what = f"{edge!r} links nobody: {end} has no column that names the incident"
                yield Problem(f"{where}.edges", what, f"declare sources.{end}.event")


def _types(parts: Parts, where: str, spec: BlockSpec) -> Iterator[Problem]:
    """Check that a column named for dates or ages holds them, and all sources the same."""
    for source, column in columns_of(spec):
        declared = parts.sources[source].columns.get(column) if source in parts.sources else None
        if declared is None:
            continue
        if isinstance(spec, AgeSpec):
            kind = "date" if column == spec.birth_date else "integer"
            if declared.type != kind:
                what = f"{source}.{column} is declared as {declared.type}, not as {kind}"
                yield Problem(where, what, f'declare its type as "{kind}", or name another')
        elif isinstance(spec, AttributesSpec):
            first = parts.sources.get(spec.sources[0])
            other = first.columns.get(column) if first else None
            if other is not None and other.type != declared.type:
                what = f"{column} is {other.type} in {spec.sources[0]}, {declared.type} in {source}"
                yield Problem(where, what, "declare one type, or look at them in two blocks")


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
        same = bool(used & {protected.column.casefold(), name.casefold()})
        same = same or (isinstance(spec, AgeSpec) and bool(protected.age_bands))
        if same and name not in allowed:
            what = f"uses the protected attribute {name!r}"
            mend = "take it out; only the study's review can allow it (review.allows_features)"
            yield Problem(where, what, mend)
