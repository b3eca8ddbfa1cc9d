"""Networks and the events of their people, kept for the next block that asks for the same."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from datetime import date
from hashlib import blake2b
from threading import RLock
from typing import Any, TypeVar

import numpy as np

from commonweal.cohorts.history import History
from commonweal.features.cells import Ints
from commonweal.features.network.events import Counted, Events, read_events
from commonweal.features.network.graph import Graph, build_graph
from commonweal.features.network.kernels import reached
from commonweal.features.spec import CentralitySpec, NetworkRecencySpec, NetworkSpec

Thing = TypeVar("Thing", Graph, Events)
Linking = NetworkSpec | NetworkRecencySpec | CentralitySpec
BUDGET = 256 << 20


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
    """

    def __init__(self, threads: int = 1, budget: int = BUDGET) -> None:
        self.threads = threads
        self._budget = budget
        self._kept: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = RLock()

    def graph(self, history: History, spec: Linking, day: date) -> Graph:
        """Return the network of a date."""
        key = (spec.edges, spec.built_from, spec.largest_incident, day)
        edges, built_from, largest, _ = key
        return self._get(key, lambda: build_graph(history, edges, built_from, largest, day))

    def events(
        self, history: History, spec: NetworkSpec | NetworkRecencySpec,
        counted: Sequence[Counted], rows: Ints, day: date,
    ) -> Events:  # fmt: skip
        """Return the events of everybody within reach of the rows of a date.

        Parameters
        ----------
        history, spec, day
            As for `graph`.
        counted
            Series looked at, at most as many as fit into one pass.
        rows
            Node of each row of the date, -1 where it has none.
        """
        graph = self.graph(history, spec, day)
        slugs = tuple((source, one.slug) for source, one in counted)
        network = (spec.edges, spec.built_from, spec.largest_incident, day)
        key = (network, spec.hops, slugs, blake2b(rows.tobytes()).digest())

        def read() -> Events:
            near = reached(rows, graph.first, graph.link, spec.hops)
            wanted = np.flatnonzero(near).astype(np.int32)
            return read_events(history, counted, graph.people, wanted, day)

        return self._get(key, read)

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
