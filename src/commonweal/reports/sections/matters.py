"""What matters, where the study asks: few features, proxies of attributes, and more data."""

from __future__ import annotations

from collections.abc import Sequence

from commonweal.core.results import Metric
from commonweal.reports.cells import figure, missing
from commonweal.reports.parts import Cell, Column, Group, Paragraph, Part, Table
from commonweal.reports.reading import Reading
from commonweal.reports.words import day, decimal, estimate, number, percent, spaced


def matters(reading: Reading) -> tuple[Part, ...]:
    """Return a group for each of the questions that the study asks and that has an answer."""
    groups = (_selection(reading), _proxies(reading), _learning(reading))
    return tuple(group for group in groups if group is not None)


def _named(reading: Reading, metric: str) -> list[Metric]:
    return [m for m in reading.content.metrics if m.metric == metric]


def _selection(reading: Reading) -> Group | None:
    """List the features chosen one after the other (paper C, Table B.6)."""
    mine = [m for m in _named(reading, "selection.residualized") if m.model == reading.headline]
    if not mine:
        return None
    original = {
        m.k: m for m in _named(reading, "selection.original") if m.model == reading.headline
    }
    rows = tuple(
        (
            Cell((m.group or "").partition("=")[2]), Cell(number(m.k or 0)),
            Cell(decimal(m.value)), Cell(decimal(original[m.k].value)),
        )
        for m in mine
    )  # fmt: skip
    columns = (
        Column("Feature", number=False), Column("Place"), Column("Correlation with the rest"),
        Column("By itself"),
    )  # fmt: skip
    said = (
        "Features chosen one after the other: first the one with the highest correlation with the "
        "outcome, then the one with the highest correlation of what the chosen ones do not tell "
        "about it already. A feature that is not in the list may be as strong as one that is, and "
        "say the same. Chosen on training rows only."
    )
    caption = f"Features by what they add, {number(mine[0].n)} training rows"
    table = Table(key="selection", caption=caption, columns=columns, rows=rows)
    return Group("Which few features carry the most", (Paragraph(said), table))


def _proxies(reading: Reading) -> Group | None:
    """Say how well each protected attribute can be guessed."""
    areas = _named(reading, "proxy.auc")
    if not areas:
        return None
    right = {m.group: m for m in _named(reading, "proxy.accuracy")}
    largest = {m.group: m for m in _named(reading, "proxy.largest")}
    first = areas[0]
    when = day(first.as_of) if first.as_of else "the test date"
    said = [
        f"{spaced(name)} is guessed right for {percent(m.value)}, against "
        f"{percent(largest[name].value)} by naming the largest group for everybody"
        for name, m in right.items()
        if name is not None and name in largest
    ]
    shares = f" There {'; '.join(said)}." if said else ""
    text = (
        f"How well a model can guess an attribute from the features that "
        f"{reading.called(reading.headline)} sees, about {reading.people} of {when} who are in no "
        f"earlier date it learned from.{shares} Keeping an attribute out of the features does not "
        "keep out what others tell about it."
    )
    rows = tuple(
        (Cell(spaced((m.group or "").replace("=", ": "))), figure(m, 3), Cell(number(m.n)))
        for m in areas
    )
    columns = (Column("Group", number=False), Column("AUC (95% interval)"), Column("n"))
    caption = f"Telling a group from everybody else, {when}"
    table = Table(key="proxies", caption=caption, columns=columns, rows=rows)
    return Group("Whether attributes can be guessed", (Paragraph(text), table))


def _learning(reading: Reading) -> Group | None:
    """Say what more data would bring."""
    areas = _named(reading, "learning.auc")
    if not areas:
        return None
    precise = {m.k: m for m in _named(reading, "learning.precision")}
    rows = tuple((Cell(number(m.k or 0)), figure(m, 3), _or_missing(precise, m.k)) for m in areas)
    columns = (
        Column("Rows learned from"), Column("AUC (95% interval)"),
        Column("Precision at the number of positives"),
    )  # fmt: skip
    caption = f"Learning from fewer people; measured on {number(areas[0].n)} validation rows"
    table = Table(key="learning", caption=caption, columns=columns, rows=rows)
    gains = _gains(_named(reading, "learning.last"), _named(reading, "learning.doubled"))
    text = (
        f"{reading.called(reading.headline)} was fitted on shares of the {reading.people} it "
        f"learns from, and measured on validation dates. {gains} Data of another kind "
        "are not foreseen by it."
    )
    return Group("Whether more data would help", (Paragraph(text), table))


def _or_missing(found: dict[int | None, Metric], k: int | None) -> Cell:
    return figure(found[k]) if k in found else missing()


def _gains(last: Sequence[Metric], doubled: Sequence[Metric]) -> str:
    said = f"The last share added {estimate(last[0], 3)} AUC." if last else ""
    if doubled:
        said += f" Twice the data are expected to add {estimate(doubled[0], 3)}."
    return said
