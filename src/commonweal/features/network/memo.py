"""Networks and the events of their people, kept for the next block that asks for the same."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b
from threading import RLock
from typing import Any, TypeVar

import numpy as np

from commonweal.cohorts.history import History
from commonweal.core.dates import Period
from commonweal.features.cells import Ints
from commonweal.features.network.events import MOST, Counted, Events, read_events
from commonweal.features.network.graph import Graph, build_graph
from commonweal.features.network.kernels import reached
from commonweal.features.network.runs import counted
from commonweal.features.spec import BlockSpec, CentralitySpec, NetworkRecencySpec, NetworkSpec

Thing = TypeVar("Thing", Graph, Events)
Linking = NetworkSpec | NetworkRecencySpec | CentralitySpec
BUDGET = 256 << 20


Network = tuple[tuple[str, ...], Period, int | None]
"""What makes a network: edges, lookback, and the size of incident from which none are made."""


def network_of(spec: Linking) -> Network:
    """Return what makes a block's network."""
    return (spec.edges, spec.built_from, spec.largest_incident)


@dataclass(frozen=True, slots=True)
class Planned:
    """What is looked at around one network.

    Parameters
    ----------
    network
        The network.
    counted
        Series, those of one source together, at most as many as fit into one pass.
    hops
        Greatest distance.
    """

    network: Network
    counted: tuple[Counted, ...]
    hops: int


def planned(history: History, specs: Iterable[BlockSpec]) -> list[Planned]:
    """Return what blocks look at around each network, where it fits into one pass."""
    found: dict[Network, list[NetworkSpec | NetworkRecencySpec]] = {}
    for spec in specs:
        if isinstance(spec, (NetworkSpec, NetworkRecencySpec)):
            found.setdefault(network_of(spec), []).append(spec)
    plans = []
    for network, sharing in found.items():
        wanted = {one for s in sharing for one in counted(history, s.count, s.total)}
        together = sorted(wanted, key=lambda one: (one[0], one[1].slug))
        if len(together) <= MOST:
            hops = max(spec.hops for spec in sharing)
            plans.append(Planned(network, tuple(together), hops))
    return plans


class Graphs:
    """Networks of one history, shared by the blocks of a session.

    The network of a date takes 8 bytes a linked person and 8 a link, beside the ids; the events
    around a cohort take 20 bytes each: in a city of five million people, 180,000 of them linked,
    some 7 and 34 MB a date. What was used longest ago goes first.

    Parameters
    ----------
    threads
        How many rows' neighbours are walked at once. No value depends on it.
    budget
        How many bytes are kept between blocks.
    planned
        What all blocks together look at around each network, so that it is read at once.
    """

    def __init__(
        self, threads: int = 1, budget: int = BUDGET, planned: Sequence[Planned] = ()
    ) -> None:
        self.threads = threads
        self._planned = {one.network: one for one in planned}
        self._budget = budget
        self._kept: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = RLock()

    def graph(self, history: History, spec: Linking, day: date) -> Graph:
        """Return the network of a date."""
        edges, built_from, largest = network_of(spec)
        return self._get(
            (network_of(spec), day), lambda: build_graph(history, edges, built_from, largest, day)
        )

    def events(
        self, history: History, spec: NetworkSpec | NetworkRecencySpec,
        wanted: Sequence[Counted], rows: Ints, day: date,
    ) -> Events:  # fmt: skip
        """Return the events of everybody within reach of the rows of a date.

        Parameters
        ----------
        history, spec, day
            As for `graph`.
        wanted
            Series looked at, at most as many as fit into one pass.
        rows
            Node of each row of the date, -1 where it has none.
        """
        graph = self.graph(history, spec, day)
        network = network_of(spec)
        plan = self._planned.get(network)
        if plan is None or not set(wanted) <= set(plan.counted):
            plan = Planned(network, tuple(wanted), spec.hops)
        key = (plan, day, blake2b(rows.tobytes()).digest())

        def read() -> Events:
            near = reached(rows, graph.first, graph.link, plan.hops)
            around = np.flatnonzero(near).astype(np.int32)
            return read_events(history, plan.counted, graph.people, around, day)

        every = self._get(key, read)
        if plan.counted == tuple(wanted):
            return every
        return every.only([plan.counted.index(one) for one in wanted])

    def _get(self, key: Hashable, make: Callable[[], Thing]) -> Thing:
        with self._lock:
            if key not in self._kept:
                self._kept[key] = make()
            self._kept.move_to_end(key)
            found: Thing = self._kept[key]
            size = sum(thing.nbytes for thing in self._kept.values())
            while size > self._budget and len(self._kept) > 1:
                size -= self._kept.popitem(last=False)[1].nbytes
            return found
