"""Birth dates agree within some edits where a record lacks one (paper C, A.2, note 35)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from commonweal.linkage import kernels
from commonweal.linkage.cells import Ints, Mask
from commonweal.linkage.constraints.rule import Members, Spread, of_most, written


@dataclass(frozen=True, slots=True)
class BirthDatesAgree:
    """Where one of a person's records lacks a birth date, the others' are `edits` apart at most.

    Dates are compared as written YYYYMMDD; an edit inserts, deletes or replaces a character.
    """

    edits: int = 2
    excuse: bool = False
    name: str = "birth_dates_agree"
    error_prone: bool = True

    def limits(self, members: Members) -> tuple[Spread, ...]:
        """Return a spread of birth dates, flagged by records without one.

        With `excuse` records have no say that are further from the date of most records of their
        trusted id, or from another of its dates that more of its records hold.
        """
        value = written(members.birth)
        if not self.excuse:
            return (Spread(value, members.unborn, self.edits),)
        excused = self._excused(members.trusted, value)
        kept = np.where(excused, 0, value).astype(np.int32)
        return (Spread(kept, members.unborn, self.edits, excused),)

    def _excused(self, trusted: Ints, value: NDArray[np.int32]) -> Mask:
        main = of_most(trusted, value, value > 0)
        other = np.flatnonzero((value > 0) & (main != value))
        excused = np.zeros(len(value), np.bool_)
        if len(other):
            key = trusted[other] * 100_000_000 + value[other]
            _, first, of, count = np.unique(
                key, return_index=True, return_inverse=True, return_counts=True
            )
            rows = other[first]
            order = np.lexsort((value[rows], -count, trusted[rows]))
            odd = np.empty(len(rows), np.bool_)
            odd[order] = kernels.at_odds(
                trusted[rows][order], value[rows][order], main[rows][order], self.edits
            )
            excused[other] = odd[of.ravel()]
        return excused

    def broken(self, members: Members) -> bool:
        """Return whether two birth dates are further apart and a record has none."""
        if not members.unborn.any():
            return False
        texts = {f"{date:08d}" for date in written(members.birth).tolist() if date}
        return any(edits(one, other) > self.edits for one, other in combinations(sorted(texts), 2))


def edits(one: Sequence[object], other: Sequence[object]) -> int:
    """Return Levenshtein's distance, by the textbook's table."""
    table = np.zeros((len(one) + 1, len(other) + 1), np.int64)
    table[:, 0] = range(len(one) + 1)
    table[0, :] = range(len(other) + 1)
    for row, left in enumerate(one, start=1):
        for column, right in enumerate(other, start=1):
            table[row, column] = min(
                table[row - 1, column] + 1,
                table[row, column - 1] + 1,
                table[row - 1, column - 1] + (left != right),
            )
    return int(table[-1, -1])
