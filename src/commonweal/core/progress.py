"""What a run is doing, on stderr; silent where nobody is watching."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.progress import Progress as Bars
from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn


@dataclass(frozen=True, slots=True)
class Progress:
    """Tells which step is being worked on.

    Parameters
    ----------
    bars
        The live display, None where stderr is no terminal.
    """

    bars: Bars | None = None

    @contextmanager
    def step(self, words: str) -> Iterator[Callable[[str], None]]:
        """Show `words` while the step lasts; what is yielded shows others in their place."""
        if self.bars is None:
            yield lambda _: None
            return
        bars, task = self.bars, self.bars.add_task(words, total=1)
        yield lambda more: bars.update(task, description=more)
        bars.update(task, completed=1)


@contextmanager
def progress() -> Iterator[Progress]:
    """Open the display where stderr is a terminal."""
    if not sys.stderr.isatty():
        yield Progress()
        return
    columns = (SpinnerColumn(finished_text="[green]✓"), TextColumn("{task.description}"),
               TimeElapsedColumn())  # fmt: skip
    with Bars(*columns, console=Console(stderr=True)) as bars:
        yield Progress(bars)
