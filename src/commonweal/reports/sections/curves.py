"""Precision and recall over all published cut-offs, as pictures and as a table."""

from __future__ import annotations

import math

from commonweal.core.results import Metric
from commonweal.evaluation.spec import ORACLE
from commonweal.models.spec import BaseRateSpec
from commonweal.reports.cells import figure
from commonweal.reports.charts import BASE_DASH, CAPACITY_DASH, Curve, Series, curve
from commonweal.reports.frame import Axis, Point
from commonweal.reports.marks import CEILING, Style, grey_mark, line_mark, style
from commonweal.reports.parts import Cell, Column, Details, Figure, Mark, Part, Row, Table
from commonweal.reports.reading import Reading
from commonweal.reports.words import estimate, listed, number, size, sized

MOST = 20
"""Points drawn a line; the table gives the same."""


def curves(reading: Reading) -> list[Part]:
    """Draw precision and recall over k, with the figures in a table.

    A ranking that gives everybody the base rate is the line of reference, not one more line.
    """
    models = [m for m in reading.rankings() if len(_points(reading, "precision", m)) > 1
              and not isinstance(reading.content.models.get(m), BaseRateSpec)]  # fmt: skip
    if not models:
        return []
    pictures = [_precision(reading, models)]
    if any(_points(reading, "recall", m) for m in models):  # nobody had the outcome: no recall
        pictures.append(_recall(reading, models))
    total = sum(len(_points(reading, "precision", m)) for m in models)
    drawn = "two pictures" if pictures[1:] else "picture"
    summary = f"Figures of the {drawn} ({number(total)} rows)"
    return [Row(tuple(pictures)), Details(summary, (_table(reading, models),))]


def _points(reading: Reading, metric: str, model: str) -> list[Metric]:
    """Return at most about `MOST` of a model's figures, closer together at small cut-offs."""
    found = reading.figures.many(metric, model=model)
    content = reading.content
    reach = 10 * max(content.capacity.k, *content.evaluation.cutoffs, 1)
    found = tuple(m for m in found if m.k is not None and m.k <= reach)
    if len(found) <= MOST:
        return list(found)
    low, high = (math.sqrt(found[i].k or 1) for i in (0, -1))
    targets = [(low + (high - low) * i / (MOST - 1)) ** 2 for i in range(MOST)]
    kept = {min(found, key=lambda m: (abs((m.k or 0) - t), m.k or 0)).k for t in targets}
    kept |= {k for k in (reading.cutoff(model),) if k}
    return [m for m in found if m.k in kept]


def _series(reading: Reading, metric: str, models: list[str]) -> tuple[Series, ...]:
    return tuple(
        Series(m, tuple(Point(f.k or 0, f.value, f.low, f.high)
                        for f in _points(reading, metric, m)), _drawn(models, m))
        for m in models
    )  # fmt: skip


def _drawn(models: list[str], model: str) -> Style:
    return CEILING if model == ORACLE else style(models.index(model))


def _ends(series: tuple[Series, ...], level: float = 0.0) -> tuple[float, float]:
    """Return the largest x, and the largest y with the first line's interval."""
    points = [p for s in series for p in s.points]
    tops = [p.high for p in series[0].points if p.high is not None]
    return max(p.x for p in points), max(*(p.y for p in points), *tops, level)


def _precision(reading: Reading, models: list[str]) -> Figure:
    series = _series(reading, "precision", models)
    base = reading.overall("base_rate")
    x, y = _ends(series, base.value if base else 0.0)
    spec = Curve(
        label=f"Precision over the cut-off k for {listed([reading.titled(m) for m in models])}",
        series=series,
        x=Axis(f"k: {reading.people} from the top", x, share=False),
        y=Axis("precision", min(1.0, y * 1.05) or 1.0),
        level=base.value if base else None,
        at=reading.k,
    )
    said = f"Share with the outcome among the first k {reading.people}. "
    said += _at_capacity(reading, "precision", models)
    if base is not None:
        said += f" The base rate is {sized(base)}."
    legend = _legend(reading, models)
    if base is not None:
        legend.insert(-1 if reading.k else len(legend), grey_mark("base rate", BASE_DASH))
    return Figure(key="precision-figure", title="Precision over the cut-off", caption=said,
                  svg=curve(spec), legend=tuple(legend))  # fmt: skip


def _recall(reading: Reading, models: list[str]) -> Figure:
    series = _series(reading, "recall", models)
    x, _ = _ends(series)
    spec = Curve(
        label=f"Recall over the cut-off k for {listed([reading.titled(m) for m in models])}",
        series=series,
        x=Axis(f"k: {reading.people} from the top", x, share=False),
        y=Axis("recall", 1.0),
        at=reading.k,
    )
    recall = reading.overall("recall", reading.k)
    said = "Share of all in the cohort with the outcome who are among the first k"
    said += f" ({size(recall.n)}). " if recall else ". "
    said += _at_capacity(reading, "recall", models)
    total = reading.overall("total_recall", reading.k)
    if total is not None:
        said += f" Total recall of {reading.called(reading.headline)} is {sized(total)}."
    return Figure(key="recall-figure", title="Recall over the cut-off", caption=said,
                  svg=curve(spec), legend=tuple(_legend(reading, models)))  # fmt: skip


def _legend(reading: Reading, models: list[str]) -> list[Mark]:
    names = [reading.titled(m) for m in models]
    names[0] += ", with 95% band"
    marks = [line_mark(name, _drawn(models, m)) for name, m in zip(names, models, strict=True)]
    if reading.k:
        marks.append(grey_mark(f"k = {number(reading.k)}", CAPACITY_DASH))
    return marks


def _at_capacity(reading: Reading, metric: str, models: list[str]) -> str:
    said = []
    for model in models:
        k = reading.cutoff(model)
        found = reading.figures.one(metric, model=model, k=k) if k else None
        if found is not None:
            at = f" at {number(k)}" if k and k != reading.k else ""
            said.append(f"{reading.called(model)} {estimate(found)}{at}")
    k = reading.k or reading.content.capacity.k
    return f"At k = {number(k)}: {listed(said)}." if said else ""


def _table(reading: Reading, models: list[str]) -> Table:
    rows = []
    for model in models:
        for metric in _points(reading, "precision", model):
            k = metric.k
            others = (reading.figures.one(m, model=model, k=k) for m in ("recall", "total_recall"))
            cells = (figure(metric), *(figure(other) for other in others))
            rows.append((Cell(reading.titled(model)), Cell(number(k or 0)), *cells))
    columns = (
        Column("Ranking", number=False),
        Column("Cut-off k"),
        Column("Precision"),
        Column("Recall"),
        Column("Total recall"),
    )
    recall, total = (reading.overall(m, reading.k) for m in ("recall", "total_recall"))
    sizes = [f"recall: {size(recall.n)}"] if recall else []
    sizes += [f"total recall: {size(total.n)}"] if total else []
    caption = f"Precision and recall over the cut-off. n of precision is k; {'; '.join(sizes)}"
    return Table(key="curves", caption=caption, columns=columns, rows=tuple(rows))
