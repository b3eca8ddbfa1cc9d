"""The picture of performance against how much one must read, each kind of model under its name."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import altair as alt
from markupsafe import Markup

from commonweal.reports.frame import FONT, LEFT, WIDTH, Row, framed, points, rows
from commonweal.reports.marks import INK, style
from commonweal.reports.svg import draw, printable

HEIGHT = 260
_WIDE = WIDTH - LEFT - 16
_EDGE = 14
_SHIFT = 12
"""Distance, in pixels, at which marks that would lie on each other stand."""
_LETTER, _LINE, _GAP = 8.2, 16, 9
"""Room a letter and a line of text are given, whatever the font, and their distance to a mark."""
Align = Literal["left", "right", "center"]
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Choice:
    """One kind of model.

    Parameters
    ----------
    name
        Its name.
    size
        Things to read, at least 1.
    value, low, high
        Its figure with the interval.
    """

    name: str
    size: float
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class _Placed:
    """A choice in pixels from the left and from the top, and where its name stands."""

    choice: Choice
    across: float
    down: float
    top: float
    bottom: float
    place: int

    @property
    def box(self) -> Box:
        """Return what mark and interval cover."""
        return (self.across - 6, self.top - 2, self.across + 6, self.bottom + 2)


def tradeoff(label: str, choices: Sequence[Choice], title: str, share: bool) -> Markup:
    """Draw figures with their intervals over the number of things to read, on a log scale.

    Parameters
    ----------
    label
        What the picture is.
    choices
        Kinds of model; the mark of each has a shape of its own.
    title
        What the figure is.
    share
        Whether it is written as a share.
    """
    start, end, step = span_of(choices)
    most = max(10.0, *(c.size for c in choices))
    placed = _apart(_placed(choices, most, start, end))
    layers: list[alt.Chart] = []
    for one in placed:
        drawn, c = style(one.place), one.choice
        at = _size(one.across, most)
        data = rows([{"x": at, "y": c.value, "low": c.low, "high": c.high}])
        rule = alt.Chart(data).mark_rule(color=drawn.colour, strokeWidth=1.5)
        low, middle = (_upward(f, title, share, start, end, step) for f in ("low", "y"))
        layers.append(rule.encode(x=_across_axis(most), y=low, y2="high:Q"))
        layers.append(points(data, drawn).encode(x=_across_axis(most), y=middle))
    return draw(framed([*layers, *_names(placed, most, start, end)], HEIGHT), label)


def _across_axis(most: float) -> alt.X:
    powers = [10.0**i for i in range(math.floor(math.log10(most) + 1e-9) + 1)]
    axis = alt.Axis(
        title="things to read (log scale)", titleAnchor="start",
        titleAlign="left", titleBaseline="top", titleX=0, titleY=28, grid=False, values=powers,
        format=",d",
    )  # fmt: skip
    return alt.X("x:Q", axis=axis, scale=_log(most))


def _log(most: float) -> alt.Scale:
    return alt.Scale(type="log", domain=[_size(0, most), _size(_WIDE, most)], nice=False)


def _upward(field: str, title: str, share: bool, start: float, end: float, step: float) -> alt.Y:
    ticks = [round(start + step * i, 6) for i in range(round((end - start) / step) + 1)]
    axis = alt.Axis(
        title=title, titleAngle=0, titleAlign="left", titleAnchor="start",
        titleBaseline="bottom", titleX=2 - LEFT, titleY=-14, values=ticks,
        format=".0%" if share else ".2f",
    )  # fmt: skip
    return alt.Y(f"{field}:Q", axis=axis, scale=alt.Scale(domain=[start, end], nice=False))


def span_of(choices: Sequence[Choice]) -> tuple[float, float, float]:
    """Return where the vertical axis starts and ends, between 0 and 1, and its step.

    It need not start at 0: differences between models are what is looked for.
    """
    low = max(0.0, min(c.low for c in choices))
    high = min(1.0, max(c.high for c in choices))
    step = next(s for s in (0.01, 0.02, 0.05, 0.1, 0.2) if (high - low) / s <= 5 or s == 0.2)
    last = max(math.ceil(high / step - 1e-9), math.floor(low / step + 1e-9) + 1)
    last = min(last, round(1 / step))
    first = min(math.floor(low / step + 1e-9), last - 1)
    return round(first * step, 6), round(last * step, 6), step


def _across(size: float, most: float) -> float:
    """Return the place of a number of things, in pixels."""
    return _EDGE + (_WIDE - 2 * _EDGE) * math.log10(max(1.0, size)) / math.log10(most)


def _size(across: float, most: float) -> float:
    """Return the number of things at a place, in pixels: the inverse of `_across`."""
    return float(most ** ((across - _EDGE) / (_WIDE - 2 * _EDGE)))


def _placed(choices: Sequence[Choice], most: float, start: float, end: float) -> list[_Placed]:
    def down(value: float) -> float:
        return HEIGHT * (end - min(max(value, start), end)) / (end - start)

    return [
        _Placed(c, _across(c.size, most), down(c.value), down(c.high), down(c.low), place)
        for place, c in enumerate(choices)
    ]


def _apart(placed: Sequence[_Placed]) -> list[_Placed]:
    """Move marks that would lie on each other beside each other, in their order."""
    ordered = sorted(placed, key=lambda p: (p.across, p.place))
    places: list[float] = []
    for one in ordered:
        places.append(max(one.across, places[-1] + _SHIFT) if places else one.across)
    most = float(_WIDE)
    for number in reversed(range(len(places))):
        places[number] = min(places[number], most)
        most = places[number] - _SHIFT
    return [replace(one, across=at) for one, at in zip(ordered, places, strict=True)]


def _names(placed: Sequence[_Placed], most: float, start: float, end: float) -> list[alt.Chart]:
    """Write each name beside its mark, above or below it: where it covers least."""
    taken = [one.box for one in placed]
    texts: dict[Align, list[Row]] = {"left": [], "right": [], "center": []}
    for one in placed:
        name = printable(one.choice.name, 24)
        options = _options(one, name)
        align, at, box = min(options, key=lambda option: _covered(option[2], taken))
        taken.append(box)
        level = end - (end - start) * (box[1] + box[3]) / 2 / HEIGHT
        texts[align].append({"x": _size(at, most), "y": level, "text": name})
    layers = []
    for align, found in texts.items():
        text = alt.Chart(rows(found)).mark_text(
            align=align, baseline="middle", fontSize=FONT, color=INK
        )
        y = alt.Y("y:Q", scale=alt.Scale(domain=[start, end], nice=False))
        layer = text.encode(x=_across_axis(most), y=y, text="text:N")
        layers += [layer] if found else []
    return layers


def _options(one: _Placed, name: str) -> list[tuple[Align, float, Box]]:
    """Return where a name may stand, the best first: alignment, place across, what it covers."""
    wide, half = _LETTER * len(name), _LINE / 2
    left, right = one.across - _GAP, one.across + _GAP
    found: list[tuple[Align, float, Box]] = []

    def beside(level: float) -> None:
        found.append(("left", right, (right, level - half, right + wide, level + half)))
        found.append(("right", left, (left - wide, level - half, left, level + half)))

    def over(level: float) -> None:
        for shift in (0.0, wide / 2 - 8, 8 - wide / 2):
            middle = one.across + shift
            box = (middle - wide / 2, level - half, middle + wide / 2, level + half)
            found.append(("center", middle, box))

    beside(one.down)
    for lines in (1, 2, 3):
        over(one.top - lines * _LINE + half - 2)
        over(one.bottom + lines * _LINE - half + 2)
    beside(one.top + half)
    beside(one.bottom - half)
    return found


def _covered(box: Box, taken: Sequence[Box]) -> float:
    """Return the area that a name covers of others, and what of it is outside the picture."""
    inside = _common(box, (0.0, -10.0, _WIDE + _EDGE, float(HEIGHT)))
    outside = (box[2] - box[0]) * (box[3] - box[1]) - inside
    return round(10 * outside + sum(_common(box, other) for other in taken), 6)


def _common(one: Box, other: Box) -> float:
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    return max(0.0, wide) * max(0.0, high)
