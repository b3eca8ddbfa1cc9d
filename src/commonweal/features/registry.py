"""Kind of feature block -> function that builds it. A new kind is one file and one line here."""

from __future__ import annotations

from commonweal.features.age import build_age
from commonweal.features.attributes import build_affiliation, build_attributes
from commonweal.features.columns import Block
from commonweal.features.counts import build_counts
from commonweal.features.gaps import build_gaps
from commonweal.features.network import (
    Graphs,
    build_centrality,
    build_household,
    build_network,
    build_network_recency,
    planned,
)
from commonweal.features.past import Past
from commonweal.features.recency import build_recency
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


def build_block(name: str, spec: BlockSpec, past: Past) -> Block:
    """Build the block called `name`."""
    match spec:
        case CountsSpec():
            return build_counts(name, spec, past)
        case RecencySpec():
            return build_recency(name, spec, past)
        case GapsSpec():
            return build_gaps(name, spec, past)
        case AttributesSpec():
            return build_attributes(name, spec, past)
        case AffiliationSpec():
            return build_affiliation(name, spec, past)
        case AgeSpec():
            return build_age(name, spec, past)
        case NetworkSpec():
            return build_network(name, spec, past, _graphs(past))
        case NetworkRecencySpec():
            return build_network_recency(name, spec, past, _graphs(past))
        case CentralitySpec():
            return build_centrality(name, spec, past, _graphs(past))
        case HouseholdSpec():
            return build_household(name, spec, past)


def _graphs(past: Past) -> Graphs:
    """Return the networks that blocks built together share."""

    def make() -> Graphs:
        plans = planned(past.history, past.specs.values())
        return Graphs(past.threads, planned=plans)

    found: Graphs = past.once("graphs", make)
    return found
