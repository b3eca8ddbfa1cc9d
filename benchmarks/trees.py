"""How good trees are, and what they cost: ours, CART, pystreed and licketysplit in one run.

Samples of 20,000, 200,000 and 900,000 rows of 150 features (`trees_data.py`), 100,000 rows to test
on; and COMPAS beside its published optima, where the project's shared data is there. Objective:
squared errors plus a penalty a leaf. Every fit has a process of its own (`trees_alone.py`) and
`--seconds` by the clock; a method that runs out of time is not tried deeper on that sample. The
tables say where CART is as good: an objective within .1% of ours, an AUC within .001 or better.

Prints tables and, as its last line, one JSON object of figures. `--quick` takes 5,000 rows,
`--rows` and `--depth` some sizes and depths, `--method` some methods, `--part` some parts,
`--data FOLDER` keeps the samples and uses them again, `--compas FILE` is where COMPAS is
(`binary54.parquet`). licketysplit wants `make peers`, pystreed the extra `certify`.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from measuring import Figure, child_cost, figure, show

HERE = Path(__file__).resolve().parent
PEERS = HERE.parent / ".peers" / "bin" / "python"
COMPAS = HERE.parents[1] / "shared" / "data" / "compas" / "binary54.parquet"
SIZES = {20_000: (20_000, 5e-4), 200_000: (200_000, 1e-4), 900_000: (9, 5e-5)}
"""Rows -> seed, and penalty a leaf as a share of the root's squared errors."""
QUICK = {5_000: (5_000, 1e-3)}
TEST_ROWS, QUICK_TEST_ROWS = 100_000, 10_000
DEPTHS, QUICK_DEPTHS = (3, 4, 5, 6, 7, 8), (2, 3)
METHODS = ("ours", "cart", "pystreed", "licketysplit", "licketysplit_mistakes")
OPTIMA = {2: 936.196, 3: 905.122, 4: 893.168, 5: 885.341}
"""Depth -> certified optimum on COMPAS with a penalty of .001."""
PARTS = ("samples", "compas", "first")
THREADS = 2
PROVABLE = {3: 200_000, 4: 20_000, 5: 5_000}
"""Depth -> most rows on which a proof may end in minutes."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A sample, in a folder, and the penalty a leaf."""

    name: str
    folder: Path
    rows: int
    alpha: float


@dataclass(frozen=True, slots=True)
class Row:
    """A tree's figures: on the rows learned from, on test rows, and its cost."""

    objective: float
    auc: float
    leaves: int
    cpu: float
    memory: float


Rows = dict[tuple[int, int, str], Row]
"""Rows of the sample, depth and method -> figures."""


def leaves_of(tree: list | None, values: np.ndarray, rows: np.ndarray) -> Iterator[np.ndarray]:
    """Yield the rows of each leaf, from left to right."""
    if tree is None:
        yield rows
        return
    one = values[rows, tree[0]] == 1
    yield from leaves_of(tree[1], values, rows[~one])
    yield from leaves_of(tree[2], values, rows[one])


def errors(labels: np.ndarray) -> float:
    """Return the squared errors of rows that are all predicted their share of positives."""
    positives = int(labels.sum(dtype=np.int64))
    return positives * (len(labels) - positives) / max(len(labels), 1)


def judged(problem: Problem, tree: list | None) -> tuple[float, float, int]:
    """Return a tree's objective, test AUC and number of leaves, computed alike for everyone."""
    from sklearn.metrics import roc_auc_score

    def read(name: str) -> tuple[np.ndarray, np.ndarray]:
        labels = np.load(problem.folder / f"{name}_labels.npy")
        return np.load(problem.folder / f"{name}.npy", mmap_mode="r"), labels

    values, labels = read("train")
    found = [labels[rows] for rows in leaves_of(tree, values, np.arange(len(labels)))]
    objective = sum(map(errors, found)) + problem.alpha * errors(labels) * len(found)
    values, tested = read("test")
    scores = np.empty(len(tested))
    places = leaves_of(tree, values, np.arange(len(tested)))
    for rows, learned in zip(places, found, strict=True):
        scores[rows] = learned.mean() if len(learned) else labels.mean()
    return objective, float(roc_auc_score(tested, scores)), len(found)


def left_out(problem: Problem, depth: int, method: str) -> str:
    """Say why a method is not tried; nothing where it is."""
    if method.startswith("licketysplit") and not PEERS.exists():
        return f"left out: {PEERS} is absent (make peers)"
    if method == "pystreed":
        if importlib.util.find_spec("pystreed") is None:
            return "left out: the extra certify is not installed"
        if problem.rows > PROVABLE.get(depth, 200_000 if depth < 3 else 0):
            return "not tried: no proof ends at this size and depth"
    return ""


