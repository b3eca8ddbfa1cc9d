"""What the written tables come to, beside what the paper says or was guessed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from commonweal.core.tables import read_table
from commonweal.simulate.children.assessment import (
    ALLEGATIONS,
    INDICATED,
    LEVEL_SHARES,
    LEVELS,
    NEGLECT,
)
from commonweal.simulate.children.calendar import END, RECORDS, YEARS, six_months_after
from commonweal.simulate.children.knobs import Knobs
from commonweal.simulate.children.offers import ACCEPTED
from commonweal.simulate.columns import Floats, Ints, Mask
from commonweal.simulate.knobs import read_knobs
from commonweal.simulate.marginals import Marginal

PACKAGE = "commonweal.simulate.children"
FULL = 450_000
"""Children ever investigated at which there are as many investigations a year as in the paper."""
A_YEAR = 55_000
"""Investigations a year: the paper's own figure."""

# Guesses, near what the city and the state published in those years or, failing that, plausible.
REPEATED, OVERLAPPING, SEVERAL = 0.19, 0.075, 0.44
CHILDREN, NEGLECTED, CLOSED, OFFERED, GIRLS = 1.65, 0.80, 47.0, 0.20, 0.49


def marginals(data: Path, truth: Path, part: float) -> list[Marginal]:
    """Measure a world's tables; the targets of the noise are the knobs written beside them.

    Parameters
    ----------
    data, truth
        Folders of the agency's tables and of the truth, which is not needed.
    part
        The world's people as a share of the full size; counts are divided by it.
    """
    knobs = read_knobs(Knobs, PACKAGE, "paper", data.parent / "knobs.toml")
    rows = Investigations.read(data)
    return [
        *_reports(rows, part),
        *_findings(rows, knobs),
        *_others(data, rows),
        *_conflicts(rows, knobs),
    ]


@dataclass(frozen=True, slots=True)
class Investigations:
    """The table of investigations in order of child number and day of report.

    Parameters
    ----------
    table
        The table.
    child, household, day, closed, investigation
        Its columns; days since 1970-01-01, `END` for what is still open.
    """

    table: pa.Table
    child: Ints
    household: Ints
    day: Ints
    closed: Ints
    investigation: Ints

    @classmethod
    def read(cls, data: Path) -> Investigations:
        """Read and sort the table."""
        table = read_table(data / "investigations.parquet")
        ids = [table[name].to_numpy() for name in ("investigation_id", "child_number")]
        order = np.lexsort((ids[0], days(table, "reported_on"), ids[1]))
        table = table.take(pa.array(order))
        return cls(
            table, table["child_number"].to_numpy(), table["household_number"].to_numpy(),
            days(table, "reported_on"), days(table, "closed_on"),
            table["investigation_id"].to_numpy(),
        )  # fmt: skip

    @property
    def repeated(self) -> Mask:
        """Return which rows are followed by a new report on the child within six months."""
        following = np.zeros(self.day.size, dtype=np.bool_)
        within = self.day[1:] < six_months_after(self.day[:-1])
        following[:-1] = (self.child[1:] == self.child[:-1]) & within
        return following

    @property
    def overlapping(self) -> Mask:
        """Return which rows begin while an earlier investigation of the child is open."""
        number = np.cumsum(np.diff(self.child, prepend=-1) != 0)
        latest = np.maximum.accumulate(number * 100_000 + self.closed) - number * 100_000
        found = np.zeros(self.day.size, dtype=np.bool_)
        found[1:] = (number[1:] == number[:-1]) & (self.day[1:] < latest[:-1])
        return found

    def is_(self, column: str, *values: str) -> Mask:
        """Return which rows hold one of these values."""
        return np.isin(text(self.table, column), values)

    def share(self, top: Mask | Floats, bottom: Mask) -> tuple[float, float]:
        """Return the sum of `top` over the number in `bottom`, with its standard error."""
        return ratio(np.where(bottom, top, 0.0), bottom, self.household)


def _reports(rows: Investigations, part: float) -> Iterator[Marginal]:
    cases, place = np.unique(rows.investigation, return_index=True)
    error = float(np.sqrt((np.bincount(_codes(rows.household[place])) ** 2.0).sum()))
    at_full_size = cases.size / part / YEARS, error / part / YEARS
    yield Marginal("investigations a year, at full size", A_YEAR, *at_full_size)
    early = rows.day[place] < RECORDS + 366
    late = rows.day[place] >= END - 366
    grown = float(late.sum() / early.sum()), float(np.sqrt(2.5 / early.sum()))
    yield _guess("investigations in the last year for one in the first", 1.0, grown)
    each = np.zeros(rows.day.size)
    each[place] = 1.0
    children = ratio(np.ones(rows.day.size), each, rows.household)
    yield _guess("children an investigation", CHILDREN, children)
    seen = six_months_after(rows.day) <= END
    yield _guess("repeat report within six months", REPEATED, rows.share(rows.repeated, seen))
    everyone = np.ones(rows.day.size, dtype=np.bool_)
    overlapping = rows.share(rows.overlapping, everyone)
    yield _guess("begins while another is open", OVERLAPPING, overlapping)
    first = np.diff(rows.child, prepend=-1) != 0
    more = np.append(rows.child[1:] == rows.child[:-1], False)
    several = rows.share(first & more, first)
    yield _guess("child numbers with several investigations", SEVERAL, several)
    yield _guess("girls", GIRLS, rows.share(rows.is_("gender", "female"), everyone))


