"""Nothing happens to a person after a terminal event (paper C, A.2: homicides)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commonweal.linkage.cells import NO_DAY
from commonweal.linkage.constraints.rule import Members, Span, where


@dataclass(frozen=True, slots=True)
class TerminalEvent:
    """No record's event lies after a terminal one; on the same day it may."""

    name: str = "terminal_event"
    error_prone: bool = False

    def limits(self, members: Members) -> tuple[Span, ...]:
        """Return a span: the last day of all does not exceed the first terminal day."""
        dated = members.occurred != NO_DAY
        high = where(dated, members.occurred, -np.inf)
        return (Span(high, where(dated & members.terminal, members.occurred, np.inf), 0.0),)

    def broken(self, members: Members) -> bool:
        """Return whether any event lies after any terminal one."""
        days = [int(day) for day in members.occurred]
        ends = [day for day, end in zip(days, members.terminal, strict=True) if end]
        return any(day != NO_DAY and end != NO_DAY and day > end for end in ends for day in days)
