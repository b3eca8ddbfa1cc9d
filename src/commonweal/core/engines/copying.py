"""Arrow tables into PostgreSQL and out of it by COPY: text is compared by its bytes there."""

from __future__ import annotations

import io
from collections.abc import Iterator

import psycopg
import pyarrow as pa
import pyarrow.csv as pc
from psycopg import sql

from commonweal.core.errors import DataError, problem

_ROWS = 65_536
_BYTES = 32_000_000
_INTEGERS = {"int8": "smallint", "int16": "smallint", "int32": "integer", "int64": "bigint",
             "uint8": "smallint", "uint16": "integer", "uint32": "bigint"}  # fmt: skip
_OTHERS = {"float": "real", "double": "double precision", "bool": "boolean", "date32[day]": "date"}
_NAMES = _INTEGERS | _OTHERS
_READ = pc.ParseOptions(newlines_in_values=True, ignore_empty_lines=False)
_WRITE = pc.WriteOptions(include_header=False, quoting_style="needed")


def column_type(kind: pa.DataType) -> str | None:
    """Return the PostgreSQL type of an Arrow type; None where there is none."""
    if pa.types.is_dictionary(kind):
        return column_type(kind.value_type)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_null(kind):
        return 'text COLLATE "C"'
    if pa.types.is_timestamp(kind):
        return "timestamp with time zone" if kind.tz else "timestamp"
    return _NAMES.get(str(kind))


def create(name: sql.Identifier, schema: pa.Schema, temporary: bool) -> sql.Composed:
    """Return the statement that creates the table of an Arrow schema.

    Raises
    ------
    DataError
        If a column is of a type PostgreSQL does not know.
    """
    columns = []
    for field in schema:
        kind = column_type(field.type)
        if kind is None:
            what = f"is of type {field.type}, which PostgreSQL does not know"
            raise problem(DataError, f"column {field.name}", what, "use the engine duckdb")
        columns.append(sql.SQL("{} {}").format(sql.Identifier(field.name), sql.SQL(kind)))
    start = "CREATE TEMPORARY TABLE {} ({})" if temporary else "CREATE TABLE {} ({})"
    return sql.SQL(start).format(name, sql.SQL(", ").join(columns))


def load(
    cursor: psycopg.Cursor, name: sql.Identifier, schema: pa.Schema,
    batches: Iterator[pa.RecordBatch],
) -> None:  # fmt: skip
    """Copy batches into a table of their schema.

    Raises
    ------
    DataError
        If PostgreSQL cannot store a value: it knows no text with a zero byte.
    """
    columns = sql.SQL(", ").join(sql.Identifier(name) for name in schema.names)
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(name, columns)
    try:
        with cursor.copy(statement) as copy:
            for batch in batches:
                for start in range(0, batch.num_rows, _ROWS):
                    copy.write(_text(batch.slice(start, _ROWS)))
    except psycopg.DataError as error:
        what = f"PostgreSQL cannot store a value: {error.diag.message_primary}"
        raise problem(DataError, "engine", what, "mend the table, or use DuckDB") from error


def _text(batch: pa.RecordBatch) -> memoryview:
    """Return rows as comma-separated text in which only a missing value stands bare and empty."""
    sink = pa.BufferOutputStream()
    plain = [_plain(column) for column in batch.columns]
    pc.write_csv(pa.record_batch(plain, names=batch.schema.names), sink, _WRITE)
    return memoryview(sink.getvalue())


def _plain(column: pa.Array) -> pa.Array:
    if pa.types.is_dictionary(column.type):
        return column.dictionary_decode()
    return column.cast(pa.string()) if pa.types.is_null(column.type) else column


def unload(cursor: psycopg.Cursor, query: str, schema: pa.Schema) -> pa.Table:
    """Return the rows of a query, which come in its order, as an Arrow table of `schema`."""
    return pa.concat_tables([schema.empty_table(), *parts(cursor, query, schema)])


def parts(cursor: psycopg.Cursor, query: str, schema: pa.Schema) -> Iterator[pa.Table]:
    """Yield the rows of a query, some megabytes of them at a time."""
    found = io.BytesIO()
    with cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT csv)".encode()) as copy:
        for row in copy:  # PostgreSQL sends whole rows
            found.write(row)
            if found.tell() > _BYTES:
                yield _parsed(found, schema)
                found = io.BytesIO()
    if found.tell():
        yield _parsed(found, schema)


def _parsed(text: io.BytesIO, schema: pa.Schema) -> pa.Table:
    convert = pc.ConvertOptions(
        column_types=schema, null_values=[""], strings_can_be_null=True,
        quoted_strings_can_be_null=False, true_values=["t"], false_values=["f"],
    )  # fmt: skip
    text.seek(0)
    read = pc.ReadOptions(column_names=schema.names, use_threads=False, block_size=2 * _BYTES)
    return pc.read_csv(text, read, _READ, convert)
