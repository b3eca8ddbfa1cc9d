"""Comma-separated tables, read strictly: every mistake names its row."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pacsv

from commonweal.core.errors import CommonwealError, DataError, Problem, problem

_SHOWN = 10
_LONGEST = 131_072
Choose = Callable[[Sequence[str]], list[str]]


def read_comma(path: Path, table: str, choose: Choose) -> pa.Table:
    """Read the columns that `choose` picks from the header, all as text.

    Rows are numbered from 1 after the header; empty lines are no rows.
    """
    names = comma_header(path, table)
    wanted = choose(names)
    _check_rows(path, table, names)
    try:
        return pacsv.read_csv(
            path,
            read_options=pacsv.ReadOptions(use_threads=False),
            parse_options=pacsv.ParseOptions(newlines_in_values=True),
            convert_options=pacsv.ConvertOptions(
                column_types={name: pa.string() for name in wanted},
                strings_can_be_null=True,
                null_values=[""],
                include_columns=wanted,
            ),
        )
    except pa.ArrowException as error:
        raise problem(
            DataError, table, f"cannot be read as CSV: {error}", "mend the file"
        ) from error


def comma_header(path: Path, table: str) -> list[str]:
    """Return the names in the first line of a file that is text throughout."""
    _check_text(path, table)
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            header = next(csv.reader(stream, strict=True), [])
    except csv.Error as error:
        raise _misquoted(path, table, 0, error) from error
    if not header:
        raise problem(DataError, table, "is empty", "the first line names the columns")
    return header


def _check_text(path: Path, table: str) -> None:
    """Name the first value that is not UTF-8 text or holds a NUL."""
    with path.open("rb") as stream:
        for line in stream:
            if b"\0" in line or not _decodes(line):
                break
        else:
            return
    what = "holds a NUL byte" if b"\0" in line else "is not UTF-8"
    raise problem(DataError, _foreign(path, table), what, "save the file as UTF-8 text")


def _decodes(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _foreign(path: Path, table: str) -> str:
    """Return the place of the first value that holds a NUL or a byte that is not UTF-8."""
    try:
        for row, values in enumerate(_records(path)):
            for place, value in enumerate(values):
                if any(c == "\0" or "\udc80" <= c <= "\udcff" for c in value):
                    if row == 0:
                        return f"{table}: the header"
                    return f"{table}: {_column(path, place)}row {row}"
    except csv.Error:
        pass  # the quotes are damaged as well; the file is named all the same
    return table


def _records(path: Path) -> Iterator[list[str]]:
    """Yield the header and the rows; bytes that are not UTF-8 become lone surrogates."""
    with path.open(newline="", encoding="utf-8-sig", errors="surrogateescape") as stream:
        yield from (values for values in csv.reader(stream) if values)


def _column(path: Path, place: int) -> str:
    header = next(_records(path))
    return f"column {header[place]}, " if place < len(header) else ""


def _check_rows(path: Path, table: str, names: Sequence[str]) -> None:
    """Every row must have as many values as the header, and every quote its partner."""
    bad: list[Problem] = []
    row = 0
    line = 1
    with path.open(newline="", encoding="utf-8-sig") as stream:
        reader = csv.reader(stream, strict=True)
        next(reader)
        try:
            line = reader.line_num
            for values in reader:
                line = reader.line_num
                if not values:
                    continue
                row += 1
                if len(values) != len(names):
                    what = f"has {len(values)} values where the header has {len(names)}"
                    mend = "mend the separators or quotes of that line"
                    bad.append(Problem(f"{table}: row {row}", what, mend))
                    if len(bad) == _SHOWN:
                        break
        except csv.Error as error:
            raise _misquoted(path, table, row + 1, error, line) from error
    if bad:
        raise DataError(bad)


def _misquoted(
    path: Path, table: str, row: int, error: csv.Error, line: int = 0
) -> CommonwealError:
    """Describe a record that begins after `line` and whose quotes do not pair up."""
    if "field limit" in str(error):
        what = f"holds a value of more than {_LONGEST:,} characters, or a quote left open"
    else:
        what = "holds a quote that is not closed, or not doubled inside a quoted value"
    if row == 0:
        return problem(DataError, f"{table}: the header", what, "mend the quotes")
    with path.open(newline="", encoding="utf-8-sig") as stream:
        text = next(islice(stream, line, None), "")
    # Alone, the record's first line ends in the value whose quote is left open.
    place = len(next(csv.reader([text[:_LONGEST]]), [""])) - 1
    column = _column(path, place) if text.count('"') % 2 else ""
    return problem(DataError, f"{table}: {column}row {row}", what, "mend the quotes")
