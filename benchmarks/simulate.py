"""What the simulated worlds cost, beside writing the same bytes and nothing else.

Every world is simulated at full size in a process of its own, with two threads. The floor is
pyarrow alone: it writes the same tables from memory, one after the other, and the files must come
out equal byte for byte. Marginals that miss are those of `commonweal.simulate.WORLD.marginals`.
Rows have a goal because the other goals say something only about so many rows.

Prints a table and, as its last line, one JSON object of figures. On a machine that others use too,
wall seconds say how busy it is: read the CPU seconds.

`--quick` simulates a tenth of the people of children-services and custody and a twentieth of those
of violence-prevention. Seconds and memory are then what they are beyond those of a world of 1,000
people, which are loading libraries and solving for constants, per million rows; and the goals are
those of the full size per million rows: 120 seconds for 52 million rows are 2.31 seconds a million.

`--marginals WORLD` simulates one world at full size and prints its marginals as a Markdown table,
as it stands in ``docs/worlds/WORLD.md``.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import pyarrow.parquet as pq
from measuring import TOOL, Cost, Figure, child_cost, cpu_of, figure, show

from commonweal.core.tables import ROW_GROUP
from commonweal.simulate.marginals import Marginal, as_table
from commonweal.simulate.world import FEWEST, WORLDS, world_named


@dataclass(frozen=True, slots=True)
class Goal:
    """What a world may cost at full size.

    Parameters
    ----------
    part
        Share of the people that are simulated for ``--quick``.
    rows
        Million rows of all its tables, those of the truth included, rounded down.
    wall, cpu
        Seconds.
    memory
        GB.
    """

    part: float
    rows: int
    wall: float
    cpu: float
    memory: float


GOALS = {
    "violence-prevention": Goal(1 / 20, 52, 120, 180, 6),
    "children-services": Goal(1 / 10, 7, 60, 60, 3),
    "custody": Goal(1 / 10, 13, 60, 60, 3),
}
FLOOR = 5
"""How many times the CPU seconds of writing alone a world may take."""


def simulated(name: str, people: int, out: Path) -> Cost:
    """Simulate a world, seed 1, noise as in the paper, and return its cost."""
    return child_cost(TOOL, "simulate", name, "--people", str(people), "--out", str(out))


def beyond_smallest(cost: Cost, name: str, out: Path) -> Cost:
    """Return what a world cost beyond the smallest one there is."""
    least = simulated(name, FEWEST, out)
    return Cost(cost.wall - least.wall, cost.cpu - least.cpu, cost.memory - least.memory)


def marginals_of(name: str, part: float, folder: Path) -> list[Marginal]:
    """Return the marginals of a world in a folder."""
    measure = import_module(f"{WORLDS[name]}.marginals").marginals
    found: list[Marginal] = measure(folder / "data", folder / "truth", part)
    return found


def rows_of(folder: Path) -> float:
    """Return the million rows of all tables in a folder."""
    return sum(pq.read_metadata(path).num_rows for path in folder.rglob("*.parquet")) / 1e6


def written(folder: Path) -> tuple[float, bool]:
    """Write every table of a folder again by pyarrow alone.

    Returns
    -------
    cpu
        CPU seconds of writing.
    equal
        Whether every file came out the same.
    """
    cpu, equal = 0.0, True
    copy = folder / "copy"
    for path in sorted(folder.rglob("*.parquet")):
        table = pq.read_table(path, partitioning=None).combine_chunks()

        def write(table: object = table) -> None:
            pq.write_table(
                table, copy, compression="zstd", row_group_size=ROW_GROUP, version="2.6"
            )  # fmt: skip

        cpu += cpu_of(write, times=1)
        equal = equal and path.read_bytes() == copy.read_bytes()
    copy.unlink()
    return cpu, equal


def figures_of(name: str, part: float, cost: Cost, folder: Path) -> Iterator[Figure]:
    """Yield the figures of one simulated world; the costs of a part are per million rows."""
    goal, rows = GOALS[name], rows_of(folder)
    amount, of, per = (1.0, 1.0, "") if part == 1 else (rows, goal.rows, "/M rows")
    yield figure(f"{name}: wall", cost.wall / amount, f"s{per}", f"<= {goal.wall / of:.3g}")
    yield figure(f"{name}: CPU", cost.cpu / amount, f"CPU-s{per}", f"<= {goal.cpu / of:.3g}")
    memory = f"{name}: peak memory"
    yield figure(memory, cost.memory / amount, f"GB{per}", f"<= {goal.memory / of:.3g}")
    yield figure(f"{name}: rows", rows, "million", f">= {goal.rows * part:.3g}")
    floor, equal = written(folder)
    yield figure(f"{name}: CPU over pyarrow's writing", cost.cpu / floor, "ratio", f"<= {FLOOR}")
    yield figure(f"{name}: pyarrow's files equal", float(equal), "share", ">= 1")
    found = marginals_of(name, part, folder)
    missed = sum(not one.holds for one in found)
    yield figure(f"{name}: marginals that miss", missed, f"of {len(found)}", "<= 0")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--marginals", metavar="WORLD", choices=list(GOALS))
    options = parser.parse_args()
    full = {name: world_named(name).people for name in GOALS}
    parts = {name: goal.part if options.quick else 1.0 for name, goal in GOALS.items()}
    with tempfile.TemporaryDirectory() as kept:
        folder = Path(kept)
        if options.marginals:
            simulated(options.marginals, full[options.marginals], folder)
            print(as_table(marginals_of(options.marginals, 1.0, folder)), end="")
            return
        costs = {}
        for name, part in parts.items():  # all of them, before this process grows by measuring
            costs[name] = simulated(name, round(part * full[name]), folder / name)
            if part < 1:
                costs[name] = beyond_smallest(costs[name], name, folder / f"{name}-smallest")
        figures = [figures_of(name, parts[name], costs[name], folder / name) for name in GOALS]
        show([one for world in figures for one in world])


if __name__ == "__main__":
    main()
