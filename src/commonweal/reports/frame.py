"""The frame of every picture: its size, axes and fonts, all given.

No place in a picture may depend on how wide a font sets a text on the machine that draws it:
sizes, ticks and titles are set here, and legends are part of the page, not of the picture.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import altair as alt

from commonweal.reports.marks import GREY, GRID, INK, Style

WIDTH = 360
FONT = 14
LEFT = 54
_RIGHT, _TOP, _BOTTOM = 16, 30, 50

Row = Mapping[str, float | str | None]


@dataclass(frozen=True, slots=True)
class Point:
    """A point with its interval, where it has one."""

    x: float
    y: float
    low: float | None = None
    high: float | None = None

    def row(self) -> Row:
        """Return the point as data."""
        return {"x": self.x, "y": self.y, "low": self.low, "high": self.high}


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

    def scale(self) -> alt.Scale:
        """Return the scale from 0 to its end."""
        return alt.Scale(domain=[0, self.end], nice=False)


def rows(data: Sequence[Row]) -> alt.InlineData:
    """Return rows as a chart's data."""
    return alt.InlineData(values=[dict(row) for row in data])


def across(axis: Axis, field: str = "x") -> alt.X:
    """Place a field along the horizontal axis."""
    title = alt.Axis(
        title=axis.title, titleAnchor="start", titleAlign="left", titleBaseline="top", titleX=0,
        titleY=28, values=axis.ticks(), format=axis.number_format(), grid=False,
    )  # fmt: skip
    return alt.X(f"{field}:Q", axis=title, scale=axis.scale())


def upward(axis: Axis, field: str = "y") -> alt.Y:
    """Place a field along the vertical axis, whose title stands above it."""
    title = alt.Axis(
        title=axis.title, titleAngle=0, titleAlign="left", titleAnchor="start",
        titleBaseline="bottom", titleX=2 - LEFT, titleY=-14, values=axis.ticks(),
        format=axis.number_format(),
    )  # fmt: skip
    return alt.Y(f"{field}:Q", axis=title, scale=axis.scale())


def points(data: alt.InlineData, drawn: Style) -> alt.Chart:
    """Draw points in one style."""
    chart: alt.Chart = alt.Chart(data).mark_point(
        shape=drawn.shape, filled=True, color=drawn.colour, opacity=1, size=60
    )
    return chart


def framed(layers: Sequence[alt.Chart], height: int, left: int = LEFT) -> alt.LayerChart:
    """Lay charts over each other in a frame of fixed size."""
    top = _TOP if left == LEFT else 4
    padding = {"left": left, "right": _RIGHT, "top": top, "bottom": _BOTTOM}
    chart = alt.layer(*layers).properties(width=WIDTH - left - _RIGHT, height=height)
    whole: alt.LayerChart = (
        chart.configure(autosize=alt.AutoSizeParams(type="none"), padding=padding)
        .configure_view(stroke=None)
        .configure_axis(
            labelFontSize=FONT, titleFontSize=FONT, titleFontWeight="normal", labelColor=INK,
            titleColor=INK, gridColor=GRID, domainColor=GREY, tickColor=GREY, labelOverlap=False,
            labelBound=False, labelFlush=False,
        )
    )  # fmt: skip
    return whole
