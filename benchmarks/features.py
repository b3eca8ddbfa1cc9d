"""What features cost beside pandas, Polars, featuretools, scipy and DuckDB on equal work.

The violence-prevention city of 5.4 million people and its cohorts at four as-of dates. A person's
own history: 93 series in eight windows and the first and last day of 18 indices. The network:
18 series in eight windows among neighbours at distance one and two. The floor is reading the same
events and sorting them by person. Every contender has a process of its own; libraries are loaded
before CPU seconds count, and reading counts. Peers do one as-of date; what they do once a date is
taken times four. All cells of that date are compared with ours.

Prints tables and, as its last line, one JSON object of figures. `--quick` takes 100,000 people,
`--data FOLDER` keeps the data there and uses it again, `--part` measures one part alone.
Polars wants `make peers`, featuretools `make featuretools`; they are left out where absent.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
from features_peers.work import Work, equal_share, kept
from measuring import Figure, child_cost, figure, show

HERE = Path(__file__).resolve().parent
FULL, QUICK = 5_400_000, 100_000
PYTHON = {
    "polars_filters": HERE.parent / ".peers" / "bin" / "python",
    "featuretools_windows": HERE.parent / ".featuretools" / "bin" / "python",
}
PARTS = ("own", "network", "job", "scaling")
COPIES, QUICK_COPIES = (0.5, 1, 2, 4), (0.5, 4)
DEGREE = 10_000


@dataclass(frozen=True, slots=True)
class Told:
    """What a contender tells: CPU seconds of reading and of the work, wall, GB, cells."""

    read: float
    work: float
    wall: float
    memory: float
    rows: int
    columns: int

    @property
    def cpu(self) -> float:
        """CPU seconds of both."""
        return self.read + self.work

    def dates(self, count: int) -> float:
        """Return the CPU seconds of reading once and working at several as-of dates."""
        return self.read + count * self.work


@dataclass(frozen=True, slots=True)
class Ring:
    """Where contenders meet: the data, where cells are kept, as-of dates, runs of the cheap."""

    data: Path
    cells: Path
    dates: tuple[date, ...]
    runs: int

    def ours(self, step: str, dates: tuple[date, ...], keep: bool = False, times: int = 1) -> Told:
        """Run a step of ours."""
        days = ",".join(day.isoformat() for day in dates)
        out = str(self.cells / step) if keep else "-"
        command = [sys.executable, str(HERE / "features_ours.py"), step, str(self.data), out, days]
        return told(f"ours: {step}, {len(dates)} dates", command, times)

    def peer(self, name: str, keep: bool = True, times: int = 1) -> Told | None:
        """Run a peer at the first as-of date; None where its environment is absent."""
        python = PYTHON.get(name, Path(sys.executable))
        if not python.exists():
            print(f"{name}: left out, {python} is absent")
            return None
        script = HERE / "features_peers" / f"{name}.py"
        out = str(self.cells / name) if keep else "-"
        day = self.dates[0].isoformat()
        return told(name, [str(python), str(script), str(self.data), out, day], times)

    def equal(self, step: str, name: str, names: list[str]) -> float:
        """Return the share of a peer's cells that are equal to ours."""
        return equal_share(kept(self.cells / step), kept(self.cells / name), names)


