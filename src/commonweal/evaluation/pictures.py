"""Pictures of results for a notebook: lines over a number, points with intervals, a diagonal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import altair as alt

Row = Mapping[str, float | int | str | None]


def lines(
    rows: Sequence[Row], x: tuple[str, str], y: tuple[str, str], by: tuple[str, str] | None = None,
    *, banded: bool = True, log: bool = False,
) -> alt.LayerChart:  # fmt: skip
    """Draw lines, with the interval from ``low`` to ``high`` as a band where rows hold one.

    Parameters
    ----------
    rows
        Data, one row a point.
    x, y, by
        Field and title of the horizontal axis, the vertical axis and the colour.
    banded
        Whether the interval is drawn.
    log
        Whether the horizontal axis is logarithmic.
    """
    import altair as alt

    across = alt.X(f"{x[0]}:Q", title=x[1], scale=alt.Scale(type="log" if log else "linear"))
    drawn = _chart(rows).mark_line()
    drawn = drawn.encode(x=across, y=alt.Y(f"{y[0]}:Q", title=y[1]), **_series(by))
    if not banded:
        return alt.LayerChart(layer=[drawn])
    shade = {"color": alt.Color(f"{by[0]}:N", title=by[1])} if by else {}
    band = _chart(rows).mark_area(opacity=0.2)
    band = band.encode(x=across, y=alt.Y("low:Q", title=y[1]), y2="high:Q", **shade)
    return alt.LayerChart(layer=[band, drawn])


def rungs(
    rows: Sequence[Row], x: tuple[str, str], label: tuple[str, str],
    by: tuple[str, str] | None = None,
) -> alt.LayerChart:  # fmt: skip
    """Draw a point with its interval for each label, one rung below another.

    Parameters
    ----------
    rows
        Data, one row a point, with ``low`` and ``high``.
    x, label, by
        Field and title of the figure, of what it is about, and of the colour.
    """
    import altair as alt

    up = alt.Y(f"{label[0]}:N", title=label[1], sort=None)
    offset = {"yOffset": alt.YOffset(f"{by[0]}:N")} if by else {}
    colour = {"color": alt.Color(f"{by[0]}:N", title=by[1])} if by else {}
    rule = _chart(rows).mark_rule()
    rule = rule.encode(x=alt.X("low:Q", title=x[1]), x2="high:Q", y=up, **offset, **colour)
    shape = {"shape": alt.Shape(f"{by[0]}:N", title=by[1])} if by else {}
    point = _chart(rows).mark_point(filled=True)
    point = point.encode(x=alt.X(f"{x[0]}:Q", title=x[1]), y=up, **offset, **colour, **shape)
    return alt.LayerChart(layer=[rule, point])


def scatter(
    rows: Sequence[Row], x: tuple[str, str], y: tuple[str, str], by: tuple[str, str] | None = None,
    *, diagonal: bool = False,
) -> alt.LayerChart:  # fmt: skip
    """Draw points, with the line on which both axes are equal where it is asked for."""
    import altair as alt

    shape = {"shape": alt.Shape(f"{by[0]}:N", title=by[1])} if by else {}
    colour = {"color": alt.Color(f"{by[0]}:N", title=by[1])} if by else {}
    drawn = _chart(rows).mark_point(filled=True).encode(
        x=alt.X(f"{x[0]}:Q", title=x[1]), y=alt.Y(f"{y[0]}:Q", title=y[1]), **shape, **colour
    )  # fmt: skip
    layers = [drawn]
    if diagonal:
        end = max((float(r[f] or 0) for r in rows for f in (x[0], y[0])), default=1.0)
        ends = [{x[0]: 0.0, y[0]: 0.0}, {x[0]: end, y[0]: end}]
        line = _chart(ends).mark_line(color="#5c6773", strokeDash=[4, 4])
        layers.insert(0, line.encode(x=f"{x[0]}:Q", y=f"{y[0]}:Q"))
    return alt.LayerChart(layer=layers)


def _series(by: tuple[str, str] | None) -> dict[str, Any]:
    """Colour and dash of a series: each differs from the next in more than its colour."""
    import altair as alt

    if by is None:
        return {}
    field, title = f"{by[0]}:N", by[1]
    return {
        "color": alt.Color(field, title=title), "strokeDash": alt.StrokeDash(field, title=title),
    }  # fmt: skip


def _chart(rows: Sequence[Row]) -> alt.Chart:
    import altair as alt

    data: Any = alt.Data(values=[dict(row) for row in rows])  # type: ignore[no-untyped-call]
    return alt.Chart(data)