def fitted(problem: Problem, depth: int, method: str, seconds: float) -> Row | str:
    """Run a method; return why there is no tree where there is none."""
    python = PEERS if method.startswith("licketysplit") else Path(sys.executable)
    command = [str(python), str(HERE / "trees_alone.py"), method, str(problem.folder)]
    settings = [repr(problem.alpha), str(depth), str(THREADS)]
    try:
        done = subprocess.run(
            command + settings, stdout=subprocess.PIPE, text=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        return f"no tree within {seconds:g} s"
    if done.returncode:
        return f"failed with status {done.returncode}"
    told = json.loads(done.stdout.splitlines()[-1])
    return Row(*judged(problem, told["tree"]), told["cpu"], told["memory"])


def table(problem: Problem, depths: Sequence[int], methods: Sequence[str], seconds: float) -> Rows:
    """Measure and print one sample's table, line by line."""
    print(f"\n{problem.name}: penalty {problem.alpha:g} of the root's squared errors a leaf")
    print(f"{'rows':>8} {'depth':>5} {'method':22} {'objective':>11} {'test AUC':>8} "
          f"{'leaves':>6} {'CPU-s':>8} {'peak GB':>7}")  # fmt: skip
    rows: Rows = {}
    late: dict[str, int] = {}
    for depth in depths:
        for method in methods:
            one: Row | str = left_out(problem, depth, method)
            if method in late:
                one = f"not tried: out of time at depth {late[method]}"
            one = one or fitted(problem, depth, method, seconds)
            start = f"{problem.rows:8,} {depth:5} {method:22} "
            if isinstance(one, str):
                print(f"{start}{one}", flush=True)
                if one.startswith("no tree"):
                    late[method] = depth
                continue
            rows[problem.rows, depth, method] = one
            print(f"{start}{one.objective:11,.3f} {one.auc:8.4f} {one.leaves:6} {one.cpu:8.2f} "
                  f"{one.memory:7.2f}", flush=True)  # fmt: skip
    tell_of_cart(rows)
    return rows


def tell_of_cart(rows: Rows) -> None:
    """Print where CART's tree is as good as ours."""
    for (size, depth, method), cart in rows.items():
        mine = rows.get((size, depth, "ours"))
        if method != "cart" or mine is None:
            continue
        higher, better = cart.objective / mine.objective - 1, cart.auc - mine.auc
        if higher <= 0.001 and better >= -0.001:
            print(f"CART is as good at depth {depth}: objective {higher:+.2%}, AUC {better:+.4f}, "
                  f"leaves {cart.leaves} to {mine.leaves}")  # fmt: skip


def samples(
    folder: Path, sizes: dict[int, tuple[int, float]], test_rows: int, depths: Sequence[int],
    methods: Sequence[str], seconds: float,
) -> list[Figure]:  # fmt: skip
    """Measure the simulated samples."""
    rows: Rows = {}
    for size, (seed, alpha) in sizes.items():
        problem = Problem(f"{size:,} rows", folder / str(size), size, alpha)
        if not (problem.folder / "test_labels.npy").exists():
            numbers = map(str, (size, test_rows, seed))
            child_cost(sys.executable, str(HERE / "trees_data.py"), str(problem.folder), *numbers)
        rows |= table(problem, depths, methods, seconds)
    return [*goals(rows), *near_proofs(rows, sizes, folder), *falling(rows)]


def goals(rows: Rows) -> Iterator[Figure]:
    """Yield what trees near the optimum must reach at 200,000 and 900,000 rows."""
    mine = rows.get((200_000, 5, "ours"))
    if mine:
        yield figure("200,000 rows, depth 5, objective", mine.objective, "", "<= 19450")
        yield figure("200,000 rows, depth 5", mine.cpu, "CPU-s", "<= 30")
        deep = rows.get((200_000, 8, "cart"))
        if deep:
            name = "AUC of depth-8 CART less ours"
            yield figure(name, deep.auc - mine.auc, "", "<= 0.002")
            yield figure("our leaves to those of depth-8 CART", mine.leaves / deep.leaves, "times",
                         "<= 0.333")  # fmt: skip
    mine = rows.get((900_000, 5, "ours"))
    if mine:
        yield figure("900,000 rows, depth 5, objective", mine.objective, "", "<= 88150")
        yield figure("900,000 rows, depth 5", mine.cpu, "CPU-s", "<= 60")
        yield figure("900,000 rows, depth 5, peak memory", mine.memory, "GB", "<= 2")


def near_proofs(rows: Rows, sizes: dict[int, tuple[int, float]], folder: Path) -> Iterator[Figure]:
    """Yield how far ours is above what pystreed proved."""
    for (size, depth, method), proven in rows.items():
        mine = rows.get((size, depth, "ours"))
        if method != "pystreed" or mine is None:
            continue
        root = errors(np.load(folder / str(size) / "train_labels.npy")) * (1 + sizes[size][1])
        above, where = mine.objective - proven.objective, f"{size:,} rows, depth {depth}, above"
        yield figure(f"{where} the optimum", 100 * above / proven.objective, "%", "<= 0.5")
        share = above / (root - proven.objective)
        yield figure(f"{where} it, of what it gains", 100 * share, "%", "<= 2")


def falling(rows: Rows) -> Iterator[Figure]:
    """Yield whether ours is never worse for being allowed to be deeper."""
    for size in sorted({key[0] for key in rows}):
        reached = [row.objective for key, row in sorted(rows.items()) if key[::2] == (size, "ours")]
        if len(reached) > 1:
            worst = max(0.0, max(np.diff(reached)))
            name = f"{size:,} rows, most a deeper tree is worse by"
            yield figure(name, float(worst), "", "<= 0")


def compas(
    file: Path, folder: Path, depths: Sequence[int], methods: Sequence[str], seconds: float
) -> Iterator[Figure]:
    """Measure COMPAS beside the published optima."""
    if not file.is_file():
        print(f"COMPAS: left out, {file} is absent")
        return
    import pyarrow.parquet as pq

    people = pq.read_table(file)
    train = people["train"].to_numpy() == 1
    names = [name for name in people.column_names if name not in ("two_year_recid", "train")]
    values = np.stack([people[name].to_numpy() for name in names], axis=1).astype(np.uint8)
    labels = people["two_year_recid"].to_numpy().astype(np.uint8)
    place = folder / "compas"
    place.mkdir(parents=True, exist_ok=True)
    for name, some in (("train", train), ("test", ~train)):
        np.save(place / f"{name}.npy", values[some])
        np.save(place / f"{name}_labels.npy", labels[some])
    problem = Problem("COMPAS", place, int(train.sum()), 1e-3)
    rows = table(problem, depths, methods, seconds)
    for depth in depths:
        for method, goal in (("ours", "<= 0.5"), ("pystreed", "<= 0.001")):
            row = rows.get((problem.rows, depth, method))
            if row is not None:
                name = f"COMPAS, depth {depth}, {method} above the published optimum"
                yield figure(name, 100 * (row.objective / OPTIMA[depth] - 1), "%", goal)


def first() -> Figure:
    """Measure what compilation costs a fresh process, once kernels are cached."""
    command = [sys.executable, str(HERE / "trees_alone.py"), "first", "-"]
    for _ in range(2):  # the first fills the cache
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    once, again = json.loads(done.stdout.splitlines()[-1])
    return figure("first fit of a process over its second", once - again, "CPU-s", "<= 3")


def main() -> None:
    """Make the samples, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--part", choices=PARTS, action="append")
    parser.add_argument("--rows", type=int, choices=SIZES, action="append")
    parser.add_argument("--depth", type=int, choices=range(1, 9), action="append")
    parser.add_argument("--method", choices=METHODS, action="append")
    parser.add_argument("--compas", type=Path, default=COMPAS)
    parser.add_argument("--seconds", type=float, default=600.0)
    given = parser.parse_args()
    sizes = QUICK if given.quick else {size: SIZES[size] for size in given.rows or SIZES}
    test_rows = QUICK_TEST_ROWS if given.quick else TEST_ROWS
    depths = given.depth or (QUICK_DEPTHS if given.quick else DEPTHS)
    known = [depth for depth in OPTIMA if depth in (given.depth or OPTIMA)]
    methods = [one for one in METHODS if one in (given.method or METHODS)]
    with tempfile.TemporaryDirectory() as name:
        folder = given.data or Path(name)
        steps = {
            "samples": lambda: samples(folder, sizes, test_rows, depths, methods, given.seconds),
            "compas": lambda: list(compas(given.compas, folder, known, methods, given.seconds)),
            "first": lambda: [first()],
        }  # fmt: skip
        figures = [one for part in PARTS if part in (given.part or PARTS) for one in steps[part]()]
    print()
    if figures:
        show(figures)


if __name__ == "__main__":
    main()
