"""PostgreSQL: relations are built in an agency's own server, close to its data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import sqlglot.expressions as sge
from ibis.backends.postgres import Backend
from ibis.backends.sql.compilers.postgres import PostgresCompiler
from psycopg import sql

from commonweal.core.canonical import file_digest
from commonweal.core.engines.address import Address
from commonweal.core.engines.copying import create, load, unload
from commonweal.core.engines.postgres_login import connected, refused
from commonweal.core.tables import Relation

SCHEMA = "commonweal"
"""Where event tables are loaded, once for each content."""
_LAYOUT = 1
"""Raised when tables are laid out in another way: tables of the old way are then not reused."""


class _ByBytes(PostgresCompiler):  # type: ignore[misc]
    """Text is put in order by its bytes, whatever the database's language."""

    __slots__ = ()

    def visit_SortKey(self, op: Any, *, arg: Any, ascending: bool, nulls_first: bool) -> Any:  # noqa: N802 Ibis's name
        if op.dtype.is_string():
            arg = sge.Collate(this=arg, expression=sge.Identifier(this="C", quoted=True))
        return super().visit_SortKey(op, arg=arg, ascending=ascending, nulls_first=nulls_first)


class _Backend(Backend):  # type: ignore[misc]
    """Ibis's backend, except that results come by COPY and text is sorted by bytes."""

    compiler = _ByBytes()

    def to_pyarrow(self, expr: Any, /, *, params: Any = None, limit: Any = None) -> Any:
        """Return an expression's value as Arrow."""
        self._run_pre_execute_hooks(expr)
        table = expr.as_table()
        query = self.compile(table, params=params, limit=limit)
        with self.con.cursor() as cursor:
            found = unload(cursor, query, table.schema().to_pyarrow())
        return expr.__pyarrow_result__(found)


class Postgres:
    """A connection to PostgreSQL, closed on exit.

    Event tables are loaded into the schema ``commonweal``, once for each content; everything
    else is a temporary table of the connection.

    Parameters
    ----------
    address
        Where the server is.
    threads
        Workers a query may use at most.
    """

    kind = "postgresql"

    def __init__(self, address: Address, threads: int = 2) -> None:
        self._address = address
        self._connection = connected(address, SCHEMA)
        for name, value in _settings(threads).items():
            self._connection.execute("SELECT set_config(%s, %s, false)", (name, value))
        self._backend = _Backend.from_connection(self._connection)
        self._count = 0

    def __enter__(self) -> Postgres:
        """Return the engine itself."""
        return self

    def __exit__(self, _: object, error: object, *rest: object) -> None:
        """Close the connection; its temporary tables go with it.

        Raises
        ------
        StudyError
            If the server went away or ran out of something, in its own words.
        """
        self._connection.close()
        if isinstance(error, psycopg.OperationalError):
            raise refused(self._address, error, None) from None

    def parquet(self, path: Path) -> Relation:
        """Return the relation over a Parquet file, loaded unless its content is there already."""
        digest = file_digest(path)
        name = f"events_{_LAYOUT}_{digest[:40]}"
        place = sql.Identifier(SCHEMA, name)
        with self._connection.transaction(), self._connection.cursor() as cursor:
            # Two runs that need the same table: the second waits, and finds it there.
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", (int(digest[:15], 16),))
            cursor.execute("SELECT to_regclass(%s) IS NULL", (f'"{SCHEMA}"."{name}"',))
            if cursor.fetchone() == (True,):
                file = pq.ParquetFile(path)
                cursor.execute(create(place, file.schema_arrow, temporary=False))
                load(cursor, place, file.schema_arrow, file.iter_batches())
                cursor.execute(sql.SQL("ANALYZE {}").format(place))
        return self._backend.table(name, database=SCHEMA)

    def table(self, data: pa.Table) -> Relation:
        """Return a relation over an Arrow table, copied into a temporary one."""
        name, place = self._next()
        with self._connection.transaction(), self._connection.cursor() as cursor:
            cursor.execute(create(place, data.schema, temporary=True))
            load(cursor, place, data.schema, iter(data.to_batches()))
            cursor.execute(sql.SQL("ANALYZE {}").format(place))
        return self._backend.table(name)

    def cache(self, relation: Relation) -> Relation:
        """Compute a relation once, into a temporary table, and return the relation over it."""
        name, place = self._next()
        columns = [
            sql.SQL('{0} COLLATE "C" AS {0}' if kind.is_string() else "{0}").format(
                sql.Identifier(column)
            )
            for column, kind in relation.schema().items()
        ]
        query = self._backend.compile(relation).encode()
        start = sql.SQL("CREATE TEMPORARY TABLE {} AS SELECT {} FROM (").format(
            place, sql.SQL(", ").join(columns)
        )
        with self._connection.transaction(), self._connection.cursor() as cursor:
            cursor.execute(start.as_bytes(cursor) + query + b") AS computed")
            cursor.execute(sql.SQL("ANALYZE {}").format(place))
        return self._backend.table(name)

    def _next(self) -> tuple[str, sql.Identifier]:
        self._count += 1
        name = f"table_{self._count}"
        return name, sql.Identifier("pg_temp", name)


def _settings(threads: int) -> dict[str, str]:
    """Return the session's settings. None changes a result.

    Compiling a query costs more than it saves in queries of many columns that run once.
    """
    return {
        "max_parallel_workers_per_gather": str(threads - 1),
        "work_mem": "128MB",
        "temp_buffers": "128MB",
        "jit": "off",
        "client_min_messages": "warning",
        "extra_float_digits": "1",
        "datestyle": "ISO",
        "bytea_output": "hex",
    }
