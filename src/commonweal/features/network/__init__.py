"""The people around a person: what happened to them, and the person's place among them."""

from commonweal.features.network.centrality import build_centrality
from commonweal.features.network.counts import build_network
from commonweal.features.network.household import build_household
from commonweal.features.network.memo import Graphs, planned
from commonweal.features.network.recency import build_network_recency

__all__ = [
    "Graphs",
    "build_centrality",
    "build_household",
    "build_network",
    "build_network_recency",
    "planned",
]
