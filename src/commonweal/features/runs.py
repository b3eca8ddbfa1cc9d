"""Columns put together: named, described, windows in runs, and from when each is recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from commonweal.core.dates import Period, day_number
from commonweal.features.cells import Ints, Layout
from commonweal.features.columns import EVER, Feature
from commonweal.features.rows import Rows


@dataclass(slots=True)
class Runs:
    """Columns put together one after another, and from when each is recorded.

    Parameters
    ----------
    block
        Name of the block.
    features
        The columns.
    ends
        Where the run of nested windows ends that a column is in.
    windows, begins
        Window of each column, None where it has none or is over all of the past; and the first
        day of the records it rests on, None where that is not declared.
    """

    block: str
    features: list[Feature] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    windows: list[Period | None] = field(default_factory=list)
    begins: list[date | None] = field(default_factory=list)

    def plain(self, name: str, meaning: str, unit: str, missing: str = "") -> int:
        """Add a column on its own; return its place."""
        self.features.append(Feature(name, self.block, meaning, unit, missing=missing))
        self.ends.append(len(self.features))
        self.windows.append(None)
        self.begins.append(None)
        return len(self.features) - 1

    def nested(
        self, stem: str, meaning: str, unit: str, windows: Sequence[Period], ever: bool,
        begins: date | None,
    ) -> int:  # fmt: skip
        """Add a run of nested windows, narrowest first; return the place of its first column."""
        start = len(self.features)
        missing = "" if begins is None else f"where the window begins before {begins}"
        for window in windows:
            words = f"{meaning} in the {window} before the as-of date."
            self.features.append(
                Feature(f"{stem}.{window.slug}", self.block, words, unit, str(window), missing)
            )
            self.windows.append(window)
        if ever:
            words = f"{meaning}, ever recorded before the as-of date."
            missing = "" if begins is None else f"where the as-of date is not after {begins}"
            name = f"{stem}.{EVER}"
            self.features.append(Feature(name, self.block, words, unit, EVER, missing))
            self.windows.append(None)
        run = len(self.features) - start
        self.ends += [len(self.features)] * run
        self.begins += [begins] * run
        return start

    def layout(self, rows: Rows, fill: float = 0) -> Layout:
        """Return how cells become these columns at the rows' dates."""
        return Layout(
            np.full(len(self.features), fill, np.float32),
            np.array(self.ends, np.int32),
            {day_number(day): places for day in rows.dates
             if len(places := self._unseen(day))},
        )  # fmt: skip

    def _unseen(self, day: date) -> Ints:
        places = [
            place
            for place, (window, begins) in enumerate(zip(self.windows, self.begins, strict=True))
            if begins is not None
            and (day <= begins if window is None else window.before(day) < begins)
        ]
        return np.array(places, np.int32)
