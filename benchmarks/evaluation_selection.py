"""Stepwise residualization at full size, and beside the naive procedure (`--quick`: 65,000 rows).

50 features out of 1,406 at 650,000 rows: counts in ten nested windows that are seldom above 0, some
recencies that are often missing, in two blocks written as feature blocks are stored. Writing them
and choosing run in processes of their own. Beside it, the naive procedure of paper C (appendix
B.3.3): every column is regressed at every step, all at once, on dense float64 arrays whose making
is not counted; on 5,000 rows of 300 columns in 20 steps, and on 50,000 rows of all columns in 50.
Both choose the same columns, or the run fails.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from measuring import Figure, child_cost, cpu_of, figure, show

from commonweal.features.cells import CellFile, Cells, Layout, write_cells
from commonweal.features.columns import Feature
from commonweal.features.matrix import FeatureMatrix, StoredBlock

ROWS, QUICK = 650_000, 65_000
SERIES, WINDOWS, RECENCIES = 130, 10, 106
"""130 counts in 10 windows and 106 recencies are 1,406 columns."""
EVENTS = 9
"""Cells of counts a row, on average: one of a narrow window counts in all wider ones."""
STEPS, THREADS, PART = 50, 2, 65_536
SAMPLE = (5_000, 300, 20)
WIDE, WIDE_QUICK = 50_000, 10_000


def layouts() -> dict[str, tuple[Layout, tuple[Feature, ...]]]:
    """Return both blocks: how their cells become columns, and the columns."""
    counts = SERIES * WINDOWS
    end = (np.arange(counts) // WINDOWS + 1) * WINDOWS
    nested = Layout(np.zeros(counts, np.float32), end.astype(np.int32), {})
    plain = Layout(
        np.full(RECENCIES, np.nan, np.float32), np.arange(1, RECENCIES + 1, dtype=np.int32), {}
    )
    return {
        "counts": (nested, _features("counts", counts, "incidents")),
        "recency": (plain, _features("recency", RECENCIES, "days")),
    }


def _features(block: str, columns: int, unit: str) -> tuple[Feature, ...]:
    return tuple(Feature(f"{block}.{i}", block, "It is drawn.", unit) for i in range(columns))


def drawn(block: str, rows: int) -> Iterator[Cells]:
    """Draw the cells of one block, a part of the rows at a time."""
    for start in range(0, rows, PART):
        size = min(PART, rows - start)
        rng = np.random.default_rng((start, len(block)))
        busy = rng.gamma(0.6, 1 / 0.6, size)  # few people have many events
        if block == "counts":
            row = np.repeat(np.arange(size), rng.poisson(EVENTS * busy))
            series = (SERIES * rng.random(len(row)) ** 2).astype(np.int64)
            window = rng.integers(0, WINDOWS, len(row))
            column, value = series * WINDOWS + window, np.ones(len(row))
            yield Cells.of(row, column, value, size, SERIES * WINDOWS)
        else:
            there = rng.random((size, RECENCIES)) < 0.3 * np.minimum(busy, 1)[:, None]
            row, column = np.nonzero(there)
            yield Cells.of(row, column, rng.integers(1, 4_000, len(row)), size, RECENCIES)


def write(folder: Path, rows: int) -> None:
    """Write both blocks."""
    for block in layouts():
        write_cells(drawn(block, rows), np.zeros(rows, np.int32), folder / block)


def matrix(folder: Path) -> FeatureMatrix:
    """Open what `write` wrote."""
    return FeatureMatrix(
        {
            block: StoredBlock(CellFile.open(folder / block), layout, features)
            for block, (layout, features) in layouts().items()
        }
    )


def labels_of(features: FeatureMatrix, rows: int) -> np.ndarray:
    """Draw labels that a few columns tell something about."""
    few = [f"counts.{WINDOWS * i + 4}" for i in range(0, 40, 4)]
    parts = [part.sum(axis=1) for part in features.chunks(np.arange(rows), few)]
    odds = -5 + 0.4 * np.concatenate(parts)
    return (np.random.default_rng(1).random(rows) < 1 / (1 + np.exp(-odds))).astype(np.int8)


def choose(folder: Path, rows: int) -> None:
    """Choose features as a study does."""
    from commonweal.evaluation.selection import select
    from commonweal.models.data import Sample

    features = matrix(folder)
    sample = Sample(features, np.arange(rows), labels_of(features, rows))
    found = select(sample, STEPS, THREADS)
    assert len(found.steps) == STEPS
    print(found.sentence(), file=sys.stderr)


def naive(values: np.ndarray, labels: np.ndarray, steps: int) -> list[tuple[int, float]]:
    """Return what is chosen, and its correlation, when all are regressed on it at every step."""
    residuals = values - values.mean(axis=0)
    y = labels - labels.mean()
    start = np.square(residuals).sum(axis=0)
    chosen: list[tuple[int, float]] = []
    for _ in range(steps):
        square = np.square(residuals).sum(axis=0)
        with np.errstate(invalid="ignore", divide="ignore"):
            ties = y @ residuals / np.sqrt(square * (y @ y))
            sizes = np.where(square / start > 1e-6, np.abs(ties), -1.0)
        sizes[[column for column, _ in chosen]] = -1
        column = int(np.argmax(sizes))
        chosen.append((column, float(ties[column])))
        one = residuals[:, column].copy()
        residuals -= np.outer(one, one @ residuals / (one @ one))
    return chosen


def beside_naive(folder: Path, size: tuple[int, int, int], times: int) -> tuple[float, float]:
    """Choose with both on some rows and columns; return CPU to naive, and how far they differ."""
    from threadpoolctl import threadpool_limits

    from commonweal.evaluation.selection import select
    from commonweal.models.data import Sample

    rows, columns, steps = size
    features = matrix(folder)
    some = features.only(features.names[:columns])
    sample = Sample(some, np.arange(rows), labels_of(features, rows))
    values = some.take(sample.rows).astype(np.float64)
    values = np.where(np.isnan(values), np.nanmean(values, axis=0), values)
    with threadpool_limits(1):
        expected = naive(values, sample.labels, steps)
        peer = cpu_of(lambda: naive(values, sample.labels, steps), times)
    found = select(sample, steps)
    assert list(found.chosen) == [some.names[c] for c, _ in expected], "other columns than naive"
    apart = max(abs(s.residualized - r) for s, (_, r) in zip(found.steps, expected, strict=True))
    ours = cpu_of(lambda: select(sample, steps), times)
    print(f"{rows:,} rows x {columns:,} columns x {steps} steps: naive {peer:.2f} CPU s, from")
    print(f"products {ours:.2f} CPU s with the reading of rows, correlations within {apart:.0e}")
    return ours / peer, apart


def figures(quick: bool = False) -> list[Figure]:
    """Measure the full size and the sample."""
    name = ["--quick"] if quick else []
    with TemporaryDirectory() as folder:
        again = [sys.executable, __file__, *name, "--folder", folder]
        child_cost(*again, "--alone", "write")
        ours = child_cost(*again, "--alone", "choose")
        found = [
            figure("50 of 1,406 features", ours.wall, "s", "<= 120"),
            figure("50 of 1,406 features, CPU", ours.cpu, "CPU s", "<= 120"),
            figure("50 of 1,406 features, peak of memory", ours.memory, "GB", "<= 1.5"),
        ]
        _, apart = beside_naive(Path(folder), SAMPLE, 3)
        part, also = beside_naive(Path(folder), (WIDE_QUICK if quick else WIDE, 1_406, STEPS), 1)
        return [
            *found,
            figure("the same, CPU to naive on a part of the rows", part, "times", "<= 0.5"),
            figure("correlations apart from naive", max(apart, also) * 1e9, "1e-9", "<= 1"),
        ]


def main() -> None:
    """Measure, or do one part alone."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="65,000 rows")
    parser.add_argument("--alone", choices=("write", "choose"), help="one part, unmeasured")
    parser.add_argument("--folder", type=Path)
    asked = parser.parse_args()
    if asked.alone:
        work = {"write": write, "choose": choose}[asked.alone]
        work(asked.folder, QUICK if asked.quick else ROWS)
        return
    show(figures(asked.quick))


if __name__ == "__main__":
    main()
