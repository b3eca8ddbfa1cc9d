"""Detainers: repeated ones for the same case, and ids that hold within a fiscal year only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from commonweal.core.dates import day_number
from commonweal.core.seeds import stream
from commonweal.simulate.columns import Ints, Mask
from commonweal.simulate.custody.facilities import Facilities
from commonweal.simulate.custody.knobs import Knobs
from commonweal.simulate.custody.people import TYPE_OF_GROUP, People, send, truncated
from commonweal.simulate.custody.published import FACILITY, NATIONALITY, START

# How much likelier a repeated detainer is by type of facility, and the mean days it came before
# the last one (guesses): transfers and sentences of several years bring them about.
_REPEATED = {"county": 1.0, "federal": 4.0, "state": 4.0, "local": 1.0, "other": 2.0}
_DAYS_BEFORE = {"county": 120.0, "federal": 700.0, "state": 700.0, "local": 60.0, "other": 200.0}
_TRANSFERRED = 0.6  # Share of repeated detainers issued at another facility (guess).
_FISCAL_YEARS: Ints = np.array([day_number(date(year, 10, 1)) for year in range(2008, 2017)])


@dataclass(frozen=True, slots=True)
class Detainers:
    """Raw detainers, person by person and in order of time.

    Parameters
    ----------
    person
        Whose.
    id
        Number of the depersonalized id; a person has one or more in a row, nobody shares one.
    issued
        Day.
    last
        Whether it is the person's most recent.
    facility
        Where it was sent.
    birth_year, woman, nationality
        As on the record, which may disagree with the person's other records.
    owner
        Id number -> person.
    last_id
        Person -> number of the id of the most recent detainer.
    first_day
        Person -> day of the first detainer.
    """

    person: Ints
    id: Ints
    issued: Ints
    last: Mask
    facility: Ints
    birth_year: Ints
    woman: Mask
    nationality: Ints
    owner: Ints
    last_id: Ints
    first_day: Ints


def draw_detainers(people: People, seed: int, knobs: Knobs, facilities: Facilities) -> Detainers:
    """Repeat detainers, and let ids change between fiscal years."""
    rng = stream(seed, "custody", "repeats")
    person, issued, last = _repeated(people, knobs.duplicates, rng)
    number = _ids(person, issued, last, knobs.id_changes, stream(seed, "custody", "id changes"))
    facility = people.facility[person]
    moved = np.flatnonzero(~last & (rng.random(person.size) < _TRANSFERRED))
    facility[moved] = send(people.group[person[moved]], facilities, rng)
    born = _year(people.noticed) - people.age
    opens = np.flatnonzero(np.diff(person, prepend=-1))
    wrong = stream(seed, "custody", "conflicts")
    conflict = ~last & (wrong.random(person.size) < knobs.conflicts)
    which, step = wrong.integers(0, 3, person.size), wrong.integers(1, 4, person.size)
    nations = len(NATIONALITY)
    return Detainers(
        person=person,
        id=number,
        issued=issued,
        last=last,
        facility=facility,
        birth_year=born[person] + np.where(conflict & (which == 0), step, 0),
        woman=people.woman[person] ^ (conflict & (which == 1)),
        nationality=(people.nationality[person] + step * (conflict & (which == 2))) % nations,
        owner=person[np.flatnonzero(np.diff(number, prepend=-1))],
        last_id=number[last],
        first_day=issued[opens],
    )


def _repeated(
    people: People, share: float, rng: np.random.Generator
) -> tuple[Ints, Ints, Mask]:  # fmt: skip
    """Return person and day of every detainer in order, and whether it is the last."""
    kind = TYPE_OF_GROUP[people.group]
    likelier = np.array([_REPEATED[name] for name in FACILITY])[kind]
    mean = likelier / likelier.mean() * share / (1.0 - share)
    person = np.repeat(np.arange(people.count), 1 + rng.poisson(mean))
    last = np.append(np.diff(person) > 0, True)
    before = np.array([_DAYS_BEFORE[name] for name in FACILITY])[kind[person]]
    most = (people.noticed[person] - START + 1).astype(np.float64)
    back = np.floor(truncated(before, most, rng.random(person.size))).astype(np.int64)
    issued = people.noticed[person] - np.where(last, 0, back)
    order = np.argsort(person * 10_000 + (issued - START), kind="stable")
    return person, issued[order], last


def _ids(person: Ints, issued: Ints, last: Mask, change: float, rng: np.random.Generator) -> Ints:
    """Give each person an id and, by chance, another from one fiscal year to the next."""
    year = np.searchsorted(_FISCAL_YEARS, issued, side="right")
    new = np.append(True, last[:-1])
    later = np.append(False, np.diff(year) > 0)
    new |= later & (rng.random(person.size) < change)
    return np.cumsum(new) - 1


def _year(days: Ints) -> Ints:
    """Return the calendar years of days since 1970-01-01."""
    years: Ints = days.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970
    return years
