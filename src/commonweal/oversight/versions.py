"""Whether a version of a study may be shown beside others, about other people or outcomes.

Every version publishes how many people it holds, how many of them had its outcome, and how many
of both are on a list. Whoever reads two versions subtracts: a cohort that leaves five people out
gives these away, and so does an outcome that five more people had. So wherever two sets that are
published lie one within the other, or do not meet within a third, what is left is nobody or more
than ten. And people parted by what they are in *all* versions shown are nobody or more than ten
in every part: then no sum or difference of whole versions is small either.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from commonweal.evaluation.ranking import Ints
from commonweal.oversight.disclosure import Disclosure
from commonweal.oversight.overlap import Published, Who


@dataclass(frozen=True, slots=True)
class Version:
    """Who is in a version, and who of them had its outcome; both of shape (everybody,)."""

    who: Who
    had: Who

    def sets(self) -> tuple[Who, Who, Who]:
        """Return everybody in it, those with the outcome, and those without."""
        return self.who, self.who & self.had, self.who & ~self.had


def set_of(who: Who) -> Published:
    """Return a set as the one list it is."""
    return Published(np.zeros(len(who), dtype=np.int64), np.ones(1, dtype=np.int64), who)


def parted(versions: Sequence[Version], more: Sequence[Who] = ()) -> list[Who]:
    """Part people by what they are in every version and by `more` sets; nobody's part left out."""
    columns = [one.who.astype(np.int64) + (one.who & one.had) for one in versions]
    codes = np.stack([*columns, *(one.astype(np.int64) for one in more)])
    found, part = np.unique(codes, axis=1, return_inverse=True)
    inside = [i for i in range(found.shape[1]) if found[: len(columns), i].any()]
    return [np.asarray(part.reshape(-1) == i, dtype=np.bool_) for i in inside]


def fits(
    rule: Disclosure, parts: Sequence[Who], published: Sequence[Published],
    versions: Sequence[Version],
) -> bool:  # fmt: skip
    """Return whether sets may be shown beside what is published.

    Parameters
    ----------
    rule
        The rule of the study.
    parts
        The sets, each of shape (everybody,).
    published
        Lists, groups and sets that are published or could be worked out.
    versions
        The versions shown: what is left of one follows where two sets in it do not meet.
    """
    if rule.exempt:
        return True
    wholes = [one for version in versions for one in version.sets()]
    return rule.safe(*(int(part.sum()) for part in parts)) and all(
        _beside(rule, parts, lists, wholes) for lists in published
    )


def _beside(
    rule: Disclosure, parts: Sequence[Who], lists: Published, wholes: Sequence[Who]
) -> bool:
    """Hold sets against the lists of one ranking."""
    among = np.ones(len(lists.places), np.bool_) if lists.among is None else lists.among
    ends = len(lists.ends)
    bins = np.where(among, np.searchsorted(lists.ends, lists.places, side="right"), ends)
    whole = np.bincount(bins, minlength=ends + 1).cumsum()[:-1]
    around = [one for one in wholes if not (among & ~one).any()]
    for part in parts:
        both = np.bincount(bins[part], minlength=ends + 1).cumsum()[:-1]
        one, other = int(part.sum()) - both, whole - both
        if not _safe(rule, (one == 0) | (other == 0), both, one, other):
            return False
        for outer in around:
            if (part & ~outer).any():
                continue
            rest = int(outer.sum()) - both - one - other
            empty = (both == 0) | (one == 0) | (other == 0) | (rest == 0)
            if not _safe(rule, empty, both, one, other, rest):
                return False
    return True


def _safe(rule: Disclosure, where: NDArray[np.bool_], *counts: Ints) -> bool:
    return rule.safe(*(int(x) for count in counts for x in np.unique(count[where])))
