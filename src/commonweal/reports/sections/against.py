"""The headline ranking against the others: whom they share, and what differs beyond chance."""

from __future__ import annotations

from commonweal.core.results import Metric
from commonweal.reports.cells import figure as cell
from commonweal.reports.cells import missing, notes
from commonweal.reports.parts import Cell, Column, Paragraph, Part, Table
from commonweal.reports.reading import Reading
from commonweal.reports.words import listed, number, size


def against(reading: Reading) -> tuple[Part, ...]:
    """Compare the headline ranking with every other; nothing where none was compared."""
    others = [m for m in reading.models() if m != reading.headline]
    compared = [m for m in others if _any(reading, m)]
    if not compared:
        return ()
    return (Paragraph(_words(reading, compared)), _table(reading, compared))


def _any(reading: Reading, other: str) -> bool:
    names = ("overlap", "difference.auc", "difference.brier")
    return any(reading.figures.many(n, model=reading.headline, against=other) for n in names)


def _one(reading: Reading, metric: str, other: str) -> Metric | None:
    """Return the figure against another ranking; at one cut-off at most."""
    found = reading.figures.many(metric, model=reading.headline, against=other)
    return found[0] if found else None


def _words(reading: Reading, compared: list[str]) -> str:
    """Say against which rankings more are found, beyond what chance explains."""
    said = (
        "Two rankings can find equally many and still name different people. Differences are "
        f"{reading.called(reading.headline)} minus the other, and their intervals draw the same "
        "people for both: an interval that holds 0 means that chance alone could explain it."
    )
    more: list[str] = []
    same: list[str] = []
    fewer: list[str] = []
    for other in compared:
        found = _one(reading, "difference.precision", other)
        if found is None or found.low is None or found.high is None:
            continue
        kind = more if found.low > 0 else fewer if found.high < 0 else same
        kind.append(reading.called(other))
    name = reading.called(reading.headline)
    for who, words in (
        (more, f"{name} finds more than"),
        (same, f"{name} cannot be told apart in precision from"),
        (fewer, f"{name} finds fewer than"),
    ):
        said += f" {words[:1].upper()}{words[1:]} {listed(who)}." if who else ""
    return said


def _table(reading: Reading, compared: list[str]) -> Table:
    rows = []
    for other in compared:
        overlap = _one(reading, "overlap", other)
        k = overlap.k if overlap else None
        rows.append((
            Cell(reading.titled(other)), Cell(number(k)) if k else missing(), _shared(overlap),
            _points(_one(reading, "difference.precision", other)),
            _points(_one(reading, "difference.recall", other)),
            cell(_one(reading, "difference.auc", other), 3),
            cell(_one(reading, "difference.brier", other), 4)
            if reading.figures.one("brier", model=other) else Cell("no probabilities", muted=True),
        ))  # fmt: skip
    columns = (
        Column("Other ranking", number=False),
        Column("Cut-off k"),
        Column("On both lists"),
        Column("Precision, points"),
        Column("Recall, points"),
        Column("AUC"),
        Column("Brier score"),
    )
    base = reading.overall("base_rate")
    sizes = "n: k of the lists and precision"
    sizes += f"; AUC and Brier score: {size(base.n)}" if base else ""
    recall = _one(reading, "difference.recall", compared[0])
    sizes += f"; recall: {size(recall.n)}" if recall else ""
    tied = "Where a cut-off falls among equals, who is on a list is left to chance and averaged."
    return Table(
        key="against",
        caption=f"Against the other rankings: {reading.titled(reading.headline)} minus the other",
        columns=columns, rows=tuple(rows),
        notes=(f"{sizes}.", tied, "A lower Brier score is better.", *notes(tuple(rows))),
    )  # fmt: skip


def _shared(overlap: Metric | None) -> Cell:
    """Return how many people both lists hold, and what share of the list that is."""
    if overlap is None:
        return missing()
    found = cell(overlap)
    return Cell(f"{number(round(overlap.value * overlap.n))}, {found.text}", found.detail)


def _points(metric: Metric | None) -> Cell:
    """Return a difference of shares in percentage points."""
    if metric is None:
        return missing()
    span = ""
    if metric.low is not None and metric.high is not None:
        span = f"({100 * metric.low:+.1f} to {100 * metric.high:+.1f})"
    return Cell(f"{100 * metric.value:+.1f}", span)
