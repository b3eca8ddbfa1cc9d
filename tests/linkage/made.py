"""Small tables of people, and records made ready to be compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from commonweal.linkage.cells import NO_DAY
from commonweal.linkage.constraints.rule import Members
from commonweal.linkage.database import Database, connect
from commonweal.linkage.prepare import Prepared, prepare
from commonweal.linkage.profiles import Profiles, profile
from commonweal.linkage.spec import Columns, Field, FieldKind, TrustedId

EPOCH = date(1970, 1, 1)
_START = "BCDFGHJKLMNPRSTVWZ"
_VOWEL = "AEIOU"


def columns(rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Rows as a table; what a row lacks is null."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    return pa.table({name: [row.get(name) for row in rows] for name in names})


def declared(**kinds: FieldKind) -> dict[str, Field]:
    """Fields by kind."""
    return {name: Field(kind=kind) for name, kind in kinds.items()}


def ready(
    table: pa.Table, fields: Mapping[str, Field], trusted: str | TrustedId | None = None,
    held: Columns | None = None,
) -> Prepared:  # fmt: skip
    """Prepare a table."""
    given = TrustedId(column=trusted) if isinstance(trusted, str) else trusted
    return prepare(table, fields, given, held or Columns())


def profiled(prepared: Prepared, visible: np.ndarray | None = None) -> tuple[Database, Profiles]:
    """Put profiles into a database."""
    database = connect(1)
    seen = np.ones(prepared.count, np.bool_) if visible is None else visible
    return database, profile(database, prepared, seen)


def words(rng: np.random.Generator, count: int, syllables: int) -> list[str]:
    """Different words of syllables."""
    found: dict[str, None] = {}
    while len(found) < count:
        parts = rng.choice(list(_START), syllables), rng.choice(list(_VOWEL), syllables)
        found["".join(a + b for a, b in zip(*parts, strict=True))] = None
    return list(found)


def common(rng: np.random.Generator, among: Sequence[str], count: int) -> list[str]:
    """Draw words, the first ones far more often than the last."""
    share = 1 / np.arange(3, len(among) + 3)
    return rng.choice(among, count, p=share / share.sum()).tolist()


def population(people: int, seed: int = 1, records: int = 3, known: float = 0.5) -> pa.Table:
    """Records of people: names, birth date, sex, town; a trusted id on some of them.

    A record's birth date is missing in one of five, and one first name in ten is cut short.
    """
    rng = np.random.default_rng(seed)
    first, last = words(rng, 120, 3), words(rng, 400, 4)
    names = common(rng, first, people), common(rng, last, people)
    born = [date(1950, 1, 1) + timedelta(days=int(d)) for d in rng.integers(0, 15_000, people)]
    sex, town = rng.choice(["f", "m"], people), rng.choice(["Ashby", "Bree", "Cork"], people)
    rows = []
    for who in range(people):
        for _ in range(int(rng.integers(1, records + 1))):
            name = names[0][who]
            day = date(2000, 1, 1) + timedelta(days=int(rng.integers(0, 7_000)))
            rows.append({
                "first": name[:4] if rng.random() < 0.1 else name,
                "last": names[1][who],
                "born": born[who] if rng.random() < 0.8 else None,
                "sex": str(sex[who]), "town": str(town[who]),
                "id": f"i{who}" if rng.random() < known else None,
                "on": day, "known": day + timedelta(days=int(rng.integers(0, 60))),
                "record": f"r{len(rows):06d}", "person": who, "source": "file",
            })  # fmt: skip
    return columns(rows)


PEOPLE = declared(first="name", last="name", born="birth_date", sex="category", town="category")
HELD = Columns(source="source", record="record", occurred_on="on", known_on="known")


def members(
    count: int, *, trusted: Sequence[int] | None = None, occurred: Sequence[int] | None = None,
    terminal: Sequence[bool] | None = None, year: Sequence[float] | None = None,
    birth: Sequence[date | None] | None = None,
) -> Members:  # fmt: skip
    """What rules look at; missing where nothing is given."""
    found = Members(
        trusted=np.full(count, -1), occurred=np.full(count, NO_DAY),
        terminal=np.zeros(count, np.bool_), year=np.full(count, np.nan),
        birth=np.full(count, NO_DAY),
    )  # fmt: skip
    given: dict[str, Any] = {}
    if trusted is not None:
        given["trusted"] = np.array(trusted, np.int64)
    if occurred is not None:
        given["occurred"] = np.array(occurred, np.int64)
    if terminal is not None:
        given["terminal"] = np.array(terminal, np.bool_)
    if year is not None:
        given["year"] = np.array(year, np.float64)
    if birth is not None:
        given["birth"] = np.array([NO_DAY if d is None else (d - EPOCH).days for d in birth])
    return replace(found, **given)
