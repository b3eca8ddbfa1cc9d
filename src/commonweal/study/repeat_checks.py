"""Whether what is declared about repeated orders fits the sources."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from commonweal.core.errors import Problem
from commonweal.records.repeat_spec import SUPERSEDED
from commonweal.records.spec import Source
from commonweal.study.parts import Parts, between, known, once


def check_repeats(parts: Parts) -> Iterator[Problem]:
    """Check the ``[repeats]`` section against the sources."""
    spec = parts.agency.get("repeats")
    if spec is None or not parts.sources:
        return
    at = f"{parts.agency_file}: repeats"
    for name in ("orders", "history"):
        yield from known(getattr(spec, name), parts.sources, f"{at}.{name}", "source")
    yield from between(
        spec.conflicts_allowed, 0, len(spec.characteristics), f"{at}.conflicts_allowed"
    )
    yield from between(spec.largest_block, 2, 10_000, f"{at}.largest_block")
    for name in ("overlap", "coverage"):
        yield from between(getattr(spec, name), 0, 1, f"{at}.{name}")
    orders, history = parts.sources.get(spec.orders), parts.sources.get(spec.history)
    if spec.orders == spec.history:
        yield Problem(f"{at}.history", "is the source of the orders", "name another source")
    if history is not None:
        yield from _key(spec, history, f"{at}.history_key")
    if orders is not None:
        yield from _characteristics(spec, orders, f"{at}.characteristics")
        if SUPERSEDED in orders.columns:
            where = f"{parts.agency_file}: sources.{spec.orders}.columns.{SUPERSEDED}"
            yield Problem(where, "is the column [repeats] makes", "rename the table's column")


def _key(spec: Any, history: Source, where: str) -> Iterator[Problem]:
    if not spec.history_key:
        yield Problem(where, "is empty", "name the columns that identify an item of a history")
    yield from once(spec.history_key, where)
    decided = (history.columns[c].decided_on for c in history.decided())
    names = [history.occurred_on, history.known_on, *history.columns, *(d for d in decided if d)]
    for column in spec.history_key:
        yield from known(column, names, where, "column")


def _characteristics(spec: Any, orders: Source, where: str) -> Iterator[Problem]:
    if not spec.characteristics:
        yield Problem(where, "is empty", "name the columns that describe the person")
    yield from once(spec.characteristics, where)
    for column in spec.characteristics:
        yield from known(column, orders.columns, where, "column")
        if column in orders.decided():
            what = f"{column!r} is decided later"
            yield Problem(where, what, "name what is known with the order")
