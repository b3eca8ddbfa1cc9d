"""Pairs to people: the likeliest pairs first, and no merge that breaks a rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from commonweal.linkage import kernels
from commonweal.linkage.cells import Floats, Ints, Mask, Whole
from commonweal.linkage.constraints.rule import Constraint, Members, Span, Spread


@dataclass(frozen=True, slots=True)
class Limits:
    """What clusters may not exceed, one column a node.

    Parameters
    ----------
    high, low, limit
        Spans: largest and least value of each node, and what is allowed.
    value, flag, within
        Spreads: date and flag of each node, and edits allowed.
    titles
        Rule of each span, then of each spread.
    weight
        Records of each node.
    firm
        Rules that one person's records break only if a trusted id or a day is wrong.
    excused
        Nodes set aside from a rule because their trusted id proves them wrong.
    """

    high: NDArray[np.float32]
    low: NDArray[np.float32]
    limit: NDArray[np.float32]
    value: NDArray[np.int32]
    flag: NDArray[np.bool_]
    within: NDArray[np.int64]
    titles: tuple[str, ...]
    weight: NDArray[np.float64]
    firm: frozenset[str]
    excused: NDArray[np.bool_]

    def firm_only(self) -> Limits:
        """Return the firm rules."""
        spans = [k for k, name in enumerate(self.titles[: self.limit.size]) if name in self.firm]
        rest = self.titles[self.limit.size :]
        spreads = [s for s, name in enumerate(rest) if name in self.firm]
        return Limits(
            high=self.high[spans], low=self.low[spans], limit=self.limit[spans],
            value=self.value[spreads], flag=self.flag[spreads], within=self.within[spreads],
            titles=tuple(n for n in self.titles if n in self.firm), weight=self.weight,
            firm=self.firm, excused=self.excused,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Clusters:
    """Nodes put together.

    Parameters
    ----------
    root
        Node -> the least node of its cluster.
    frozen
        Node -> whether its must-link group breaks a rule by itself; it is kept as it is, and
        nothing is merged with it.
    excused
        Node -> whether a rule has been set aside for it: its trusted id proves it wrong.
    rejected
        Rule -> pairs it kept apart.
    refused
        Pairs kept apart because one side is frozen.
    """

    root: Ints
    frozen: Mask
    excused: Mask
    rejected: Mapping[str, int]
    refused: int

    @property
    def quarantined(self) -> Mask:
        """Which nodes are listed as breaking a rule: frozen or excused ones."""
        found: Mask = self.frozen | self.excused
        return found


def limits(constraints: Sequence[Constraint], members: Members, node: Ints, nodes: int) -> Limits:
    """Reduce rules from records to nodes.

    Parameters
    ----------
    constraints
        The rules.
    members
        Records.
    node
        Record -> node. Records of one node hold the same dates.
    nodes
        Number of nodes; a node without records has no say.
    """
    spans: list[tuple[str, Span]] = []
    spreads: list[tuple[str, Spread]] = []
    for rule in constraints:
        for part in rule.limits(members):
            if isinstance(part, Span):
                spans.append((rule.name, part))
            else:
                spreads.append((rule.name, part))
    high = np.full((len(spans), nodes), -np.inf, np.float32)
    low = np.full((len(spans), nodes), np.inf, np.float32)
    for place, (_, span) in enumerate(spans):
        np.maximum.at(high[place], node, span.high)
        np.minimum.at(low[place], node, span.low)
    value = np.zeros((len(spreads), nodes), np.int32)
    flag = np.zeros((len(spreads), nodes), np.bool_)
    for place, (_, spread) in enumerate(spreads):
        value[place, node] = spread.value
        flag[place, node[spread.flag]] = True
    excused = np.zeros(nodes, np.bool_)
    for aside in [*(s.excused for _, s in spans), *(s.excused for _, s in spreads)]:
        if aside is not None:
            excused[node[aside]] = True
    return Limits(
        high=high, low=low, limit=np.array([s.limit for _, s in spans], np.float32),
        value=value, flag=flag, within=np.array([s.limit for _, s in spreads], np.int64),
        titles=tuple(name for name, _ in [*spans, *spreads]),
        weight=np.bincount(node, minlength=nodes).astype(np.float64),
        firm=frozenset(rule.name for rule in constraints if not rule.error_prone),
        excused=excused,
    )  # fmt: skip


def must_links(trusted: Ints) -> Ints:
    """Return pairs (two rows) that tie nodes of equal trusted id; -1 stands for none."""
    known = np.flatnonzero(trusted >= 0)
    order = known[np.argsort(trusted[known], kind="stable")]
    same = np.flatnonzero(np.diff(trusted[order]) == 0)
    found: Ints = np.stack([order[same], order[same + 1]])
    return found


def cluster(
    left: Whole, right: Whole, strength: Floats, threshold: float, bounds: Limits, must: Ints
) -> Clusters:
    """Put nodes together.

    Nodes that must be one are joined first; groups that break a rule by this alone are set aside.
    Then pairs of at least `threshold` are taken by falling strength (equal ones by left, then
    right node), and their clusters are merged where every firm rule holds for both together.
    Rules that a clerk's slip is enough to break would, taken in that order, let one wrong birth
    date that came early keep out all that come later. So they are applied last, to each cluster
    as a whole: it is divided into parts that keep every rule, and the records that are at odds
    with the fewest others stay together.

    Parameters
    ----------
    left, right, strength
        Pairs of nodes.
    threshold
        Least strength.
    bounds
        The rules.
    must
        Pairs that are one whatever their strength: two rows.
    """
    taken = np.flatnonzero(strength >= threshold)
    order = taken[np.lexsort((right[taken], left[taken], -strength[taken]))]
    nodes = len(bounds.weight)
    aside = kernels.aside_of(np.arange(nodes), must, *_copied(bounds))
    firm = bounds.firm_only()
    root, rejected, refused = kernels.grow(
        np.arange(nodes),
        must,
        left[order].astype(np.int64),
        right[order].astype(np.int64),
        *_copied(firm),
        aside,
    )
    counted = dict.fromkeys(bounds.titles, 0)
    _count(counted, firm.titles, rejected)
    if len(firm.titles) < len(bounds.titles):
        grouped = np.argsort(root, kind="stable")
        start = np.flatnonzero(np.diff(root[grouped], prepend=-1, append=nodes))
        root, rejected = kernels.divide(
            np.arange(nodes), must, grouped, start, bounds.weight.copy(), *_copied(bounds)
        )
        _count(counted, bounds.titles, rejected)
    return Clusters(root, aside, bounds.excused, counted, int(refused))


def _copied(bounds: Limits) -> tuple[NDArray[np.generic], ...]:
    """Return the rules as the kernels take them; what these change is copied."""
    return (
        bounds.high.copy(), bounds.low.copy(), bounds.limit, bounds.value, bounds.flag.copy(),
        bounds.within,
    )  # fmt: skip


def _count(counted: dict[str, int], titles: tuple[str, ...], rejected: Ints) -> None:
    for title, number in zip(titles, rejected.tolist(), strict=True):
        counted[title] += number


def single_ties(nodes: int, left: Ints, right: Ints) -> Mask:
    """Return which pairs are all that holds their cluster's two parts together."""
    count = len(left)
    ends = np.concatenate([left, right])
    order = np.argsort(ends, kind="stable")
    start = np.concatenate([[0], np.cumsum(np.bincount(ends, minlength=nodes))])
    edge = np.concatenate([np.arange(count), np.arange(count)])[order]
    other = np.concatenate([right, left])[order]
    found: Mask = kernels.bridges(nodes, left, right, start, edge, other)
    return found
