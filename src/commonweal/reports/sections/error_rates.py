"""Error rates of the list by group, and how far groups differ in them."""

from __future__ import annotations

from collections.abc import Sequence

from commonweal.core.results import Metric
from commonweal.reports.cells import figure, missing, notes
from commonweal.reports.parts import Cell, Column, Paragraph, Part, Table
from commonweal.reports.reading import Reading
from commonweal.reports.sections.shares import label
from commonweal.reports.words import decimal, number, size, spaced

_RATES = (
    ("fairness.false_discovery", "False discovery rate: of those selected, had no outcome"),
    ("fairness.false_negative", "False negative rate: of those with the outcome, not selected"),
    ("fairness.false_positive", "False positive rate: of those without the outcome, selected"),
    ("fairness.calibration_gap", "Calibration gap: mean prediction less base rate, in points"),
)
_COMPARED = (
    ("difference.selection_rate", "Selection rate"),
    ("difference.false_discovery", "False discovery rate"),
    ("difference.false_negative", "False negative rate"),
    ("difference.false_positive", "False positive rate"),
    ("difference.calibration_gap", "Calibration gap"),
)
_IMPOSSIBLE = (
    "No measure decides whether the list treats groups as it should. Where groups differ in their "
    "base rates, a ranking that is not perfect cannot have equal precision, equal false positive "
    "and equal false negative rates at once (Chouldechova 2017), nor be calibrated in every group "
    "and balanced for those with and those without the outcome (Kleinberg, Mullainathan and "
    "Raghavan 2017). Which of them matters here is for the reviewers to decide."
)


def error_rates(
    reading: Reading, attribute: str, names: Sequence[str], place: int
) -> list[Part]:  # fmt: skip
    """Show what goes wrong for whom at the cut-off nearest to capacity, where it was measured."""
    ks = {m.k for name in names for m in _every(reading, "fairness.false_negative", name)}
    ks |= {m.k for name in names for m in _every(reading, "fairness.false_positive", name)}
    k = next((one for one in sorted(x for x in ks if x)), None)
    if k is None:
        return []
    parts: list[Part] = [_rates(reading, attribute, names, k, place), Paragraph(_IMPOSSIBLE)]
    compared = _differences(reading, attribute, names, k, place)
    return [*parts[:1], *([compared] if compared.rows else []), *parts[1:]]


def _every(reading: Reading, metric: str, group: str) -> tuple[Metric, ...]:
    return reading.figures.many(metric, model=reading.headline, group=group)


def _rates(reading: Reading, attribute: str, names: Sequence[str], k: int, place: int) -> Table:
    rows, model = [], reading.headline
    for name in names:
        row = [Cell(label(attribute, name))]
        for metric, _ in _RATES:
            found = reading.figures.one(metric, model=model, k=k, group=name)
            nobody = found is None and metric == "fairness.false_discovery"
            gap = metric == "fairness.calibration_gap"
            cell = _points(found) if gap else figure(found, n=True)
            row.append(missing("nobody selected") if nobody else cell)
        rows.append(tuple(row))
    columns = (Column("Group", number=False), *(Column(title) for _, title in _RATES))
    said = (
        "Intervals of rates are Wilson's, and take the cut-off as given; those of the tables above "
        "draw the people again and the cut-off with them, so the two differ a little."
    )
    return Table(
        key=f"errors-{place}",
        caption=f"What goes wrong for whom in the top {number(k)}, by {spaced(attribute)}",
        columns=columns, rows=tuple(rows), notes=(said, *notes(tuple(rows))),
    )  # fmt: skip


def _differences(
    reading: Reading, attribute: str, names: Sequence[str], k: int, place: int
) -> Table:
    figures, model = reading.figures, reading.headline
    against = {
        m.against for m in figures.by_key.values()
        if m.metric.startswith("difference.") and m.model == model and m.group in names
        and m.against
    }  # fmt: skip
    reference = min(against, default="")
    rows = []
    for name in names:
        found = [
            figures.one(metric, model=model, k=k, group=name, against=reference)
            for metric, _ in _COMPARED
        ]
        adjusted = [
            figures.one(f"{metric}.p_adjusted", model=model, k=k, group=name, against=reference)
            for metric, _ in _COMPARED
        ]
        if any(found):
            cells = [_points(m, p) for m, p in zip(found, adjusted, strict=True)]
            rows.append((Cell(label(attribute, name)), *cells))
    columns = (Column("Group", number=False), *(Column(title) for _, title in _COMPARED))
    said = (
        "Percentage points, with Newcombe's intervals (a normal one for the calibration gap); p is "
        "that of a z-test with Holm's adjustment for all comparisons of this table. n counts both "
        "groups. A difference that is not seen may still be there: see how wide its interval is."
    )
    whose = label(attribute, reference)
    return Table(
        key=f"differences-{place}",
        caption=f"Differences from the largest group, {whose}, in the top {number(k)}",
        columns=columns, rows=tuple(rows), notes=(said, *notes(tuple(rows))),
    )  # fmt: skip


def _points(metric: Metric | None, p: Metric | None = None) -> Cell:
    """Return a difference of shares in percentage points."""
    if metric is None:
        return missing()
    said = []
    if metric.low is not None and metric.high is not None:
        said.append(f"{_signed(metric.low)} to {_signed(metric.high)}")
    if p is not None:
        said.append("p < 0.001" if p.value < 0.001 else f"p = {decimal(p.value)}")
    said.append(size(metric.n))
    return Cell(_signed(metric.value), f"({'; '.join(said)})")


def _signed(value: float) -> str:
    text = f"{100 * value:+.1f}"
    return "0.0" if float(text) == 0 else text
