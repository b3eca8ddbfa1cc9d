"""A card in words: lines that can be read aloud, and the card as plain text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from commonweal.models.scorecard.card import Card, Item

HOW = (
    "Begin with 0. Go through the lines and add the points of every line that is true of the "
    "person; points with a minus are taken away. What is not recorded makes a line true only "
    "where it says so."
)
"""How a score is added up by hand."""


@dataclass(frozen=True, slots=True)
class Called:
    """What a column is called.

    Parameters
    ----------
    label
        Its name in words.
    codes
        Of a column of categories: the word of each code, in order of the codes.
    counts
        Whether it counts something, even if no row learned from holds more than 1.
    """

    label: str
    codes: tuple[str, ...] = ()
    counts: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a printed card: its points, and what must be true."""

    points: int
    text: str


@dataclass(frozen=True, slots=True)
class Words:
    """What columns are called; those not named are called by their names."""

    called: Mapping[str, Called] = field(default_factory=dict)

    def line(self, item: Item) -> str:
        """Say what an item asks: ``prior arrests: at least 3``."""
        called = self.called.get(item.column, Called(item.column))
        return f"{called.label}: {_asked(item, called)}"


def _asked(item: Item, called: Called) -> str:
    match item.test:
        case "missing":
            return "not recorded"
        case "yes" if not called.counts:
            return "yes"
        case "yes" | "at_least":
            return f"at least {plain(item.value)}"
        case "is":
            code = int(item.value)
            return called.codes[code] if code < len(called.codes) else f"category {code}"


def plain(value: float) -> str:
    """Write a number without an exponent: ``0.25``, ``1200``."""
    return str(np.format_float_positional(value, trim="-"))


def signed(points: int) -> str:
    """Write points: ``+3`` or ``-2``."""
    return f"{points:+d}"


def lines(card: Card, words: Words | None = None) -> Iterator[Line]:
    """Yield the lines of a card; a threshold above another of its column says that it adds."""
    words, before = words or Words(), None
    for item in card.items:
        further = (
            before is not None and item.test == "at_least"
            and (before.place, before.test) == (item.place, item.test)
        )  # fmt: skip
        more = " (on top of the line above)" if further else ""
        yield Line(item.points, f"{words.line(item)}{more}")
        before = item


def text(card: Card, words: Words | None = None, title: str = "Scorecard") -> str:
    """Return a card as plain text: see `Card.text`."""
    parts = [title, "", HOW, "", "points  line"]
    parts += [f"{signed(one.points):>6}  {one.text}" for one in lines(card, words)]
    parts += ["", " score  chance"]
    found = zip(card.totals.tolist(), card.chances.tolist(), strict=True)
    parts += [f"{total:>6}  {100 * chance:.1f}%" for total, chance in found]
    return "\n".join(parts) + "\n"
