"""What a rule about a person's records is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from commonweal.linkage.cells import NO_DAY, Floats, Ints, Mask, Whole


@dataclass(frozen=True, slots=True)
class Members:
    """What rules look at, one value a record.

    Parameters
    ----------
    trusted
        Code of the trusted id, -1 where there is none.
    occurred
        Day of the event, `NO_DAY` where there is none.
    terminal
        Whether nothing happens to the person afterwards.
    year
        Calendar year of birth, nan where it is not known.
    birth
        Birth day, `NO_DAY` where it is not known.
    """

    trusted: Ints
    occurred: Ints
    terminal: Mask
    year: Floats
    birth: Ints

    def some(self, rows: Ints | Mask) -> Members:
        """Return some of the records."""
        return Members(
            self.trusted[rows], self.occurred[rows], self.terminal[rows], self.year[rows],
            self.birth[rows],
        )  # fmt: skip

    @property
    def unborn(self) -> Mask:
        """Which records lack a birth date."""
        found: Mask = self.birth == NO_DAY
        return found


@dataclass(frozen=True, slots=True)
class Span:
    """Broken where, over a person's records, the largest `high` exceeds the least `low` by more.

    Two numbers a cluster are all that is kept, so a merge costs the same whatever its size.

    Parameters
    ----------
    high, low
        One value a record; -inf and inf where a record has no say.
    limit
        How much is allowed.
    excused
        Records set aside from the rule, to be quarantined; None where there are none.
    """

    high: NDArray[np.float32]
    low: NDArray[np.float32]
    limit: float
    excused: Mask | None = None


@dataclass(frozen=True, slots=True)
class Spread:
    """Broken where a person's dates are more than `limit` character edits apart, if any is flagged.

    Parameters
    ----------
    value
        One date a record, as the whole number YYYYMMDD; 0 where a record has none.
    flag
        Records that make the rule hold for the whole person.
    limit
        Edits allowed between any two dates.
    excused
        Records set aside from the rule, to be quarantined; None where there are none.
    """

    value: NDArray[np.int32]
    flag: Mask
    limit: int
    excused: Mask | None = None


class Constraint(Protocol):
    """A rule: how clusters are kept within it, and, independently, what it means."""

    @property
    def name(self) -> str:
        """The name settings and counts use."""

    @property
    def error_prone(self) -> bool:
        """Whether slips of clerks are enough to make one person's records break it."""

    def limits(self, members: Members) -> Sequence[Span | Spread]:
        """Return what a merge may not exceed; a person is within the rule where all hold."""

    def broken(self, members: Members) -> bool:
        """Return whether one person's records break the rule, by comparing each with each.

        It is written from the rule's words, for the verifier, and shares nothing with `limits`.
        """


def where(condition: Mask, values: NDArray[np.generic], otherwise: float) -> NDArray[np.float32]:
    """Return values as float32 where a condition holds, and `otherwise` elsewhere."""
    return np.where(condition, values, otherwise).astype(np.float32)


def written(days: Ints) -> NDArray[np.int32]:
    """Return days as whole numbers YYYYMMDD; 0 where there is none."""
    known = days != NO_DAY
    dates = np.where(known, days, 0).astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    year = months.astype("datetime64[Y]").astype(np.int64) + 1970
    month = months.astype(np.int64) % 12 + 1
    day = (dates - months).astype(np.int64) + 1
    return np.where(known, year * 10_000 + month * 100 + day, 0).astype(np.int32)


def of_most(trusted: Ints, values: Whole, known: Mask) -> Ints:
    """Return, for each record, the value more than half of its trusted id's records hold.

    Parameters
    ----------
    trusted
        Code of the trusted id, -1 where there is none.
    values
        Whole numbers.
    known
        Which of them count.

    Returns
    -------
    numpy.ndarray
        That value; the record's own where it has no trusted id, or no value is held by so many.
    """
    rows = np.flatnonzero((trusted >= 0) & known)
    found = values.astype(np.int64).copy()
    if not len(rows):
        return found
    order = rows[np.lexsort((values[rows], trusted[rows]))]
    opens = np.flatnonzero(np.diff(trusted[order], prepend=-1) | np.diff(values[order], prepend=-1))
    count = np.diff(np.append(opens, len(order)))
    owner, value = trusted[order[opens]], values[order[opens]]
    whole = np.bincount(owner, weights=count)
    best = np.flatnonzero(2 * count > whole[owner])  # one an id at most, ascending by id
    if not len(best):
        return found
    place = np.searchsorted(owner[best], trusted)
    place = np.minimum(place, len(best) - 1)
    hit = (owner[best][place] == trusted) & (trusted >= 0)
    found[hit] = value[best][place[hit]]
    return found
