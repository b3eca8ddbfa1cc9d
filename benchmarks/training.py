"""Memory of training LightGBM from chunks, beside arrays of the whole (`--quick`: 65,000 rows).

650,000 rows of 1,406 columns, most of them counts that are seldom above 0, some recencies that are
often missing: four fifths of the rows train, a fifth tells when to stop, then all of them are
fitted. 20 trees instead of hundreds: the peak comes while the data are put together, and each tree
costs the same. Each contender runs in a process of its own; the arrays are made as chunks are, so
the figures hold the making of the features too. The quick run compares nothing: bins are chosen
from 100,000 rows, held whole, which is all there are.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from measuring import child_cost, figure, show

COLUMNS = 1_406
RECENCIES = 100
"""The last columns: days since something, missing for most people."""
BLOCK = 8_192
CELLS = 0.05
"""Share of the cells of counts that are not 0."""
TREES = 20
THREADS = 2


@dataclass(frozen=True)
class Drawn:
    """A matrix of random features: a block of rows is drawn whenever it is read."""

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Column names."""
        return tuple(f"column.{number}" for number in range(COLUMNS))

    @property
    def categorical(self) -> tuple[str, ...]:
        """None of them."""
        return ()

    def take(self, rows: np.ndarray) -> np.ndarray:
        """Return some rows."""
        out = np.empty((len(rows), COLUMNS), np.float32)
        numbers = rows // BLOCK
        for number in np.unique(numbers):
            here = np.flatnonzero(numbers == number)
            out[here] = drawn(int(number))[rows[here] - number * BLOCK]
        return out


def drawn(number: int) -> np.ndarray:
    """Draw one block of rows."""
    rng = np.random.default_rng(number)
    counts = COLUMNS - RECENCIES
    block = np.zeros((BLOCK, COLUMNS), np.float32)
    cells = int(BLOCK * counts * CELLS)
    row = rng.integers(0, BLOCK, cells)
    column = (counts * rng.random(cells) ** 2).astype(np.int64)  # the first are the commonest
    block[row, column] = rng.geometric(0.4, cells)
    days = rng.integers(1, 4_000, (BLOCK, RECENCIES)).astype(np.float32)
    days[rng.random((BLOCK, RECENCIES)) < 0.7] = np.nan
    block[:, counts:] = days
    return block


def labels_of(rows: int) -> np.ndarray:
    """Draw labels that a few columns tell something about."""

    def parts() -> Iterator[np.ndarray]:
        for start in range(0, rows, BLOCK):
            block = drawn(start // BLOCK)[: rows - start]
            odds = -4 + 0.3 * block[:, :40].sum(axis=1)
            chance = 1 / (1 + np.exp(-odds))
            yield np.random.default_rng((1, start)).random(len(block)) < chance

    return np.concatenate(list(parts())).astype(np.int8)


def in_chunks(rows: int) -> None:
    """Train as commonweal does."""
    from commonweal.models.boosted import fit_boosted
    from commonweal.models.data import Sample, TrainingData
    from commonweal.models.spec import BoostedSpec

    labels, places, cut = labels_of(rows), np.arange(rows), rows * 4 // 5
    matrix = Drawn()
    data = TrainingData(
        Sample(matrix, places[:cut], labels[:cut]), Sample(matrix, places[cut:], labels[cut:])
    )
    fit_boosted(BoostedSpec(kind="boosted", max_trees=TREES), data, seed=1, threads=THREADS)


def in_arrays(rows: int) -> None:
    """Train from arrays of the whole: what LightGBM's first example does."""
    import lightgbm as lgb

    labels, places, cut = labels_of(rows), np.arange(rows), rows * 4 // 5
    matrix = Drawn()
    train, validation = matrix.take(places[:cut]), matrix.take(places[cut:])
    settings = {
        "objective": "binary", "learning_rate": 0.03, "num_leaves": 15, "min_data_in_leaf": 40,
        "bagging_fraction": 0.7, "bagging_freq": 1, "feature_fraction": 0.3, "lambda_l2": 5.0,
        "seed": 1, "deterministic": True, "force_row_wise": True, "num_threads": THREADS,
        "verbosity": -1,
    }  # fmt: skip
    first = lgb.Dataset(train, labels[:cut])
    watched = lgb.Dataset(validation, labels[cut:], reference=first)
    stop = lgb.early_stopping(100, verbose=False)
    grown = lgb.train(settings, first, TREES, valid_sets=[watched], callbacks=[stop])
    both = lgb.Dataset(np.concatenate([train, validation]), labels)
    lgb.train(settings, both, grown.best_iteration)


CONTENDERS = {"chunks": in_chunks, "arrays": in_arrays}


def main() -> None:
    """Train in two processes and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="65,000 rows")
    parser.add_argument("--alone", choices=CONTENDERS, help="one contender, unmeasured")
    asked = parser.parse_args()
    if asked.alone:
        CONTENDERS[asked.alone](65_000 if asked.quick else 650_000)
        return
    again = [sys.executable, __file__, *["--quick"] * asked.quick, "--alone"]
    ours, peer = (child_cost(*again, name) for name in ("chunks", "arrays"))
    print(f"{65_000 if asked.quick else 650_000:,} rows, {COLUMNS:,} columns, {TREES} trees twice; "
          f"arrays: {peer.wall:.0f} s, {peer.cpu:.0f} CPU s, {peer.memory:.2f} GB")  # fmt: skip
    figures = [
        figure("training from chunks, peak of memory", ours.memory, "GB", "<= 8"),
        figure("training from chunks", ours.wall, "s", "<= 600"),
        figure("training from chunks, CPU", ours.cpu, "CPU s", "<= 600"),
    ]
    if not asked.quick:
        figures += [
            figure("peak of memory to arrays", ours.memory / peer.memory, "times", "<= 0.6"),
            figure("CPU to arrays", ours.cpu / peer.cpu, "times", "<= 1.5"),
        ]
    show(figures)


if __name__ == "__main__":
    main()
