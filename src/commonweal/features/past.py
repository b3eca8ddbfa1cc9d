"""The past of a set of rows, narrowed once and tallied once for all the blocks built together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from commonweal.cohorts.history import History
from commonweal.features.rows import Rows


@dataclass(frozen=True, slots=True)
class Past:
    """What blocks are built from.

    Parameters
    ----------
    history
        The door to everybody's past.
    rows
        (person, as-of date) rows for which features are built, ordered by date.
    """

    history: History
    rows: Rows
