"""Pictures of a report: curves over cut-offs, calibration, and ladders of shares.

Sizes, ticks and places of labels are all given, so that no picture depends on how wide a font
sets a text on the machine that draws it. Legends are part of the page, not of the picture.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import altair as alt
from markupsafe import Markup

from commonweal.reports.marks import GREY, GRID, INK, Style, style
from commonweal.reports.svg import draw, printable

WIDTH = 360
_LEFT, _RIGHT, _TOP, _BOTTOM = 54, 16, 30, 50
_FONT = 14
BASE_DASH = (4, 4)
CAPACITY_DASH = (1, 3)

Row = Mapping[str, float | str | None]


@dataclass(frozen=True, slots=True)
class Point:
    """A point with its interval, where it has one."""

    x: float
    y: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """Named points in one style."""

    name: str
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Axis:
    """An axis: its title, its end, and whether its numbers are shares."""

    title: str
    end: float
    share: bool = True

    def ticks(self) -> list[float]:
        """Return 4 to 6 round numbers from 0 on."""
        rough = self.end / 4
        size = 10.0 ** math.floor(math.log10(rough))
        step = min((size * f for f in (1.0, 2.0, 2.5, 5.0, 10.0)), key=lambda s: abs(s - rough))
        step = step if self.share else max(1.0, round(step))
        return [round(step * i, 10) for i in range(math.floor(self.end / step + 1e-9) + 1)]

    def number_format(self) -> str:
        """Return how its numbers are written."""
        if not self.share:
            return ",d"
        whole = all(abs(100 * t - round(100 * t)) < 1e-9 for t in self.ticks())
        return ".0%" if whole else ".1%"


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """Lines over cut-offs, the first with the band of its interval.

    Parameters
    ----------
    label
        What the picture is.
    series
        The lines, the headline first.
    x, y
        The axes.
    level
        Height of a horizontal line of reference.
    at
        Place of a vertical line of reference.
    """

    label: str
    series: tuple[Series, ...]
    x: Axis
    y: Axis
    level: float | None = None
    at: float | None = None


def curve(spec: Curve) -> Markup:
    """Draw lines over cut-offs."""
    height = 230
    layers: list[alt.Chart] = []
    if spec.level is not None:
        rule = alt.Chart(_rows([{"y": spec.level}])).mark_rule(
            color=GREY, strokeDash=list(BASE_DASH), strokeWidth=1.5
        )
        layers.append(rule.encode(y=_y(spec.y)))
    if spec.at is not None:
        rule = alt.Chart(_rows([{"x": spec.at}])).mark_rule(
            color=INK, strokeDash=list(CAPACITY_DASH), strokeWidth=1.5
        )
        layers.append(rule.encode(x=_x(spec.x)))
    for place in reversed(range(len(spec.series))):
        layers += _line(spec, place)
    return draw(_framed(layers, height), spec.label)


def _line(spec: Curve, place: int) -> list[alt.Chart]:
    series, drawn = spec.series[place], style(place)
    data = _rows([_point(p) for p in series.points])
    line = alt.Chart(data).mark_line(
        color=drawn.colour, strokeDash=list(drawn.dash), strokeWidth=2.5 if place == 0 else 1.75
    )
    layers = [line.encode(x=_x(spec.x), y=_y(spec.y))]
    banded = [_point(p) for p in series.points if p.low is not None]
    if place == 0 and banded:
        band = alt.Chart(_rows(banded)).mark_area(color=drawn.colour, opacity=0.2)
        layers.insert(0, band.encode(x=_x(spec.x), y=_y(spec.y, "low"), y2="high:Q"))
    return layers


def calibration(label: str, series: Sequence[Series], x: Axis, y: Axis) -> Markup:
    """Draw predicted against observed rates, and the line on which they agree."""
    height = 260
    end = min(x.end, y.end)
    line = alt.Chart(_rows([{"x": 0.0, "y": 0.0}, {"x": end, "y": end}])).mark_line(
        color=GREY, strokeDash=list(BASE_DASH), strokeWidth=1.5
    )
    layers = [line.encode(x=_x(x), y=_y(y))]
    for place, one in enumerate(series):
        drawn = style(place)
        data = _rows([_point(p) for p in one.points])
        rule = alt.Chart(data).mark_rule(color=drawn.colour, strokeWidth=1.5)
        layers.append(rule.encode(x=_x(x), y=_y(y, "low"), y2="high:Q"))
        layers.append(_points(data, drawn).encode(x=_x(x), y=_y(y)))
    return draw(_framed(layers, height), label)


@dataclass(frozen=True, slots=True)
class Rung:
    """One row of a ladder: a name, and for each series a point or nothing."""

    name: str
    points: tuple[Point | None, ...]


def ladder(label: str, rungs: Sequence[Rung], x: Axis, stems: bool = False) -> Markup:
    """Draw rows of points with their intervals, each row under its name.

    Parameters
    ----------
    label
        What the picture is.
    rungs
        The rows. The x of a point is not used; its y is the share.
    x
        The axis of the shares.
    stems
        Whether each point stands on a line from 0, instead of on its interval.
    """
    names: list[Row] = []
    wide, top = max((len(r.points) for r in rungs), default=0), 0.0
    marks: list[list[Row]] = [[] for _ in range(wide)]
    for rung in rungs:
        names.append({"text": printable(rung.name, 40), "y": top + 11})
        for place, point in enumerate(rung.points):
            if point is not None:
                low = 0.0 if stems else point.low
                high = point.y if stems else point.high
                down = top + 28 + 12 * place
                marks[place].append({"x": point.y, "y": down, "low": low, "high": high})
        top += 30 + 12 * wide
    height = max(1, round(top))
    y = alt.Y("y:Q", scale=alt.Scale(domain=[height, 0], nice=False), axis=None)
    text = alt.Chart(_rows(names)).mark_text(
        align="left", baseline="middle", fontSize=_FONT, color=INK, fontWeight=600
    )
    layers = [text.encode(x=alt.value(0), y=y, text="text:N")]
    for place, rows in enumerate(marks):
        drawn = style(place)
        rule = alt.Chart(_rows(rows)).mark_rule(color=drawn.colour, strokeWidth=2)
        layers.append(rule.encode(x=_x(x, "low"), x2="high:Q", y=y))
        layers.append(_points(_rows(rows), drawn).encode(x=_x(x), y=y))
    return draw(_framed(layers, height, left=16), label)


def _points(data: alt.InlineData, drawn: Style) -> alt.Chart:
    drawn_points: alt.Chart = alt.Chart(data).mark_point(
        shape=drawn.shape, filled=True, color=drawn.colour, opacity=1, size=60
    )
    return drawn_points


def _rows(rows: Sequence[Row]) -> alt.InlineData:
    return alt.InlineData(values=[dict(row) for row in rows])


def _point(point: Point) -> Row:
    return {"x": point.x, "y": point.y, "low": point.low, "high": point.high}


def _x(axis: Axis, field: str = "x") -> alt.X:
    title = alt.Axis(
        title=axis.title, titleAnchor="start", titleAlign="left", titleX=0, titleY=42,
        values=axis.ticks(), format=axis.number_format(), grid=False,
    )  # fmt: skip
    return alt.X(f"{field}:Q", axis=title, scale=alt.Scale(domain=[0, axis.end], nice=False))


def _y(axis: Axis, field: str = "y") -> alt.Y:
    title = alt.Axis(
        title=axis.title, titleAngle=0, titleAlign="left", titleAnchor="start", titleX=-_LEFT + 2,
        titleY=-14, titleBaseline="bottom", values=axis.ticks(), format=axis.number_format(),
    )  # fmt: skip
    return alt.Y(f"{field}:Q", axis=title, scale=alt.Scale(domain=[0, axis.end], nice=False))


def _framed(layers: Sequence[alt.Chart], height: int, left: int = _LEFT) -> alt.LayerChart:
    """Lay charts over each other in a frame of fixed size."""
    padding = {"left": left, "right": _RIGHT, "top": _TOP if left == _LEFT else 4,
               "bottom": _BOTTOM}  # fmt: skip
    chart = alt.layer(*layers).properties(width=WIDTH - left - _RIGHT, height=height)
    framed: alt.LayerChart = (
        chart.configure(autosize=alt.AutoSizeParams(type="none"), padding=padding)
        .configure_view(stroke=None)
        .configure_axis(
            labelFontSize=_FONT, titleFontSize=_FONT, titleFontWeight="normal", labelColor=INK,
            titleColor=INK, gridColor=GRID, domainColor=GREY, tickColor=GREY, labelOverlap=False,
            labelBound=False, labelFlush=False,
        )
    )  # fmt: skip
    return framed
