"""Other choices than the declared one, run side by side with it."""

from __future__ import annotations

from collections.abc import Sequence

from commonweal.core.results import Metric, Severity
from commonweal.reports.cells import count, figure, missing, notes
from commonweal.reports.content import VariantSummary
from commonweal.reports.frame import Axis, Point
from commonweal.reports.ladder import Rung, ladder
from commonweal.reports.marks import point_mark
from commonweal.reports.parts import Cell, Column, Figure, Group, Paragraph, Part, Section, Table
from commonweal.reports.reading import Reading
from commonweal.reports.words import counted, number, spaced

TITLE = "Other choices, side by side"
DECLARED = "declared"
_KINDS = (
    (
        "feature set",
        "What the model can do without",
        "Each set is a model fitted again without some of what the declared one sees, or with it "
        "alone. What can be left out without loss is not useless: other features may say the same. "
        "What cannot be left out is not a cause.",
    ),
    (
        "few features",
        "How many features are needed",
        "Features are chosen one after the other on the training dates: the one most correlated "
        "with the outcome, then the one most correlated once the first is accounted for, and so "
        "on. Each model sees only the first few.",
    ),
    (
        "variant",
        "Other outcomes, cohorts and treatments",
        "Each variant is a choice that could have been made. Where the outcome is another one, "
        "precision is the share with that outcome, and no difference is given.",
    ),
)


def choices(reading: Reading) -> Section:
    """Show every variant beside what is declared; nothing where none was run."""
    variants = reading.content.variants
    if not variants:
        return Section("choices", TITLE, ())
    parts: list[Part] = [Paragraph(_chosen(reading)), _specifications(reading, variants)]
    for place, (kind, title, said) in enumerate(_KINDS):
        mine = [v for v in variants if v.kind == kind]
        if mine:
            parts.append(Group(title, (Paragraph(said), *_compared(reading, mine, place))))
    return Section("choices", TITLE, tuple(parts))


def _chosen(reading: Reading) -> str:
    """Say what was chosen before the test was opened."""
    opened = [f for f in reading.content.findings if f.code == "evaluation.openings"]
    again = any(f.severity is not Severity.PASS for f in opened)
    many = counted(len(reading.content.variants), "other choice")
    said = (
        f"The version that the study file declares leads this report; {many} were run beside it, "
        "in the same run, so that a reader sees what hangs on the choice."
    )
    if not again:
        said += (
            f" Which version leads was fixed before the outcomes after {reading.when} were looked "
            "at: no figure of this section chose anything."
        )
    return f"{said} {' '.join(f.message for f in opened)}".strip()


def _specifications(reading: Reading, variants: Sequence[VariantSummary]) -> Table:
    """Say what each version changes, and whom it is about."""
    rows = [_specification(reading, None, "declared", ("what the study file says",))]
    for one in variants:
        changes = one.changes or ("as declared",)
        rows.append(_specification(reading, one.name, one.name, changes, one.what))
    columns = (
        Column("Version", number=False),
        Column("What it changes", number=False),
        Column("n"),
        Column("Had the outcome"),
        Column("Base rate"),
        Column("AUC"),
    )
    caption = f"The versions, as of {reading.when}"
    return Table(key="versions", caption=caption, columns=columns, rows=tuple(rows),
                 notes=notes(tuple(rows)))  # fmt: skip


def _specification(
    reading: Reading, variant: str | None, name: str, changes: tuple[str, ...], what: str = ""
) -> tuple[Cell, ...]:
    rate = _one(reading, "base_rate", variant)
    people = _one(reading, "people", variant) if variant else None
    positives = _one(reading, "positives", variant) if variant else None
    n = people.n if people else rate.n if rate else None
    had = round(positives.value) if positives else round(rate.value * rate.n) if rate else None
    return (
        Cell(spaced(name)),
        Cell(what, items=changes),
        count(n),
        count(had),
        figure(rate),
        figure(_one(reading, "auc", variant), 3),
    )


