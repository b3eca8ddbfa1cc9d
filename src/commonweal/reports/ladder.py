"""Pictures of shares: one rung a group, under its name, so that long names fit a small screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt
from markupsafe import Markup

from commonweal.reports.frame import FONT, Axis, Point, Row, across, framed, points, rows
from commonweal.reports.marks import INK, style
from commonweal.reports.svg import draw, printable

_NAME, _STEP = 30, 12


@dataclass(frozen=True, slots=True)
class Rung:
    """A name, and for each series a point or nothing; the share is the point's y."""

    name: str
    points: tuple[Point | None, ...]


def ladder(label: str, rungs: Sequence[Rung], x: Axis, stems: bool = False) -> Markup:
    """Draw rows of points with their intervals, each row under its name.

    Parameters
    ----------
    label
        What the picture is.
    rungs
        The rows.
    x
        The axis of the shares.
    stems
        Whether each point stands on a line from 0, instead of on its interval.
    """
    names: list[Row] = []
    wide, top = max((len(r.points) for r in rungs), default=0), 0.0
    marks: list[list[Row]] = [[] for _ in range(wide)]
    for rung in rungs:
        names.append({"text": printable(rung.name, 30), "y": top + 11})
        for place, point in enumerate(rung.points):
            if point is not None:
                low, high = (0.0, point.y) if stems else (point.low, point.high)
                down = top + _NAME - 2 + _STEP * place
                marks[place].append({"x": point.y, "y": down, "low": low, "high": high})
        top += _NAME + _STEP * wide
    return draw(framed(_layers(names, marks, max(1, round(top)), x), round(top), left=16), label)


def _layers(names: list[Row], marks: list[list[Row]], height: int, x: Axis) -> list[alt.Chart]:
    y = alt.Y("y:Q", scale=alt.Scale(domain=[height, 0], nice=False), axis=None)
    text = alt.Chart(rows(names)).mark_text(
        align="left", baseline="middle", fontSize=FONT, color=INK
    )
    layers = [text.encode(x=alt.value(0), y=y, text="text:N")]
    for place, found in enumerate(marks):
        drawn = style(place)
        rule = alt.Chart(rows(found)).mark_rule(color=drawn.colour, strokeWidth=2)
        layers.append(rule.encode(x=across(x, "low"), x2="high:Q", y=y))
        layers.append(points(rows(found), drawn).encode(x=across(x), y=y))
    return layers
