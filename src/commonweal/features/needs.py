"""What each kind of block looks at: sources, columns and groups."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from commonweal.cohorts.history import History
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


def sources_of(spec: BlockSpec) -> tuple[str, ...]:
    """Return the sources a block reads, ascending: its stage depends on nothing else."""
    match spec:
        case NetworkSpec() | NetworkRecencySpec():
            return tuple(sorted(_linked(spec.edges) | set(spec.count)))
        case CentralitySpec():
            return tuple(sorted(_linked(spec.edges)))
        case HouseholdSpec():
            return tuple(sorted({spec.event, *spec.count}))
        case AttributesSpec() | AgeSpec():
            return tuple(sorted(set(spec.sources)))
        case _:
            return (spec.event,)


def columns_of(spec: BlockSpec) -> tuple[tuple[str, str], ...]:
    """Return the (source, column) pairs a block names; those of groups not included."""
    match spec:
        case CountsSpec():
            return tuple((spec.event, column) for column in spec.by)
        case AttributesSpec() | AgeSpec():
            return tuple((source, column) for source in spec.sources for column in spec.columns)
        case AffiliationSpec() | HouseholdSpec():
            return ((spec.event, spec.column),)
        case _:
            return ()


def groups_of(spec: BlockSpec) -> tuple[tuple[str, str], ...]:
    """Return the (source, group) pairs a block names."""
    match spec:
        case CountsSpec() | RecencySpec() | GapsSpec():
            return tuple((spec.event, group) for group in spec.groups)
        case NetworkSpec() | NetworkRecencySpec() | HouseholdSpec():
            return tuple((source, g) for source, groups in spec.count.items() for g in groups)
        case _:
            return ()


def own_columns(specs: Iterable[BlockSpec], history: History) -> Mapping[str, tuple[str, ...]]:
    """Return source -> columns that blocks about the person's own past look at."""
    found: dict[str, set[str]] = {}
    for spec in specs:
        if isinstance(spec, (NetworkSpec, NetworkRecencySpec, CentralitySpec, HouseholdSpec)):
            continue
        for source in sources_of(spec):
            found.setdefault(source, set())
        for source, column in columns_of(spec):
            found[source].add(column)
        for source, group in groups_of(spec):
            found[source].add(history.sources[source].groups[group].column)
    return {source: tuple(sorted(columns)) for source, columns in sorted(found.items())}


def _linked(edges: Iterable[str]) -> set[str]:
    return {name for edge in edges for name in edge.split("-")}
