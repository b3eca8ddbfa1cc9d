"""What else happens to the people whom the ranking puts first."""

from __future__ import annotations

from commonweal.reports import rules
from commonweal.reports.cells import figure, missing, notes
from commonweal.reports.figures import nearest
from commonweal.reports.parts import Cell, Column, Facts, Notice, Paragraph, Section, Table
from commonweal.reports.reading import Reading
from commonweal.reports.words import number, spaced

TITLE = "Other outcomes of the same list"
_CAUTION = (
    "Other outcomes may measure what agencies do as much as what people do or suffer: an arrest is "
    "recorded where the police look, a service where it is offered. That people put first by this "
    "ranking have another outcome more often does not make the ranking a prediction of it, and "
    "gives no reason to use it for another purpose than the one reviewed."
)


def outcomes(reading: Reading) -> Section:
    """Show the headline's ranking on every other outcome; nothing where the study has none."""
    declared = reading.content.outcomes
    if not declared:
        return Section("outcomes", TITLE, ())
    intro = (
        f"The {reading.people} and their order are those of {reading.called(reading.headline)} as "
        f"of {reading.when}; no model was trained on any of these outcomes."
    )
    said = tuple((spaced(name), (rules.outcome(spec),)) for name, spec in declared.items())
    return Section(
        "outcomes", TITLE,
        (Paragraph(intro), Notice("With care", _CAUTION), Facts(said), _table(reading)),
    )  # fmt: skip


def _table(reading: Reading) -> Table:
    figures, model = reading.figures, reading.headline
    names: list[str | None] = [None, *reading.content.outcomes]
    rows = []
    for name in names:
        ks = [m.k for m in figures.many("precision", model=model, outcome=name) if m.k]
        k = nearest(reading.content.capacity.k, ks)
        title = spaced(name) if name else "the outcome predicted"
        row = [Cell(title), Cell(number(k)) if k else missing()]
        row.append(figure(figures.one("base_rate", model=model, outcome=name), n=True))
        for metric in ("precision", "recall", "total_recall"):
            found = figures.one(metric, model=model, k=k, outcome=name) if k else None
            row.append(figure(found, n=metric != "precision"))
        row.append(figure(figures.one("auc", model=model, outcome=name), 3))
        rows.append(tuple(row))
    columns = (
        Column("Outcome", number=False), Column("Cut-off k"), Column("Base rate"),
        Column("Precision: of the list, had it"), Column("Recall: of those with it, in the list"),
        Column("Total recall: the same of everybody with it"), Column("AUC"),
    )  # fmt: skip
    return Table(
        key="outcomes-table", caption="The same list, by other outcomes", columns=columns,
        rows=tuple(rows), notes=notes(tuple(rows)),
    )  # fmt: skip
