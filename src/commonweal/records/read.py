"""Raw tables from CSV, Parquet and DuckDB files, as Arrow, with errors that name the place."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from commonweal.core.errors import DataError, Problem, nearest, problem
from commonweal.records.comma import comma_header, read_comma

_PARQUET = (".parquet", "")
"""Endings of Parquet files; a table fetched from a database has none."""


def table_file(folder: Path, table: str) -> Path:
    """Return the file of a declared table: what stands before ``#``."""
    return folder / table.partition("#")[0]


def read_raw(folder: Path, table: str, columns: Sequence[str]) -> pa.Table:
    """Read `columns` of a declared table, in the order of its rows.

    Parameters
    ----------
    folder
        The agency's data folder.
    table
        ``name.csv`` (UTF-8, comma-separated, header line), ``name.parquet`` or
        ``name.duckdb#table``.
    columns
        Names of the columns wanted; the order is kept. None named: all of them.

    Returns
    -------
    pyarrow.Table
        CSV columns are text; the others keep their types.

    Raises
    ------
    DataError
        If the file is missing, damaged, not in UTF-8 or lacks a column.
    """
    path = _existing(folder, table)
    try:
        if "#" in table:
            return _read_duckdb(path, table, columns)
        if path.suffix.lower() == ".csv":
            return read_comma(path, table, lambda names: _choose(names, columns or names, table))
        if path.suffix.lower() in _PARQUET:
            return _read_parquet(path, table, columns)
    except OSError as error:
        raise problem(
            DataError, table, f"cannot be opened: {error.strerror}", "check it"
        ) from error
    raise problem(
        DataError,
        table,
        "the file is of no kind that can be read",
        "give a .csv or .parquet file, or file.duckdb#table",
    )


def column_names(folder: Path, table: str) -> list[str]:
    """Return the names of a declared table's columns, without reading its rows."""
    path = _existing(folder, table)
    if "#" not in table and path.suffix.lower() == ".csv":
        return comma_header(path, table)
    if "#" not in table and path.suffix.lower() in _PARQUET:
        try:
            return list(pq.read_schema(path).names)
        except (pa.ArrowException, OSError) as error:
            raise _damaged(table, error) from error
    return list(read_raw(folder, table, ()).column_names)


def _existing(folder: Path, table: str) -> Path:
    path = table_file(folder, table)
    if path.is_file():
        return path
    if path.is_dir():
        raise problem(DataError, table, f"{path} is a folder, not a file", "name a table's file")
    near = nearest(path.name, [p.name for p in path.parent.glob("*")])
    mend = "check `data` and `table` in the agency file, or pass --data"
    raise problem(
        DataError, table, f"there is no file {path}", f"did you mean {near}?" if near else mend
    )


def _choose(names: Sequence[str], columns: Sequence[str], table: str) -> list[str]:
    """Check that every wanted column is there exactly once."""
    problems = []
    for column in dict.fromkeys(columns):
        found = list(names).count(column)
        if found == 0:
            near = nearest(column, names)
            hint = f"did you mean {near}? " if near else ""
            mend = f"{hint}the table has: {', '.join(names)}"
            problems.append(Problem(f"{table}: column {column}", "is not in the table", mend))
        elif found > 1:
            where = f"{table}: column {column}"
            problems.append(Problem(where, f"stands {found} times in the header", "rename one"))
    if problems:
        raise DataError(problems)
    return list(dict.fromkeys(columns))


def _read_parquet(path: Path, table: str, columns: Sequence[str]) -> pa.Table:
    try:
        names = pq.read_schema(path).names
        wanted = _choose(names, columns or names, table)
        data = pq.read_table(path, columns=wanted, partitioning=None)
        for name in wanted:
            _validate(data[name], f"{table}: column {name}")
    except (pa.ArrowException, OSError) as error:
        raise _damaged(table, error) from error
    return data


def _damaged(table: str, error: Exception) -> Exception:
    what = f"cannot be read as Parquet: {_first_line(error)}"
    return problem(DataError, table, what, "the file is damaged or cut short; copy it again")


def _validate(column: pa.ChunkedArray, where: str) -> None:
    try:
        column.validate(full=True)
    except pa.ArrowInvalid as error:
        row = _first_undecodable(column)
        place = f"{where}, row {row}" if row else where
        raise problem(DataError, place, "holds text that is not UTF-8", "re-export it") from error


def _first_undecodable(column: pa.ChunkedArray) -> int | None:
    """Return the row, from 1, of the first text that is not UTF-8."""
    if pa.types.is_dictionary(column.type):
        return None
    for row, value in enumerate(column.cast(pa.large_binary()).to_pylist(), start=1):
        try:
            (value or b"").decode("utf-8")
        except UnicodeDecodeError:
            return row
    return None


def _read_duckdb(path: Path, table: str, columns: Sequence[str]) -> pa.Table:
    name = table.partition("#")[2]
    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            relation = connection.table(name)
            wanted = _choose(relation.columns, columns, table)
            chosen = [duckdb.ColumnExpression(column) for column in wanted or relation.columns]
            return relation.select(*chosen).to_arrow_table()
    except duckdb.Error as error:
        what = f"cannot be read: {_first_line(error)}"
        raise problem(DataError, table, what, "check the file and the table's name") from error


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)
