"""m and u probabilities: from known ids, from random pairs, and, as a guard, by splink's EM.

Expectation maximization can settle on a class of pairs that are not one person's, and report
success. So where known ids tell how often one person's records agree, they decide, and EM's
figures are held against them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from splink.backends.duckdb import DuckDBAPI

from commonweal.core.seeds import stream
from commonweal.linkage.cells import Ints
from commonweal.linkage.comparisons import Compared
from commonweal.linkage.database import Database, columns, number, put
from commonweal.linkage.practice import Noise, Practice
from commonweal.linkage.prepare import Layout
from commonweal.linkage.scoring import Levels, Model, linker, score

DIVERGED = 0.3
"""EM's m probabilities of a field are refused where they put more than so much elsewhere."""
_LEAST_M, _LEAST_U = 1e-4, 1e-7
_PARTNERS = 3
_EM_RECORDS, _FEWEST_PAIRS = 40_000, 50
_STRANGERS = 10_000
"""Profiles among which random pairs are drawn."""

Chances = Mapping[str, np.ndarray[tuple[int], np.dtype[np.float64]]]


@dataclass(frozen=True, slots=True)
class Divergence:
    """Where EM and known ids disagree.

    Parameters
    ----------
    field
        The comparison.
    known, em
        Probability that one person's records agree most closely, by known ids and by EM.
    distance
        Probability that lies on other levels in one than in the other (total variation).
    """

    field: str
    known: float
    em: float
    distance: float

    @property
    def diverged(self) -> bool:
        """Whether EM's figures are refused."""
        return self.distance > DIVERGED


def starting(compared: Sequence[Compared]) -> Model:
    """Return probabilities to start from, by which no pair is dropped."""
    m = {one.name: _spread(one.levels) for one in compared}
    u = {one.name: m[one.name][::-1] for one in compared}
    return Model(tuple(compared), m, u)


def _spread(levels: int) -> list[float]:
    """Return most of it on the closest agreement, and a little on each other level."""
    rest = 0.1 if levels > 2 else 0.05
    return [1 - rest, *([rest / (levels - 1)] * (levels - 1))]


def levels_of(
    database: Database, table: str, left: Ints, right: Ints,
    compared: Sequence[Compared], chunk: int,
) -> Levels:  # fmt: skip
    """Compare given pairs of rows, and drop none of them."""
    low, high = np.minimum(left, right), np.maximum(left, right)
    pairs = pa.table({
        "match_key": pa.array(["0"] * len(low)),
        "join_key_l": low.astype(np.int32),
        "join_key_r": high.astype(np.int32),
    })  # fmt: skip
    put(database, "given", pairs)
    found = score(database, table, "given", starting(compared), chunk, least=None)
    database.execute("DROP TABLE given")
    return found.levels


def shares(levels: Levels, compared: Sequence[Compared], least: float) -> Chances:
    """Return how often each level occurs among pairs in which both values are there."""
    found = {}
    for place, one in enumerate(compared):
        counts = np.bincount(levels[place][levels[place] >= 0], minlength=one.levels)[::-1]
        share = (counts + 0.5) / (counts.sum() + 0.5 * one.levels)
        share = np.maximum(share, least)
        found[one.name] = share / share.sum()
    return found


def random_rows(count: int, seed: int) -> Ints:
    """Return up to `_STRANGERS` random rows out of `count`, ascending."""
    rng = stream(seed, "linkage", "random rows")
    chosen: Ints = np.sort(rng.permutation(count)[:_STRANGERS])
    return chosen


def random_pairs(count: int, wanted: int, seed: int) -> tuple[Ints, Ints]:
    """Return random pairs of different rows out of `count`."""
    rng = stream(seed, "linkage", "random pairs")
    left, right = rng.integers(0, count, (2, wanted))
    different = left != right
    return left[different], right[different]


def u_probabilities(
    levels: Levels, compared: Sequence[Compared], same: Mapping[str, float]
) -> Chances:
    """Return the levels' probabilities among pairs of two people.

    Agreement in full is too rare to be counted on random pairs; its chance follows from the
    values' frequencies.
    """
    counted = dict(shares(levels, compared, _LEAST_U))
    for one in compared:
        if one.exact is not None:
            rest = counted[one.name].copy()
            rest[0] = 0.0
            first = min(max(same[one.exact], _LEAST_U), 0.95)
            counted[one.name] = np.concatenate([[first], rest[1:] / rest.sum() * (1 - first)])
    return counted


def true_pairs(practice: Practice) -> tuple[Ints, Ints]:
    """Return pairs of one person's rows of which one is hidden, a few of every row."""
    order = np.lexsort((practice.record, practice.person))
    parts = []
    for step in range(1, _PARTNERS + 1):
        one, other = order[:-step], order[step:]
        fit = practice.person[one] == practice.person[other]
        fit &= practice.hidden[one] | practice.hidden[other]
        parts.append((one[fit], other[fit]))
    return np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])


