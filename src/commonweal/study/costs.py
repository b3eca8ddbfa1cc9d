"""What stages cost this machine: a line each in ``costs.jsonl``, outside all that is hashed.

Seconds differ from run to run, so no artefact, no report and no manifest may hold them. A stage
that was there already adds no line.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from commonweal.core.store import Artefact, Store

COSTS = "costs.jsonl"


@dataclass(slots=True)
class Clock:
    """Seconds that passed, and that processors worked, while something was done."""

    wall: float = 0.0
    cpu: float = 0.0


@dataclass(frozen=True, slots=True)
class Costs:
    """The costs of a run.

    Parameters
    ----------
    path
        The file.
    seconds
        Key of a stage -> seconds that passed while it was made, of earlier runs too.
    """

    path: Path
    seconds: dict[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, store: Store) -> Costs:
        """Read the costs beside a store; a line that a kill cut short is skipped."""
        costs = cls(store.root.parent / COSTS)
        if costs.path.is_file():
            for line in costs.path.read_text(encoding="utf-8").splitlines():
                try:
                    one = json.loads(line)
                    costs.seconds[one["key"]] = float(one["wall_seconds"])
                except (ValueError, KeyError, TypeError):
                    continue
        return costs

    def add(self, made: Artefact, clock: Clock, threads: int) -> None:
        """Append the cost of a stage, unless it was there already."""
        if made.reused:
            return
        self.seconds[made.key] = clock.wall
        line = {
            "stage": made.stage, "key": made.key, "wall_seconds": round(clock.wall, 3),
            "cpu_seconds": round(clock.cpu, 3), "threads": threads,
        }  # fmt: skip
        with self.path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(line) + "\n")


@contextmanager
def timed(clock: Clock, alone: bool) -> Iterator[None]:
    """Measure what is done inside.

    Parameters
    ----------
    clock
        Holds the seconds afterwards.
    alone
        Whether nothing else is done meanwhile: then all threads of the process count.
    """
    cpu = time.process_time if alone else time.thread_time
    wall, worked = time.perf_counter(), cpu()
    yield
    clock.wall, clock.cpu = time.perf_counter() - wall, cpu() - worked
