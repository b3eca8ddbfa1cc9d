"""Decision trees among the models: the picture, the rules, and what happened in each leaf."""

from __future__ import annotations

from commonweal.evaluation.leaves import OBSERVED
from commonweal.models.trees.rules import LeafFigure, figure_of, leaves_of
from commonweal.reports.cells import missing, notes
from commonweal.reports.content import TreeSummary
from commonweal.reports.parts import (
    Cell,
    Column,
    Details,
    Facts,
    Figure,
    Group,
    Paragraph,
    Part,
    Section,
    Table,
)
from commonweal.reports.reading import Reading
from commonweal.reports.trees_svg import picture
from commonweal.reports.words import counted, listed, number, percent, size

TITLE = "The tree, leaf by leaf"
_TOGETHER = (
    "Leaves named together are next to each other in rank, or have one chance. Told apart, they "
    "would show, or let someone work out, a number between 1 and 10. A figure of leaves told "
    "together is about all of them."
)


def trees(reading: Reading) -> Section:
    """Show every tree; nothing where the study has none."""
    told = reading.content.trees
    if len(told) == 1:
        return Section("tree", TITLE, _tree(reading, told[0]))
    groups = tuple(Group(reading.titled(one.model), _tree(reading, one)) for one in told)
    return Section("tree", TITLE, groups)


def observed(reading: Reading, model: str) -> tuple[LeafFigure, ...]:
    """Return what happened in the leaves at the test date, highest chance first."""
    return tuple(
        LeafFigure(leaves_of(m.group), m.n, m.value, m.low, m.high)
        for m in reading.figures.by_key.values()
        if m.metric == OBSERVED and m.model == model and m.group
    )


def _tree(reading: Reading, tree: TreeSummary) -> tuple[Part, ...]:
    found = observed(reading, tree.model)
    leaves = sum(one.leaf is not None for one in tree.branches)
    said = (
        f"{reading.called(tree.model)} is one tree of {counted(leaves, 'leaf', 'leaves')}: a few "
        f"conditions put each of the {reading.people} into one of them, and the share with the "
        "outcome among the rows of that leaf it was learned from is the predicted chance. "
        f"Search: {tree.found}."
    )
    how = (
        "The shares where it was learned flatter it: the leaves were chosen to be far apart there, "
        "and the outcome may have become rarer or more common since. "
        f"How it does on others is what happened as of {reading.when}: the picture and the last "
        "columns of the table."
    )
    parts: list[Part] = [Paragraph(said), Paragraph(how), _picture(reading, tree, found)]
    parts.append(_table(reading, tree, found))
    if tree.columns:
        meant = tuple((name, (meaning,)) for name, meaning in tree.columns)
        parts.append(Details(f"What the columns are ({len(meant)})", (Facts(meant),)))
    if tree.filled:
        parts.append(
            Paragraph(
                f"Filled where missing, before the tree sees them: {listed(tree.filled)}. See the "
                "model's settings."
            )
        )
    return tuple(parts)


def _picture(reading: Reading, tree: TreeSummary, found: tuple[LeafFigure, ...]) -> Figure:
    caption = (
        "From top to bottom: each condition stands under the one it follows, a step to the right. "
        "Squares are leaves. "
    )
    if found:
        best, least = found[0], found[-1]
        caption += (
            f"Points: share with the outcome as of {reading.when}, with its 95% interval. "
            f"Predicted highest: {_named(best)}, where it was {best.words()}."
        )
        caption += (
            f" Predicted lowest: {_named(least)}, where it was {least.words()}. "
            if len(found) > 1
            else " "
        )
    caption += "All figures are in the table below."
    return Figure(
        key=f"tree-{tree.model}", title=f"The tree {reading.called(tree.model)}", caption=caption,
        svg=picture(tree.branches, found, f"Decision tree of the model {tree.model}"),
    )  # fmt: skip


def _named(figure: LeafFigure) -> str:
    noun = "leaf" if len(figure.leaves) == 1 else "leaves"
    return f"{noun} {listed([str(one) for one in figure.leaves])}"


def _table(reading: Reading, tree: TreeSummary, found: tuple[LeafFigure, ...]) -> Table:
    total = sum(one.n for one in tree.learned)
    rows = tuple(
        (
            Cell(str(branch.leaf)),
            Cell("", items=branch.rule or ("everybody",)),
            *_learned(branch.leaf, figure_of(branch.leaf, tree.learned), total),
            *_observed(branch.leaf, figure_of(branch.leaf, found), bool(found)),
        )
        for branch in tree.branches
        if branch.leaf is not None
    )
    rows_said = f"of {number(total)} rows" if total else "of the rows"
    columns = (
        Column("Leaf", number=False),
        Column("Who falls into it", number=False),
        Column(f"Share {rows_said} learned from"),
        Column("Predicted chance"),
        Column("n at the test date"),
        Column("Share with the outcome"),
    )
    together = any(len(one.leaves) > 1 for one in (*tree.learned, *found))
    return Table(
        key=f"leaves-{tree.model}",
        caption=f"Leaves of {reading.called(tree.model)}, as of {reading.when}",
        columns=columns, rows=rows, notes=((_TOGETHER,) if together else ()) + notes(rows),
    )  # fmt: skip


def _learned(leaf: int, figure: LeafFigure | None, total: int) -> tuple[Cell, ...]:
    if figure is None:
        return missing(), missing()
    beside = _with(leaf, figure)
    return Cell(percent(figure.n / total), beside), Cell(percent(figure.rate), beside)


def _observed(leaf: int, figure: LeafFigure | None, known: bool) -> tuple[Cell, ...]:
    if figure is None:
        return (missing("nobody"), missing("nobody")) if known else (missing(), missing())
    beside = _with(leaf, figure)
    interval = size(figure.n)
    if figure.low is not None and figure.high is not None:
        interval = f"{percent(figure.low)} to {percent(figure.high)}"
    detail = f"({interval})"
    return Cell(number(figure.n), beside), Cell(percent(figure.rate), detail)


def _with(leaf: int, figure: LeafFigure) -> str:
    others = [str(one) for one in figure.leaves if one != leaf]
    return f"(with {listed(others)})" if others else ""