def _compared(reading: Reading, mine: Sequence[VariantSummary], place: int) -> list[Part]:
    """Show precision near capacity of every version, and its difference from the declared one."""
    k = reading.k
    if k is None:
        return [Paragraph("No cut-off of the declared version could be published.")]
    rows = [_row(reading, None, "declared", k)]
    rows += [_row(reading, one.name, one.name, k) for one in mine]
    columns = (
        Column("Version", number=False),
        Column("Precision"),
        Column("Difference"),
        Column("Recall"),
        Column("AUC, difference"),
        Column("Of its list, on the declared one"),
    )
    caption = f"The top {number(k)} of each version; n of precision is the cut-off"
    table = Table(
        key=f"compared-{place}", caption=caption, columns=columns, rows=tuple(rows),
        notes=(
            "Differences are the version less the declared one, of precision in percentage points; "
            "people are drawn once for both, so what they share cancels. The first row holds the "
            "AUC itself.",
            *notes(tuple(rows)),
        ),
    )  # fmt: skip
    return [table, *_figure(reading, mine, k, place)]


def _row(reading: Reading, variant: str | None, name: str, k: int) -> tuple[Cell, ...]:
    precise = _near(reading, "precision", variant, k)
    at = precise.k if precise else None
    cells = [Cell(spaced(name)), figure(precise)]
    if precise is not None and at != k:
        cells[1] = Cell(cells[1].text, f"{cells[1].detail} at {number(at or 0)}")
    if variant is None:
        same = missing("itself")
        recall = figure(_near(reading, "recall", None, k))
        auc = figure(_one(reading, "auc", None), 3)
        return (*cells, same, recall, auc, same)
    cells.append(_points(_near(reading, "difference.precision", variant, k, DECLARED)))
    cells.append(figure(_near(reading, "recall", variant, k)))
    moved = _one(reading, "difference.auc", variant, DECLARED)
    cells.append(_apart(moved))
    cells.append(figure(_near(reading, "overlap", variant, k, DECLARED)))
    return tuple(cells)


def _figure(reading: Reading, mine: Sequence[VariantSummary], k: int, place: int) -> list[Figure]:
    """Draw the precision of each version on its rung."""
    rungs, end = [], 0.0
    for variant, name in [(None, "declared"), *((v.name, v.name) for v in mine)]:
        found = _near(reading, "precision", variant, k)
        if found is not None:
            point = Point(0, found.value, found.low, found.high)
            end = max(end, found.value, found.high or 0.0)
            rungs.append(Rung(spaced(name), (point,)))
    if len(rungs) < 2:
        return []
    title = f"Precision in the top {number(k)}, version by version"
    axis = Axis("precision, with 95% interval", min(1.0, 1.05 * end) or 1.0)
    svg = ladder(title, rungs, axis)
    caption = "The figures are in the table above."
    return [
        Figure(key=f"compared-figure-{place}", title=title, caption=caption, svg=svg,
               legend=(point_mark("precision", 0),))
    ]  # fmt: skip


def _points(metric: Metric | None) -> Cell:
    """Write a difference of shares in percentage points, with its sign."""
    if metric is None or metric.low is None or metric.high is None:
        return missing()
    low, high = f"{100 * metric.low:+.1f}", f"{100 * metric.high:+.1f}"
    return Cell(f"{100 * metric.value:+.1f}", f"({low} to {high})")


def _apart(metric: Metric | None) -> Cell:
    """Write a difference in AUC, with its sign."""
    if metric is None or metric.low is None or metric.high is None:
        return missing()
    return Cell(f"{metric.value:+.3f}", f"({metric.low:+.3f} to {metric.high:+.3f})")


def _one(
    reading: Reading, metric: str, variant: str | None, against: str | None = None
) -> Metric | None:
    return reading.figures.one(metric, model=reading.headline, variant=variant, against=against)


def _near(
    reading: Reading, metric: str, variant: str | None, k: int, against: str | None = None
) -> Metric | None:
    """Return the figure at the cut-off nearest to `k`, within a quarter of it."""
    found = reading.figures.many(
        metric, model=reading.headline, variant=variant, against=against
    )  # fmt: skip
    near = min((m for m in found if m.k), key=lambda m: (abs((m.k or 0) - k), m.k), default=None)
    return near if near is not None and abs((near.k or 0) - k) <= k / 4 else None
