"""The picture of a tree: an outline from top to bottom, so that it can be read on a phone.

Every node stands under the one it comes from, a step to the right, with the condition that leads
to it. A leaf has its figure in words and as a point with its interval, all on one axis. Texts
are broken by their number of characters: no place depends on how wide a font is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree

from markupsafe import Markup

from commonweal.models.trees.rules import (
    Branch,
    LeafFigure,
    Words,
    figure_of,
    joined,
    learned,
    outline,
)
from commonweal.models.trees.tree import Tree
from commonweal.reports.frame import FONT, WIDTH, Axis
from commonweal.reports.marks import GREY, GRID, INK, style
from commonweal.reports.svg import printable
from commonweal.reports.words import counted, percent

_LEFT, _RIGHT, _END = 8.0, 352.0, 336.0
_STEP, _MOST = 15.0, 90.0
_LINE, _GAP, _TRACK = 18.0, 8.0, 16.0
_CHARACTER = 7.7
"""Room a character is given; the widest of common fonts need less on average."""
_MARK = style(0).colour
_FONTS = "system-ui, -apple-system, 'Segoe UI', Roboto, Arial, sans-serif"
_UNIT = re.compile(r"(?:(?:<=|>) )?\S+(?: <(?= ))?")
"""A word, or a number with the sign it belongs to."""
_Element = ElementTree.Element


def tree_svg(
    tree: Tree, words: Words | None = None, figures: Sequence[LeafFigure] | None = None
) -> str:
    """Draw a tree as an SVG file.

    Parameters
    ----------
    tree
        The tree.
    words
        What its columns and categories are called.
    figures
        What is said of each leaf, such as `leaf_figures` measures it on new people. Where none
        are given, the rows the tree was learned from, which flatter it.
    """
    told = learned(tree) if figures is None else figures
    about = "new people" if any(one.low is not None for one in told) else "rows learned from"
    return standalone(outline(tree, words), told, f"A decision tree; leaves by {about}")


def standalone(branches: Sequence[Branch], figures: Sequence[LeafFigure], label: str) -> str:
    """Draw an outline as a file of its own."""
    root = _drawn(branches, figures, label)
    root.set("xmlns", "http://www.w3.org/2000/svg")
    root.set("width", root.attrib["viewBox"].split()[2])
    root.set("height", root.attrib["viewBox"].split()[3])
    root.insert(2, _Element("rect", {"width": "100%", "height": "100%", "fill": "#ffffff"}))
    return f"{ElementTree.tostring(root, encoding='unicode')}\n"


def picture(branches: Sequence[Branch], figures: Sequence[LeafFigure], label: str) -> Markup:
    """Draw an outline as an inline image."""
    return Markup(ElementTree.tostring(_drawn(branches, figures, label), encoding="unicode"))


@dataclass(frozen=True, slots=True)
class _Place:
    """Where things stand: the step to the right, and where the axis begins."""

    step: float
    start: float
    axis: Axis

    @classmethod
    def of(cls, branches: Sequence[Branch], figures: Sequence[LeafFigure]) -> _Place:
        depth = max((one.depth for one in branches), default=0)
        step = min(_STEP, _MOST / depth) if depth else _STEP
        ends = [one.rate if one.high is None else one.high for one in figures]
        end = min(1.0, 1.05 * max(ends, default=1.0)) or 1.0
        return cls(step, _LEFT + step * depth + 8, Axis("share with the outcome", end))

    def left(self, depth: int) -> float:
        """Where a node's own mark stands."""
        return _LEFT + self.step * depth

    def share(self, value: float) -> float:
        """Where a share stands on the axis."""
        return self.start + (_END - self.start) * min(value, self.axis.end) / self.axis.end


def _drawn(branches: Sequence[Branch], figures: Sequence[LeafFigure], label: str) -> _Element:
    root = _Element("svg", {"role": "img", "aria-label": printable(label, 200)})
    root.set("font-family", _FONTS)
    root.set("font-size", str(FONT))
    for name, text in (("title", label), ("desc", _said(branches, figures))):
        child = ElementTree.SubElement(root, name)
        child.text = printable(text, 100_000)
    place, top = _Place.of(branches, figures), 4.0
    lines, marks = _Element("g", {"fill": "none", "stroke": GREY}), _Element("g", {"fill": INK})
    stems: dict[int, float] = {}
    for branch in branches:
        x, middle = place.left(branch.depth), top + 10
        if branch.depth:
            parent = place.left(branch.depth - 1)
            way = f"M{_n(parent)} {_n(stems[branch.depth - 1])}V{_n(middle)}H{_n(x)}"
            ElementTree.SubElement(lines, "path", {"d": way})
        stems[branch.depth] = middle
        top = _node(marks, branch, figures, place, top)
    root.append(lines)
    root.append(marks)
    if any(branch.leaf is not None for branch in branches) and figures:
        top = _axis(marks, place, top)
    root.set("viewBox", f"0 0 {WIDTH} {_n(top + 6)}")
    return root


