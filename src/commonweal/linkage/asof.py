"""Who was who as of a date, and how much records that came later change it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from commonweal.linkage.cells import Ints, Mask
from commonweal.linkage.counting import joint, pairs_within


@dataclass(frozen=True, slots=True)
class Drift:
    """What later records change about the people of a date.

    Parameters
    ----------
    as_of
        The date: records known before it.
    records, people
        How many there are.
    changed
        People of these whose records are in the end not one person's, or not all of that
        person's of the date.
    joined, parted
        Of the pairs of records put together at the date or in the end, the share that only
        later records put together, and the share that they part.
    """

    as_of: date
    records: int
    people: int
    changed: int
    joined: float
    parted: float

    @property
    def unchanged(self) -> float:
        """Share of the date's people that later records do not change."""
        return 1 - self.changed / self.people if self.people else 1.0

    def sentence(self) -> str:
        """Say it in words."""
        return (
            f"Of {self.people:,} people on record before {self.as_of}, {self.unchanged:.2%} are "
            f"the same records after all later ones have come; {self.joined:.2%} of pairs of "
            f"records are put together, and {self.parted:.2%} parted, by later records only."
        )


def drift(as_of: date, then: Ints, in_the_end: Ints, visible: Mask) -> Drift:
    """Hold the people of a date against those found with all records.

    Parameters
    ----------
    as_of
        The date.
    then, in_the_end
        Person of each record at the date, and with all records.
    visible
        Records known before the date.
    """
    mine, later = then[visible], in_the_end[visible]
    both = joint(mine, later)
    same, early, late = pairs_within(both), pairs_within(mine), pairs_within(later)
    either = early + late - same
    size, first = np.unique(both, return_index=True, return_counts=True)[1:][::-1]
    kept = (np.bincount(mine)[mine[first]] == size) & (np.bincount(later)[later[first]] == size)
    people = len(np.unique(mine))
    return Drift(
        as_of=as_of,
        records=int(visible.sum()),
        people=people,
        changed=people - int(kept.sum()),
        joined=(late - same) / either if either else 0.0,
        parted=(early - same) / either if either else 0.0,
    )


def named_alike(then: Ints, in_the_end: Ints, visible: Mask) -> tuple[Ints, Ints]:
    """Name the people of a date after the people they turn out to be.

    Parameters
    ----------
    then, in_the_end
        Person of each record at the date, and with all records.
    visible
        Records known before the date.

    Returns
    -------
    person
        Person each visible record's person turns out to be: the one most of its records are
        of, the lower number of equals. -1 for other records.
    copy
        0 for the first of the date's people (by most records, then least record) that turn out
        to be the same person, 1 for the next.
    """
    rows = np.flatnonzero(visible)
    mine, later = then[rows], in_the_end[rows]
    both = joint(mine, later)
    _, first, count = np.unique(both, return_index=True, return_counts=True)
    owner, target = mine[first], later[first]
    order = np.lexsort((target, -count, owner))
    best = order[np.flatnonzero(np.diff(owner[order], prepend=-1))]
    owners, targets = owner[best], target[best]
    records = np.bincount(mine)[owners]
    rank = np.lexsort((owners, -records, targets))
    opens = np.flatnonzero(np.diff(targets[rank], prepend=-1))
    place = np.arange(len(rank)) - np.repeat(opens, np.diff(np.append(opens, len(rank))))
    copy_of = np.empty(len(owners), np.int64)
    copy_of[rank] = place
    at = np.searchsorted(owners, mine)
    person, copy = np.full(len(then), -1, np.int64), np.zeros(len(then), np.int64)
    person[rows], copy[rows] = targets[at], copy_of[at]
    return person, copy
