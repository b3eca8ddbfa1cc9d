"""Each person's true chance of a re-arrest in a window, given the world on its first day."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from commonweal.core.dates import day_number
from commonweal.core.tables import read_table
from commonweal.simulate.columns import Floats, Ints

OUTCOME = "rearrest"
_NEVER = np.iinfo(np.int32).max
_DAYS = ("released_on", "settled_on", "rearrested_on")
_FLAGS = ("detained", "deported")
_CHANCES = ("eventual", "mean_days", "chance_detained", "chance_deported")


def chance(
    folder: Path, outcome: str, people: NDArray[np.int64], as_of: date, until: date
) -> NDArray[np.float64] | None:
    """Return each person's true chance of a Level 1 re-arrest that occurs in [as_of, until).

    Parameters
    ----------
    folder
        The truth's tables.
    outcome
        Source of the outcome's events: ``rearrest``; None is returned for any other.
    people
        Person numbers; -1 for nobody, whose chance is 0.
    as_of, until
        The window.

    Returns
    -------
    numpy.ndarray or None
        Whoever was let go and not re-arrested before the window may be: after t days at
        large with chance ``eventual * (1 - exp(-t / mean_days))``. The deported and those
        re-arrested already never are. Decisions still to be taken count with their chances;
        the days on which they would be taken are as good as known.
    """
    if outcome != OUTCOME:
        return None
    table = read_table(folder / "people.parquet", [*_DAYS, *_FLAGS, *_CHANCES])
    known = np.flatnonzero(people >= 0)
    rows = table.take(people[known])
    days = {name: rows[name].cast("int32").fill_null(_NEVER).to_numpy() for name in _DAYS}
    flags = {name: rows[name].to_numpy() for name in _FLAGS}
    chances = {name: rows[name].cast("double").to_numpy() for name in _CHANCES}
    start, end = day_number(as_of), day_number(until)
    result = np.zeros(people.size)
    result[known] = _window(days, flags, chances, start, end)
    return result


def _window(
    days: dict[str, Ints], flags: dict[str, Ints], chances: dict[str, Floats], start: int, end: int
) -> Floats:  # fmt: skip
    """Weigh the ways of being let go: at the end of the sentence, or later out of custody."""
    released, settled = days["released_on"], days["settled_on"]
    detained = np.where(released < start, flags["detained"], chances["chance_detained"])
    kept = np.where(settled < start, flags["deported"], chances["chance_deported"])
    ways = ((released, 1.0 - detained), (settled, detained * (1.0 - kept)))
    result = sum(share * _at_large(let_go, chances, start, end) for let_go, share in ways)
    gone = (days["rearrested_on"] < start) & ~flags["deported"].astype(np.bool_)
    return np.where(gone, 0.0, np.asarray(result))


def _at_large(let_go: Ints, chances: dict[str, Floats], start: int, end: int) -> Floats:
    """Return the chance in the window of people let go on a day and not re-arrested before it."""
    eventual = chances["eventual"]

    def before(day: int) -> Floats:
        at_large = np.maximum(day - let_go, 0) / chances["mean_days"]
        return eventual * -np.expm1(-at_large)

    chance: Floats = (before(end) - before(start)) / (1.0 - before(start))
    return chance
