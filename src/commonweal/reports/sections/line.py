"""Where to draw the line: a table of thresholds, a line moved, and the rankings' trade-offs."""

from __future__ import annotations

from commonweal.core.results import Metric
from commonweal.evaluation.spec import ORACLE
from commonweal.evaluation.thresholds import handful
from commonweal.models.spec import BaseRateSpec
from commonweal.reports.cells import figure, missing, notes
from commonweal.reports.charts import Curve, Series, curve
from commonweal.reports.frame import Axis, Point
from commonweal.reports.marks import CEILING, line_mark, style
from commonweal.reports.parts import (
    Cell,
    Column,
    Details,
    Figure,
    Group,
    Paragraph,
    Part,
    Section,
    Table,
)
from commonweal.reports.reading import Reading
from commonweal.reports.sections.shares import label, names
from commonweal.reports.words import estimate, listed, number, size, spaced

TITLE = "Where to draw the line"
_MOST = 40
_CHOICE = {
    "help": "How many are offered a place", "burden": "How many the action would be done to",
}  # fmt: skip
_MOVED = {
    ("help", True): "gain a place", ("help", False): "lose a place",
    ("burden", True): "would come under the action", ("burden", False): "would be spared",
}  # fmt: skip


def line(reading: Reading) -> Section:
    """Show what leaders choose between: thresholds, a moved line, models."""
    ks = _cutoffs(reading)
    if not ks:
        return Section("line", TITLE, ())
    intro = (
        f"{_CHOICE[reading.content.action.kind]} is a choice, not a result. A lower line reaches "
        "more of those with the outcome, and more of those without; whoever stands just below a "
        "line is treated like everybody below it, however close. No score is shown: a line is "
        f"named by how many {reading.people} stand above it."
    )
    tables: list[Part] = [_whole(reading, ks)]
    for place, attribute in enumerate(reading.content.protected):
        table = _by_group(reading, attribute, place)
        if table is not None:
            tables.append(Details(f"The same by {spaced(attribute)}", (table,)))
    parts: list[Part] = [Paragraph(intro), Group("Decision thresholds", tuple(tables))]
    moves = _moves(reading)
    if moves:
        parts.append(Group("If the line were moved", moves))
    picture = _tradeoff(reading)
    if picture is not None:
        parts.append(Group("The trade-off between the rankings", (picture,)))
    return Section("line", TITLE, tuple(parts))


def _cutoffs(reading: Reading, group: str | None = None) -> tuple[int, ...]:
    content = reading.content
    published = reading.figures.cutoffs("precision", model=reading.headline, group=group)
    return handful(content.capacity.k, content.evaluation.cutoffs, published)


def _whole(reading: Reading, ks: tuple[int, ...]) -> Table:
    rows = []
    for k in ks:
        found = [reading.overall(name, k) for name in ("precision", "recall", "total_recall")]
        rows.append((_named(reading, k), *(figure(m) for m in found)))
    columns = (
        Column("Above the line"), Column("Precision: had the outcome"),
        Column("Recall: of those with the outcome"), Column("Total recall: people outside too"),
    )  # fmt: skip
    caption = f"Decision thresholds of {reading.called(reading.headline)}. n of precision is the "
    recall = reading.overall("recall", ks[0])
    caption += "number above the line" + (f"; recall: {size(recall.n)}" if recall else "")
    return Table(key="thresholds", caption=caption, columns=columns, rows=tuple(rows),
                 notes=notes(tuple(rows)))  # fmt: skip


def _named(reading: Reading, k: int) -> Cell:
    capacity = reading.content.capacity
    return Cell(number(k), f"({capacity.unit})" if k == capacity.k else "")


def _by_group(reading: Reading, attribute: str, place: int) -> Table | None:
    """Show precision and recall of each group at each threshold published by it."""
    groups = names(reading, attribute)
    published = {
        k for g in groups
        for k in reading.figures.cutoffs("selection_rate", model=reading.headline, group=g)
    }  # fmt: skip
    content = reading.content
    ks = handful(content.capacity.k, content.evaluation.cutoffs, published)
    rows = []
    for k in ks:
        for name in groups:
            found = [reading.figures.one(m, model=reading.headline, k=k, group=name)
                     for m in ("composition.top", "precision", "recall")]  # fmt: skip
            top, precision, recall = found
            cells = [Cell(label(attribute, name)), _named(reading, k), figure(top)]
            nobody = top is not None and top.value == 0
            cells.append(missing("nobody above") if nobody else figure(precision, n=True))
            rows.append((*cells, figure(recall, n=True)))
    if not rows:
        return None
    columns = (
        Column("Group", number=False), Column("Above the line"), Column("Part of those above"),
        Column("Precision"), Column("Recall"),
    )  # fmt: skip
    caption = (
        f"Decision thresholds by {spaced(attribute)}; n of precision is the group's "
        f"{reading.people} above the line, n of a part is the number above it"
    )
    return Table(key=f"thresholds-{place}", caption=caption, columns=columns, rows=tuple(rows),
                 notes=notes(tuple(rows)))  # fmt: skip


