"""Columns of counts around a person, told apart by series and unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from commonweal.cohorts.history import History
from commonweal.core.dates import Period
from commonweal.features.cells import Ints
from commonweal.features.network.events import Counted
from commonweal.features.rows import group_series
from commonweal.features.runs import Runs

Unit = Literal["incidents", "people"]


def counted(history: History, count: Mapping[str, tuple[str, ...]], total: bool) -> list[Counted]:
    """Return the series looked at, source by source in order of name."""
    return [
        (source, one)
        for source, groups in sorted(count.items())
        for one in group_series(history, source, groups, total)
    ]


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
