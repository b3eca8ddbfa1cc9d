"""A condition on one column, as study and agency files write it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A condition on one column; exactly one of the tests is given. A missing value fails it.

    Parameters
    ----------
    column
        Column tested.
    equals, any_of, starts_with
        Tests of the value as text.
    at_least, at_most
        Tests of a number; both ends included, and both may be given.
    present
        Whether the column must be filled (true) or empty (false).
    """

    column: str
    equals: str | bool | float | None = None
    any_of: tuple[str, ...] = ()
    starts_with: tuple[str, ...] = ()
    at_least: float | None = None
    at_most: float | None = None
    present: bool | None = None

    def tests(self) -> int:
        """Return how many tests are given; one is right (a range counts once)."""
        ranged = self.at_least is not None or self.at_most is not None
        given = (self.equals is not None, bool(self.any_of), bool(self.starts_with))
        return sum((*given, ranged, self.present is not None))
