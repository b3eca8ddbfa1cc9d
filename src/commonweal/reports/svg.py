"""Altair charts to SVG that can stand in a page: no ids, no script, the same bytes every time."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

import altair as alt
import vl_convert as vlc
from markupsafe import Markup

_SAFE = {"svg", "g", "path", "rect", "line", "text", "tspan"}
_DROPPED = {"id", "class", "role", "aria-hidden", "aria-label", "aria-roledescription",
            "pointer-events", "version"}  # fmt: skip
_UNPRINTABLE = re.compile(r"[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def draw(chart: alt.LayerChart, label: str) -> Markup:
    """Draw a chart as an inline SVG image.

    Only shapes and text are kept. Element ids, classes and references are removed, so that
    several pictures can stand in one page without clashing; the colours and positions are in
    the elements themselves.

    Parameters
    ----------
    chart
        The chart. Its size and the place of its axes must not depend on the width of a text, as
        fonts differ between machines: see `charts`.
    label
        What the picture is, for those who do not see it.
    """
    spec: dict[str, Any] = {key: _cleaned(part) for key, part in chart.to_dict().items()}
    source: str = vlc.vegalite_to_svg(spec)
    root = ElementTree.fromstring(source)
    _clean(root)
    for name in ("width", "height"):
        root.attrib.pop(name, None)
    root.set("role", "img")
    root.set("aria-label", _clean_text(label))
    return Markup(ElementTree.tostring(root, encoding="unicode"))


def printable(text: str, most: int) -> str:
    """Cut a label to `most` characters and take out what no XML may hold."""
    clean = " ".join(_clean_text(text).split())
    return clean if len(clean) <= most else f"{clean[: most - 1]}…"


def _clean_text(text: str) -> str:
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def _cleaned(value: object) -> object:
    """Clean every text of a chart: vl-convert ends the whole process on a control character."""
    if isinstance(value, str):
        return _clean_text(value)
    if isinstance(value, list):
        return [_cleaned(item) for item in value]
    if isinstance(value, dict):
        return {key: _cleaned(item) for key, item in value.items()}
    return value


def _clean(element: ElementTree.Element) -> None:
    """Keep known elements, without their namespaces, and harmless attributes."""
    element.tag = element.tag.rpartition("}")[2]
    for name in list(element.attrib):
        value = element.attrib[name]
        if name.startswith(("{", "on")) or name in _DROPPED or "url(" in value:
            del element.attrib[name]
    for child in list(element):
        if child.tag.rpartition("}")[2] in _SAFE:
            _clean(child)
        else:
            element.remove(child)
    for child in list(element):
        if (child.tag == "g" and not len(child)) or child.attrib.get("display") == "none":
            element.remove(child)
