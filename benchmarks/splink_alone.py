"""splink as its documentation sets it up, with connected components: the peer of `linkage.py`.

Comparisons from splink's library, u from random pairs, m by expectation maximization, clusters by
connected components. It is given what it has no word for: records with the same trusted id are
one person's whatever their weight. Its threshold is the best there is, found with the truth.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from splink import Linker, SettingsCreator, block_on
from splink import comparison_library as library
from splink.backends.duckdb import DuckDBAPI

QUIET = 50
BLOCKS = (
    block_on("first_name", "last_name"),
    block_on("birth_date", "last_name"),
    block_on("birth_date", "first_name"),
    block_on("ir_number"),
    block_on("last_name", "street", "house_number"),
    block_on("first_name", "street", "house_number"),
)


@dataclass(frozen=True, slots=True)
class Predicted:
    """Pairs of rows and their match weights."""

    left: np.ndarray
    right: np.ndarray
    weight: np.ndarray


def predict(table: pa.Table) -> Predicted:
    """Return the pairs splink finds; row numbers are those of the table."""
    database = duckdb.connect()
    database.execute("SET threads = 2; SET enable_progress_bar = false")
    table = table.append_column("row", pa.array(np.arange(table.num_rows)))
    database.register("incoming", table)
    database.execute("CREATE TABLE people AS SELECT * FROM incoming")
    settings = SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="row",
        comparisons=[
            library.NameComparison("first_name"),
            library.NameComparison("last_name"),
            library.DateOfBirthComparison("birth_date", input_is_string=False),
            library.ExactMatch("street").configure(term_frequency_adjustments=True),
            library.ExactMatch("house_number"),
            library.ExactMatch("ir_number"),
            library.ExactMatch("sex"),
            library.ExactMatch("race"),
        ],
        blocking_rules_to_generate_predictions=list(BLOCKS),
        retain_matching_columns=False,
    )
    linker = Linker(DuckDBAPI(database).register("people"), settings, log_level=QUIET)
    certain = [block_on("first_name", "last_name", "birth_date"), block_on("ir_number")]
    linker.training.estimate_probability_two_random_records_match(certain, recall=0.7)
    linker.training.estimate_u_using_random_sampling(max_pairs=5e6, seed=1)
    for block in (block_on("first_name", "last_name"), block_on("birth_date")):
        linker.training.estimate_parameters_using_expectation_maximisation(block, max_pairs=1e6)
    made = linker.inference.predict(threshold_match_weight=-10, warning_mode="never")
    found = database.execute(
        f"SELECT row_l, row_r, match_weight FROM {made.physical_name}"
    ).fetchnumpy()
    database.close()
    return Predicted(found["row_l"], found["row_r"], found["match_weight"])


def best_f1(
    pairs: Predicted, must: np.ndarray, rows: int, f1: Callable[[np.ndarray], float]
) -> tuple[float, float]:
    """Return the best F1 of connected components over all thresholds, and that threshold."""
    found = []
    for threshold in np.arange(-10.0, 45.0, 1.0):
        taken = pairs.weight >= threshold
        left = np.concatenate([pairs.left[taken], must[0]])
        right = np.concatenate([pairs.right[taken], must[1]])
        graph = coo_matrix((np.ones(len(left), np.int8), (left, right)), (rows, rows))
        found.append((f1(connected_components(graph, directed=False)[1]), float(threshold)))
    return max(found)
