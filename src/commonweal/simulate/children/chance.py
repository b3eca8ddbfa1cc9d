"""The true chance of a report, read from the truth's tables."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from commonweal.core.dates import day_number
from commonweal.core.tables import read_table
from commonweal.simulate.children.hazard import Last, Service, Sources, integral
from commonweal.simulate.children.offers import LASTS
from commonweal.simulate.columns import Floats, Ints

OUTCOME = "investigation"
"""What the world's study calls its outcome's source: a report on the child."""


def chance(
    folder: Path, outcome: str, people: NDArray[np.int64], as_of: date, until: date
) -> NDArray[np.float64] | None:
    """Return each child's chance of a report in [as_of, until), given the past of `as_of`.

    Parameters
    ----------
    folder
        The truth's folder.
    outcome
        Only `OUTCOME` is known.
    people
        True person numbers; -1 for nobody, whose chance is 0.
    as_of, until
        The window.

    Returns
    -------
    numpy.ndarray or None
        Chances given need, every report before `as_of` and every service settled by then; None
        for another outcome. Services are settled on the first day of a month for the
        investigations of the month before; on other days the chance ignores the few that the
        running month's investigations will bring.
        A person who comes on record only later is in the truth because of what happened later:
        chances are meant for children on record by `as_of`.
    """
    if outcome != OUTCOME:
        return None
    found = np.zeros(people.size)
    known = np.flatnonzero(people >= 0)
    truth = _Truth.read(folder, day_number(as_of))
    expected = truth.expected(people[known], float(day_number(as_of)), float(day_number(until)))
    found[known] = -np.expm1(-expected)
    return found


@dataclass(frozen=True, slots=True)
class _Truth:
    """The past of an as-of date: sources are households, then persons."""

    children: pa.Table
    households: pa.Table
    echo: Last
    served: Last

    @classmethod
    def read(cls, folder: Path, as_of: int) -> _Truth:
        children = read_table(folder / "children.parquet")
        households = read_table(folder / "households.parquet")
        size = households.num_rows
        reports = read_table(folder / "reports.parquet")
        reports = reports.filter(pa.array(_floats(reports, "at") < as_of))
        served = read_table(folder / "served.parquet")
        served = served.filter(pa.array(_floats(served, "settled_on") <= as_of))
        echo = np.stack([_floats(reports, "slow"), _floats(reports, "quick")], axis=1)
        starts, ratio = _floats(served, "starts_on"), np.exp(_floats(served, "log_hazard_ratio"))
        services = np.stack([starts, starts + LASTS, ratio], axis=1)
        return cls(
            children,
            households,
            Last(_source(reports, size), _floats(reports, "at"), echo),
            Last(_source(served, size), _floats(served, "settled_on"), services),
        )

    def expected(self, people: Ints, start: float, end: float) -> Floats:
        """Return how many reports on each child are expected in the window, up to the first."""
        household = self.children["household"].to_numpy()[people]
        own = self.households.num_rows + people
        born = _floats(self.children, "birth_date")[people]
        grown = _floats(self.children, "grown_on")[people]
        begin, stop = np.maximum(born, start), np.minimum(grown, end)
        stop = np.maximum(stop, begin)
        family = self._sources(
            household, start, *(_floats(self.households, name)[household] for name in _FAMILY)
        )
        opens = _floats(self.children, "own_opens")[people]
        alone = self._sources(own, start, _floats(self.children, "own_rate")[people], opens, grown)
        theirs, its = self._service(household, start), self._service(own, start)
        found: Floats = integral(family, [theirs], begin, stop)
        return found + integral(alone, [its, theirs], begin, stop)

    def _sources(
        self, source: Ints, at: float, rate: Floats, opens: Floats, closes: Floats
    ) -> Sources:
        since, left = self.echo.before(source, np.full(source.size, at), included=False)
        return Sources(rate, since, left, opens, closes)

    def _service(self, source: Ints, at: float) -> Service:
        _, values = self.served.before(source, np.full(source.size, at), included=True)
        return Service(values[:, 0], values[:, 1], np.where(values[:, 1] > 0, values[:, 2], 1.0))


_FAMILY = ("rate", "opens", "closes")


def _source(table: pa.Table, households: int) -> Ints:
    person = table["person"].to_numpy()
    found: Ints = np.where(person < 0, table["household"].to_numpy(), households + person)
    return found


def _floats(table: pa.Table, name: str) -> Floats:
    """Return a column as numbers; dates as days since 1970-01-01."""
    column = table[name]
    if pa.types.is_date32(column.type):
        column = column.cast(pa.int32())
    found: Floats = column.to_numpy().astype(np.float64)
    return found
