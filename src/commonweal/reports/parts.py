"""What a section of the page is made of; the template knows how each kind looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from markupsafe import Markup


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text."""

    text: str
    kind: ClassVar[str] = "paragraph"


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list."""

    items: tuple[str, ...]
    kind: ClassVar[str] = "bullets"


@dataclass(frozen=True, slots=True)
class Facts:
    """Terms, each with one or more lines about it."""

    items: tuple[tuple[str, tuple[str, ...]], ...]
    kind: ClassVar[str] = "facts"


@dataclass(frozen=True, slots=True)
class Notice:
    """A framed text that must not be missed."""

    title: str
    text: str
    kind: ClassVar[str] = "notice"


@dataclass(frozen=True, slots=True)
class Tiles:
    """Headline figures: (what, figure, interval and n)."""

    items: tuple[tuple[str, str, str], ...]
    kind: ClassVar[str] = "tiles"


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table.

    Parameters
    ----------
    text
        The figure or words.
    detail
        Interval or n, set smaller beside it.
    items
        A short list below the text.
    muted
        Whether the words stand where a figure would.
    """

    text: str
    detail: str = ""
    items: tuple[str, ...] = ()
    muted: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """Heading of a column, and whether it holds figures."""

    title: str
    number: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table whose first column names the rows.

    Parameters
    ----------
    key
        Unique on the page; part of element ids.
    caption
        What it shows, in words.
    columns, rows
        Headings, and cells of the same number a row.
    notes
        Footnotes.
    """

    key: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()
    kind: ClassVar[str] = "table"


@dataclass(frozen=True, slots=True)
class Mark:
    """One entry of a legend.

    Parameters
    ----------
    label
        What it stands for.
    colour
        Its colour.
    dash
        Dash pattern of its line, ``none`` for a full line, empty where it has no line.
    shape
        SVG path of its point, empty where it has none.
    """

    label: str
    colour: str
    dash: str = ""
    shape: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A picture, its legend, and what it shows in words."""

    key: str
    title: str
    caption: str
    svg: Markup
    legend: tuple[Mark, ...] = ()
    kind: ClassVar[str] = "figure"


@dataclass(frozen=True, slots=True)
class Row:
    """Figures beside each other where there is room."""

    figures: tuple[Figure, ...]
    kind: ClassVar[str] = "row"


@dataclass(frozen=True, slots=True)
class Code:
    """Lines to type."""

    lines: tuple[str, ...]
    kind: ClassVar[str] = "code"


@dataclass(frozen=True, slots=True)
class Details:
    """Parts that are shown when asked for, and always in print."""

    summary: str
    parts: tuple[Part, ...]
    kind: ClassVar[str] = "details"


@dataclass(frozen=True, slots=True)
class Group:
    """Parts under a heading of their own."""

    title: str
    parts: tuple[Part, ...]
    kind: ClassVar[str] = "group"


Part = (
    Paragraph | Bullets | Facts | Notice | Tiles | Table | Figure | Row | Code | Details | Group
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Section:
    """A section of the page.

    Parameters
    ----------
    key
        Its anchor.
    title
        Its heading.
    parts
        What it is made of.
    """

    key: str
    title: str
    parts: tuple[Part, ...]
