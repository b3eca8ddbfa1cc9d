"""The violence-prevention world's figures beside those paper C publishes.

People are counted as the study sees them: by the department's index of persons, with the race,
sex and year of birth of their most recent record.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from commonweal.core.dates import Period, day_number
from commonweal.core.tables import read_table
from commonweal.simulate.columns import Ints, Mask
from commonweal.simulate.marginals import Marginal
from commonweal.simulate.violence.codes import ARRESTS, HARMS, INDICES, codes_in
from commonweal.simulate.violence.people import RACES, YEAR

AS_OF = (date(2013, 10, 1), date(2015, 4, 1), date(2016, 10, 1), date(2018, 4, 1))
"""The four cohorts (A.4.1); the last is the test."""
_WITHIN, _WINDOW = Period(50, "months"), Period(18, "months")
_TOTALS = {"arrests": 3_783_724, "victimizations": 8_911_412, "shootings": 23_859,
           "homicides": 11_598}  # fmt: skip
_PEOPLE, _DISTINCT, _COHORT, _TEST = 5_426_703, 643_914, 330_000, 327_127
# Tables B.2 and B.3: race, woman, 23 or older -> all victims, those in the sample, the sample.
_GROUPS = {
    ("Black", False, False): (885, 672, 18_939), ("Black", False, True): (1456, 1072, 102_842),
    ("Black", True, False): (159, 65, 12_141), ("Black", True, True): (214, 123, 65_230),
    ("Hispanic", False, False): (210, 112, 7_639), ("Hispanic", False, True): (276, 152, 40_619),
    ("Hispanic", True, False): (22, 10, 3_442), ("Hispanic", True, True): (47, 15, 16_890),
    ("White", False, False): (10, 6, 2_281), ("White", False, True): (46, 19, 28_943),
    ("White", True, None): (13, 6, 18_443),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _People:
    """Who did and suffered what, by the department's index, people numbered from 0.

    Parameters
    ----------
    count
        Number of people.
    arrested, harmed, shot
        Person, day it happened and day it was known, of each record.
    race, woman, born
        Of each person, by their most recent record; race -1 where none says, `born` the middle
        of the year reckoned from their age where no date of birth is given.
    """

    count: int
    arrested: tuple[Ints, Ints, Ints]
    harmed: tuple[Ints, Ints, Ints]
    shot: tuple[Ints, Ints, Ints]
    race: Ints
    woman: Mask
    born: Ints


def marginals(data: Path, truth: Path, part: float) -> list[Marginal]:
    """Measure a world's tables.

    Parameters
    ----------
    data
        Folder of the agency's tables.
    truth
        Folder of the truth; not read: the paper's figures rest on records as well.
    part
        The world's people as a share of the full size; counts are divided by it.

    Returns
    -------
    list of Marginal
        Totals (A.1), cohorts (A.4.1), Table A.1, Table B.2, Table B.3.
    """
    del truth
    found = [
        _count(f"{name} (A.1)", paper, _rows(data, name), part) for name, paper in _TOTALS.items()
    ]
    missing = read_table(data / "victimizations.parquet", ["birth_date"])["birth_date"]
    share = missing.null_count / len(missing)
    found.append(Marginal("victimizations without birth date (A.2)", 0.732, share, 0.0))
    people = _people(data)
    found.append(_count("people on record (A.2)", _PEOPLE, people.count, part))
    return [*found, *_features(), *_cohorts(people, part)]


def _rows(data: Path, name: str) -> int:
    return int(read_table(data / f"{name}.parquet", ["record_id"]).num_rows)


def _count(name: str, paper: float, count: float, part: float, guess: bool = False) -> Marginal:
    spread = float(np.sqrt(max(count, paper * part)))
    return Marginal(name, paper, count / part, spread / part, guess)


def _share(name: str, paper: float, hits: int, of: int, guess: bool = False) -> Marginal:
    rate = hits / of
    return Marginal(name, paper, rate, float(np.sqrt(max(hits, 1)) / of), guess)


def _features() -> Iterator[Marginal]:
    """Yield Table A.1: what codes and indices come to over eight windows and two times since."""
    harmed = sum(bool(codes_in(index, HARMS)) for index in INDICES) + 1
    yield Marginal("indexed arrest features (A.1)", 104, 10.0 * (len(INDICES) + 1), 0.0)
    yield Marginal("fine-grained arrest features (A.1)", 365, 8.0 * len(ARRESTS), 0.0)
    yield Marginal("indexed victimization features (A.1)", 84, 10.0 * harmed, 0.0)
    yield Marginal("fine-grained victimization features (A.1)", 233, 8.0 * len(HARMS), 0.0)


def _cohorts(people: _People, part: float) -> Iterator[Marginal]:
    """Yield the four cohorts, and of the last Tables B.2 and B.3."""
    ever = np.zeros(people.count, np.bool_)
    for as_of in AS_OF:
        inside = _inside(people, as_of)
        ever |= inside
        paper, guess = (_TEST, False) if as_of == AS_OF[-1] else (_COHORT, True)
        yield _count(f"cohort of {as_of}", paper, int(inside.sum()), part, guess)
    yield _count("distinct people in the cohorts", _DISTINCT, int(ever.sum()), part)
    hit = _victims(people)
    young = day_number(AS_OF[-1]) - people.born < 23 * YEAR
    men = ~people.woman & (people.race == RACES.index("Black"))
    yield _count("victims, test window (B.2)", 3_381, int(hit.sum()), part)
    yield _count("victims in the sample (B.2)", 2_253, int((hit & inside).sum()), part)
    yield _share("victims in the sample, share", 0.666, int((hit & inside).sum()), int(hit.sum()))
    yield _share("Black men among victims, in the sample", 0.745,
                 int((hit & inside & men).sum()), int((hit & men).sum()))  # fmt: skip
    rate = int((hit & inside).sum()), int(inside.sum())
    yield _share("base rate in the sample (B.3)", 2_253 / _TEST, *rate)
    for (race, woman, old), (everyone, sampled, size) in _GROUPS.items():
        here = (people.race == RACES.index(race)) & (people.woman == woman)
        band = "" if old is None else ", 23 and over" if old else ", under 23"
        if old is not None:
            here &= young != old
        name = f"{race} {'women' if woman else 'men'}{band}"
        yield _count(f"{name}: in the sample (B.3)", size, int((inside & here).sum()), part)
        yield _count(f"{name}: victims (B.2)", everyone, int((hit & here).sum()), part)
        yield _count(
            f"{name}: victims in the sample (B.2)", sampled, int((hit & inside & here).sum()), part
        )


def _inside(people: _People, as_of: date) -> Mask:
    """Return who has an arrest, or two victimizations, in the 50 months before a date."""
    low, high = day_number(_WITHIN.before(as_of)), day_number(as_of)
    counts = []
    for person, day, known in (people.arrested, people.harmed):
        rows = (day >= low) & (day < high) & (known < high)
        counts.append(np.bincount(person[rows], minlength=people.count))
    inside: Mask = (counts[0] >= 1) | (counts[1] >= 2)
    return inside


def _victims(people: _People) -> Mask:
    """Return who was shot by another in the test window."""
    person, _, known = people.shot
    low, high = day_number(AS_OF[-1]), day_number(_WINDOW.after(AS_OF[-1]))
    hit = np.zeros(people.count, np.bool_)
    hit[person[(known >= low) & (known < high)]] = True
    return hit


def _people(data: Path) -> _People:
    tables = {}
    for name, happened, told in (("arrests", "incident_on", "arrested_on"),
                             ("victimizations", "occurred_on", "reported_on"),
                             ("shootings", "occurred_on", "reported_on")):  # fmt: skip
        columns = [happened, told, "race", "sex", "birth_year", "birth_date"]
        more = ["circumstance"] if name == "shootings" else []
        table = read_table(data / f"{name}.parquet", [*columns, *more])
        index = read_table(data / f"index_{name}.parquet", ["person_number"])
        table = table.append_column("person", index["person_number"])
        if more:
            table = table.filter(pc.equal(table["circumstance"], "assault")).drop(more)
        tables[name] = table.rename_columns(
            ["day", "known", "race", "sex", "birth_year", "birth_date", "person"]
        )
    every = np.concatenate([_ints(t["person"]) for t in tables.values()])
    numbers, place = np.unique(every, return_inverse=True)
    ends = np.cumsum([t.num_rows for t in tables.values()])[:-1]
    events = [
        (person, _ints(table["day"].cast(pa.int32())), _ints(table["known"].cast(pa.int32())))
        for person, table in zip(np.split(place, ends), tables.values(), strict=True)
    ]
    known = np.concatenate([event[2] for event in events])
    race = np.concatenate([_coded(t["race"], RACES) for t in tables.values()])
    woman = np.concatenate([_coded(t["sex"], ("M", "F")) for t in tables.values()])
    born = np.concatenate([_born(t) for t in tables.values()])
    order = np.argsort(known, kind="stable")
    return _People(
        numbers.size, events[0], events[1], events[2],
        _latest(place, race, order, numbers.size), _latest(place, woman, order, numbers.size) == 1,
        _latest(place, born, order, numbers.size),
    )  # fmt: skip


def _latest(person: Ints, value: Ints, order: Ints, count: int) -> Ints:
    """Return the value of each person's latest record whose value is not -1, else -1."""
    rows = order[value[order] != -1]
    found = np.full(count, -1, np.int64)
    found[person[rows]] = value[rows]
    return found


def _born(table: pa.Table) -> Ints:
    """Return days of birth, from 1970; the middle of the year where only that is known."""
    middle = np.floor((_ints(table["birth_year"]) - 1970 + 0.5) * YEAR).astype(np.int64)
    day = table["birth_date"].cast(pa.int32())
    return np.where(day.is_valid().to_numpy(), _ints(day.fill_null(0)), middle)


def _coded(column: pa.ChunkedArray, vocabulary: tuple[str, ...]) -> Ints:
    place = pc.index_in(column, pa.array(vocabulary))
    return _ints(place.fill_null(-1))


def _ints(column: pa.ChunkedArray) -> Ints:
    found: Ints = column.to_numpy().astype(np.int64)
    return found
