"""Hidden ids: records whose person is known, made to look as records without an id do.

Everything about linkage that can be learned or measured without clerks is learned here: how often
one person's records agree (m), what a pattern of agreement is worth, where the threshold lies,
how good the result is. Ids are hidden on some records of some people, on all records of others
(who then are to be found together, and with nobody else). Hidden records lose the fields that
records without an id lack, and are given the same errors in age.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from commonweal.core.seeds import stream
from commonweal.linkage.cells import NO_DAY, Floats, Ints, Mask
from commonweal.linkage.constraints.rule import Members
from commonweal.linkage.prepare import Prepared
from commonweal.linkage.profiles import Profiles, compared

_STRANGERS = 1 / 3
"""Share of the people all of whose records are hidden."""


@dataclass(frozen=True, slots=True)
class Noise:
    """What records without an id get wrong.

    Parameters
    ----------
    years
        Differences of the year of birth from the true one, in records without a birth date.
    stray_ids
        Share of earlier ids that are not the person's.
    """

    years: Floats
    stray_ids: float


@dataclass(frozen=True, slots=True)
class Practice:
    """The practice file.

    Parameters
    ----------
    table
        Rows to compare, as `Prepared.table`: hidden records first, then the profiles of what was
        not hidden.
    person
        Row -> code of the id that is its person in truth.
    hidden
        Row -> whether its id is hidden.
    record
        Row -> the record (uid) it was made from; of a profile its first.
    members
        What rules look at, one value a record of the file.
    node
        Record of the file -> row.
    scale
        How many times as many people's records there are in all: what a wrong pair stands for.
    """

    table: pa.Table
    person: Ints
    hidden: Mask
    record: Ints
    members: Members
    node: Ints
    scale: float


def practice(
    prepared: Prepared, profiles: Profiles, visible: Mask, noise: Noise, hidden: int, most: int,
    seed: int,
) -> Practice | None:  # fmt: skip
    """Hide ids.

    Parameters
    ----------
    prepared, profiles
        The records.
    visible
        Records that may be looked at.
    noise
        Errors to add.
    hidden, most
        Hidden records, and rows in all, at most.
    seed
        The study's seed.

    Returns
    -------
    Practice or None
        None where no two records carry the same trusted id, or none is without.
    """
    known = np.flatnonzero((prepared.trusted >= 0) & visible)
    donors = np.flatnonzero((prepared.trusted < 0) & visible)
    if not len(known) or not len(donors):
        return None
    rng = stream(seed, "linkage", "practice")
    codes, person = np.unique(prepared.trusted[known], return_inverse=True)
    rank = rng.permutation(len(codes))
    size = np.zeros(len(codes), np.int64)
    np.add.at(size, rank[person], 1)
    before = np.cumsum(size) - size
    inside = before[rank[person]] < most
    known, rank = known[inside], rank[person[inside]]
    veiled = _drawn(rank, before, hidden, rng)
    if not veiled.any() or len(np.unique(rank)) == len(rank):
        return None
    donor = donors[rng.integers(0, len(donors), int(veiled.sum()))]
    return _made(prepared, profiles, known, veiled, donor, noise, visible, rng)


def _drawn(rank: Ints, before: Ints, hidden: int, rng: np.random.Generator) -> Mask:
    """Choose records: half of most people's, all of some people's, none of the others'.

    `before` counts the records of the people of lower rank: people are taken in order of rank
    until about `hidden` records are.
    """
    hide = 0.5 * (1 - _STRANGERS) + _STRANGERS
    stranger = rng.random(len(before)) < _STRANGERS
    chosen = before * hide < hidden
    found: Mask = chosen[rank] & (stranger[rank] | (rng.random(len(rank)) < 0.5))
    return found


def _made(
    prepared: Prepared, profiles: Profiles, known: Ints, veiled: Mask, donor: Ints, noise: Noise,
    visible: Mask, rng: np.random.Generator,
) -> Practice:  # fmt: skip
    secret, plain = known[veiled], known[~veiled]
    shown, of = np.unique(profiles.of[plain], return_inverse=True)
    first = profiles.first[shown]
    veil = _veiled(prepared, secret, donor, noise, rng)
    columns = ["trusted", *compared(prepared.layout)]
    table = pa.concat_tables([veil.select(columns), prepared.table.take(first).select(columns)])
    uid = pa.array(np.arange(table.num_rows, dtype=np.int32))
    table = table.combine_chunks().add_column(0, "uid", uid)
    rows = np.concatenate([secret, plain])
    unborn = np.asarray(veil["birth"].is_null()) if prepared.layout.birth else None
    members = Members(
        np.concatenate([np.full(len(secret), -1), prepared.trusted[plain]]),
        prepared.occurred[rows],
        prepared.terminal[rows],
        np.concatenate([_calendar(prepared, veil, secret), prepared.birth_year[plain]]),
        np.concatenate([_blanked(prepared.birth[secret], unborn), prepared.birth[plain]]),
    )
    return Practice(
        table=table,
        person=prepared.trusted[np.concatenate([secret, first])],
        hidden=np.arange(table.num_rows) < len(secret),
        record=np.concatenate([secret, first]),
        members=members,
        node=np.concatenate([np.arange(len(secret)), len(secret) + of]),
        scale=float(len(np.unique(profiles.of[visible])) / table.num_rows),
    )


def _blanked(days: Ints, unborn: Mask | None) -> Ints:
    return days if unborn is None else np.where(unborn, NO_DAY, days)


def _calendar(prepared: Prepared, veil: pa.Table, secret: Ints) -> Floats:
    """Return calendar years of birth of hidden records: wrong by as much as their exact years."""
    if "year" not in veil.column_names:
        return np.full(len(secret), np.nan)
    year = veil["year"].to_numpy().astype(np.float64)
    found: Floats = prepared.birth_year[secret] + np.rint(year - prepared.year[secret])
    return found


def _veiled(
    prepared: Prepared, secret: Ints, donor: Ints, noise: Noise, rng: np.random.Generator
) -> pa.Table:
    """Return hidden records without id and what their donors lack, and with their errors."""
    table, like = prepared.table.take(secret), prepared.table.take(donor)
    made: dict[str, pa.Array] = {"trusted": pa.nulls(len(secret), pa.int32())}
    for column in compared(prepared.layout):
        values = table[column].combine_chunks()
        lacks = np.asarray(like[column].is_null())
        if column == "raw_id":
            numbers = np.array(values.fill_null(-1))
            stray = rng.random(len(secret)) < noise.stray_ids
            top = int(prepared.trusted.max()) + len(prepared.trusted)
            numbers = np.where(stray, top + np.arange(len(secret)), numbers).astype(np.int32)
            made[column] = pa.array(numbers, mask=lacks | (numbers < 0))
        elif column == "year":
            made[column] = _aged(prepared, secret, donor, noise, rng)
        else:
            made[column] = pc.if_else(pa.array(lacks), pa.scalar(None, values.type), values)
    return pa.table(made)


def _aged(
    prepared: Prepared, secret: Ints, donor: Ints, noise: Noise, rng: np.random.Generator
) -> pa.Array:
    """Return years of birth, wrong as often as in records without a birth date."""
    year = prepared.year[secret].copy()
    if len(noise.years):
        off = noise.years[rng.integers(0, len(noise.years), len(secret))]
        year += np.where(prepared.birth[donor] == NO_DAY, off, 0.0)
    lacks = np.isnan(prepared.year[donor]) | np.isnan(year)
    return pa.array(year.astype(np.float32), mask=lacks)
