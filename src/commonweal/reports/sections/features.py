"""What the headline model uses."""

from __future__ import annotations

from commonweal.reports.cells import missing
from commonweal.reports.content import BlockSummary
from commonweal.reports.frame import Axis, Point
from commonweal.reports.ladder import Rung, ladder
from commonweal.reports.parts import Cell, Column, Figure, Paragraph, Part, Section, Table
from commonweal.reports.reading import Reading
from commonweal.reports.sections.matters import matters
from commonweal.reports.words import counted, listed, number, percent, spaced

TITLE = "What the model uses"


def features(reading: Reading) -> Section:
    """Say which feature blocks carry the headline model, with examples."""
    blocks = sorted(reading.content.blocks, key=lambda b: (-b.share, b.name))
    model = reading.called(reading.headline)
    if not blocks:
        return Section("features", TITLE, (Paragraph(f"{model} uses no feature on record."),))
    used = [b for b in blocks if b.share > 0]
    columns = sum(b.columns for b in blocks)
    said = f"The study builds {counted(columns, 'feature')} in {counted(len(blocks), 'block')}. "
    if used:
        first = [f"{spaced(b.name)} ({percent(b.share)})" for b in used[:3]]
        said += (
            f"Most of what {model} uses is in {listed(first)}. A share says how much the model "
            "draws on a block, not that the block causes the outcome."
        )
    else:
        said += f"{model} does not say how much it draws on each."
    said += " Every feature is described in dictionary.csv, beside this report."
    parts: list[Part] = [Paragraph(said)]
    if used:
        parts.append(_figure(used, model))
    parts.append(_table(blocks, bool(used)))
    parts += matters(reading)
    return Section("features", TITLE, tuple(parts))


def _figure(used: list[BlockSummary], model: str) -> Figure:
    rungs = [Rung(spaced(b.name), (Point(0, b.share),)) for b in used]
    axis = Axis("share of what the model uses", max(b.share for b in used) * 1.1)
    label = f"Share of each feature block in what the model {model} uses"
    said = [f"{spaced(b.name)} {percent(b.share)}" for b in used]
    caption = f"{listed(said)}. The same figures are in the table below."
    return Figure(
        key="blocks", title="Share by block", caption=caption,
        svg=ladder(label, rungs, axis, stems=True),
    )  # fmt: skip


def _table(blocks: list[BlockSummary], used: bool) -> Table:
    rows = tuple(
        (
            Cell(spaced(b.name)),
            Cell(spaced(b.kind)),
            Cell(number(b.columns)),
            Cell(percent(b.share)) if used else missing("not known"),
            Cell("", items=tuple(f"{name}: {meaning}" for name, meaning in b.examples)),
        )
        for b in blocks
    )
    columns = (
        Column("Block", number=False),
        Column("Kind", number=False),
        Column("Features"),
        Column("Share"),
        Column("Examples, the most used first", number=False),
    )
    return Table(key="blocks-table", caption="Feature blocks", columns=columns, rows=rows)
