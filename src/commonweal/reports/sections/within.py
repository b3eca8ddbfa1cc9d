"""Whether predicted chances come true within each group's own scores: panels, and the line."""

from __future__ import annotations

from collections.abc import Sequence

from commonweal.reports.cells import figure, notes
from commonweal.reports.parts import Cell, Column, Details, Figure, Paragraph, Part, Row, Table
from commonweal.reports.reading import Reading
from commonweal.reports.sections.calibration import Bin, Named, bins, cells, picture
from commonweal.reports.sections.shares import label, names
from commonweal.reports.words import counted, decimal, estimate, number, size, spaced

PANELS = 3
"""Groups of an attribute that are drawn, the largest; the table gives all."""
ROWS = 120
"""Rows of bins the page gives an attribute; more stand in metrics.json alone."""
WITHIN = "calibration_within"


def within(reading: Reading) -> tuple[Part, ...]:
    """Draw everybody and the largest groups of each attribute, and give every line."""
    whole = bins(reading, reading.headline, metric=WITHIN)
    if not whole:
        return ()
    held = {a: _groups(reading, a) for a in reading.content.protected}
    held = {attribute: found for attribute, found in held.items() if found}
    parts: list[Part] = [Paragraph(_words(reading))]
    drawn = [("Everybody", whole)]
    if not held:
        parts.append(Row(tuple(_panels(reading, "all", drawn))))
    for place, found in enumerate(held.values()):
        largest = sorted(found, key=lambda one: -sum(b.observed.n for b in one[1]))[:PANELS]
        panels = [*(drawn if place == 0 else []), *(one for one in found if one in largest)]
        parts.append(Row(tuple(_panels(reading, str(place), panels))))
    parts.append(_lines(reading, held))
    for place, (attribute, found) in enumerate({"": drawn, **held}.items()):
        count = sum(len(some) for _, some in found)
        if count <= ROWS:
            parts.append(_bins(f"within-{place}", spaced(attribute) or "everybody", found))
    return tuple(parts)


def _groups(reading: Reading, attribute: str) -> list[Named]:
    """Return the bins of each group that has any."""
    found = [
        (_named(attribute, g), bins(reading, reading.headline, g, metric=WITHIN))
        for g in names(reading, attribute)
    ]
    return [one for one in found if one[1]]


def _named(attribute: str, group: str) -> str:
    return f"{spaced(attribute)}: {label(attribute, group)}"


def _words(reading: Reading) -> str:
    slope = reading.overall("calibration.slope")
    said = (
        "Each point is people with similar scores, put together within the group the picture is "
        "about: its own quantiles. Points above the line had the outcome more often than "
        "predicted. All pictures of a row have the same axes. A slope of 1 and an intercept of 0 "
        "mean that chances come true; with a slope below 1 high chances are too high and low ones "
        "too low. The error is the mean distance from the line; beside it stands what chance "
        "alone would make of it if every prediction were right."
    )
    if slope is not None:
        said += f" Over everybody the slope is {estimate(slope, 2)} ({size(slope.n)})."
    return said


def _panels(reading: Reading, key: str, panels: Sequence[Named]) -> list[Figure]:
    """Draw one picture a group, all on the same axes."""
    every = [b for _, found in panels for b in found]
    across = max(b.predicted.value for b in every)
    up = max(max(b.observed.value, b.observed.high or 0.0) for b in every)
    model = reading.called(reading.headline)
    return [
        picture(
            f"within-figure-{key}-{place}", name, _caption(found),
            f"Observed against predicted rates of {model} within {name}",
            [("bin, 95% interval", found)], (across, up),
        )
        for place, (name, found) in enumerate(panels)
    ]  # fmt: skip


def _caption(found: Sequence[Bin]) -> str:
    people, held = sum(b.observed.n for b in found), sum(b.holds() for b in found)
    return (
        f"{size(people)}. In {number(held)} of {counted(len(found), 'bin')}, the 95% interval of "
        "the observed rate holds the predicted one."
    )


def _lines(reading: Reading, held: dict[str, list[Named]]) -> Table:
    """Give slope, intercept and error of everybody and of each group."""
    groups: list[tuple[str, str | None]] = [("everybody", None)]
    for attribute in held:
        groups += [(_named(attribute, g), g) for g in names(reading, attribute)]
    rows = []
    for name, group in groups:
        slope, intercept, error, chance = (
            reading.figures.one(f"calibration.{m}", model=reading.headline, group=group)
            for m in ("slope", "intercept", "error", "error_by_chance")
        )
        if error is None:
            continue
        rows.append((
            Cell(name), Cell(number(error.n)), figure(slope, 2), figure(intercept, 2),
            figure(error, 4), Cell(decimal(chance.value, 4) if chance else ""),
        ))  # fmt: skip
    columns = (
        Column("Group", number=False),
        Column("n"),
        Column("Slope"),
        Column("Intercept"),
        Column("Error"),
        Column("Error by chance alone"),
    )
    caption = f"Calibration of {reading.called(reading.headline)} as a line, overall and by group"
    return Table(key="lines", caption=caption, columns=columns, rows=tuple(rows),
                 notes=notes(tuple(rows)))  # fmt: skip


def _bins(key: str, title: str, found: Sequence[Named]) -> Details:
    """Give predicted and observed rates of every bin."""
    rows = []
    for name, some in found:
        rows += [
            (Cell(name), Cell(f"{number(b.last - b.observed.n + 1)} to {number(b.last)}"),
             *cells(b))
            for b in some
        ]  # fmt: skip
    columns = (
        Column("Group", number=False),
        Column("Ranks within the group", number=False),
        Column("Predicted"),
        Column("Observed"),
        Column("n"),
    )
    caption = f"Calibration within groups: {title}, highest scores first"
    table = Table(key=key, caption=caption, columns=columns, rows=tuple(rows))
    return Details(f"{caption} ({counted(len(rows), 'row')})", (table,))
