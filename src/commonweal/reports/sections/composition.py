"""Who makes up the cohort, those with the outcome, those predicted to, and the list."""

from __future__ import annotations

from collections.abc import Sequence

from commonweal.core.results import Metric
from commonweal.reports.cells import figure, notes
from commonweal.reports.frame import Axis, Point
from commonweal.reports.ladder import Rung, ladder
from commonweal.reports.marks import point_mark
from commonweal.reports.parts import Cell, Column, Figure, Table
from commonweal.reports.reading import Reading
from commonweal.reports.sections.shares import label
from commonweal.reports.words import number, percent, size, spaced

_SHARES = (
    ("composition.cohort", "the cohort"),
    ("composition.positives", "those with the outcome"),
    ("composition.predicted", "those predicted to have it"),
)


def table_of(
    reading: Reading, attribute: str, names: Sequence[str], k: int | None, place: int
) -> Table:
    """Show each group's share of each."""
    rows = tuple(
        (Cell(label(attribute, name)), *(figure(m) for m in _shares(reading, name, k)))
        for name in names
    )
    columns = [Column("Group", number=False)]
    for words, metric in zip(_headings(k), _shares(reading, names[0], k), strict=True):
        columns.append(Column(f"Of {words} ({size(metric.n)})" if metric else f"Of {words}"))
    said = "Those predicted to have it: the group's part of the sum of all predicted chances."
    return Table(
        key=f"composition-{place}", caption=f"Who makes up each, by {spaced(attribute)}",
        columns=tuple(columns), rows=rows, notes=(said, *notes(rows)),
    )  # fmt: skip


def ladder_of(
    reading: Reading, attribute: str, names: Sequence[str], k: int | None, place: int
) -> Figure:
    """Draw the shares, group by group."""
    rungs, ends, said = [], [0.0], []
    for name in names:
        shares = _shares(reading, name, k)
        points = tuple(Point(0, m.value, m.low, m.high) if m else None for m in shares)
        ends += [max(p.y, p.high or 0.0) for p in points if p]
        rungs.append(Rung(label(attribute, name), points))
        cohort, top = shares[0], shares[-1]
        if cohort is not None and top is not None:
            said.append(
                f"{label(attribute, name)} {percent(cohort.value)} and {percent(top.value)}"
            )
    title = f"Who makes up each, by {spaced(attribute)}"
    axis = Axis("share, with 95% interval", min(1.0, 1.05 * max(ends)) or 1.0)
    shares_said = f"Shares of the cohort and of the top {number(k or 0)}: {'; '.join(said)}. "
    return Figure(
        key=f"composition-figure-{place}", title=title,
        caption=f"{shares_said if said else ''}All figures are in the table above.",
        svg=ladder(f"{title}: share of every group", rungs, axis),
        legend=tuple(point_mark(words, i) for i, words in enumerate(_headings(k))),
    )  # fmt: skip


def _shares(reading: Reading, name: str, k: int | None) -> list[Metric | None]:
    figures, model = reading.figures, reading.headline
    found = [figures.one(metric, model=model, group=name) for metric, _ in _SHARES]
    top = figures.one("composition.top", model=model, k=k, group=name) if k else None
    return [*found, top]


def _headings(k: int | None) -> list[str]:
    return [*(words for _, words in _SHARES), f"the top {number(k)}" if k else "the list"]
