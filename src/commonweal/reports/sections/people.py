"""Whose records are whose: how good the linkage is, for whom, and what later records change."""

from __future__ import annotations

from collections.abc import Sequence

from commonweal.core.results import Metric
from commonweal.reports.cells import figure, notes
from commonweal.reports.parts import Cell, Column, Paragraph, Part, Section, Table
from commonweal.reports.reading import Reading
from commonweal.reports.words import number, spaced

TITLE = "Whose records are whose"
_MEASURES = (
    ("open", "pairs with a record without id"),
    ("pairwise", "all pairs"),
    ("b_cubed", "records (B-cubed)"),
)


def people(reading: Reading) -> Section:
    """Say how records became people, how good that is, and for whom."""
    metrics = [m for m in reading.content.metrics if m.metric.startswith("linkage.")]
    said = [f.message for f in reading.content.findings if f.code == "linkage.people"]
    parts: list[Part] = [Paragraph(text) for text in said]
    if metrics:
        parts += [_quality(metrics), *_by_group(metrics), *_later(metrics)]
        parts.append(
            Paragraph(
                "Measured by hiding ids that are known, and the fields that records without an id "
                "lack, and linking again. Wrong pairs count for the whole file. Where people are "
                "linked worse their histories are shorter, and their chances are put lower."
            )
        )
    return Section("people", TITLE, tuple(parts))


def _find(metrics: Sequence[Metric], name: str, group: str | None = None) -> Metric | None:
    return next((m for m in metrics if m.metric == f"linkage.{name}" and m.group == group), None)


def _quality(metrics: Sequence[Metric]) -> Table:
    rows = []
    for name, title in _MEASURES:
        found = [_find(metrics, f"{name}.{measure}") for measure in ("precision", "recall")]
        if any(found):
            rows.append((Cell(title), *(figure(m, n=True) for m in found)))
    columns = (
        Column("Counted over", number=False),
        Column("Precision: of those put together, one person's"),
        Column("Recall: of one person's, put together"),
    )
    return Table(key="linkage", caption="How good the linkage is, on hidden ids", columns=columns,
                 rows=tuple(rows), notes=notes(tuple(rows)))  # fmt: skip


def _titled(group: str) -> str:
    """Name a group; values were brought to capitals to be compared."""
    attribute, _, value = group.partition("=")
    return f"{spaced(attribute)}: {value.capitalize() if len(value) > 2 else value}"


def _by_group(metrics: Sequence[Metric]) -> list[Part]:
    groups = sorted({m.group for m in metrics if m.group and m.metric == "linkage.open.precision"})
    if not groups:
        return []
    rows = tuple(
        (
            Cell(_titled(group)),
            *(figure(_find(metrics, f"open.{m}", group), n=True) for m in ("precision", "recall")),
        )
        for group in groups
    )
    columns = (Column("Group", number=False), Column("Precision"), Column("Recall"))
    caption = "Over pairs with a record without id, by group"
    return [Table(key="linkage-groups", caption=caption, columns=columns, rows=rows,
                  notes=notes(rows))]  # fmt: skip


def _later(metrics: Sequence[Metric]) -> list[Part]:
    dates = sorted({m.as_of for m in metrics if m.as_of is not None})
    rows = []
    for day in dates:
        found = {m.metric: m for m in metrics if m.as_of == day}
        names = ("unchanged", "joined", "parted")
        mine = [
            found[f"linkage.later.{name}"] for name in names if f"linkage.later.{name}" in found
        ]
        if len(mine) == len(names):
            shares = (Cell(f"{m.value:.2%}") for m in mine)
            rows.append((Cell(day.isoformat()), Cell(number(mine[0].n)), *shares))
    if not rows:
        return []
    columns = (
        Column("As of", number=False),
        Column("People on record (n)"),
        Column("Stay the same people"),
        Column("Pairs put together by later records only"),
        Column("Pairs parted by later records"),
    )
    caption = "What later records change about who was who; each date uses what was known before it"
    return [Table(key="linkage-later", caption=caption, columns=columns, rows=tuple(rows))]