def _node(
    marks: _Element, branch: Branch, figures: Sequence[LeafFigure], place: _Place, top: float
) -> float:
    """Draw a node's mark and texts; return where the next one begins."""
    x = place.left(branch.depth)
    if branch.leaf is None:
        at = {"cx": _n(x), "cy": _n(top + 10), "r": "3.5"}
        ElementTree.SubElement(marks, "circle", at | {"fill": "#ffffff", "stroke": GREY})
    else:
        at = {"x": _n(x - 4), "y": _n(top + 6), "width": "8", "height": "8"}
        ElementTree.SubElement(marks, "rect", at | {"fill": _MARK})
    said = branch.says or "everybody"
    top = _texts(marks, said, x + 9, top, None if branch.depth else "600")
    if branch.leaf is None:
        return top + _GAP
    figure = figure_of(branch.leaf, figures)
    named, _, more = leaf_words(branch.leaf, figure).partition("% ")
    top = _texts(marks, f"{named}%" if more else named, x + 9, top, "600")
    top = _texts(marks, more, x + 9, top, None) if more else top
    return (_track(marks, figure, place, top) if figure else top) + _GAP


def leaf_words(leaf: int, figure: LeafFigure | None) -> str:
    """Name a leaf with its figure: ``Leaf 3: 12.3% (10.1% to 14.5%; n = 500)``."""
    if figure is None:
        return f"Leaf {leaf}: not published"
    others = [str(one) for one in figure.leaves if one != leaf]
    beside = f" with {', '.join(others)}" if others else ""
    return f"Leaf {leaf}{beside}: {figure.words()}"


def _track(marks: _Element, figure: LeafFigure, place: _Place, top: float) -> float:
    """Draw a share as a point with its interval on a line of its own."""
    y = _n(top + _TRACK / 2)
    _rule(marks, _n(place.share(0)), _n(place.share(place.axis.end)), y, GRID, "2")
    if figure.low is not None and figure.high is not None:
        _rule(marks, _n(place.share(figure.low)), _n(place.share(figure.high)), y, _MARK, "3")
    at = {"cx": _n(place.share(figure.rate)), "cy": y, "r": "4.5", "fill": _MARK}
    ElementTree.SubElement(marks, "circle", at)
    return top + _TRACK


def _axis(marks: _Element, place: _Place, top: float) -> float:
    """Draw the axis all points stand on."""
    end = place.axis.end
    _rule(marks, _n(place.share(0)), _n(place.share(end)), _n(top + 4), GREY, "1")
    places = 0 if place.axis.number_format() == ".0%" else 1
    ticks = place.axis.ticks()
    for tick in ticks if len(ticks) < 5 else ticks[::2]:
        x = _n(place.share(tick))
        ElementTree.SubElement(marks, "path", {"d": f"M{x} {_n(top + 4)}v5", "stroke": GREY})
        middle = {"text-anchor": "middle", "x": x, "y": _n(top + 24)}
        ElementTree.SubElement(marks, "text", middle).text = f"{100 * tick:.{places}f}%"
    at = {"x": _n(_RIGHT), "y": _n(top + 42), "text-anchor": "end"}
    ElementTree.SubElement(marks, "text", at).text = place.axis.title
    return top + 44


def _rule(marks: _Element, start: str, end: str, y: str, colour: str, width: str) -> None:
    way = {"d": f"M{start} {y}H{end}", "stroke": colour, "stroke-width": width}
    ElementTree.SubElement(marks, "path", way)


def _texts(marks: _Element, said: str, x: float, top: float, weight: str | None) -> float:
    """Write a text in as many lines as it needs; return where the next one begins."""
    for line in wrapped(said, int((_RIGHT - x) / (_CHARACTER * (1.06 if weight else 1)))):
        text = ElementTree.SubElement(marks, "text", {"x": _n(x), "y": _n(top + 15)})
        if weight:
            text.set("font-weight", weight)
        text.text = line
        top += _LINE
    return top


def wrapped(text: str, most: int) -> list[str]:
    """Break a text into lines of at most `most` characters: between words, else in names."""
    lines = [""]
    for word in _UNIT.findall(printable(text, 2000)):
        pieces = [word] if len(word) <= most else _pieces(word, most)
        for place, piece in enumerate(pieces):
            space = " " if lines[-1] and not place else ""
            if len(lines[-1]) + len(space) + len(piece) > most and lines[-1]:
                lines.append(piece)
            else:
                lines[-1] += space + piece
    return lines


def _pieces(word: str, most: int) -> list[str]:
    """Break a long name after its dots, signs and underscores, else anywhere."""
    parts = re.findall(r"[^._=/-]*[._=/-]|[^._=/-]+", word)
    return [part[at : at + most] for part in parts for at in range(0, len(part), most)]


def _said(branches: Sequence[Branch], figures: Sequence[LeafFigure]) -> str:
    """Say the picture in words: each leaf with its rule and its figure."""
    leaves = [branch for branch in branches if branch.leaf is not None]
    found = [
        f"{leaf_words(b.leaf or 0, figure_of(b.leaf or 0, figures))}: {joined(b.rule)}."
        for b in leaves
    ]
    rates = [one.rate for one in figures]
    reach = f", shares from {percent(min(rates))} to {percent(max(rates))}" if rates else ""
    return f"A tree of {counted(len(leaves), 'leaf', 'leaves')}{reach}. {' '.join(found)}"


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
