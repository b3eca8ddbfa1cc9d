"""How good the rankings are: at capacity, at a few cut-offs, over all of them."""

from __future__ import annotations

from commonweal.core.results import Metric
from commonweal.evaluation.spec import ORACLE
from commonweal.reports import rules
from commonweal.reports.cells import figure, missing, notes
from commonweal.reports.figures import Figures, dates, nearest
from commonweal.reports.parts import Cell, Column, Facts, Group, Paragraph, Part, Section, Table
from commonweal.reports.reading import Reading
from commonweal.reports.sections.against import against
from commonweal.reports.sections.calibration import calibration
from commonweal.reports.sections.curves import curves
from commonweal.reports.sections.tuning import TITLE as SEARCHED
from commonweal.reports.sections.tuning import tuning
from commonweal.reports.sections.within import within
from commonweal.reports.words import UNPUBLISHED, number, size, sized, spaced

TITLE = "Results"
_CEILING = (
    "no model: the chances the simulation itself drew from. No ranking can be expected to find "
    "more, and of real people nobody can know it"
)


def results(reading: Reading) -> Section:
    """Compare the rankings on the test date."""
    content = reading.content
    base = reading.overall("base_rate")
    described = tuple((spaced(m), (rules.model(content.models[m]),))
                      for m in reading.models() if m in content.models)  # fmt: skip
    if reading.ceiling:
        described += ((reading.titled(ORACLE), (_CEILING,)),)
    said = (
        f"All figures are measured as of {reading.when}, on outcomes later than any a model had "
        "learned from; people may have been in the cohort of an earlier date too, as in use. "
        f"The base rate is {sized(base)}. Figures in brackets are 95% intervals."
    )
    parts: list[Part] = [Paragraph(said), Facts(described)]
    if any(reading.cutoff(model) for model in reading.rankings()):
        parts.append(_at_capacity(reading))
        parts += [table for table in (_headline(reading), _precision(reading)) if table.rows]
        parts += curves(reading)
    else:
        parts.append(Paragraph("No cut-off of any ranking could be published."))
        parts.append(_discrimination(reading))
    compared = against(reading)
    if compared:
        parts.append(Group("Against the other rankings", compared))
    parts.append(Group("Do predicted chances come true?", calibration(reading)))
    grouped = within(reading)
    if grouped:
        parts.append(Group("Do they come true within each group?", grouped))
    searched = tuning(reading)
    if searched:
        parts.append(Group(SEARCHED, searched))
    others = [day for day in dates(content.metrics) if day != reading.as_of]
    if others:
        parts.append(Group("Other test dates", (_dates(reading),)))
    return Section("results", TITLE, tuple(parts))


def _at_capacity(reading: Reading) -> Table:
    """Show every model at its published cut-off nearest to the capacity."""
    ks = {model: reading.cutoff(model) for model in reading.rankings()}
    tied = any(_ties(reading, m, k) not in ("", UNPUBLISHED) for m, k in ks.items() if k)
    rows = []
    for model, k in ks.items():
        cells = [Cell(reading.titled(model)), Cell(number(k)) if k else missing()]
        cells.append(_at(reading, "precision", model, k))
        if tied:
            cells.append(Cell((_ties(reading, model, k) if k else UNPUBLISHED) or "no difference"))
        cells += [_at(reading, name, model, k) for name in ("recall", "total_recall")]
        cells.append(figure(reading.figures.one("auc", model=model), 3))
        rows.append(tuple(cells))
    columns = [Column("Ranking", number=False), Column("Cut-off k"), Column("Precision")]
    columns += [Column("If ties fell worst or best")] if tied else []
    columns += [Column("Recall"), Column("Total recall"), Column("AUC")]
    capacity = reading.content.capacity
    moved = [k for k in ks.values() if k and k != capacity.k]
    said = [reading.moved(reading.k)] if reading.k and moved and reading.moved(reading.k) else []
    if not said and moved:
        said.append("Where a cut-off is not the capacity, it is the nearest one published.")
    return Table(
        key="models", caption=f"The rankings at capacity, {number(capacity.k)} {capacity.unit}",
        columns=tuple(columns), rows=tuple(rows),
        notes=(_sizes(reading), *said, *notes(tuple(rows))),
    )  # fmt: skip


