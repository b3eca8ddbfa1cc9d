"""Which pairs are compared at all, and how many they will be, said before it starts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from commonweal.core.errors import DataError, Problem
from commonweal.linkage.database import Database, first, number
from commonweal.linkage.prepare import Layout

_YEARS = 4.0
"""Pairs whose years of birth differ by more are not compared where a rule looks at years."""
_SAMPLED = 16
"""Pairs of a rule that looks at years are counted on one in so many of its keys."""
_FEW = 500_000
"""A further rule is used where it adds no more pairs than this, or than half the profiles."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Pairs that agree on all of `keys`.

    Parameters
    ----------
    keys
        SQL over a row's columns; ``{}`` stands for the row.
    years
        Whether their years of birth have to be near, where both are known.
    further
        Whether the rule is dropped where it brings too many pairs.
    said
        The keys in words, where they do not say it themselves.
    """

    keys: tuple[str, ...]
    years: bool = False
    further: bool = False
    said: str = ""

    def key(self) -> str:
        """Return all keys as one number, missing where one of them is (SQL over the row ``t``).

        Two rows whose keys differ have the same number once in ten billion billion pairs; they
        would be compared, and found to differ.
        """
        keys = [_at(key, "t") for key in self.keys]
        there = " AND ".join(f"{key} IS NOT NULL" for key in keys)
        return f"CASE WHEN {there} THEN hash({', '.join(keys)}) END"

    def title(self, named: Mapping[str, str]) -> str:
        """Return the keys in words; `named` says which declared field a column is."""
        near = " and years of birth near" if self.years else ""
        keys = ", ".join(_at(key, "").replace(".", "") for key in self.keys)
        return (self.said or re.sub(r"\w+", lambda word: named.get(word[0], word[0]), keys)) + near


def _at(key: str, row: str) -> str:
    """Return a key's SQL over one row."""
    return key.replace("{}", row)


@dataclass(frozen=True, slots=True)
class Predicted:
    """How many pairs a rule brings.

    Parameters
    ----------
    rule
        The rule.
    pairs
        Pairs of profiles of which at least one is open; those another rule brings as well
        included.
    used
        Whether the rule is used.
    """

    rule: Rule
    pairs: int
    used: bool


def rules(layout: Layout) -> tuple[Rule, ...]:
    """Return the rules that the columns allow, the most telling first."""
    dates = (*(["birth"] if layout.birth else []), *layout.dates)
    near = layout.year
    found = [Rule(("{}.raw_id",))] if layout.raw_id else []
    if layout.names[1:]:
        found += _named(layout, dates)
    singly = [*layout.names, *dates, *layout.codes, *(["address"] if layout.address else [])]
    further = bool(found)
    found += [
        Rule((f"{{}}.{name}",), near and name in layout.names, further) for name in reversed(singly)
    ]
    if not found:
        found.append(Rule(tuple(f"{{}}.{name}" for name in layout.categories), near))
    return tuple(found)


def _named(layout: Layout, dates: Sequence[str]) -> list[Rule]:
    """Return the rules on the two most telling names, with each other and all else."""
    near = layout.year
    given, last = f"{{}}.{layout.names[-2]}", f"{{}}.{layout.names[-1]}"
    start, end = f"substr({given}, 1, 3)", f"substr({last}, 1, 3)"
    # Both names in either order: some clerks swap them.
    either = (
        f"(CASE WHEN {given} < {last} THEN {given} || ' ' || {last} "
        f"ELSE {last} || ' ' || {given} END)"
    )
    found = [Rule((either,), near, said="both names")]
    found += [Rule((f"{{}}.{date}", name)) for date in dates for name in (last, given)]
    found.append(Rule((start, last), near))
    if layout.address:
        found += [Rule((start, "{}.address")), Rule((last, "{}.address"))]
    found.append(Rule((given, end), near, further=True))
    found.append(Rule((start, end), near, further=True))
    return found


