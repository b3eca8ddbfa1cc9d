"""Whether predicted chances come true, over everybody and by group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from commonweal.core.results import Metric
from commonweal.reports.cells import figure, notes
from commonweal.reports.charts import BASE_DASH, Series
from commonweal.reports.charts import calibration as draw_calibration
from commonweal.reports.frame import Axis, Point
from commonweal.reports.marks import grey_mark, point_mark
from commonweal.reports.parts import Cell, Column, Details, Figure, Paragraph, Part, Row, Table
from commonweal.reports.reading import Reading
from commonweal.reports.words import counted, estimate, number, percent, size


@dataclass(frozen=True, slots=True)
class Bin:
    """People between two ranks: what was predicted, raw and calibrated, and what happened.

    Of scores that are no probabilities, what is predicted is the calibrated chance.
    """

    first: int
    last: int
    predicted: Metric
    observed: Metric
    calibrated: Metric | None = None

    def holds(self) -> bool:
        """Return whether the interval of the observed rate holds the prediction."""
        low, high = self.observed.low, self.observed.high
        return low is None or high is None or low <= self.predicted.value <= high


Named = tuple[str, tuple[Bin, ...]]


def bins(
    reading: Reading, model: str, group: str | None = None, metric: str = "calibration"
) -> tuple[Bin, ...]:
    """Return a model's calibration bins, highest scores first."""
    found, start, figures = [], 0, reading.figures
    for observed in figures.many(f"{metric}.observed", model=model, group=group):
        end = observed.k or 0
        raw, mended = (
            figures.one(f"{metric}.{name}", model=model, k=observed.k, group=group)
            for name in ("predicted", "calibrated")
        )
        predicted = raw or mended
        if predicted is not None:
            found.append(Bin(start + 1, end, predicted, observed, mended))
        start = end
    return tuple(found)


def calibration(reading: Reading) -> tuple[Part, ...]:
    """Compare predicted with observed rates of the headline model; score all that predict."""
    found = bins(reading, reading.headline)
    parts: list[Part] = []
    if found:
        parts += [Row((_overall(reading, found),)), _table(reading, found)]
    else:
        parts.append(
            Paragraph(
                f"No calibration of {reading.called(reading.headline)} is published: its scores "
                "are not probabilities, or too few people could be shown."
            )
        )
    scored = _scores(reading)
    if scored.rows:
        parts.append(scored)
    figures = reading.figures
    others = [m for m in reading.models() if not figures.one("brier", model=m)
              and not figures.one("brier.calibrated", model=m)
              and figures.one("auc", model=m)]  # fmt: skip
    cards = [m for m in others if figures.many("card.observed", model=m)]
    if cards:
        said = f"The chances of {_listed(reading, cards)} are held against what happened below, "
        parts.append(Paragraph(f"{said}by ranges of scores, where the card is printed."))
    if plain := [m for m in others if m not in cards]:
        names = _listed(reading, plain)
        parts.append(Paragraph(f"Calibration does not apply to {names}: no probabilities."))
    return tuple(parts)


def _listed(reading: Reading, models: Sequence[str]) -> str:
    return ", ".join(reading.called(m) for m in models)


def _overall(reading: Reading, found: tuple[Bin, ...]) -> Figure:
    model = reading.called(reading.headline)
    held = sum(b.holds() for b in found)
    top, low = found[0], found[-1]
    said = (
        f"In {number(held)} of {counted(len(found), 'bin')}, the 95% interval of the observed rate "
        f"holds the predicted one. Highest scores ({size(top.observed.n)}): predicted "
        f"{percent(top.predicted.value)}, observed {estimate(top.observed)}. Lowest scores "
        f"({size(low.observed.n)}): predicted {percent(low.predicted.value)}, observed "
        f"{estimate(low.observed)}. The figures are in the table below."
    )
    series = [(f"{model}, 95% interval", found)]
    mended = tuple(replace(b, predicted=b.calibrated) for b in found if b.calibrated)
    if _both(found):
        inside = sum(b.holds() for b in mended)
        said += f" Of the calibrated rates, {number(inside)} of {number(len(mended))} are held."
        series.append((f"{model}, calibrated", mended))
    return picture(
        "calibration-figure", "Predicted and observed rates", said,
        f"Observed against predicted rates of {model}", series,
    )  # fmt: skip


def _both(found: tuple[Bin, ...]) -> bool:
    """Whether chances are known raw and calibrated."""
    return all(b.calibrated is not None and b.calibrated is not b.predicted for b in found)


