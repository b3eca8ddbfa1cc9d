"""What a command or a call costs, and figures with goals."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

TOOL = str(Path(sys.executable).parent / "commonweal")


@dataclass(frozen=True, slots=True)
class Cost:
    """Wall and CPU seconds of a command, and the peak of its memory in GB."""

    wall: float
    cpu: float
    memory: float


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure, its goal (``<= 60``, ``>= 1``) and whether the goal holds."""

    name: str
    value: float
    unit: str
    goal: str
    holds: bool


def child_cost(*command: str) -> Cost:
    """Run a command and return its cost.

    The peak is never below this process's own: keep it small until all commands have run.

    Raises
    ------
    subprocess.CalledProcessError
        If it fails.
    """
    start = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    wall = time.perf_counter() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise subprocess.CalledProcessError(child.returncode, command)
    return Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1e6)


def cpu_of(work: Callable[[], object], times: int = 3) -> float:
    """Return the CPU seconds of a call, median of several."""
    costs = []
    for _ in range(times):
        start = time.process_time()
        work()
        costs.append(time.process_time() - start)
    return float(np.median(costs))


def figure(name: str, value: float, unit: str, goal: str) -> Figure:
    """Return one figure; whether its goal holds follows from the value as it is shown."""
    sign, bound = goal.split()
    value = round(value, 3)
    holds = value <= float(bound) if sign == "<=" else value >= float(bound)
    return Figure(name, value, unit, goal, holds)


def show(figures: Sequence[Figure]) -> None:
    """Print a table and, as the last line, one JSON object."""
    wide = max(len(one.name) for one in figures)
    print(f"{'figure':{wide}} {'value':>10} {'unit':8} {'goal':10} holds")
    for one in figures:
        print(f"{one.name:{wide}} {one.value:10,.3f} {one.unit:8} {one.goal:10} {one.holds}")
    print(json.dumps({"figures": [asdict(one) for one in figures]}))
