"""Whether the overlap of two lists may be shown: by itself, and beside all that is published.

Two lists part everybody into four: on both, on one, on the other, on neither. Who reads the
overlap knows how many people each part holds, and an interval of a difference tells about how
many of them had the outcome. So every part, by outcome, holds nobody or more than ten. And where
one part lies within another list or group that is published, what that has more is derived by
subtraction, so that must be nobody or more than ten as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from commonweal.evaluation.ranking import Ints, Ranking
from commonweal.oversight.disclosure import Disclosure

Who = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Published:
    """Lists that are published: of some people, ranked, the first so many.

    Parameters
    ----------
    places
        Place of each person in the ranking, from 0, shape (n,).
    ends
        Lengths of the lists, ascending, with the ends of the blocks of equal scores they cut.
    among
        Who is in the group the lists are counted in, shape (n,); everybody where none is given.
    """

    places: Ints
    ends: Ints
    among: Who | None = None

    @classmethod
    def of(cls, ranking: Ranking, ks: Iterable[int], among: Who | None = None) -> Published:
        """Return the lists of a ranking; `among` in the order of the people, not of rank."""
        places = np.empty(ranking.n, dtype=np.int64)
        places[ranking.order] = np.arange(ranking.n)
        ends = {end for k in ks for end in reached(ranking, k)}
        if among is not None:
            ends.add(ranking.n)
        return cls(places, np.asarray(sorted(ends), dtype=np.int64), among)


@dataclass(frozen=True, slots=True)
class Overlap:
    """The four parts two lists make of everybody, once for each way ties can be cut."""

    parts: tuple[Who, ...]

    @classmethod
    def of(cls, one: Ranking, other: Ranking, k: int) -> Overlap:
        """Part people by their first k in two rankings of the same people."""
        first, second = Published.of(one, (k,)), Published.of(other, (k,))
        found: list[Who] = []
        for a in first.ends:
            for b in second.ends:
                x, y = first.places < a, second.places < b
                found += [x & y, x & ~y, ~x & y, ~x & ~y]
        return cls(tuple(found))


def reached(ranking: Ranking, k: int) -> tuple[int, ...]:
    """Return the ends of the block of equal scores that k cuts; k alone where it cuts none."""
    after = int(np.searchsorted(ranking.ends, k))
    end = int(ranking.ends[after])
    return (end,) if end == k else (int(ranking.ends[after - 1]) if after else 0, end)


def may_be_shown(
    rule: Disclosure, overlap: Overlap, labels: NDArray[np.int8], published: Sequence[Published],
    shown: Sequence[Overlap] = (),
) -> bool:  # fmt: skip
    """Return whether an overlap may be shown.

    Parameters
    ----------
    rule
        The rule of the study.
    overlap
        The overlap.
    labels
        Outcomes, shape (n,).
    published
        Lists and groups published of the same people.
    shown
        Overlaps shown already.
    """
    if rule.exempt:
        return True
    for part in overlap.parts:
        if not rule.safe(*np.bincount(labels[part], minlength=2)):
            return False
        if not all(_beside_lists(rule, part, labels, one) for one in published):
            return False
        others = (other for one in shown for other in one.parts)
        if not all(_beside(rule, _quadrants(part, other, labels)) for other in others):
            return False
    return True


def _quadrants(part: Who, other: Who, labels: NDArray[np.int8]) -> Ints:
    """Count people by outcome: in both, in the part only, in the other only, in neither."""
    where = 2 * (1 - part.astype(np.int64)) + (1 - other.astype(np.int64))
    return np.bincount(2 * where + labels, minlength=8).reshape(4, 2, 1)


def _beside_lists(rule: Disclosure, part: Who, labels: NDArray[np.int8], lists: Published) -> bool:
    """Hold a part against every list of a ranking."""
    bins = np.searchsorted(lists.ends, lists.places, side="right")
    if lists.among is not None:
        bins[~lists.among] = len(lists.ends)
    cells = np.zeros((2, 2, len(lists.ends) + 1), dtype=np.int64)
    np.add.at(cells, (1 - part.astype(np.int64), labels, bins), 1)
    inside = cells.cumsum(axis=2)[:, :, :-1]
    outside = cells.sum(axis=2)[:, :, None] - inside
    both, other = inside
    one, neither = outside
    return _beside(rule, np.stack([both, one, other, neither]))


def _beside(rule: Disclosure, quadrants: Ints) -> bool:
    """Return whether nothing small follows where one of the sets lies within the other.

    `quadrants` has shape (4, outcomes, lists). Where one quadrant is empty, one set (or who is
    not in it) lies within the other, and the other three quadrants follow by subtraction.
    """
    nested = (quadrants.sum(axis=1) == 0).any(axis=0)
    counts = quadrants[:, :, nested]
    return rule.safe(*counts.ravel().tolist())
