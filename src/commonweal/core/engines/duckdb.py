"""DuckDB in this process: the engine of every run that names none."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import ibis
import pyarrow as pa

from commonweal.core.engines.memory import memory_limit
from commonweal.core.tables import Relation


class DuckDB:
    """A DuckDB in memory, closed on exit, in which relations over Parquet files are built.

    What does not fit into its memory goes to a folder of its own below ``TMPDIR``, which is
    removed on exit.

    Parameters
    ----------
    threads
        How many threads DuckDB may use. No result may depend on it: whatever is read out is
        ordered by its key first.
    memory
        GiB it may take before it goes to disk; half of the machine's where none is given.
    """

    kind = "duckdb"

    def __init__(self, threads: int = 2, memory: int | None = None) -> None:
        limit = memory or memory_limit()
        self._spilled = TemporaryDirectory(prefix="commonweal-", ignore_cleanup_errors=True)
        self._connection = ibis.duckdb.connect(
            threads=threads,
            memory_limit=f"{limit}GiB",
            temp_directory=self._spilled.name,
        )
        # DuckDB's own bar would be drawn wherever the output goes.
        self._connection.raw_sql("SET enable_progress_bar = false")
        self._count = 0

    def __enter__(self) -> DuckDB:
        """Return the engine itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the database and remove what it spilled."""
        self._connection.disconnect()
        self._spilled.cleanup()

    def parquet(self, path: Path) -> Relation:
        """Return the relation that reads one Parquet file."""
        self._count += 1
        return self._connection.read_parquet(str(path), table_name=f"parquet_{self._count}")

    def table(self, data: pa.Table) -> Relation:
        """Return a relation over an Arrow table, copied into the database."""
        self._count += 1
        return self._connection.create_table(f"table_{self._count}", data, temp=True)

    def cache(self, relation: Relation) -> Relation:
        """Compute a relation once and return the relation over its result."""
        self._count += 1
        return self._connection.create_table(f"table_{self._count}", relation, temp=True)
