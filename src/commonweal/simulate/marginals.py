"""A world's figures beside those of its paper."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Marginal:
    """One figure of a world's tables and what it should be.

    Parameters
    ----------
    name
        What it is.
    paper, world
        Its two values.
    se
        Standard error of the world's: how much another seed would give another value.
    guess
        Whether `paper` is our guess, or our reading of what the paper leaves open.
    below
        Whether the paper only says that it is smaller than so much.
    """

    name: str
    paper: float
    world: float
    se: float
    guess: bool = False
    below: bool = False

    @property
    def holds(self) -> bool:
        """Whether they agree: within 10% or three standard errors, whichever is wider."""
        allowed = max(0.1 * abs(self.paper), 3.0 * self.se)
        return self.world < self.paper if self.below else abs(self.world - self.paper) <= allowed


def as_table(marginals: Iterable[Marginal]) -> str:
    """Return marginals as a Markdown table; a miss says so."""
    lines = ["| figure | paper | world | standard error | |", "|---|--:|--:|--:|---|"]
    for one in marginals:
        paper = ("< " if one.below else "") + _written(one.paper)
        note = ", ".join(
            [*(["guess"] if one.guess else []), *([] if one.holds else ["**misses**"])]
        )
        world, se = _written(one.world), _written(one.se)
        lines.append(f"| {one.name} | {paper} | {world} | {se} | {note} |")
    return "\n".join(lines) + "\n"


def _written(value: float) -> str:
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"
