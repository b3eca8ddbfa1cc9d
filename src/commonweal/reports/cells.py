"""Cells of tables: figures with their intervals, counts, and words where a figure is missing."""

from __future__ import annotations

from commonweal.core.results import Metric
from commonweal.reports.parts import Cell
from commonweal.reports.words import UNPUBLISHED, WITHHELD, decimal, number, percent, size, span

WITHHELD_NOTE = (
    f"“{WITHHELD}”: the number is between 1 and 10, or such a number could be worked out from it."
)
UNPUBLISHED_NOTE = (
    f"“{UNPUBLISHED}”: the figure does not exist, or would show, or let someone work out, a number "
    "between 1 and 10."
)


def figure(metric: Metric | None, places: int | None = None, n: bool = False) -> Cell:
    """Return a figure with its interval, and n where the caption does not give it."""
    if metric is None:
        return missing()
    text = percent(metric.value) if places is None else decimal(metric.value, places)
    interval = span(metric, places)
    held = size(metric.n) if n else ""
    inside = "; ".join(x for x in (interval, held) if x)
    return Cell(text, f"({inside})" if inside else "")


def count(value: int | None) -> Cell:
    """Return a count, or that it is withheld."""
    return Cell(WITHHELD, muted=True) if value is None else Cell(number(value))


def missing(words: str = UNPUBLISHED) -> Cell:
    """Return words in the place of a figure."""
    return Cell(words, muted=True)


def notes(rows: tuple[tuple[Cell, ...], ...]) -> tuple[str, ...]:
    """Return the footnotes that the words of a table ask for."""
    said = {cell.text for row in rows for cell in row if cell.muted}
    known = ((WITHHELD, WITHHELD_NOTE), (UNPUBLISHED, UNPUBLISHED_NOTE))
    return tuple(note for word, note in known if word in said)
