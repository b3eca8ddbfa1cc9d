"""Run a study again and again, killing it each time; started as a process of its own by a test.

Usage: killed.py STUDY OUT KILLS SECONDS, where SECONDS is what a whole run takes. Prints one line
a kill: where it died, its number, the signal, and how many stages stood finished after it.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from threading import Timer
from typing import Any

from commonweal.core import store, tables
from commonweal.study import features
from commonweal.study.load import load
from commonweal.study.run import run


def die(where: str) -> None:
    os.write(1, f"{where} ".encode())
    os.kill(os.getpid(), signal.SIGKILL)


def half_written(after: int) -> None:
    """Die in the middle of the `after`-th table or block written: half its bytes are on disk."""
    table, cells, count = tables.pq.write_table, features.write_cells, [0]

    def written(path: Path) -> None:
        count[0] += 1
        if count[0] == after:
            os.truncate(path, path.stat().st_size // 2)
            die("half-written")

    def write_table(data: Any, path: Path, **options: Any) -> None:
        table(data, path, **options)
        written(path)

    def write_cells(parts: Any, days: Any, path: Path) -> None:
        cells(parts, days, path)
        written(path)

    tables.pq.write_table, features.write_cells = write_table, write_cells


def before_rename(after: int) -> None:
    """Die when a stage is wholly written but not yet moved into place."""
    original, count = os.rename, [0]

    def rename(source: Any, target: Any) -> None:
        count[0] += 1
        if count[0] == after:
            die("before-rename")
        original(source, target)

    store.os.rename = rename  # type: ignore[assignment]


def child(study: str, out: str, number: int, whole: float) -> None:
    # Two kills in four let one stage finish, so that twenty never reach the end of the run.
    if number % 4 == 0:
        half_written(1)
    elif number % 4 == 2:
        Timer(whole * 0.015, die, ["timer"]).start()
    else:
        before_rename(2)
    run(load(study), out)
    die("finished")


def main() -> None:
    study, out, kills, whole = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
    for number in range(kills):
        process = os.fork()
        if process == 0:
            try:
                child(study, out, number, whole)
            finally:
                os._exit(1)
        _, status = os.waitpid(process, 0)
        done = len([p for p in (Path(out) / "store").glob("*") if not p.name.startswith(".")])
        print(number, os.WTERMSIG(status) if os.WIFSIGNALED(status) else "exit", done, flush=True)
        time.sleep(0.01)


if __name__ == "__main__":
    main()