def told(name: str, command: list[str], times: int) -> Told:
    """Run a command several times; return and print the run of median CPU."""
    runs = []
    for _ in range(times):
        done = subprocess.run(
            command, check=True, stdout=subprocess.PIPE, text=True,
            env=os.environ | {"COMMONWEAL_MEMORY": "1GB"},  # ours: DuckDB, before it goes to disk
        )  # fmt: skip
        runs.append(Told(**json.loads(done.stdout.splitlines()[-1])))
    one = sorted(runs, key=lambda run: run.cpu)[len(runs) // 2]
    print(
        f"{name:28} read {one.read:7.2f}  work {one.work:7.2f} CPU-s  wall {one.wall:7.2f} s  "
        f"peak {one.memory:6.2f} GB  {one.rows:>9,} x {one.columns:,}",
        flush=True,
    )
    return one


def own(ring: Ring) -> list[Figure]:
    """Measure a person's own history."""
    names = Work.read(ring.data).own_names()
    ring.ours("own", ring.dates[:1], keep=True)  # compiles, once a machine
    ours = ring.ours("own", ring.dates, times=ring.runs)
    floor = ring.peer("floor", keep=False, times=ring.runs)
    assert floor is not None
    figures = [
        figure("own history over the floor, CPU", ours.read / floor.read, "times", "<= 1.5"),
        figure("own history, peak memory", ours.memory, "GB", "<= 1.5"),
    ]
    for name, goal in (("pandas_windows", ">= 4"), ("polars_filters", ">= 1")):
        peer, title = ring.peer(name), name.replace("_", " ")
        if peer is None:
            continue
        ratio = peer.dates(len(ring.dates)) / ours.cpu
        share = ring.equal("own", name, names)
        figures += [
            figure(f"{title} over own history, CPU (one date, scaled)", ratio, "times", goal),
            figure(f"own cells equal to {title}", share, "share", ">= 1"),
        ]
    peer = ring.peer("featuretools_windows")
    if peer is not None:
        theirs = peer.work / (peer.rows * len(names))  # what is read is not its own
        share = ring.equal("own", "featuretools_windows", names)
        ratio = theirs / (ours.read / (ours.rows * len(names)))
        figures += [
            figure("featuretools over own history, CPU a cell", ratio, "times", ">= 100"),
            figure("own cells equal to featuretools", share, "share", ">= 1"),
        ]
    return figures


def network(ring: Ring) -> list[Figure]:
    """Measure the network of one cohort."""
    names = Work.read(ring.data).network_names()
    ring.ours("network", ring.dates[:1], keep=True)
    ours = ring.ours("network", ring.dates[:1], times=ring.runs)
    every = ring.ours("network", ring.dates)
    name = f"network, a cohort of {len(ring.dates)}"
    figures = [
        figure(name, every.read / len(ring.dates), "CPU-s", "<= 3"),
        figure("network, peak memory", ours.memory, "GB", "<= 3"),
    ]
    for name, goal in (
        ("scipy_products", ">= 4"), ("duckdb_joins", ">= 6"), ("duckdb_nearest", ">= 1"),
    ):  # fmt: skip
        peer, title = ring.peer(name), name.replace("_", " ")
        assert peer is not None
        share = ring.equal("network", name, names)
        figures += [
            figure(f"{title} over network, CPU", peer.cpu / ours.cpu, "times", goal),
            figure(f"network cells equal to {title}", share, "share", ">= 1"),
        ]
    return figures


def job(ring: Ring) -> list[Figure]:
    """Measure all columns of all cohorts, and boosted trees on as many rows as train."""
    ring.ours("job", ring.dates[:1])  # compiles, once a machine
    whole = ring.ours("job", ring.dates, times=ring.runs)
    trained = ring.ours("boosted", ring.dates)
    rows = f"{trained.rows:,} x {trained.columns:,}"
    return [
        figure("whole job, wall", whole.wall, "s", "<= 25"),
        figure("whole job, peak memory", whole.memory, "GB", "<= 3"),
        figure(f"LightGBM on {rows}, peak memory", trained.memory, "GB", "<= 8"),
    ]


def scaling(ring: Ring, folder: Path, sizes: Sequence[float]) -> list[Figure]:
    """Measure own history and the network on more and more events, and with one busy id."""
    from features_scaling import enlarged, with_busy_id

    figures, costs = [], []
    larger, busy = (replace(ring, data=folder / name) for name in ("larger", "busy"))
    for copies in sizes:
        events = enlarged(ring.data, larger.data, copies)
        print(f"{copies / sizes[0]:.0f}x: {events:,} events")
        both = larger.ours("own", ring.dates), larger.ours("network", ring.dates[:1])
        costs.append((events, *both))
    grown = costs[-1][0] / costs[0][0]
    for place, title in ((1, "own history"), (2, "network")):
        ratio = costs[-1][place].cpu / (costs[0][place].cpu * grown)
        name = f"{title}, CPU an event at {grown:.0f}x over 1x"
        figures.append(figure(name, ratio, "times", "<= 1.2"))
    met = with_busy_id(ring.data, busy.data, ring.dates[0], DEGREE)
    print(f"with one id of degree {met:,}, and without:")
    pair = [one.ours("network", ring.dates[:1]) for one in (busy, ring)]
    name = "network with a busy id over without, memory"
    figures.append(figure(name, pair[0].memory / pair[1].memory, "times", "<= 1.1"))
    return figures


def main() -> None:
    """Make the data, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--part", choices=PARTS, action="append")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = given.data or folder / "data"
        if not (data / "work.json").exists():
            people = str(QUICK if given.quick else FULL)
            child_cost(sys.executable, str(HERE / "features_world.py"), str(data), people)
        ring = Ring(data, folder / "cells", Work.read(data).dates, 1 if given.quick else 3)
        sizes = QUICK_COPIES if given.quick else COPIES
        steps = {
            "own": lambda: own(ring),
            "network": lambda: network(ring),
            "job": lambda: job(ring),
            "scaling": lambda: scaling(ring, folder, sizes),
        }
        figures = [steps[part]() for part in PARTS if part in (given.part or PARTS)]
    show(list(np.concatenate(figures)))


if __name__ == "__main__":
    main()