def measure_noise(database: Database, layout: Layout, seen: str) -> Noise:
    """Measure errors on pairs that are one person's by everything else.

    Years of birth: pairs equal in names and address of which one has a birth date. Earlier ids:
    pairs equal in names and birth date of which one has a trusted id.
    """
    same = " AND ".join(f"l.{name} = r.{name}" for name in layout.names)
    years, stray = np.zeros(0), 0.0
    if layout.year and layout.birth and layout.address and layout.names[1:]:
        sql = (
            f"SELECT l.uid, min_by(l.year - r.year, r.uid) AS off FROM profile AS l "
            f"JOIN profile AS r ON {same} AND l.address = r.address "
            f"WHERE l.birth IS NULL AND r.birth IS NOT NULL AND abs(l.year - r.year) <= 6 "
            f"AND {seen.format('l')} AND {seen.format('r')} "
            f"GROUP BY l.uid ORDER BY l.uid LIMIT 50000"
        )
        years = columns(database, sql)["off"].astype(np.float64)
    if layout.raw_id and layout.birth and layout.names[1:]:
        sql = (
            f"SELECT sum(l.records * (l.raw_id <> r.raw_id)::BIGINT) / sum(l.records) "
            f"FROM profile AS l JOIN profile AS r "
            f"ON {same} AND l.birth = r.birth WHERE l.trusted IS NULL AND l.raw_id IS NOT NULL "
            f"AND r.trusted IS NOT NULL AND {seen.format('l')} AND {seen.format('r')}"
        )
        stray = min(number(database, sql), 0.3)
    return Noise(years if len(years) >= 100 else np.zeros(0), stray)


def expectation_maximization(
    database: Database, table: str, layout: Layout, model: Model, most: int
) -> Chances:
    """Estimate m by splink's EM on pairs that agree on names, and on a date or the address.

    Parameters
    ----------
    database, table
        Database, and its table of records (not profiles: equal records count).
    layout
        What its columns are.
    model
        Comparisons and u probabilities, which are kept.
    most
        Pairs of a session, at most.

    Returns
    -------
    dict
        Comparison -> m by level, the median over the sessions that estimate it. Comparisons
        that no session estimates are not in it.
    """
    named = [list(layout.names[-2:])] if layout.names[1:] else []
    others = [["birth"]] if layout.birth else [[date] for date in layout.dates[:1]]
    others += [["address"]] if layout.address else []
    # One session on names for all else, one on something else for the names.
    blocks = [*named, *others[:1]]
    if len(blocks) < 2:
        blocks += [[name] for name in (*layout.names, *layout.dates)]
    trained: dict[str, list[np.ndarray[tuple[int], np.dtype[np.float64]]]] = {}
    for block in blocks:
        used = {*block, *(["year"] if "birth" in block else [])}
        for name, m in _session(database, table, block, model, most).items():
            if name not in used:
                trained.setdefault(name, []).append(m)
    return {name: np.median(np.stack(found), axis=0) for name, found in trained.items()}


def _session(
    database: Database, table: str, block: Sequence[str], model: Model,
    most: int,
) -> Chances:  # fmt: skip
    """Run EM on the pairs within a sample of blocks: those of some `_EM_RECORDS` records."""
    records = int(number(database, f"SELECT count(*) FROM {table}"))
    one_in = max(1, records // _EM_RECORDS)
    there = " AND ".join(f"{column} IS NOT NULL" for column in block)
    database.execute(
        f"CREATE OR REPLACE TABLE em_sample AS SELECT * FROM {table} "
        f"WHERE {there} AND hash({', '.join(block)}) % {one_in} = 0 ORDER BY uid"
    )
    repeated = (
        f"SELECT sum(n * (n - 1) // 2) FROM (SELECT count(*) AS n FROM em_sample "
        f"GROUP BY {', '.join(block)})"
    )
    if number(database, repeated) < _FEWEST_PAIRS:
        return {}
    rule = " AND ".join(f"l.{column} = r.{column}" for column in block)
    compared = [one for one in model.compared if one.name not in block]
    if "birth" in block:
        compared = [one for one in compared if one.name != "year"]
    start = starting(compared)
    kept = Model(tuple(compared), start.m, {one.name: model.u[one.name] for one in compared})
    em = linker(DuckDBAPI(database), "em_sample", kept)
    em.training.estimate_parameters_using_expectation_maximisation(
        rule,
        estimate_without_term_frequencies=True,
        fix_u_probabilities=True,
        max_pairs=most,
    )
    found = {}
    for described in em.misc.save_model_to_json()["comparisons"]:
        levels = [lv for lv in described["comparison_levels"] if not lv.get("is_null_level")]
        m = np.array([float(level.get("m_probability") or _LEAST_M) for level in levels])
        found[described["output_column_name"]] = np.round(np.maximum(m, _LEAST_M) / m.sum(), 6)
    database.execute("DROP TABLE em_sample")
    return found


def divergences(known: Chances, em: Chances, title: Mapping[str, str]) -> tuple[Divergence, ...]:
    """Hold EM's m against known ids', field by field."""
    return tuple(
        Divergence(
            title.get(name, name), float(known[name][0]), float(em[name][0]),
            float(np.abs(known[name] - em[name] / em[name].sum()).sum() / 2),
        )
        for name in known if name in em
    )  # fmt: skip
