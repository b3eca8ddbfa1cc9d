"""Raw tables from CSV, Parquet and DuckDB files, as Arrow, with errors that name the place."""

from __future__ import annotations

import csv
import difflib
from collections.abc import Sequence
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from commonweal.core.errors import DataError, Problem, problem

_SHOWN = 10


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
    path = table_file(folder, table)
    if not path.is_file():
        raise problem(DataError, table, f"there is no file {path}", _missing_file_mend(path))
    if path.suffix.lower() == ".csv":
        return _read_csv(path, table, columns)
    if path.suffix.lower() == ".parquet":
        return _read_parquet(path, table, columns)
    if "#" in table:
        return _read_duckdb(path, table, columns)
    raise problem(
        DataError,
        table,
        "the file is of no kind that can be read",
        "give a .csv or .parquet file, or file.duckdb#table",
    )


def column_names(folder: Path, table: str) -> list[str]:
    """Return the names of a declared table's columns, without reading its rows."""
    path = table_file(folder, table)
    if path.is_file() and path.suffix.lower() == ".csv":
        _check_utf8(path, table)
        return _csv_header(path, table)
    if path.is_file() and path.suffix.lower() == ".parquet":
        try:
            return list(pq.read_schema(path).names)
        except (pa.ArrowInvalid, OSError) as error:
            raise _damaged(table, error) from error
    return list(read_raw(folder, table, ()).column_names)


def _missing_file_mend(path: Path) -> str:
    near = difflib.get_close_matches(path.name, [p.name for p in path.parent.glob("*")], n=1)
    if near:
        return f"did you mean {near[0]}?"
    return "check `data` and `table` in the agency file, or pass --data"


def _choose(names: Sequence[str], columns: Sequence[str], table: str) -> list[str]:
    """Check that every wanted column is there exactly once."""
    problems = []
    for column in dict.fromkeys(columns):
        found = list(names).count(column)
        if found == 0:
            near = difflib.get_close_matches(column, names, n=1)
            hint = f"did you mean {near[0]}? " if near else ""
            mend = f"{hint}the table has: {', '.join(names)}"
            problems.append(Problem(f"{table}: column {column}", "is not in the table", mend))
        elif found > 1:
            where = f"{table}: column {column}"
            problems.append(Problem(where, f"stands {found} times in the header", "rename one"))
    if problems:
        raise DataError(problems)
    return list(dict.fromkeys(columns))


def _read_csv(path: Path, table: str, columns: Sequence[str]) -> pa.Table:
    _check_utf8(path, table)
    bad: list[Problem] = []

    def ragged(row: pacsv.InvalidRow) -> str:
        # pyarrow counts the header as row 1.
        where = f"{table}: row {(row.number or 1) - 1}"
        what = f"has {row.actual_columns} values where the header has {row.expected_columns}"
        bad.append(Problem(where, what, "mend the separators or quotes of that line"))
        return "skip"

    try:
        names = _csv_header(path, table)
        wanted = _choose(names, columns or names, table)
        data = pacsv.read_csv(
            path,
            read_options=pacsv.ReadOptions(use_threads=False),
            parse_options=pacsv.ParseOptions(newlines_in_values=True, invalid_row_handler=ragged),
            convert_options=pacsv.ConvertOptions(
                column_types={name: pa.string() for name in wanted},
                strings_can_be_null=True,
                null_values=[""],
                include_columns=wanted,
            ),
        )
    except pa.ArrowInvalid as error:
        raise problem(DataError, table, f"cannot be read as CSV: {error}", "mend the file") from error
    if bad:
        raise DataError(bad[:_SHOWN])
    return data


def _csv_header(path: Path, table: str) -> list[str]:
    with path.open(newline="", encoding="utf-8-sig") as stream:
        header = next(csv.reader(stream), [])
    if not header:
        raise problem(DataError, table, "is empty", "the first line names the columns")
    return header


def _check_utf8(path: Path, table: str) -> None:
    """Name the first line that is not UTF-8 text."""
    mend = "save the file as UTF-8 text"
    with path.open("rb") as stream:
        for number, line in enumerate(stream):
            place = "the header" if number == 0 else f"row {number}"
            if b"\0" in line:
                raise problem(DataError, f"{table}: {place}", "holds a NUL byte", mend)
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as error:
                where = f"{table}: {place}, byte {error.start + 1}"
                raise problem(DataError, where, "is not UTF-8", mend) from error


def _read_parquet(path: Path, table: str, columns: Sequence[str]) -> pa.Table:
    try:
        names = pq.read_schema(path).names
        wanted = _choose(names, columns or names, table)
        data = pq.read_table(path, columns=wanted, partitioning=None)
        for name in wanted:
            _validate(data[name], f"{table}: column {name}")
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
        raise _damaged(table, error) from error
    return data


def _damaged(table: str, error: Exception) -> Exception:
    what = f"cannot be read as Parquet: {str(error).splitlines()[0]}"
    return problem(DataError, table, what, "the file is damaged or cut short; copy it again")


def _validate(column: pa.ChunkedArray, where: str) -> None:
    try:
        column.validate(full=True)
    except pa.ArrowInvalid as error:
        raise problem(DataError, where, "holds text that is not UTF-8", "re-export it") from error


def _read_duckdb(path: Path, table: str, columns: Sequence[str]) -> pa.Table:
    name = table.partition("#")[2]
    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            relation = connection.table(name)
            wanted = _choose(relation.columns, columns, table)
            chosen = [duckdb.ColumnExpression(column) for column in wanted or relation.columns]
            return relation.select(*chosen).to_arrow_table()
    except duckdb.Error as error:
        what = f"cannot be read: {str(error).splitlines()[0]}"
        raise problem(DataError, table, what, "check the file and the table's name") from error
