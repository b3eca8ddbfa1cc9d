"""Simulate again into folders, killed each time; started as a process of its own by a test.

Usage: killed.py FOLDER MOMENT...: into FOLDER/MOMENT, where a moment is ``build`` or the number
of the rename before which it dies; ``end`` is after the last. Prints a line each: the moment and
how it ended.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from commonweal.simulate import world
from simulate.fake import PACKAGE, simulated
from simulate.fakeworld import world as fakeworld


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def at_build() -> None:
    """Die when the first table is written."""
    put = world.Sink.put

    def one(sink: world.Sink, name: str, table: Any) -> None:
        put(sink, name, table)
        die()

    world.Sink.put = one  # type: ignore[method-assign]


def at_rename(number: int) -> None:
    """Die before a rename."""
    original, left = os.rename, [number]

    def rename(source: Any, target: Any) -> None:
        left[0] -= 1
        if not left[0]:
            die()
        original(source, target)

    os.rename = rename  # type: ignore[assignment]


def at_end() -> None:
    """Die when everything is in its place."""
    swap = world._swap

    def then_die(new: Path, folder: Path) -> None:
        swap(new, folder)
        die()

    world._swap = then_die


def main() -> None:
    world.WORLDS["fake"] = PACKAGE
    assert fakeworld.WORLD  # imported before the processes part
    for moment in sys.argv[2:]:
        process = os.fork()
        if process == 0:
            try:
                {"build": at_build, "end": at_end}.get(moment, lambda m=moment: at_rename(int(m)))()
                simulated(Path(sys.argv[1]) / moment, seed=2, threads=1)
            finally:
                os._exit(1)
        _, status = os.waitpid(process, 0)
        print(moment, os.WTERMSIG(status) if os.WIFSIGNALED(status) else "exit", flush=True)


if __name__ == "__main__":
    main()
