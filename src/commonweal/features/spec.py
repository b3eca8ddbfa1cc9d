"""What a study computes about the past: the ``[features.NAME]`` blocks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from commonweal.core.dates import Period


@dataclass(frozen=True, slots=True, kw_only=True)
class CountsSpec:
    """Numbers of events by group and code in nested lookback windows.

    Parameters
    ----------
    event
        Source counted.
    windows
        Lengths of the lookbacks [a - w, a), ascending.
    ever
        Whether to count all of the recorded past as well.
    groups
        Groups of the source (each a condition declared in the agency file) counted apart.
    by
        Columns whose commonest codes are counted apart; the codes are chosen on training rows.
    top
        How many codes of each column.
    total
        Whether to count all events of the source together as well.
    """

    kind: Literal["counts"]
    event: str
    windows: tuple[Period, ...]
    ever: bool = True
    groups: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    top: int = 20
    total: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class RecencySpec:
    """Days since the first and the most recent event; missing when there is none.

    Parameters
    ----------
    event
        Source looked at.
    groups
        Groups of the source looked at apart.
    """

    kind: Literal["recency"]
    event: str
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributesSpec:
    """What the records say about the person, where they may disagree.

    Parameters
    ----------
    event
        Source that holds the columns.
    columns
        Columns summarized. A text becomes indicators of its commonest values, chosen on
        training rows; a number stays a number.
    summaries
        ``latest`` (most recent value), ``mode`` (commonest value, the latest among equals),
        ``distinct`` (number of different values). An indicator of having none is added.
    top
        How many values of a text column get an indicator.
    """

    kind: Literal["attributes"]
    event: str
    columns: tuple[str, ...]
    summaries: tuple[Literal["latest", "mode", "distinct"], ...] = ("latest", "distinct")
    top: int = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkSpec:
    """Events of the people one was involved with.

    Parameters
    ----------
    edges
        ``"arrest"`` links the people of one arrest incident; ``"arrest-victimization"`` links
        those arrested with those victimized in one incident.
    built_from
        Lookback from which incidents make links.
    count
        Source -> groups whose events of neighbours are counted (an empty list: all events).
    windows
        Lengths of the lookbacks, ascending.
    ever
        Whether to count all of the recorded past as well.
    hops
        Distance of the neighbours; 1 so far.
    """

    kind: Literal["network"]
    edges: tuple[str, ...]
    built_from: Period
    count: Mapping[str, tuple[str, ...]]
    windows: tuple[Period, ...]
    ever: bool = False
    hops: Literal[1] = 1


BlockSpec = CountsSpec | RecencySpec | AttributesSpec | NetworkSpec
