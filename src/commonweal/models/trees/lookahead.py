"""The search for a tree: every split is tried with a quick tree below it before one is chosen.

At a node of depth two or less the best tree there is is found, from counts of each two splits.
Above, a split is worth what the trees below it come to when they are grown greedily and end in
best trees of depth two; then the most promising ones are followed further. It begins at depth one
and goes on to the depth wanted: the best tree of a depth is one of those tried at the next, so a
deeper tree is never worse. At last it is shaken: at some node another split is forced, and what
lies below is searched anew.

The quick look ahead is that of LicketySPLIT (Babbar et al. 2025), the best trees of depth two from
counts of pairs that of MurTree (Demirović et al. 2022); the continuation in depth and the shaking
are ours. What comes out is a local optimum.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from commonweal.core.parallel import each
from commonweal.models.trees.bins import Floats
from commonweal.models.trees.splits import Places

FIRST = 8_000
"""Rows of the sample on which all splits are screened first; of more than twice as many."""
GROWN, KEPT, LEAST = 4, 3, 8
"""Each further sample is so many times as large, for one split in so many, but so many at least."""
_TOGETHER = 8
"""Splits a thread looks ahead from, one after the other."""
Order = NDArray[np.int32]
Key = frozenset[tuple[int, bool]]


class Stopped(Exception):  # noqa: N818
    """The time is up."""


@dataclass(frozen=True, slots=True)
class Found:
    """A subtree and what it is worth.

    Parameters
    ----------
    value
        Squared errors and penalties.
    split
        Place of its question among those searched over; -1 at a leaf.
    no, yes
        What lies below.
    """

    value: float
    split: int = -1
    no: Found | None = None
    yes: Found | None = None

    @property
    def parts(self) -> tuple[Found, Found]:
        """What lies below, of a node that is split."""
        assert self.no is not None
        assert self.yes is not None
        return self.no, self.yes


@dataclass(frozen=True, slots=True)
class Here:
    """A node: its rows, those with the outcome first, and the answers that lead to it."""

    rows: Order
    positives: int
    key: Key = frozenset()


@dataclass(slots=True)
class Search:
    """One search over a fixed set of splits; what it finds depends on its arguments alone.

    Parameters
    ----------
    words
        Answers of all rows, as `splits.Bits` holds them.
    weights
        Of all rows; empty where all are 1.
    splits
        How many questions there are.
    penalty
        Squared errors a leaf must save.
    least
        Least weight of a leaf.
    width
        How many splits of a node are followed further.
    threads
        Threads that may look ahead at once.
    check
        Called between steps; raises `Stopped` when the time is up.
    """

    words: NDArray[np.uint64]
    weights: Floats
    splits: int
    penalty: float
    least: float
    width: int
    threads: int
    check: Callable[[], None]
    _quick: dict[tuple[Key, int], Found] = field(default_factory=dict, repr=False)
    _wide: dict[tuple[Key, int], Found] = field(default_factory=dict, repr=False)
    _looks: dict[tuple[Key, int], tuple[Places, Floats]] = field(default_factory=dict, repr=False)

    def leaf(self, here: Here) -> Found:
        """Return a leaf."""
        from commonweal.models.trees.kernels import total

        n = total(self.weights, here.rows)
        p = total(self.weights, here.rows[: here.positives])
        return Found(p - p * p / n + self.penalty)

    def quick(self, here: Here, depth: int) -> Found:
        """Return a tree that takes the best split by the look ahead at every node."""
        return self._kept(self._quick, here, depth, self._quickly)

    def wide(self, here: Here, depth: int) -> Found:
        """Return a tree whose best splits by the look ahead were followed further."""
        if depth <= 2:
            return self.quick(here, depth)
        return self._kept(self._wide, here, depth, self._widely)

    def deeper(self, here: Here, tree: Found, depth: int) -> Found:
        """Return the best of a tree with its parts searched anew, and of a new one."""
        found = self.wide(here, depth)
        if tree.split >= 0:
            below = zip(self.divided(here, tree.split), tree.parts, strict=True)
            no, yes = (self._anew(part, old, depth - 1) for part, old in below)
            found = _better(found, _joined(tree.split, no, yes))
        return _better(found, tree)

    def shaken(self, here: Here, tree: Found, depth: int, random: np.random.Generator) -> Found:
        """Force another split at some node and search anew below it; keep what is better."""
        if depth <= 2 or tree.split < 0:
            return tree
        parts = self.divided(here, tree.split)
        at = int(random.integers(3))
        if at < 2 and depth > 3 and tree.parts[at].split >= 0:
            new = list(tree.parts)
            new[at] = self.shaken(parts[at], new[at], depth - 1, random)
            return _better(tree, _joined(tree.split, *new))
        splits, values = self._look(here, depth)
        known = np.flatnonzero(np.isfinite(values))[: 4 * self.width]
        if not len(known):
            return tree
        # The more promising the likelier: places 0, 1, 2, ... by 1, 1/2, 1/3, ...
        chances = 1 / (1 + np.arange(len(known)))
        split = int(splits[known[random.choice(len(known), p=chances / chances.sum())]])
        no, yes = (self.wide(part, depth - 1) for part in self.divided(here, split))
        return _better(tree, _joined(split, no, yes))

    def divided(self, here: Here, split: int) -> tuple[Here, Here]:
        """Return the two nodes below a split."""
        from commonweal.models.trees.kernels import divide

        no, a, yes, b = divide(self.words, here.rows, here.positives, split)
        return Here(no, a, here.key | {(split, False)}), Here(yes, b, here.key | {(split, True)})

    def _anew(self, here: Here, tree: Found, depth: int) -> Found:
        """Return the best of a subtree with its parts searched anew, and of a quick one."""
        found = _better(self.quick(here, depth), tree)
        if tree.split < 0 or depth <= 2:
            return found
        below = zip(self.divided(here, tree.split), tree.parts, strict=True)
        return _better(found, _joined(tree.split, *(self._anew(h, t, depth - 1) for h, t in below)))

    def _kept(
        self, kept: dict[tuple[Key, int], Found], here: Here, depth: int,
        find: Callable[[Here, int, Found], Found],
    ) -> Found:  # fmt: skip
        """Return what was found at a node before, or find it."""
        key = (here.key, depth)
        if key not in kept:
            self.check()
            leaf = self.leaf(here)
            # A split costs one more leaf, and can save no more than all errors.
            hopeless = depth == 0 or leaf.value <= 2 * self.penalty
            kept[key] = leaf if hopeless else find(here, depth, leaf)
        return kept[key]

    def _quickly(self, here: Here, depth: int, leaf: Found) -> Found:
        if depth <= 2:
            return self._solved(here, depth, leaf)
        splits, values = self._look(here, depth)
        if not len(splits) or values[0] >= leaf.value:
            return leaf
        no, yes = (self.quick(part, depth - 1) for part in self.divided(here, int(splits[0])))
        return _better(leaf, _joined(int(splits[0]), no, yes))

    def _widely(self, here: Here, depth: int, leaf: Found) -> Found:
        best = self.quick(here, depth)
        splits, values = self._look(here, depth)
        for split in splits[np.isfinite(values)][: self.width].tolist():
            no, yes = (self.quick(part, depth - 1) for part in self.divided(here, split))
            best = _better(best, _joined(split, no, yes))
        if best.split < 0:
            return best
        no, yes = (self.wide(part, depth - 1) for part in self.divided(here, best.split))
        return _better(best, _joined(best.split, no, yes))

    def _solved(self, here: Here, depth: int, leaf: Found) -> Found:
        """Return the best tree of depth one or two."""
        from commonweal.models.trees.kernels import solve

        _, split, no, yes = solve(
            self.words, self.weights, here.rows, here.positives, self.splits, depth,
            self.penalty, self.least,
        )  # fmt: skip
        if split < 0:
            return leaf
        below = []
        for part, at in zip(self.divided(here, split), (no, yes), strict=True):
            own = self.leaf(part)
            ends = (self.leaf(one) for one in self.divided(part, at)) if at >= 0 else ()
            below.append(_joined(at, *ends) if at >= 0 else own)
        return _better(leaf, _joined(split, *below))

    def _look(self, here: Here, depth: int) -> tuple[Places, Floats]:
        """Return splits, the most promising first, and what the look ahead says of each."""
        key = (here.key, depth)
        if key not in self._looks:
            splits: Places = np.arange(self.splits, dtype=np.int64)
            size = FIRST
            while 2 * size < len(here.rows) and len(splits) > LEAST:
                share = size / len(here.rows)
                some = self._some(here, share)
                splits, _ = self._ordered(some, depth, splits, self.penalty * share, share)
                splits, size = splits[: max(LEAST, -(-len(splits) // KEPT))], GROWN * size
            self._looks[key] = self._ordered(here, depth, splits, self.penalty, 1.0)
        return self._looks[key]

    def _some(self, here: Here, share: float) -> Here:
        """Return a share of the rows: they are in an order drawn at random."""
        ones = round(here.positives * share)
        others = round((len(here.rows) - here.positives) * share)
        rest = here.rows[here.positives :]
        return Here(np.concatenate([here.rows[:ones], rest[:others]]), ones, here.key)

    def _ordered(
        self, here: Here, depth: int, splits: Places, penalty: float, share: float
    ) -> tuple[Places, Floats]:
        """Look ahead after each split, and put the most promising first."""
        from commonweal.models.trees.kernels import followers, look

        values, following = np.empty(len(splits)), np.full((len(splits), 2), -1, np.int64)
        least = self.least * share
        followers(self.words, self.weights, here.rows, here.positives, self.splits, splits, least,
                  following)  # fmt: skip

        def part(start: int) -> None:
            self.check()
            some = slice(start, start + _TOGETHER)
            look(self.words, self.weights, here.rows, here.positives, self.splits, depth,
                 penalty, least, splits[some], following[some], values[some])  # fmt: skip

        each(part, range(0, len(splits), _TOGETHER), self.threads)
        order = np.argsort(values, kind="stable")
        return splits[order], values[order]


def _joined(split: int, no: Found, yes: Found) -> Found:
    return Found(no.value + yes.value, split, no, yes)


def _better(first: Found, second: Found) -> Found:
    """Return the one of the smaller value, the first where they are as good but for rounding."""
    return second if second.value < first.value - 1e-10 * abs(first.value) else first
