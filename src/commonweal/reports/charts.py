"""Pictures of rankings: curves over cut-offs, and predicted against observed rates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt
from markupsafe import Markup

from commonweal.reports.frame import Axis, Point, across, framed, points, rows, upward
from commonweal.reports.marks import GREY, INK, Style, style
from commonweal.reports.svg import draw

BASE_DASH = (4, 4)
CAPACITY_DASH = (1, 3)


@dataclass(frozen=True, slots=True)
class Series:
    """Named points in one style: that of their place where none is given."""

    name: str
    points: tuple[Point, ...]
    drawn: Style | None = None


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
    layers: list[alt.Chart] = []
    if spec.level is not None:
        rule = alt.Chart(rows([{"y": spec.level}])).mark_rule(
            color=GREY, strokeDash=list(BASE_DASH), strokeWidth=1.5
        )
        layers.append(rule.encode(y=upward(spec.y)))
    if spec.at is not None:
        rule = alt.Chart(rows([{"x": spec.at}])).mark_rule(
            color=INK, strokeDash=list(CAPACITY_DASH), strokeWidth=1.5
        )
        layers.append(rule.encode(x=across(spec.x)))
    for place in reversed(range(len(spec.series))):
        layers += _line(spec, place)
    return draw(framed(layers, 230), spec.label)


def _line(spec: Curve, place: int) -> list[alt.Chart]:
    series = spec.series[place]
    drawn = series.drawn or style(place)
    line = alt.Chart(rows([p.row() for p in series.points])).mark_line(
        color=drawn.colour, strokeDash=list(drawn.dash), strokeWidth=2.5 if place == 0 else 1.75
    )
    layers = [line.encode(x=across(spec.x), y=upward(spec.y))]
    banded = [p.row() for p in series.points if p.low is not None]
    if place == 0 and banded:
        band = alt.Chart(rows(banded)).mark_area(color=drawn.colour, opacity=0.2)
        layers.insert(0, band.encode(x=across(spec.x), y=upward(spec.y, "low"), y2="high:Q"))
    return layers


@dataclass(frozen=True, slots=True, kw_only=True)
class Funnel:
    """Units over the size of what is expected of them, between limits of chance.

    Parameters
    ----------
    label
        What the picture is.
    usual, apart
        Units within chance, and those beyond it.
    inner, outer
        Limits: points with their interval, ascending by x.
    x, y
        The axes.
    """

    label: str
    usual: tuple[Point, ...]
    apart: tuple[Point, ...]
    inner: tuple[Point, ...]
    outer: tuple[Point, ...]
    x: Axis
    y: Axis


OUTER_DASH = (1, 3)


def funnel(spec: Funnel) -> Markup:
    """Draw units between the limits of chance; those beyond it have another shape."""
    level = alt.Chart(rows([{"y": 1.0}])).mark_rule(color=INK, strokeWidth=1)
    layers = [level.encode(y=upward(spec.y))]
    for limits, dash in ((spec.inner, BASE_DASH), (spec.outer, OUTER_DASH)):
        for field in ("low", "high"):
            line = alt.Chart(rows([p.row() for p in limits])).mark_line(
                color=GREY, strokeDash=list(dash), strokeWidth=1.5
            )
            layers.append(line.encode(x=across(spec.x), y=upward(spec.y, field)))
    for place, some in enumerate((spec.usual, spec.apart)):
        if some:
            data = rows([p.row() for p in some])
            layers.append(points(data, style(place)).encode(x=across(spec.x), y=upward(spec.y)))
    return draw(framed(layers, 260), spec.label)


def calibration(label: str, series: Sequence[Series], x: Axis, y: Axis) -> Markup:
    """Draw predicted against observed rates, and the line on which they agree."""
    end = min(x.end, y.end)
    line = alt.Chart(rows([{"x": 0.0, "y": 0.0}, {"x": end, "y": end}])).mark_line(
        color=GREY, strokeDash=list(BASE_DASH), strokeWidth=1.5
    )
    layers = [line.encode(x=across(x), y=upward(y))]
    for place, one in enumerate(series):
        drawn = style(place)
        data = rows([p.row() for p in one.points])
        rule = alt.Chart(data).mark_rule(color=drawn.colour, strokeWidth=1.5)
        layers.append(rule.encode(x=across(x), y=upward(y, "low"), y2="high:Q"))
        layers.append(points(data, drawn).encode(x=across(x), y=upward(y)))
    return draw(framed(layers, 260), label)