def picture(
    key: str, title: str, caption: str, label: str, series: Sequence[Named],
    reach: tuple[float, float] = (0.0, 0.0),
) -> Figure:  # fmt: skip
    """Draw bins of one or more groups against the line of agreement.

    `reach` is how far the axes go at least: predicted, observed.
    """
    drawn = [Series(name, tuple(_point(b) for b in found)) for name, found in series]
    points = [p for s in drawn for p in s.points]
    end = min(1.0, 1.05 * max(*reach, *(max(p.x, p.y, p.high or 0.0) for p in points))) or 1.0
    across = min(1.0, 1.08 * max(reach[0], *(p.x for p in points))) or 1.0
    marks = [point_mark(name, place) for place, (name, _) in enumerate(series)]
    return Figure(
        key=key, title=title, caption=caption,
        svg=draw_calibration(label, drawn, Axis("predicted", across), Axis("observed", end)),
        legend=(*marks, grey_mark("predicted = observed", BASE_DASH)),
    )  # fmt: skip


def _point(one: Bin) -> Point:
    observed = one.observed
    return Point(one.predicted.value, observed.value, observed.low, observed.high)


def _table(reading: Reading, found: tuple[Bin, ...]) -> Table:
    both = _both(found)
    rows = []
    for one in found:
        raw, observed, n = cells(one)
        mended = [figure(one.calibrated)] if both else []
        rows.append((Cell(ranks(one)), raw, *mended, observed, n))
    columns = [Column("Ranks", number=False), Column("Predicted")]
    columns += [Column("Calibrated")] if both else []
    columns += [Column("Observed"), Column("n")]
    caption = f"Calibration of {reading.called(reading.headline)}, highest scores first"
    return Table(key="calibration", caption=caption, columns=tuple(columns), rows=tuple(rows))


def ranks(one: Bin) -> str:
    """Name the bin by its ranks in the whole cohort."""
    return f"{number(one.first)} to {number(one.last)}"


def cells(one: Bin) -> tuple[Cell, ...]:
    """Return predicted rate, observed rate with its interval, and n."""
    predicted = Cell(percent(one.predicted.value))
    return predicted, figure(one.observed), Cell(number(one.observed.n))


def _scores(reading: Reading) -> Table:
    """Mean prediction, Brier score and log loss of every model that gives probabilities."""
    rows = []
    for model in reading.rankings():
        for end, words in (("", ""), (".calibrated", ", calibrated")):
            mean, brier, loss = (reading.figures.one(f"{name}{end}", model=model)
                                 for name in ("mean_prediction", "brier", "log_loss"))  # fmt: skip
            if brier is not None:
                cells = (figure(mean), figure(brier, 4), figure(loss, 4), Cell(number(brier.n)))
                rows.append((Cell(f"{reading.titled(model)}{words}"), *cells))
    columns = (
        Column("Ranking", number=False),
        Column("Mean prediction"),
        Column("Brier score"),
        Column("Log loss"),
        Column("n"),
    )
    base = reading.overall("base_rate")
    caption = "Errors of the predicted chances; lower is better"
    said = (f"To compare with the mean prediction: the base rate is {estimate(base)}.",)
    return Table(key="errors", caption=caption, columns=columns, rows=tuple(rows),
                 notes=(*said, *notes(tuple(rows))))  # fmt: skip


def by_group(title: str, held: Sequence[Named], place: int) -> Figure:
    """Draw predicted against observed rates, group by group."""
    every = [one for _, found in held for one in found]
    inside = sum(one.holds() for one in every)
    said = (
        f"In {number(inside)} of {counted(len(every), 'bin')}, the 95% interval of the observed "
        "rate holds the predicted one. The figures are in the table below."
    )
    words = f"Predicted and observed rates by {title}"
    return picture(f"group-calibration-{place}", words, said, words, held)


def table_by_group(title: str, held: Sequence[Named], place: int) -> Details:
    """Show predicted and observed rates, group by group."""
    rows = tuple(
        (Cell(name), Cell(ranks(one)), *cells(one)) for name, found in held for one in found
    )
    columns = (
        Column("Group", number=False),
        Column("Ranks in the whole", number=False),
        Column("Predicted"),
        Column("Observed"),
        Column("n"),
    )
    caption = f"Calibration by {title}, highest scores first"
    table = Table(key=f"bins-{place}", caption=caption, columns=columns, rows=rows)
    return Details(f"{caption} ({counted(len(rows), 'row')})", (table,))
