"""What an agency declares about repeated orders: the ``[repeats]`` section of ``agency.toml``."""

from __future__ import annotations

from dataclasses import dataclass

from commonweal.core.dates import Period

SUPERSEDED = "superseded"
"""Column the orders get: whether a later order for the same case is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatSpec:
    """Orders that may be repeated for one person under several ids.

    Parameters
    ----------
    orders
        Source of the orders. Each gets a column ``superseded``: true once a later order for the
        same case is known, missing before that day.
    history
        Source of the person's history, listed again under every id.
    history_key
        Columns of it that together identify an item of a history, dates among them. A value
        decided later counts from the day it was decided.
    characteristics
        Columns of the orders that describe the person. A missing value contradicts nothing.
    conflicts_allowed
        How many characteristics may differ. Every difference must be outweighed by an item:
        that many items more than one must be shared.
    overlap
        Share of the shorter of two histories that must be found in the longer one.
    coverage
        Share of the longer history, as far as it was known when the first of the two ids had its
        last order, that must be found in the shorter one: one item in common says little of
        somebody with twenty.
    apart
        Orders further apart than this are for different cases; without it all of a person's
        orders are for one case.
    largest_block
        Items that stand under more ids than this suggest no pair; they still count in overlaps.
        How many there are is reported.
    """

    orders: str
    history: str
    history_key: tuple[str, ...]
    characteristics: tuple[str, ...]
    conflicts_allowed: int = 1
    overlap: float = 0.8
    coverage: float = 0.5
    apart: Period | None = None
    largest_block: int = 50