def _headline(reading: Reading) -> Table:
    """Show the headline model at the cut-offs the study asks for."""
    model, rows = reading.headline, []
    published = reading.figures.cutoffs("precision", model=model)
    wanted = {*reading.content.evaluation.cutoffs, reading.content.capacity.k}
    near = {nearest(k, published, within=0.25) for k in wanted}
    ks = sorted(k for k in near if k)
    tied = any(_ties(reading, model, k) not in ("", UNPUBLISHED) for k in ks)
    for k in ks:
        cells = [Cell(f"top {number(k)}"), _at(reading, "precision", model, k)]
        cells += [Cell(_ties(reading, model, k) or "no difference")] if tied else []
        cells += [_at(reading, name, model, k) for name in ("recall", "total_recall")]
        rows.append(tuple(cells))
    columns = [Column("Cut-off", number=False), Column("Precision")]
    columns += [Column("If ties fell worst or best")] if tied else []
    columns += [Column("Recall"), Column("Total recall")]
    return Table(
        key="cutoffs", caption=f"{reading.called(model)} at a few cut-offs",
        columns=tuple(columns), rows=tuple(rows), notes=(_sizes(reading), *notes(tuple(rows))),
    )  # fmt: skip


def _precision(reading: Reading) -> Table:
    """Show every model's precision at the cut-offs the study asks for."""
    wanted = sorted({*reading.content.evaluation.cutoffs, reading.content.capacity.k})
    rows = []
    for k in wanted:
        cells = [Cell(f"top {number(k)}")]
        for model in reading.rankings():
            published = reading.figures.cutoffs("precision", model=model)
            at = nearest(k, published, within=0.25)
            found = _at(reading, "precision", model, at)
            moved = f"{found.detail} at {number(at)}" if at and at != k else found.detail
            cells.append(Cell(found.text, moved, muted=found.muted))
        if not all(cell.muted for cell in cells[1:]):
            rows.append(tuple(cells))
    columns = (
        Column("Cut-off", number=False),
        *(Column(reading.titled(m)) for m in reading.rankings()),
    )
    moved_note = "“at” names the nearest published cut-off where it is another one."
    used = any(" at " in cell.detail for row in rows for cell in row)
    return Table(
        key="precision", caption="Precision of every ranking at a few cut-offs; n is the cut-off",
        columns=columns, rows=tuple(rows),
        notes=(*((moved_note,) if used else ()), *notes(tuple(rows))),
    )  # fmt: skip


def _discrimination(reading: Reading) -> Table:
    rows = tuple(
        (Cell(reading.titled(m)), figure(reading.figures.one("auc", model=m), 3, n=True))
        for m in reading.rankings()
    )
    columns = (Column("Ranking", number=False), Column("AUC"))
    return Table(key="models", caption="The rankings as a whole", columns=columns, rows=rows,
                 notes=notes(rows))  # fmt: skip


def _dates(reading: Reading) -> Table:
    """Show the headline model at its cut-off nearest to capacity, date by date."""
    content, model, rows = reading.content, reading.headline, []
    for day in dates(content.metrics):
        figures = Figures.of(content.metrics, day)
        k = nearest(content.capacity.k, figures.cutoffs("precision", model=model))
        found = figures.one("precision", model=model, k=k) if k else None
        cells = [Cell(day.isoformat()), Cell(number(k)) if k else missing(), figure(found)]
        cells.append(figure(figures.one("base_rate", model=model), n=True))
        cells.append(figure(figures.one("auc", model=model), 3))
        rows.append(tuple(cells))
    columns = (
        Column("As-of date", number=False),
        Column("Cut-off k"),
        Column("Precision"),
        Column("Base rate"),
        Column("AUC"),
    )
    caption = f"{reading.called(model)} on every test date; n of precision is the cut-off"
    return Table(key="dates", caption=caption, columns=columns, rows=tuple(rows),
                 notes=notes(tuple(rows)))  # fmt: skip


def _at(reading: Reading, metric: str, model: str, k: int | None) -> Cell:
    return figure(reading.figures.one(metric, model=model, k=k) if k else None)


def _ties(reading: Reading, model: str, k: int) -> str:
    """Say the worst and best precision that ties at k allow; empty where there are none."""
    worst = reading.figures.one("precision_worst", model=model, k=k)
    best = reading.figures.one("precision_best", model=model, k=k)
    if worst is None or best is None:
        return UNPUBLISHED
    if worst.value == best.value:
        return ""
    return f"{100 * worst.value:.1f}% to {100 * best.value:.1f}%"


def _sizes(reading: Reading) -> str:
    """Say what each figure is a share of."""
    k = reading.k
    sizes: list[tuple[str, Metric | None]] = [
        ("recall", reading.overall("recall", k)),
        ("total recall", reading.overall("total_recall", k)),
        ("AUC", reading.overall("auc")),
    ]
    said = ["precision is out of k"]
    said += [f"{name}: {size(m.n)}" for name, m in sizes if m is not None]
    return f"n: {'; '.join(said)}."
