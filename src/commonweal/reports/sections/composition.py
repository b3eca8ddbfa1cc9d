"""Who makes up the cohort, those with the outcome, those predicted to, and the list."""

from __future__ import annotations

from collections.abc import Sequence

from commonweal.core.results import Metric
from commonweal.reports.cells import figure, notes
from commonweal.reports.frame import Axis, Point
from commonweal.reports.ladder import Rung, ladder
from commonweal.reports.marks import point_mark
from commonweal.reports.parts import Cell, Column, Figure, Paragraph, Part, Table
from commonweal.reports.reading import Reading
from commonweal.reports.sections.shares import label
from commonweal.reports.words import listed, number, percent, size, sized, spaced

_EVERYONE = ("composition.everyone", "everybody with the outcome, in the cohort or not")
_SHARES = (
    ("composition.cohort", "the cohort"),
    ("composition.positives", "those of the cohort with the outcome"),
    ("composition.predicted", "those predicted to have it"),
)


def table_of(
    reading: Reading, attribute: str, names: Sequence[str], k: int | None, place: int
) -> Table:
    """Show each group's share of each."""
    known = _known(reading, attribute)
    rows = tuple(
        (Cell(label(attribute, name)), *(figure(m) for m in _shares(reading, name, k, known)))
        for name in (*names, *(name for name in known if name not in names))
    )
    columns = [Column("Group", number=False)]
    shares = _shares(reading, names[0], k, known)
    for words, metric in zip(_headings(k, known), shares, strict=True):
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
    rungs, ends, said, known = [], [0.0], [], _known(reading, attribute)
    for name in names:
        shares = _shares(reading, name, k, known)
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
        legend=tuple(point_mark(words, i) for i, words in enumerate(_headings(k, known))),
    )  # fmt: skip


def whom_it_misses(reading: Reading, attribute: str) -> list[Part]:
    """Say how many of each group's people with the outcome these records do not hold."""
    known, figures = _known(reading, attribute), reading.figures
    overall = reading.overall("composition.covered")
    if not known or overall is None:
        return []
    parts = []
    for name in known:
        one = figures.one("composition.covered", model=reading.headline, group=name)
        parts += [f"{label(attribute, name)} {sized(one)}"] if one else []
    said = (
        f"Of everybody with the outcome, {sized(overall)} were in the cohort. By "
        f"{spaced(attribute)}: {listed(parts)}. The others had too little on record before, or "
        "were left out by its rules: predictions based on these records miss them, whatever the "
        "model, and other ways are needed to reach them. Outside the cohort a group is the one "
        "recorded by the time the outcomes were known, often by the record of the outcome itself."
    )
    return [Paragraph(said)]


def _known(reading: Reading, attribute: str) -> list[str]:
    """Return the groups of everybody with the outcome; none where that is not published."""
    figures, model = reading.figures, reading.headline
    return [
        group for group in figures.groups if group.startswith(f"{attribute}=")
        and figures.one(_EVERYONE[0], model=model, group=group)
    ]  # fmt: skip


def _listed(known: Sequence[str]) -> list[tuple[str, str]]:
    return [_SHARES[0], *([_EVERYONE] if known else []), *_SHARES[1:]]


def _shares(
    reading: Reading, name: str, k: int | None, known: Sequence[str]
) -> list[Metric | None]:
    figures, model = reading.figures, reading.headline
    found = [figures.one(metric, model=model, group=name) for metric, _ in _listed(known)]
    top = figures.one("composition.top", model=model, k=k, group=name) if k else None
    return [*found, top]


def _headings(k: int | None, known: Sequence[str]) -> list[str]:
    return [*(words for _, words in _listed(known)), f"the top {number(k)}" if k else "the list"]
