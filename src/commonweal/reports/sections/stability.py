"""Whether the ranking lasts: lists from date to date, and figures as the model gets older."""

from __future__ import annotations

from datetime import date

from commonweal.core.results import Metric
from commonweal.evaluation.spec import ROLLING
from commonweal.reports.cells import figure, notes
from commonweal.reports.figures import Figures
from commonweal.reports.parts import Cell, Column, Paragraph, Part, Section, Table
from commonweal.reports.reading import Reading
from commonweal.reports.words import day, decimal, number, size, span

TITLE = "Stability over time"
_NAMES = {
    "precision": "precision at capacity", "auc": "the AUC", "base_rate": "the base rate",
}  # fmt: skip


def stability(reading: Reading) -> Section:
    """Follow the headline model, where the study asks for it."""
    if reading.content.stability is None:
        return Section("stability", TITLE, ())
    found = [m for m in reading.content.metrics if m.variant == ROLLING]
    days = sorted({m.as_of for m in found if m.as_of})
    if len(days) < 2:
        said = "Fewer than two dates could be shown, so nothing is said about stability."
        return Section("stability", TITLE, (Paragraph(said),))
    every = reading.content.stability.every
    intro = (
        f"{reading.called(reading.headline)} as it was fitted, never fitted again, every {every} "
        f"from {day(days[0])} on: who is in the cohort and what is known about them is drawn "
        "afresh at each date. Dates share people, and their outcome windows overlap: intervals "
        "take that into account by drawing people with all their dates."
    )
    intro = intro[:1].upper() + intro[1:]
    parts: list[Part] = [Paragraph(intro), _table(reading, days)]
    trends = _trends(reading, days[0])
    parts.append(Paragraph(trends or "Too few dates are observed to read a trend from."))
    return Section("stability", TITLE, tuple(parts))


def _table(reading: Reading, days: list[date]) -> Table:
    rows = []
    k, model = reading.content.capacity.k, reading.headline
    for place, one in enumerate(days):
        figures = Figures.of(reading.content.metrics, one)
        before = days[place - 1].isoformat() if place else None
        first = days[0].isoformat()
        compared: list[Metric | None] = [
            figures.one(f"stability.{name}", model=model, k=at, variant=ROLLING, against=against)
            for name, at, against in (
                ("overlap", k, before), ("first_overlap", k, first),
                ("rank_correlation", None, before),
            )
        ]  # fmt: skip
        outcome = [
            figures.one(name, model=model, k=at, variant=ROLLING)
            for name, at in (("base_rate", None), ("precision", k), ("auc", None))
        ]
        cells = [Cell(one.isoformat())]
        cells += [
            _cell(compared[0], place),
            _cell(compared[1], place),
            _cell(compared[2], place, 2),
        ]
        observed = any(outcome)
        cells += [figure(m, None if i < 2 else 3) if observed else Cell("not yet known", muted=True)
                  for i, m in enumerate(outcome)]  # fmt: skip
        rows.append(tuple(cells))
    columns = (
        Column("Date", number=False), Column("Of the list, on the list before"),
        Column("On the first list"), Column("Rank correlation with the date before"),
        Column("Base rate"), Column("Precision at capacity"), Column("AUC"),
    )  # fmt: skip
    caption = (
        f"The top {number(k)} and the figures of one model, date by date; n of a part of the list "
        "and of precision is the length of the list"
    )
    return Table(key="stability-table", caption=caption, columns=columns, rows=tuple(rows),
                 notes=notes(tuple(rows)))  # fmt: skip


def _cell(metric: Metric | None, place: int, places: int | None = None) -> Cell:
    if place == 0:
        return Cell("first date", muted=True)
    return figure(metric, places, n=metric is not None and places is not None)


def _trends(reading: Reading, first: date) -> str:
    figures = Figures.of(reading.content.metrics, first)
    said = []
    for name, words in _NAMES.items():
        k = reading.content.capacity.k if name == "precision" else None
        one = figures.one(f"stability.{name}_per_year", model=reading.headline, k=k,
                          variant=ROLLING)  # fmt: skip
        if one is not None:
            said.append(f"{words} changes by {decimal(one.value)} a year ({span(one, 3)}; "
                        f"{size(one.n)})")  # fmt: skip
    if not said:
        return ""
    return f"As the model gets older, {'; '.join(said)}. An interval that holds 0 shows no trend."
