"""Raw tables of a PostgreSQL database, fetched as Parquet: declared columns only, in one order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
from psycopg import sql

from commonweal.core.engines.copying import parts
from commonweal.core.errors import DataError, Problem, nearest, problem
from commonweal.records.spec import Source, declared_columns

_KINDS = {
    "boolean": pa.bool_(), "smallint": pa.int16(), "integer": pa.int32(), "bigint": pa.int64(),
    "real": pa.float32(), "double precision": pa.float64(), "date": pa.date32(),
    "timestamp without time zone": pa.timestamp("us"),
}  # fmt: skip
"""Types that come as they are; every other comes as its text, like a cell of a CSV file."""
Columns = Mapping[str, str]


def fetch(
    connection: psycopg.Connection, schema: str, sources: Iterable[Source], folder: Path
) -> None:
    """Write every declared table into `folder` as it is at one moment, as a file of its name.

    Rows are in the order of their columns' values: a database has none of its own, and the same
    rows have to be the same bytes.

    Parameters
    ----------
    connection
        Where the tables are. It is only read from.
    schema
        The schema they are in.
    sources
        Whose tables and columns are wanted; nothing else leaves the database.
    folder
        An empty folder.

    Raises
    ------
    DataError
        With every table and column that is not there; no row has been read then.
    """
    declared = list(sources)
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    connection.read_only = True
    with connection.transaction():
        there = _tables(connection, schema)
        problems = [p for source in declared for p in _missing(source, there, schema)]
        if problems:
            raise DataError(dict.fromkeys(problems))
        for table, columns in _wanted(declared, there).items():
            _write(connection, sql.Identifier(schema, table), columns, folder / table)


def _tables(connection: psycopg.Connection, schema: str) -> Mapping[str, Columns]:
    """Return table -> column -> type, for the tables and views the user may read."""
    found: dict[str, dict[str, str]] = {}
    rows = connection.execute(
        "SELECT table_name, column_name, data_type FROM information_schema.columns "
        "WHERE table_schema = %s AND has_column_privilege(format('%%I.%%I', table_schema, "
        "table_name), column_name, 'SELECT') ORDER BY table_name, ordinal_position",
        (schema,),
    )
    for table, column, kind in rows:
        found.setdefault(table, {})[column] = kind
    return found


def _missing(source: Source, there: Mapping[str, Columns], schema: str) -> list[Problem]:
    """Say which of a source's tables and columns cannot be read."""
    tables = [source.table, *([source.join.table] if source.join else [])]
    lost = [table for table in tables if table not in there]
    if lost:
        return [_no_table(table, there, schema) for table in lost]
    places = [(column, tables) for column in declared_columns(source)]
    if source.join:
        places += [(source.join.on, [table]) for table in tables]
    return [p for column, among in places for p in _absent(column, among, there)]


def _absent(column: str, among: Sequence[str], there: Mapping[str, Columns]) -> list[Problem]:
    if any(column in there[table] for table in among):
        return []
    names = [name for table in among for name in there[table]]
    near = nearest(column, names)
    hint = f"did you mean {near}? " if near else ""
    mend = f"{hint}the table has: {', '.join(names)}"
    return [Problem(f"{among[0]}: column {column}", "is not in the table, or not for you", mend)]


def _no_table(table: str, there: Mapping[str, Columns], schema: str) -> Problem:
    if any(sign in table for sign in "./#\\"):
        mend = "name a table of the database, without file or schema"
        return Problem(table, "is no name of a table in a database", mend)
    near = nearest(table, there)
    mend = f"did you mean {near}?" if near else "check `table`, ?schema= and the user's permissions"
    return Problem(table, f"there is no such table in the schema {schema}, or not for you", mend)


def _wanted(sources: Sequence[Source], there: Mapping[str, Columns]) -> dict[str, Columns]:
    """Return table -> the declared columns it has, each with its type."""
    wanted: dict[str, dict[str, str]] = {}
    for source in sources:
        names = [*declared_columns(source), *([source.join.on] if source.join else [])]
        for table in [source.table, *([source.join.table] if source.join else [])]:
            here = wanted.setdefault(table, {})
            here |= {name: there[table][name] for name in names if name in there[table]}
    return {table: dict(sorted(columns.items())) for table, columns in sorted(wanted.items())}


def _write(
    connection: psycopg.Connection, table: sql.Identifier, columns: Columns, path: Path
) -> None:
    texts = [
        sql.SQL("{0}" if kind in _KINDS else '({0}::text) COLLATE "C" AS {0}').format(
            sql.Identifier(name)
        )
        for name, kind in columns.items()
    ]
    order = sql.SQL(", ").join(sql.SQL(str(place + 1)) for place in range(len(columns)))
    query = sql.SQL("SELECT {} FROM {} ORDER BY {}").format(sql.SQL(", ").join(texts), table, order)
    schema = pa.schema([(name, _KINDS.get(kind, pa.string())) for name, kind in columns.items()])
    try:
        with connection.cursor() as cursor, pq.ParquetWriter(path, schema) as writer:
            for part in parts(cursor, query.as_string(cursor), schema):
                writer.write_table(part)
    except (psycopg.Error, pa.ArrowException) as error:
        said = next(iter(str(error).splitlines()), type(error).__name__)
        raise problem(DataError, path.name, f"cannot be read: {said}", "check the table") from error
