"""Columns of counts around a person: named, described, and told apart by series and unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

import numpy as np

from commonweal.cohorts.history import History
from commonweal.core.dates import Period
from commonweal.features.cells import Ints, Layout
from commonweal.features.columns import EVER, Feature
from commonweal.features.network.events import Counted
from commonweal.features.rows import Rows, group_series

Unit = Literal["incidents", "people"]


def counted(history: History, count: Mapping[str, tuple[str, ...]], total: bool) -> list[Counted]:
    """Return the series looked at, source by source in order of name."""
    return [
        (source, one)
        for source, groups in sorted(count.items())
        for one in group_series(history, source, groups, total)
    ]


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
            {(day - date(1970, 1, 1)).days: places for day in rows.dates
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


@dataclass(frozen=True, slots=True)
class Starts:
    """First column of each series, in either unit; -1 where the unit is not wanted.

    Parameters
    ----------
    incidents, people
        Columns of the first distance.
    """

    incidents: Ints
    people: Ints


def count_runs(
    runs: Runs, history: History, series: Sequence[Counted], stem: str, words: Mapping[Unit, str],
    windows: Sequence[Period], ever: bool,
) -> Starts:  # fmt: skip
    """Add the columns of all series in each unit, source by source.

    Parameters
    ----------
    runs
        Where they are added.
    history
        Declares the sources.
    series
        What is counted.
    stem
        First part of their names.
    words
        Unit -> first words of their meaning; the units wanted.
    windows, ever
        Lookbacks.
    """
    units: tuple[Unit, ...] = ("incidents", "people")
    places = {unit: np.full(len(series), -1, np.int32) for unit in units}
    for source in dict.fromkeys(name for name, _ in series):
        for unit, what in words.items():
            for number, (name, one) in enumerate(series):
                if name == source:
                    places[unit][number] = runs.nested(
                        f"{stem}.{source}.{one.slug}.{unit}", f"{what}: {one.words}", unit,
                        windows, ever, history.sources[source].starts(*one.columns),
                    )  # fmt: skip
    return Starts(places["incidents"], places["people"])