def _findings(rows: Investigations, knobs: Knobs) -> Iterator[Marginal]:
    closed = rows.closed < END
    until = (rows.closed - rows.day).astype(np.float64)
    yield _guess("days until closed", CLOSED, rows.share(until, closed))
    yield _guess("indicated", INDICATED, rows.share(rows.is_("finding", "indicated"), closed))
    rated = rows.is_("rap_level", *LEVELS)
    yield _guess("RAP level missing", knobs.rap_missing, rows.share(~rated, closed))
    for level, share in zip(LEVELS, LEVEL_SHARES, strict=True):
        found = rows.share(rows.is_("rap_level", level), rated)
        yield _guess(f"RAP level {level}, of those rated", float(share), found)


def _others(data: Path, rows: Investigations) -> Iterator[Marginal]:
    """Compare allegations and services; households are those of their investigations."""
    household = np.full(int(rows.investigation.max()) + 1, -1)
    household[rows.investigation] = rows.household
    table = read_table(data / "allegations.parquet")
    neglect = np.isin(text(table, "allegation"), ALLEGATIONS[:NEGLECT]).astype(np.float64)
    cases = household[table["investigation_id"].to_numpy()]
    neglected = ratio(neglect, np.ones(neglect.size), cases)
    yield _guess("neglect of any kind, of allegations", NEGLECTED, neglected)
    table = read_table(data / "services.parquet")
    _, place = np.unique(table["offer_id"].to_numpy(), return_index=True)
    investigations = np.unique(rows.investigation).size
    offered = place.size / investigations, float(np.sqrt(place.size)) / investigations
    yield _guess("services offered an investigation", OFFERED, offered)
    accepted = table["accepted"].to_numpy(zero_copy_only=False)[place].astype(np.float64)
    cases = household[table["investigation_id"].to_numpy()[place]]
    yield _guess("offers accepted", ACCEPTED, ratio(accepted, np.ones(place.size), cases))


def _conflicts(rows: Investigations, knobs: Knobs) -> Iterator[Marginal]:
    """Compare overlapping records of one child number with the record before."""
    pair = rows.overlapping
    race = knobs.race_wrong
    both = 2 * knobs.race_wrong * (1 - race) + race**2 * 0.75
    born = days(rows.table, "birth_date")
    told = (born != END) & np.append(True, born[:-1] != END) & pair
    birth = knobs.birth_wrong
    targets = (
        ("gender", pair, 2 * knobs.gender_wrong * (1 - knobs.gender_wrong)),
        ("race", pair, both),
        ("birth_date", told, 2 * birth * (1 - birth) + birth**2 * 0.875),
    )
    for column, asked, target in targets:
        values = born if column == "birth_date" else _codes(text(rows.table, column))
        differs = np.append(False, values[1:] != values[:-1])
        name = f"overlapping records that differ in {column.replace('_', ' ')}"
        yield _guess(name, target, rows.share(differs, asked))


def _guess(name: str, target: float, found: tuple[float, float]) -> Marginal:
    """Return a marginal from what it was guessed to be, and its value and standard error."""
    return Marginal(name, target, *found, guess=True)


def ratio(top: Floats, bottom: Floats | Mask, cluster: Ints) -> tuple[float, float]:
    """Return sum(top) / sum(bottom) and its standard error, clusters being drawn again."""
    code = _codes(cluster)
    y, x = np.bincount(code, top), np.bincount(code, bottom)
    value = float(y.sum() / max(x.sum(), 1e-12))
    error = float(np.sqrt(((y - value * x) ** 2).sum()) / max(x.sum(), 1e-12))
    return value, error


def days(table: pa.Table, column: str) -> Ints:
    """Return a date column as days since 1970-01-01, `END` where there is none."""
    found: Ints = table[column].cast(pa.int32()).fill_null(END).to_numpy().astype(np.int64)
    return found


def text(table: pa.Table, column: str) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    """Return a text column, ``""`` where there is none."""
    values = table[column].cast(pa.string()).fill_null("")
    found: np.ndarray[tuple[int], np.dtype[np.object_]] = values.to_numpy(zero_copy_only=False)
    return found


def _codes(values: np.ndarray[tuple[int], np.dtype[np.generic]]) -> Ints:
    found: Ints = np.unique(values, return_inverse=True)[1]
    return found
