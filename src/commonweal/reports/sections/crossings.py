"""Groups of several attributes crossed: what is predicted of them, and how the list is for them."""

from __future__ import annotations

from collections.abc import Sequence

from commonweal.core.results import Metric
from commonweal.reports.cells import figure, missing, notes
from commonweal.reports.figures import nearest
from commonweal.reports.parts import Cell, Column, Group, Paragraph, Part, Table
from commonweal.reports.reading import Reading
from commonweal.reports.words import listed, number, spaced

_AND = " & "


def crossings(reading: Reading) -> list[Part]:
    """Show every crossing the study names, or say that it is not shown."""
    parts: list[Part] = []
    for place, names in enumerate(reading.content.evaluation.crossings):
        title = listed([spaced(name) for name in names])
        rows = _rows(reading, names)
        if rows:
            parts.append(Group(f"{title[:1].upper()}{title[1:]}", (_table(reading, names, place),)))
        else:
            said = (
                "This crossing is not published: some of its groups are too small, and any figure "
                "could show, or let someone work out, a number between 1 and 10."
            )
            parts.append(Group(f"{title[:1].upper()}{title[1:]}", (Paragraph(said),)))
    return parts


def _rows(reading: Reading, names: Sequence[str]) -> list[str]:
    """Return the crossings and their margins, a margin before what it is the margin of."""
    wanted = {name: place for place, name in enumerate(names)}
    found = []
    for group in reading.figures.groups:
        held = [part.split("=")[0] for part in group.split(_AND)]
        if len(held) > 1 and set(held) <= wanted.keys() and _people(reading, group) is not None:
            found.append(group)
    return found


def _one(reading: Reading, metric: str, group: str, k: int | None = None) -> Metric | None:
    return reading.figures.one(f"crossing.{metric}", model=reading.headline, k=k, group=group)


def _people(reading: Reading, group: str) -> Metric | None:
    return _one(reading, "people", group)


def _table(reading: Reading, names: Sequence[str], place: int) -> Table:
    groups = _rows(reading, names)
    ks = [
        k for g in groups
        for k in reading.figures.cutoffs("crossing.people", model=reading.headline, group=g)
    ]  # fmt: skip
    k = nearest(reading.content.capacity.k, ks)
    everyone = any(_one(reading, "covered", g) for g in groups)
    rows = tuple(_row(reading, names, group, k, everyone) for group in groups)
    columns = [Column(spaced(name), number=False) for name in names]
    columns += [Column("n"), Column("Base rate"), Column("Mean prediction")]
    if k is not None:
        columns += [Column(f"In the top {number(k)}"), Column("Precision there")]
        columns += [Column("Mean prediction there")]
    columns += [Column("Of those with the outcome anywhere, in the cohort")] if everyone else []
    said = "“All” takes every group of that attribute together."
    cut = (
        () if k is not None else ("No cut-off of the ranking could be published by this crossing.",)
    )
    title = listed([spaced(name) for name in names])
    return Table(
        key=f"crossing-{place}", caption=f"Observed and predicted, by {title}",
        columns=tuple(columns), rows=rows, notes=(said, *cut, *notes(rows)),
    )  # fmt: skip


def _row(
    reading: Reading, names: Sequence[str], group: str, k: int | None, everyone: bool
) -> tuple[Cell, ...]:
    held = dict(part.split("=", 1) for part in group.split(_AND))
    cells = [Cell(held.get(name, "All")) for name in names]
    people = _people(reading, group)
    cells.append(Cell(number(people.n)) if people else missing())
    cells += [figure(_one(reading, name, group)) for name in ("base_rate", "mean_prediction")]
    if k is not None:
        top = _one(reading, "people", group, k)
        nobody = top is not None and top.value == 0
        cells.append(Cell(number(top.n)) if top else missing())
        for name in ("precision", "top_mean_prediction"):
            empty = missing("nobody selected") if nobody else figure(_one(reading, name, group, k))
            cells.append(empty)
    if everyone:
        full = len(held) == len(names)
        found = _one(reading, "covered", group)
        words = "nobody had it" if full else "see its groups"
        cells.append(figure(found, n=True) if found else missing(words))
    return tuple(cells)
