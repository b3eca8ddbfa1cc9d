"""Figures, dates and lists as a reader sees them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from commonweal.core.results import Metric

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
WITHHELD = "withheld"
UNPUBLISHED = "not published"


def percent(value: float) -> str:
    """Write a share: ``12.3%``."""
    return f"{100 * value:.1f}%"


def number(value: int) -> str:
    """Write a count: ``12,345``."""
    return f"{value:,}"


def size(n: int) -> str:
    """Write ``n = 500`` so that no line breaks inside it."""
    return f"n\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}{number(n)}"


def decimal(value: float, places: int = 3) -> str:
    """Write a number that is not a share: ``0.872``."""
    return f"{value:.{places}f}"


def span(metric: Metric, places: int | None = None) -> str:
    """Write the interval, ``10.1% to 14.5%``; empty where there is none.

    Parameters
    ----------
    metric
        The figure.
    places
        Decimal places of a number that is not a share.
    """
    if metric.low is None or metric.high is None:
        return ""
    if places is None:
        return f"{percent(metric.low)} to {percent(metric.high)}"
    return f"{decimal(metric.low, places)} to {decimal(metric.high, places)}"


def estimate(metric: Metric | None, places: int | None = None) -> str:
    """Write a figure with its interval, ``12.3% (10.1% to 14.5%)``, or that it is not there."""
    if metric is None:
        return UNPUBLISHED
    value = percent(metric.value) if places is None else decimal(metric.value, places)
    interval = span(metric, places)
    return f"{value} ({interval})" if interval else value


def sized(metric: Metric | None, places: int | None = None) -> str:
    """Write a figure with its interval and n: ``12.3% (10.1% to 14.5%; n = 500)``."""
    if metric is None:
        return UNPUBLISHED
    value = percent(metric.value) if places is None else decimal(metric.value, places)
    interval = span(metric, places)
    return f"{value} ({interval + '; ' if interval else ''}{size(metric.n)})"


def day(value: date) -> str:
    """Write a date: ``1 July 2013``."""
    return f"{value.day} {MONTHS[value.month - 1]} {value.year}"


def listed(items: Sequence[str], last: str = "and") -> str:
    """Write ``a, b and c``."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {last} {items[-1]}"


def counted(count: int, noun: str, plural: str = "") -> str:
    """Write ``1 check`` or ``3 checks``."""
    return f"{number(count)} {noun if count == 1 else plural or noun + 's'}"


def spaced(name: str) -> str:
    """Write a name of the study as words: ``past_force`` is ``past force``."""
    return name.replace("_", " ")
