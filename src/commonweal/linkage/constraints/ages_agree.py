"""Ages agree within some years where either record lacks a birth date (paper C, A.2)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from commonweal.linkage.constraints.rule import Members, Span, of_most, where


@dataclass(frozen=True, slots=True)
class AgesAgree:
    """Years of birth differ by `within` at most, in every pair of which one lacks a birth date.

    It holds over the whole person: a record may not come in by another that would have kept it
    out. Paper C asks it of the pair that is linked.
    """

    within: float = 3.0
    excuse: bool = False
    name: str = "ages_agree"
    error_prone: bool = True

    def limits(self, members: Members) -> tuple[Span, ...]:
        """Return two spans: all against those without a birth date, and the other way about.

        With `excuse` records further from the year of most records of their trusted id have no
        say.
        """
        known = ~np.isnan(members.year)
        whole = np.nan_to_num(members.year).astype(np.int64)
        most = of_most(members.trusted, whole, known)
        excused = known & (np.abs(whole - most) > self.within) if self.excuse else None
        if excused is not None:
            known &= ~excused
        year = np.nan_to_num(members.year) - 1900.0  # small numbers are exact in float32
        unborn = known & members.unborn
        return (
            Span(where(known, year, -np.inf), where(unborn, year, np.inf), self.within, excused),
            Span(where(unborn, year, -np.inf), where(known, year, np.inf), self.within),
        )

    def broken(self, members: Members) -> bool:
        """Return whether any such pair is further apart."""
        rows = list(zip(members.year.tolist(), members.unborn.tolist(), strict=True))
        return any(
            (one[1] or other[1]) and abs(one[0] - other[0]) > self.within
            for one, other in combinations(rows, 2)
        )