def predict(database: Database, layout: Layout, most: int) -> tuple[Predicted, ...]:
    """Count the pairs each rule brings, before any is made.

    Parameters
    ----------
    database
        Holds the table ``profile``. Which rules are used depends on seen profiles alone.
    layout
        What its columns are.
    most
        Pairs allowed.

    Raises
    ------
    DataError
        If there would be more than `most`; the rules that bring them are named, with the value
        that brings most.
    """
    every = int(number(database, "SELECT count(*) FROM profile"))
    seen = int(number(database, "SELECT count(*) FROM profile WHERE seen"))
    found = []
    for rule in rules(layout):
        pairs = _count(database, rule, "seen")
        used = not rule.further or pairs <= max(_FEW, seen // 2)
        if used and seen < every:
            pairs = _count(database, rule, "TRUE")
        found.append(Predicted(rule, pairs, used))
    total = sum(p.pairs for p in found if p.used)
    if total > most:
        worst = sorted((p for p in found if p.used), key=lambda p: -p.pairs)[:2]
        raise DataError([
            Problem(
                "linkage",
                f"{total:,} pairs would be compared, {p.pairs:,} of them because they agree on "
                f"{p.rule.title(layout.title)}; {_largest(database, p.rule)}",
                f"blank such values in the table, or raise max_pairs above {most:,}",
            )
            for p in worst
        ])  # fmt: skip
    return tuple(found)


def _count(database: Database, rule: Rule, which: str) -> int:
    return _near(database, rule, which) if rule.years else _equal(database, rule, which)


def _grouped(rule: Rule, which: str, *more: str) -> str:
    keys = [_at(key, "t") for key in rule.keys]
    there = " AND ".join(f"{key} IS NOT NULL" for key in keys)
    named = ", ".join(f"{sql} AS k{n}" for n, sql in enumerate([*keys, *more]))
    numbers = ", ".join(str(n + 1) for n in range(len(keys) + len(more)))
    return (
        f"SELECT {named}, count(*)::BIGINT AS n, count(t.trusted)::BIGINT AS known "
        f"FROM profile AS t WHERE {there} AND {which} GROUP BY {numbers}"
    )


def _equal(database: Database, rule: Rule, which: str) -> int:
    sql = f"SELECT sum(n * (n - 1) // 2 - known * (known - 1) // 2) FROM ({_grouped(rule, which)})"
    return int(number(database, sql))


def _near(database: Database, rule: Rule, which: str) -> int:
    """Count on some keys the pairs whose years are near, from counts by key and year."""
    count = len(rule.keys)
    keys = " AND ".join(f"a.k{n} = b.k{n}" for n in range(count))
    hashed = ", ".join(f"k{n}" for n in range(count))
    year = f"k{count}"
    grouped = _grouped(rule, which, "round(t.year)")
    sql = (
        f"WITH g AS (SELECT * FROM ({grouped}) WHERE hash({hashed}) % {_SAMPLED} = 0) "
        f"SELECT sum(a.n * b.n - a.known * b.known) FROM g AS a JOIN g AS b ON {keys} "
        f"WHERE a.{year} IS NULL OR b.{year} IS NULL OR abs(a.{year} - b.{year}) <= {_YEARS}"
    )
    alone = int(number(database, f"SELECT count(*) - count(trusted) FROM profile WHERE {which}"))
    return max(0, (int(number(database, sql)) * _SAMPLED - alone) // 2)


def _largest(database: Database, rule: Rule) -> str:
    """Say which value brings most pairs; a value of one field is nobody's description."""
    row = first(database, f"{_grouped(rule, 'TRUE')} ORDER BY n DESC LIMIT 1")
    if not row:
        return ""
    values = " ".join(str(value) for value in row[: len(rule.keys)])
    return f"{row[len(rule.keys)]:,} records hold {values!r}"


def make_pairs(database: Database, table: str, used: Sequence[Rule], to: str) -> int:
    """Put every pair that meets a rule, of which one at least is open, into a table.

    Returns
    -------
    int
        Number of pairs, each once: ``match_key``, ``join_key_l`` < ``join_key_r``.
    """
    keys = ", ".join(f"{rule.key()} AS key{place}" for place, rule in enumerate(used))
    year = "t.year" if any(rule.years for rule in used) else "NULL AS year"
    database.execute(
        f"CREATE OR REPLACE TABLE keyed AS SELECT t.uid, t.trusted IS NULL AS open, {year}, {keys} "
        f"FROM {table} AS t"
    )
    database.execute(
        f"CREATE OR REPLACE TABLE {to} (match_key VARCHAR, join_key_l INTEGER, join_key_r INTEGER)"
    )
    conditions = [_condition(rule, place) for place, rule in enumerate(used)]
    for place, condition in enumerate(conditions):
        others = "".join(f" AND NOT coalesce({one}, FALSE)" for one in conditions[:place])
        database.execute(
            f"INSERT INTO {to} SELECT '{place}', l.uid, r.uid FROM keyed AS l "
            f"JOIN keyed AS r ON {condition} AND l.uid < r.uid AND (l.open OR r.open){others}"
        )
    database.execute("DROP TABLE keyed")
    return int(number(database, f"SELECT count(*) FROM {to}"))


def _condition(rule: Rule, place: int) -> str:
    """Return the rule at a place as SQL over the rows ``l`` and ``r`` of the keyed table."""
    near = f" AND (l.year IS NULL OR r.year IS NULL OR abs(l.year - r.year) <= {_YEARS})"
    return f"l.key{place} = r.key{place}{near if rule.years else ''}"
