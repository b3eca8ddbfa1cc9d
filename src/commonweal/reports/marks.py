"""Colours, dashes and shapes: every mark differs from the next in more than its colour."""

from __future__ import annotations

from dataclasses import dataclass

from commonweal.reports.parts import Mark

INK = "#1f2933"
GREY = "#5c6773"
GRID = "#e1e5ea"


@dataclass(frozen=True, slots=True)
class Style:
    """How one series is drawn: contrast with white is at least 3:1 for every colour."""

    colour: str
    dash: tuple[int, ...]
    shape: str


# Okabe and Ito's palette, darkened until each colour stands out on white.
STYLES = (
    Style("#0b5394", (), "circle"),
    Style("#b84300", (6, 3), "square"),
    Style("#00785c", (2, 2), "triangle-up"),
    Style("#8e3a80", (8, 3, 2, 3), "diamond"),
    Style("#6b5d00", (12, 4), "cross"),
    Style("#333333", (1, 3), "triangle-down"),
)

CEILING = Style("#111111", (10, 2, 2, 2, 2, 2), "triangle-right")
"""How true chances are drawn: no model is drawn like that."""

_PATHS = {
    "circle": "M10 6a4 4 0 1 1 8 0a4 4 0 1 1 -8 0Z",
    "square": "M10.5 2.5h7v7h-7Z",
    "triangle-up": "M14 1.5L18.5 10h-9Z",
    "diamond": "M14 1L18.5 6L14 11L9.5 6Z",
    "cross": "M12.5 1h3v3.5h3.5v3h-3.5v3.5h-3v-3.5h-3.5v-3h3.5Z",
    "triangle-down": "M14 10.5L9.5 2h9Z",
    "triangle-right": "M10 1.5L18.5 6L10 10.5Z",
}


def style(place: int) -> Style:
    """Return the style of the series at `place`, from 0."""
    return STYLES[place % len(STYLES)]


def line_mark(label: str, drawn: Style) -> Mark:
    """Return the legend entry of a line."""
    return Mark(label, drawn.colour, dash=" ".join(map(str, drawn.dash)) or "none")


def point_mark(label: str, place: int) -> Mark:
    """Return the legend entry of points."""
    drawn = style(place)
    return Mark(label, drawn.colour, shape=_PATHS[drawn.shape])


def grey_mark(label: str, dash: tuple[int, ...] = ()) -> Mark:
    """Return the legend entry of a line of reference."""
    return Mark(label, GREY, dash=" ".join(map(str, dash)) or "none")
