"""Where a world puts its tables: the agency's in one folder, the truth in another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

import pyarrow as pa

from commonweal.core.parallel import each
from commonweal.core.tables import write_table


@dataclass(frozen=True, slots=True)
class Sink:
    """Two folders that fill up while a world is simulated.

    Parameters
    ----------
    data, truth
        Folders of the agency's tables and of the truth; both exist.
    threads
        How many tables may be made and written at once; no byte depends on it.
    step
        Shows the name of what is being made while a ``with`` block lasts.
    rows
        Table -> number of rows written so far; the truth's are named ``truth/NAME``.
    """

    data: Path
    truth: Path
    threads: int = 1
    step: Callable[[str], AbstractContextManager[object]] = field(default=lambda _: nullcontext())
    rows: dict[str, int] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def put(self, name: str, table: pa.Table) -> None:
        """Write one of the agency's tables as ``NAME.parquet``."""
        write_table(table, self.data / f"{name}.parquet")
        with self._lock:
            self.rows[name] = table.num_rows

    def reveal(self, name: str, table: pa.Table) -> None:
        """Write one table of the truth as ``NAME.parquet``."""
        write_table(table, self.truth / f"{name}.parquet")
        with self._lock:
            self.rows[f"truth/{name}"] = table.num_rows

    def all(self, makers: Sequence[Callable[[], None]]) -> None:
        """Call functions that each make and write a table of their own, several at once.

        They may share no random stream: each opens its own by name.
        """
        each(lambda make: make(), makers, self.threads)
