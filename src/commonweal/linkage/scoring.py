"""Pairs compared and weighed by splink."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from splink import Linker, SettingsCreator
from splink.backends.duckdb import DuckDBAPI

from commonweal.linkage.cells import Real, Whole
from commonweal.linkage.comparisons import Compared, Probabilities, for_splink
from commonweal.linkage.database import Database, columns, number

Levels = NDArray[np.int8]
_QUIET = 50
"""splink's messages are for notebooks; what a user needs to know is said by findings."""
_HOPELESS = 12.0
"""Pairs are dropped whose weight is so many bits below what would make up for the prior."""


@dataclass(frozen=True, slots=True)
class Scored:
    """Compared pairs, by their two rows.

    Parameters
    ----------
    left, right
        Rows of the compared table, ``left < right``.
    weight
        Fellegi and Sunter's match weight in bits, without the prior: evidence alone.
    levels
        Level of each comparison, one row a comparison: 0 disagrees, the highest agrees most,
        -1 where one of the two values is missing.
    """

    left: Whole
    right: Whole
    weight: Real
    levels: Levels

    @property
    def count(self) -> int:
        """Number of pairs."""
        return len(self.left)

    def only(self, kept: NDArray[np.bool_] | NDArray[np.int64]) -> Scored:
        """Return some of the pairs."""
        return Scored(self.left[kept], self.right[kept], self.weight[kept], self.levels[:, kept])


@dataclass(frozen=True, slots=True)
class Model:
    """What a pair's levels say.

    Parameters
    ----------
    compared
        The comparisons.
    m, u
        Probability of each level, from the closest agreement down, among pairs of one person
        and among pairs of two.
    """

    compared: tuple[Compared, ...]
    m: Probabilities
    u: Probabilities


def hopeless(rows: int) -> float:
    """Return the weight below which a pair of rows need not be kept, in bits.

    Of n people each is the same as one in n: a weight of log2(n) makes up for that. One that is
    twelve bits lower leaves less than one chance in four thousand.
    """
    return max(0.0, float(np.log2(max(rows, 1))) - _HOPELESS)


def linker(api: DuckDBAPI, table: str, model: Model) -> Linker:
    """Return splink's linker over a table of a database."""
    settings = SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="uid",
        comparisons=list(for_splink(model.compared, model.m, model.u)),
        probability_two_random_records_match=0.5,
        retain_matching_columns=True,
        retain_intermediate_calculation_columns=False,
    )
    return Linker(api.register(table), settings, log_level=_QUIET, validate_settings=False)


def score(
    database: Database, table: str, pairs: str, model: Model, chunk: int,
    least: float | None = None,
) -> Scored:  # fmt: skip
    """Compare pairs.

    Parameters
    ----------
    database
        Database.
    table
        Its table of rows, with the columns the comparisons name and ``tf_`` columns.
    pairs
        Its table of pairs, as `blocking.make_pairs` makes them.
    model
        The comparisons and their probabilities.
    chunk
        Pairs compared at a time; memory grows with it.
    least
        Weight below which a pair is dropped; None keeps all.
    """
    api = DuckDBAPI(database)
    splinks = linker(api, table, model)
    total = int(number(database, f"SELECT count(*) FROM {pairs}"))
    parts = []
    for start in range(0, total, chunk):
        database.execute(
            f"CREATE OR REPLACE TEMP TABLE part_of_pairs AS SELECT * FROM {pairs} "
            f"WHERE rowid >= {start} AND rowid < {start + chunk}"
        )
        registered = api.table_to_splink_dataframe("part_of_pairs", "part_of_pairs")
        splinks.table_management.register_blocked_pairs_for_predict(registered)
        parts.append(_part(database, splinks, model.compared, least))
    database.execute("DROP TABLE IF EXISTS part_of_pairs")
    if not parts:
        none = np.zeros(0, np.int32)
        levels = np.zeros((len(model.compared), 0), np.int8)
        return Scored(none, none, np.zeros(0, np.float32), levels)
    return Scored(
        np.concatenate([p.left for p in parts]),
        np.concatenate([p.right for p in parts]),
        np.concatenate([p.weight for p in parts]),
        np.concatenate([p.levels for p in parts], axis=1),
    )


def _part(
    database: Database, splinks: Linker, compared: Sequence[Compared],
    least: float | None,
) -> Scored:  # fmt: skip
    made = splinks.inference.predict(threshold_match_weight=least, warning_mode="never")
    gammas = ", ".join(f"gamma_{one.name}::TINYINT AS gamma_{one.name}" for one in compared)
    found = columns(
        database, f"SELECT uid_l, uid_r, match_weight, {gammas} FROM {made.physical_name}"
    )
    made.drop_table_from_database_and_remove_from_cache()
    swapped = found["uid_l"] > found["uid_r"]
    return Scored(
        np.where(swapped, found["uid_r"], found["uid_l"]).astype(np.int32),
        np.where(swapped, found["uid_l"], found["uid_r"]).astype(np.int32),
        found["match_weight"].astype(np.float32),
        np.stack([found[f"gamma_{one.name}"].astype(np.int8) for one in compared]),
    )
