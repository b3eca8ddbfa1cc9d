"""Kind of feature block -> function that builds it. A new kind is one file and one line here."""

from __future__ import annotations

from commonweal.cohorts.history import History
from commonweal.features.attributes import build_attributes
from commonweal.features.columns import Block
from commonweal.features.counts import build_counts
from commonweal.features.network import build_network
from commonweal.features.recency import build_recency
from commonweal.features.rows import Rows
from commonweal.features.spec import (
    AttributesSpec,
    BlockSpec,
    CountsSpec,
    NetworkSpec,
    RecencySpec,
)


def build_block(name: str, spec: BlockSpec, rows: Rows, history: History) -> Block:
    """Build the block called `name`."""
    match spec:
        case CountsSpec():
            return build_counts(name, spec, rows, history)
        case RecencySpec():
            return build_recency(name, spec, rows, history)
        case AttributesSpec():
            return build_attributes(name, spec, rows, history)
        case NetworkSpec():
            return build_network(name, spec, rows, history)


def sources_of(spec: BlockSpec) -> tuple[str, ...]:
    """Return the sources a block reads, ascending: its stage depends on nothing else."""
    match spec:
        case NetworkSpec():
            linked = {name for edge in spec.edges for name in edge.split("-")}
            return tuple(sorted(linked | set(spec.count)))
        case _:
            return (spec.event,)


def columns_of(spec: BlockSpec) -> tuple[tuple[str, str], ...]:
    """Return the (source, column) pairs a block names; groups are resolved by the validation."""
    match spec:
        case CountsSpec():
            return tuple((spec.event, column) for column in spec.by)
        case AttributesSpec():
            return tuple((spec.event, column) for column in spec.columns)
        case _:
            return ()


def groups_of(spec: BlockSpec) -> tuple[tuple[str, str], ...]:
    """Return the (source, group) pairs a block names."""
    match spec:
        case CountsSpec() | RecencySpec():
            return tuple((spec.event, group) for group in spec.groups)
        case NetworkSpec():
            return tuple((source, g) for source, groups in spec.count.items() for g in groups)
        case AttributesSpec():
            return ()
