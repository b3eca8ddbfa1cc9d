"""A person has one trusted id at most (paper C, A.2)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commonweal.linkage.constraints.rule import Members, Span, where


@dataclass(frozen=True, slots=True)
class OneTrustedId:
    """Two records with different trusted ids are two people's."""

    name: str = "one_trusted_id"
    error_prone: bool = False

    def limits(self, members: Members) -> tuple[Span, ...]:
        """Return a span: the largest id is the least."""
        known = members.trusted >= 0
        high = where(known, members.trusted, -np.inf)
        return (Span(high, where(known, members.trusted, np.inf), 0.0),)

    def broken(self, members: Members) -> bool:
        """Return whether two ids stand among the records."""
        return len({int(code) for code in members.trusted if code >= 0}) > 1