def _moves(reading: Reading) -> tuple[Part, ...]:
    """Show every move of the line that was measured, everybody first and then group by group."""
    found = [m for m in reading.content.metrics
             if m.metric == "moved.people" and m.as_of == reading.as_of
             and m.model == reading.headline]  # fmt: skip
    pairs = sorted({(int(m.against or 0), m.k or 0) for m in found}, key=lambda p: p[1])
    return tuple(part for pair in pairs for part in _move(reading, *pair))


def _move(reading: Reading, old: int, new: int) -> list[Part]:
    words = _MOVED[reading.content.action.kind, new > old]
    rows = [
        row for group in (None, *reading.figures.groups)
        if (row := _row(reading, old, new, group)) is not None
    ]  # fmt: skip
    columns = (
        Column("Group", number=False), Column(f"{reading.people.capitalize()} who {words}"),
        Column("Of the group"), Column("Of them, had the outcome"), Column("Change in precision"),
        Column("Change in recall"),
    )  # fmt: skip
    said = (
        f"From {number(old)} to {number(new)}: those between the two lines {words}. "
        "Changes are new less old, in percentage points, with 95% intervals."
    )
    table = Table(
        key=f"moved-{new}", caption=f"The line moved from {number(old)} to {number(new)}",
        columns=columns, rows=tuple(rows), notes=notes(tuple(rows)),
    )  # fmt: skip
    return [Paragraph(said), table]


def _row(reading: Reading, old: int, new: int, group: str | None) -> tuple[Cell, ...] | None:
    def one(name: str) -> Metric | None:
        return reading.figures.one(
            f"moved.{name}", model=reading.headline, k=new, group=group, against=str(old)
        )

    people = one("people")
    if people is None:
        return None
    name = "everybody" if group is None else group.replace("=", ": ", 1)
    nobody = people.value == 0
    return (
        Cell(spaced(name)),
        Cell(number(round(people.value))),
        figure(one("share"), n=True),
        missing("nobody between") if nobody else figure(one("precision")),
        figure(one("precision_change")),
        figure(one("recall_change")),
    )


def _tradeoff(reading: Reading) -> Figure | None:
    """Draw precision against recall over all published cut-offs, every ranking."""
    models = [m for m in reading.rankings() if len(_points(reading, m)) > 1
              and not isinstance(reading.content.models.get(m), BaseRateSpec)]  # fmt: skip
    if not models:
        return None
    drawn = {m: CEILING if m == ORACLE else style(i) for i, m in enumerate(models)}
    series = tuple(Series(m, _points(reading, m), drawn[m]) for m in models)
    top = max(p.y for s in series for p in s.points)
    spec = Curve(
        label=f"Precision against recall for {listed([reading.titled(m) for m in models])}",
        series=series, x=Axis("recall", 1.05), y=Axis("precision", min(1.0, top * 1.05) or 1.0),
    )  # fmt: skip
    said = (
        "Each ranking's line runs from a short list (left) to a long one (right): the higher a "
        f"line, the fewer without the outcome are reached. {_at(reading, models)}"
    )
    legend = tuple(line_mark(reading.titled(m), drawn[m]) for m in models)
    return Figure(key="tradeoff", title="Precision against recall", caption=said.strip(),
                  svg=curve(spec), legend=legend)  # fmt: skip


def _points(reading: Reading, model: str) -> tuple[Point, ...]:
    """Return (recall, precision) at cut-offs spread evenly over recall."""
    recalls = {m.k: m.value for m in reading.figures.many("recall", model=model)}
    found = [
        Point(recalls[m.k], m.value)
        for m in reading.figures.many("precision", model=model) if m.k in recalls
    ]  # fmt: skip
    if len(found) <= _MOST:
        return tuple(found)
    targets = [found[-1].x * i / (_MOST - 1) for i in range(_MOST)]
    near = {min(range(len(found)), key=lambda i: (abs(found[i].x - t), i)) for t in targets}
    return tuple(found[i] for i in sorted(near))


def _at(reading: Reading, models: list[str]) -> str:
    said = []
    for model in models:
        k = reading.cutoff(model)
        pair = [reading.figures.one(m, model=model, k=k) for m in ("precision", "recall")]
        if k and all(pair):
            said.append(
                f"{reading.called(model)} at {number(k)}: precision {estimate(pair[0])}, recall "
                f"{estimate(pair[1])}"
            )
    return f"Nearest to the capacity: {listed(said)}." if said else ""
