"""How two records are compared: levels of agreement, from the same to not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from commonweal.linkage.prepare import Layout


@dataclass(frozen=True, slots=True)
class Compared:
    """One comparison.

    Parameters
    ----------
    name
        Column it is called by.
    missing
        Where nothing can be compared (SQL over columns ``_l`` and ``_r``).
    conditions
        Levels from the closest agreement down; whatever meets none is the last level.
    frequent
        Column whose value's frequency counts where the first level is met.
    exact
        Column in which the first level means equality, where its chance is known exactly.
    """

    name: str
    missing: str
    conditions: tuple[str, ...]
    frequent: str | None = None
    exact: str | None = None

    @property
    def levels(self) -> int:
        """Number of levels, the last among them."""
        return len(self.conditions) + 1


def comparisons(layout: Layout) -> tuple[Compared, ...]:
    """Return the comparisons that a table's columns allow."""
    found = [_name(name) for name in layout.names[:-2]]
    found += _two_names(*layout.names[-2:])
    if layout.birth:
        found.append(_date("birth"))
    if layout.year:
        found.append(_year(layout))
    found += [_date(name) for name in layout.dates]
    if layout.address:
        found.append(_address())
    if layout.raw_id:
        found.append(Compared("raw_id", _either("raw_id"), (_same("raw_id"),), exact="raw_id"))
    for name in layout.categories:
        slip = (f"damerau_levenshtein({name}_l, {name}_r) <= 1",) if name in layout.codes else ()
        levels = (_same(name), *slip)
        found.append(Compared(name, _either(name), levels, frequent=name, exact=name))
    return tuple(found)


def _same(name: str) -> str:
    return f"{name}_l = {name}_r"


def _either(name: str) -> str:
    return f"{name}_l IS NULL OR {name}_r IS NULL"


def _name(name: str) -> Compared:
    """Return the levels: same; same start (nicknames); one slip of the pen; alike."""
    return Compared(
        name,
        _either(name),
        (
            _same(name),
            f"substr({name}_l, 1, 3) = substr({name}_r, 1, 3)",
            f"damerau_levenshtein({name}_l, {name}_r) <= 1",
            f"jaro_winkler_similarity({name}_l, {name}_r) >= 0.88",
        ),
        frequent=name,
        exact=name,
    )


def _two_names(*names: str) -> list[Compared]:
    """Return the two most telling names, which some clerks write the other way about.

    Names swapped are a level of the first one; the other then has nothing to add.
    """
    if len(names) < 2:
        return [_name(name) for name in names]
    one, other = (_name(name) for name in names)
    swapped = f"{names[0]}_l = {names[1]}_r AND {names[1]}_l = {names[0]}_r"
    conditions = (one.conditions[0], swapped, *one.conditions[1:])
    missing = f"{other.missing} OR ({swapped} AND {names[0]}_l <> {names[0]}_r)"
    return [replace(one, conditions=conditions), replace(other, missing=missing)]


def _date(name: str) -> Compared:
    """Return the levels: same; a slip or a swap; within a month; within a year."""
    apart = f"abs({name}_l - {name}_r)"
    written = [f"strftime({name}_{side}, '%Y%m%d')" for side in "lr"]
    swapped = f"strftime({name}_l, '%Y%m%d') = strftime({name}_r, '%Y%d%m')"
    slip = f"damerau_levenshtein({written[0]}, {written[1]}) <= 1 OR {swapped}"
    return Compared(
        name, _either(name), (_same(name), slip, f"{apart} <= 31", f"{apart} <= 366"), exact=name
    )


def _year(layout: Layout) -> Compared:
    """Years of birth, where the birth dates do not say it already."""
    apart = "abs(year_l - year_r)"
    missing = _either("year")
    if layout.birth:
        missing += " OR (birth_l IS NOT NULL AND birth_r IS NOT NULL)"
    steps = (0.6, 1.1, 2.1, 3.0)
    return Compared("year", missing, tuple(f"{apart} <= {step}" for step in steps))


def _address() -> Compared:
    """Return the levels: same; same but for the numbers in it."""
    return Compared(
        "address",
        _either("address"),
        (_same("address"), _same("street")),
        frequent="address",
        exact="address",
    )


Probabilities = Mapping[str, Sequence[float] | NDArray[np.float64]]
"""Comparison -> probability of each of its levels, from the closest agreement down."""


def for_splink(
    compared: Sequence[Compared], m: Probabilities, u: Probabilities
) -> list[dict[str, object]]:
    """Return the comparisons as splink takes them, with their m and u probabilities."""
    return [_described(one, m[one.name], u[one.name]) for one in compared]


def _described(
    one: Compared,
    m: Sequence[float] | NDArray[np.float64],
    u: Sequence[float] | NDArray[np.float64],
) -> dict[str, object]:
    described: list[dict[str, object]] = [
        {"sql_condition": one.missing, "label_for_charts": "missing", "is_null_level": True}
    ]
    for place, condition in enumerate((*one.conditions, "ELSE")):
        level: dict[str, object] = {
            "sql_condition": condition,
            "label_for_charts": condition,
            "m_probability": float(m[place]),
            "u_probability": float(u[place]),
        }
        if place == 0 and one.frequent is not None:
            level["tf_adjustment_column"] = one.frequent
        described.append(level)
    return {"output_column_name": one.name, "comparison_levels": described}
