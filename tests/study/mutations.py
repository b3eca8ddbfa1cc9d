"""A catalogue of harmful mutations of the small agency and its study.

Each kind is a function that damages a copy in a seeded way and says what a reader must be told.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from study.small import read_rows, write_rows

Rng = np.random.Generator


@dataclass(frozen=True, slots=True)
class Told:
    """What must be said of a mutation.

    Parameters
    ----------
    file
        File that must be named.
    column
        Column, or setting by path, that must be named; none where the file is damaged whole.
    rows
        Rows of which one must be named; none where no single cell is at fault.
    warned
        Whether the declared policy keeps the row: then the finding is printed and counted.
    """

    file: str
    column: str | None = None
    rows: tuple[int, ...] = ()
    warned: bool = False


Mutation = Callable[[Path, Rng], Told]
CATALOGUE: dict[str, Mutation] = {}


def kind(mutation: Mutation) -> Mutation:
    CATALOGUE[mutation.__name__] = mutation
    return mutation


def pick(rng: Rng, values: Sequence[Any]) -> Any:
    return values[int(rng.integers(len(values)))]


# --- cells of CSV tables -------------------------------------------------------------------


def csv_cell(
    folder: Path, rng: Rng, file: str, column: str, values: Sequence[str], warned: bool = False
) -> Told:
    path = folder / "data" / file
    rows = read_rows(path)
    row = int(rng.integers(1, len(rows)))
    rows[row][rows[0].index(column)] = pick(rng, values)
    write_rows(path, rows)
    return Told(file, column, (row,), warned)


CSV_CELLS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "number_not_finite": (
        "contacts.csv", "score", ("nan", "NaN", "inf", "-Infinity", "1e400", "-1e999"),
    ),
    "number_as_words": (
        "contacts.csv", "score", ("twelve", "1,5", "12%", "0x10", "1_000", "--", "1 2", "٣"),
    ),
    "integer_not_whole": (
        "contacts.csv", "age", ("31.5", "1e2", "٣١", "9" * 25, "12_3", "nan", "None", "#REF!"),
    ),
    "truth_in_doubt": ("contacts.csv", "resolved", ("maybe", "2", "oui", "-1", "nan", "T/F")),
    "day_that_never_was": (
        "people.csv", "registered_on",
        ("2020-02-30", "2015-13-01", "2015-00-10", "0000-01-01", "2015-06-31", "2015-02-29"),
    ),
    "day_in_another_spelling": (
        "people.csv", "registered_on",
        ("01/02/2015", "20150102", "2 Jan 2015", "2015-1-2", "2015-01-02T00:00:00",
         "2015-01-02 13:45", "42005", "2015-W01-1", "２０１５-01-02", "yesterday"),
    ),
    "day_before_1900": ("people.csv", "registered_on", ("1899-12-31", "0001-01-01", "1066-10-14")),
    "day_in_the_future": ("people.csv", "registered_on", ("2020-01-01", "2999-01-01", "9999-12-31")),
    "day_missing": ("people.csv", "registered_on", ("", "  ", "NULL", "nan", "NaT")),
    "decision_of_another_spelling": (
        "contacts.csv", "disposed_on", ("2015-02-30", "nan", "01.02.2015", "pending"),
    ),
    "decision_before_its_record": ("contacts.csv", "disposed_on", ("1901-01-01", "2011-12-31")),
    "decision_in_the_future": ("contacts.csv", "disposed_on", ("2020-01-01", "2431-05-05")),
    "person_id_blank": ("contacts.csv", "person_id", ("", " ", "\t", "\u00a0", "\u3000 ")),
    "record_id_blank": ("contacts.csv", "contact_id", ("", "  ")),
    "id_is_a_word_for_nothing": (
        "contacts.csv", "person_id", ("nan", "NULL", "None", "n/a", "UNKNOWN", "-", "<NA>", "#N/A"),
    ),
    "incident_is_a_word_for_nothing": ("contacts.csv", "incident_id", ("nan", "null", "none", "?")),
    "number_out_of_range": ("contacts.csv", "score", ("-0.01", "100.5", "1e300", "-7")),
    "year_out_of_range": ("people.csv", "birth_year", ("1899", "2020", "19", "0", "-1950")),
    "text_not_allowed": ("contacts.csv", "level", ("HIGH", "hgih", "high;low", "0", "nan")),
    "required_text_missing": ("contacts.csv", "charge", ("", "   ", "NaN", "NULL", "#N/A")),
    "no_partner": ("contacts.csv", "incident_id", ("i9999", "I0001", "i0001x", "")),
}  # fmt: skip

WARNED_CELLS: dict[str, tuple[str, ...]] = {
    "formula": (
        '=HYPERLINK("http://example.org";"see")', "@SUM(A1)", "+cmd|' /C calc'!A0",
        "-2+3+cmd|' /C calc'!A0", "=1+1", "\uff1dSUM(A1)", "-cmd",
    ),
    "markup": (
        "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "a</td><td>", "<!-- x",
        "THEFT<svg/onload=1>", "<?php",
    ),
    "characters_that_hide": (
        "THEFT\x07", "\x1b[31mTHEFT", "THE\u200bFT", "\u202eTFEHT", "TH\ufffdFT", "THEFT\x7f",
        "\ufeffTHEFT",
    ),
}  # fmt: skip


def _csv_kinds() -> None:
    for name, (file, column, values) in CSV_CELLS.items():
        CATALOGUE[name] = lambda folder, rng, f=file, c=column, v=values: csv_cell(  # type: ignore[misc]
            folder, rng, f, c, v
        )
    for name, values in WARNED_CELLS.items():
        CATALOGUE[name] = lambda folder, rng, v=values: csv_cell(  # type: ignore[misc]
            folder, rng, "contacts.csv", pick(rng, ("charge", "beat", "person_id")[::2]), v, True
        )


_csv_kinds()


@kind
def duplicate_id(folder: Path, rng: Rng) -> Told:
    path = folder / "data" / "contacts.csv"
    rows = read_rows(path)
    one, other = (int(i) for i in rng.choice(np.arange(1, len(rows)), 2, replace=False))
    rows[one][0] = rows[other][0]
    write_rows(path, rows)
    return Told("contacts.csv", "contact_id", (one, other))


@kind
def duplicate_row(folder: Path, rng: Rng) -> Told:
    path = folder / "data" / "people.csv"
    rows = read_rows(path)
    one = int(rng.integers(1, len(rows)))
    place = int(rng.integers(1, len(rows) + 1))
    rows.insert(place, rows[one])
    write_rows(path, rows)
    return Told("people.csv", "person_id", (place, one + (place <= one)))


@kind
def cells_swapped(folder: Path, rng: Rng) -> Told:
    path = folder / "data" / "contacts.csv"
    rows = read_rows(path)
    row = int(rng.integers(1, len(rows)))
    here, there = rows[0].index("charge"), rows[0].index("score")
    rows[row][here], rows[row][there] = rows[row][there], rows[row][here]
    write_rows(path, rows)
    return Told("contacts.csv", "score", (row,))


# --- CSV files ------------------------------------------------------------------------------


def csv_bytes(folder: Path, file: str, change: Callable[[bytes], bytes]) -> None:
    path = folder / "data" / file
    path.write_bytes(change(path.read_bytes()))


def csv_line(folder: Path, rng: Rng, file: str, change: Callable[[bytes], bytes]) -> int:
    """Change one line after the header; return its row."""
    path = folder / "data" / file
    lines = path.read_bytes().split(b"\n")
    row = int(rng.integers(1, len(lines) - 1))
    lines[row] = change(lines[row])
    path.write_bytes(b"\n".join(lines))
    return row


@kind
def row_too_long(folder: Path, rng: Rng) -> Told:
    row = csv_line(folder, rng, "people.csv", lambda line: line + b",surplus")
    return Told("people.csv", None, (row,))


@kind
def row_too_short(folder: Path, rng: Rng) -> Told:
    row = csv_line(folder, rng, "people.csv", lambda line: line.rpartition(b",")[0])
    return Told("people.csv", None, (row,))


@kind
def comma_not_quoted(folder: Path, rng: Rng) -> Told:
    row = csv_line(folder, rng, "contacts.csv", lambda line: line.replace(b"said so", b"said, so"))
    return Told("contacts.csv", None, (row,))


@kind
def quote_left_open(folder: Path, rng: Rng) -> Told:
    row = csv_line(folder, rng, "contacts.csv", lambda line: line.replace(b",said so", b',"said so'))
    return Told("contacts.csv", "remark", (row,))


@kind
def quote_inside_a_quoted_value(folder: Path, rng: Rng) -> Told:
    row = csv_line(
        folder, rng, "contacts.csv", lambda line: line.replace(b"said so", b'"said "so" again"')
    )
    return Told("contacts.csv", None, (row,))


@kind
def latin_1_cell(folder: Path, rng: Rng) -> Told:
    row = csv_line(folder, rng, "contacts.csv", lambda line: line.replace(b"said so", b"sa\xefd"))
    return Told("contacts.csv", "remark", (row,))


@kind
def nul_in_a_cell(folder: Path, rng: Rng) -> Told:
    row = csv_line(folder, rng, "contacts.csv", lambda line: line.replace(b"said so", b"s\0o"))
    return Told("contacts.csv", "remark", (row,))


@kind
def utf_16_file(folder: Path, rng: Rng) -> Told:
    codec = pick(rng, ("utf-16", "utf-16-le", "utf-32"))
    csv_bytes(folder, "people.csv", lambda data: data.decode().encode(codec))
    return Told("people.csv")


@kind
def empty_file(folder: Path, rng: Rng) -> Told:
    file = pick(rng, ("people.csv", "contacts.csv", "visits.parquet", "incidents.parquet"))
    csv_bytes(folder, file, lambda data: pick(rng, (b"", b"\n", b"\xef\xbb\xbf")))
    return Told(file)


@kind
def header_only(folder: Path, rng: Rng) -> Told:
    file = pick(rng, ("people.csv", "contacts.csv"))
    csv_bytes(folder, file, lambda data: data.split(b"\n")[0] + pick(rng, (b"", b"\n", b"\n\n")))
    return Told(file)


@kind
def header_lost(folder: Path, rng: Rng) -> Told:
    csv_bytes(folder, "people.csv", lambda data: data.split(b"\n", 1)[1])
    return Told("people.csv", "birth_year")


@kind
def other_separator(folder: Path, rng: Rng) -> Told:
    separator = pick(rng, (b";", b"\t", b"|"))
    csv_bytes(folder, "people.csv", lambda data: data.replace(b",", separator))
    return Told("people.csv", "race")


@kind
def cut_short(folder: Path, rng: Rng) -> Told:
    """Cut within the first values of the last row: what is left is too short a row."""
    row = len(read_rows(folder / "data" / "people.csv")) - 1
    csv_bytes(folder, "people.csv", lambda data: data.rstrip(b"\n").rpartition(b",")[0][:-1])
    return Told("people.csv", None, (row,))


@kind
def another_kind_of_file(folder: Path, rng: Rng) -> Told:
    data = pick(rng, (b"PK\x03\x04\x14\x00\x06\x00", b"%PDF-1.7\n\xe2\xe3", b"\x1f\x8b\x08\x00x"))
    file = pick(rng, ("people.csv", "visits.parquet"))
    (folder / "data" / file).write_bytes(data * 50)
    return Told(file)


@kind
def column_renamed(folder: Path, rng: Rng) -> Told:
    column, new = pick(
        rng, (("race", "RACE"), ("birth_year", "Birth_Year"), ("race", " race"), ("race", "rase"),
              ("person_id", "person id"), ("registered_on", "registered"))
    )  # fmt: skip
    path = folder / "data" / "people.csv"
    rows = read_rows(path)
    rows[0][rows[0].index(column)] = new
    write_rows(path, rows)
    return Told("people.csv", column)


@kind
def column_lost(folder: Path, rng: Rng) -> Told:
    path = folder / "data" / "contacts.csv"
    rows = read_rows(path)
    column = pick(rng, rows[0][:-1])
    place = rows[0].index(column)
    write_rows(path, [row[:place] + row[place + 1 :] for row in rows])
    return Told("contacts.csv" if column != "incident_id" else "contacts.csv", column)


@kind
def column_twice(folder: Path, rng: Rng) -> Told:
    path = folder / "data" / "contacts.csv"
    rows = read_rows(path)
    rows[0][-1] = pick(rng, rows[0][:-1])
    write_rows(path, rows)
    return Told("contacts.csv", rows[0][-1])


@kind
def column_in_both_tables(folder: Path, rng: Rng) -> Told:
    path = folder / "data" / "contacts.csv"
    rows = read_rows(path)
    rows[0][-1] = pick(rng, ("beat", "reported_on", "happened_on"))
    write_rows(path, rows)
    return Told("incidents.parquet", rows[0][-1])


@kind
def file_missing(folder: Path, rng: Rng) -> Told:
    file = pick(rng, ("people.csv", "visits.parquet", "incidents.parquet", "records.duckdb"))
    (folder / "data" / file).unlink()
    return Told(file)


@kind
def folder_instead_of_file(folder: Path, rng: Rng) -> Told:
    file = pick(rng, ("people.csv", "visits.parquet", "incidents.parquet", "records.duckdb"))
    (folder / "data" / file).unlink()
    (folder / "data" / file).mkdir()
    return Told(file)


@kind
def no_data_at_all(folder: Path, rng: Rng) -> Told:
    shutil.rmtree(folder / "data")
    return Told("visits.parquet")


# --- Parquet --------------------------------------------------------------------------------


def parquet_column(
    folder: Path, file: str, column: str, change: Callable[[pa.ChunkedArray], pa.Array]
) -> None:
    path = folder / "data" / file
    table = pq.read_table(path)
    changed = change(table[column])
    table = table.set_column(table.column_names.index(column), column, changed)
    pq.write_table(table, path)


def parquet_cell(
    folder: Path, rng: Rng, file: str, column: str, value: object, kind: pa.DataType | None = None
) -> Told:
    rows: list[int] = []

    def change(values: pa.ChunkedArray) -> pa.Array:
        listed = (values if kind is None else values.cast(kind)).to_pylist()
        place = int(rng.integers(len(listed)))
        rows.append(place + 1)
        listed[place] = value
        return pa.array(listed, kind or values.type)

    parquet_column(folder, file, column, change)
    return Told(file, column, tuple(rows))


@kind
def parquet_number_not_finite(folder: Path, rng: Rng) -> Told:
    value = pick(rng, (float("nan"), float("inf"), float("-inf")))
    return parquet_cell(folder, rng, "visits.parquet", "cost", value)


@kind
def parquet_number_out_of_range(folder: Path, rng: Rng) -> Told:
    return parquet_cell(folder, rng, "visits.parquet", "cost", pick(rng, (-0.5, -1e300)))


@kind
def parquet_integer_beyond_64_bits(folder: Path, rng: Rng) -> Told:
    value, there = pick(
        rng, ((2**64 - 1, pa.uint64()), (1e19, pa.float64()), (10**30, pa.decimal128(38, 0)))
    )
    return parquet_cell(folder, rng, "visits.parquet", "minutes", value, there)


@kind
def parquet_integer_not_whole(folder: Path, rng: Rng) -> Told:
    value = pick(rng, (1.5, float("nan")))
    return parquet_cell(folder, rng, "visits.parquet", "minutes", value, pa.float64())


@kind
def parquet_truth_in_doubt(folder: Path, rng: Rng) -> Told:
    value, there = pick(rng, ((2, pa.int8()), ("maybe", pa.string())))
    return parquet_cell(folder, rng, "visits.parquet", "urgent", value, there)


@kind
def parquet_date_as_text(folder: Path, rng: Rng) -> Told:
    value = pick(rng, ("2015-02-30", "02/03/2015", "nan", "2015-02-03 10:00"))
    return parquet_cell(folder, rng, "visits.parquet", "visited_on", value, pa.string())


@kind
def parquet_time_of_day(folder: Path, rng: Rng) -> Told:
    there = pa.timestamp(pick(rng, ("us", "ns", "ms")))
    value = datetime(2015, 2, 3, 23, 59)
    return parquet_cell(folder, rng, "visits.parquet", "visited_on", value, there)


@kind
def parquet_dates_on_another_clock(folder: Path, rng: Rng) -> Told:
    """Midnight in Chicago, stored as UTC and read as UTC, is hours into the day."""
    there = pa.timestamp("us")

    def change(values: pa.ChunkedArray) -> pa.ChunkedArray:
        return pc.assume_timezone(values.cast(there), "America/Chicago").cast(
            pa.timestamp("us", "UTC")
        )

    parquet_column(folder, "visits.parquet", "visited_on", change)
    return Told("visits.parquet", "visited_on", tuple(range(1, 201)))


@kind
def parquet_year_20000(folder: Path, rng: Rng) -> Told:
    rows: list[int] = []

    def change(values: pa.ChunkedArray) -> pa.Array:
        numbers = values.cast(pa.int32()).to_pylist()
        place = int(rng.integers(len(numbers)))
        rows.append(place + 1)
        numbers[place] = pick(rng, (6_585_000, -5_000_000, 2**31 - 1))
        return pa.array(numbers, pa.int32()).cast(pa.date32())

    parquet_column(folder, "visits.parquet", "visited_on", change)
    return Told("visits.parquet", "visited_on", tuple(rows))


@kind
def parquet_future_day(folder: Path, rng: Rng) -> Told:
    value = pick(rng, (date(2020, 1, 1), date(9999, 12, 31)))
    return parquet_cell(folder, rng, "visits.parquet", "visited_on", value)


@kind
def parquet_known_before_it_occurred(folder: Path, rng: Rng) -> Told:
    """The mistake is in the partner: its row must be named, not the row that refers to it."""
    told = parquet_cell(folder, rng, "incidents.parquet", "happened_on", date(2019, 12, 31))
    rows = set(told.rows)
    return Told("incidents.parquet", "happened_on", tuple(rows))


@kind
def parquet_partner_day_missing(folder: Path, rng: Rng) -> Told:
    column = pick(rng, ("happened_on", "reported_on"))
    return parquet_cell(folder, rng, "incidents.parquet", column, None)


@kind
def parquet_partner_key_twice(folder: Path, rng: Rng) -> Told:
    rows: list[int] = []

    def change(values: pa.ChunkedArray) -> pa.Array:
        keys = values.to_pylist()
        one, other = (int(i) for i in rng.choice(len(keys), 2, replace=False))
        rows.extend((one + 1, other + 1))
        keys[one] = keys[other]
        return pa.array(keys)

    parquet_column(folder, "incidents.parquet", "incident_id", change)
    return Told("incidents.parquet", "incident_id", tuple(rows))


@kind
def parquet_id_missing(folder: Path, rng: Rng) -> Told:
    column = pick(rng, ("person_id", "visit_id"))
    return parquet_cell(folder, rng, "visits.parquet", column, pick(rng, (None, "", " ", "NaN")))


@kind
def parquet_ids_as_fractions(folder: Path, rng: Rng) -> Told:
    def change(values: pa.ChunkedArray) -> pa.Array:
        return pa.array([i + 0.5 for i in range(len(values))])

    parquet_column(folder, "visits.parquet", "visit_id", change)
    return Told("visits.parquet", "visit_id", tuple(range(1, 201)))


@kind
def parquet_column_of_another_type(folder: Path, rng: Rng) -> Told:
    column = pick(rng, ("site", "person_id", "visited_on", "cost", "minutes", "urgent"))
    makers: list[Callable[[int], pa.Array]] = [
        lambda n: pa.array([[1]] * n),
        lambda n: pa.array([{"a": 1}] * n),
        lambda n: pa.array([b"\xff\x00"] * n),
        lambda n: pa.array([1] * n, pa.time32("s")),
        lambda n: pa.array([1] * n, pa.duration("s")),
        lambda n: pa.array([b"0123456789abcdef"] * n, pa.binary(16)),
    ]
    make = pick(rng, makers)
    parquet_column(folder, "visits.parquet", column, lambda values: make(len(values)))
    return Told("visits.parquet", column, tuple(range(1, 201)))


@kind
def parquet_all_missing(folder: Path, rng: Rng) -> Told:
    column = pick(rng, ("person_id", "visited_on", "site"))
    parquet_column(folder, "visits.parquet", column, lambda values: pa.nulls(len(values)))
    return Told("visits.parquet", column, tuple(range(1, 201)))


@kind
def parquet_text_not_utf_8(folder: Path, rng: Rng) -> Told:
    told = parquet_cell(folder, rng, "visits.parquet", "site", b"caf\xe9", pa.binary())
    parquet_column(
        folder, "visits.parquet", "site",
        lambda values: pa.Array.from_buffers(
            pa.string(), len(values), values.combine_chunks().buffers()
        ),
    )  # fmt: skip
    return told


@kind
def parquet_column_lost(folder: Path, rng: Rng) -> Told:
    path = folder / "data" / "visits.parquet"
    table = pq.read_table(path)
    column = pick(rng, table.column_names)
    pq.write_table(table.drop_columns([column]), path)
    return Told("visits.parquet", column)


@kind
def parquet_column_twice(folder: Path, rng: Rng) -> Told:
    path = folder / "data" / "visits.parquet"
    table = pq.read_table(path)
    column = pick(rng, table.column_names)
    pq.write_table(table.append_column(column, table[column]), path)
    return Told("visits.parquet", column)


@kind
def parquet_no_rows(folder: Path, rng: Rng) -> Told:
    file = pick(rng, ("visits.parquet", "incidents.parquet"))
    path = folder / "data" / file
    pq.write_table(pq.read_table(path).slice(0, 0), path)
    return Told(file)


@kind
def parquet_cut_short(folder: Path, rng: Rng) -> Told:
    file = pick(rng, ("visits.parquet", "incidents.parquet"))
    path = folder / "data" / file
    data = path.read_bytes()
    path.write_bytes(data[: int(rng.integers(4, len(data) - 1))])
    return Told(file)


@kind
def parquet_footer_damaged(folder: Path, rng: Rng) -> Told:
    path = folder / "data" / "visits.parquet"
    data = bytearray(path.read_bytes())
    data[-8:-4] = int(rng.integers(2**31, 2**32)).to_bytes(4, "little")
    path.write_bytes(bytes(data))
    return Told("visits.parquet")


# --- DuckDB ---------------------------------------------------------------------------------


def in_duckdb(folder: Path, *statements: str) -> None:
    with duckdb.connect(str(folder / "data" / "records.duckdb")) as database:
        for statement in statements:
            database.execute(statement)


@kind
def duckdb_cell(folder: Path, rng: Rng) -> Told:
    column, value = pick(
        rng, (("person_id", "NULL"), ("person_id", "'  '"), ("harm_id", "NULL"),
              ("fatal", "NULL"), ("known_on", "NULL"), ("known_on", "DATE '2020-01-01'"),
              ("harmed_on", "DATE '1850-05-05'"), ("known_on", "DATE '290000-01-01'"),
              ("incident_id", "'null'")),
    )  # fmt: skip
    row = int(rng.integers(80))
    in_duckdb(folder, f"UPDATE harm SET {column} = {value} WHERE rowid = {row}")
    return Told("records.duckdb#harm", column, (row + 1,))


@kind
def duckdb_duplicate_id(folder: Path, rng: Rng) -> Told:
    row = int(rng.integers(80))
    in_duckdb(folder, f"INSERT INTO harm SELECT * FROM harm WHERE rowid = {row}")
    return Told("records.duckdb#harm", "harm_id", (row + 1, 81))


@kind
def duckdb_type(folder: Path, rng: Rng) -> Told:
    column, there = pick(
        rng, (("harmed_on", "VARCHAR USING 'soon'"), ("fatal", "VARCHAR USING 'perhaps'"),
              ("known_on", "TIMESTAMP USING known_on + INTERVAL 5 HOUR"), ("person_id", "DATE USING harmed_on"),
              ("harm_id", "INTEGER[] USING [1]"), ("fatal", "BLOB USING 'a'::BLOB"),
              ("known_on", "INTEGER USING 5")),
    )  # fmt: skip
    in_duckdb(folder, f"ALTER TABLE harm ALTER {column} TYPE {there}")
    return Told("records.duckdb#harm", column, tuple(range(1, 81)))


@kind
def duckdb_column_or_table_lost(folder: Path, rng: Rng) -> Told:
    column = pick(rng, ("harm_id", "fatal", "known_on", None))
    if column is None:
        in_duckdb(folder, "ALTER TABLE harm RENAME TO harms")
    else:
        in_duckdb(folder, f"ALTER TABLE harm DROP {column}")
    return Told("records.duckdb#harm", column)


@kind
def duckdb_damaged(folder: Path, rng: Rng) -> Told:
    path = folder / "data" / "records.duckdb"
    data = path.read_bytes()
    path.write_bytes(pick(rng, (data[:5000], data[:100], b"\0" * 20_000, b"no database" * 9)))
    return Told("records.duckdb#harm")


# --- settings -------------------------------------------------------------------------------

# kind -> (file, what stands there, what is put there, the place that must be named)
Change = tuple[str, str, str, str]
S, A = "study.toml", "agency.toml"
CONTACT, VISIT = "sources.contact", "sources.visit"
SETTINGS: dict[str, list[Change]] = {
    "unknown_key": [
        (S, "k = 10", "k = 10\nseats = 3", "capacity.seats"),
        (S, "[capacity]", "[colour]\nx = 1\n\n[capacity]", "colour"),
        (A, "beat = {}", 'beat = { unit = "m" }', f"{CONTACT}.columns.beat.unit"),
        (A, 'role = "caller"', 'rolle = "caller"', f"{CONTACT}.rolle"),
    ],
    "misspelt_key": [
        (S, "validation = 1", "valdation = 1", "cohort.valdation"),
        (S, "windows = [\"180", "window = [\"180", "features.contacts.window"),
        (S, "learning_rate", "learnig_rate", "models.boosted.learnig_rate"),
        (S, "[outcome]", "[outcomes]", "outcomes"),
        (A, "extracted_on", "extractedon", "extracted_on"),
        (A, "any" if False else "at_least = 50", "atleast = 50", f"{CONTACT}.groups.severe.atleast"),
    ],
    "key_missing": [
        (S, 'kind = "help"\n', "", "action.kind"),
        (S, 'by = "The board."\n', "", "review.by"),
        (S, 'headline = "boosted"\n', "", "evaluation.headline"),
        (S, 'kind = "recency"\n', "", "features.visits.kind"),
        (A, 'entity = "person_id"\nrecord = ["visit_id"]', 'record = ["visit_id"]', f"{VISIT}.entity"),
        (A, 'name = "A small county"\n', "", "name"),
    ],
    "number_in_quotes": [
        (S, "k = 10", 'k = "10"', "capacity.k"),
        (S, "draws = 100", 'draws = "100"', "evaluation.draws"),
        (S, "at_least = 1", 'at_least = "1"', "cohort.include[1].at_least"),
        (S, "learning_rate = 0.05", 'learning_rate = "0.05"', "models.boosted.learning_rate"),
        (A, "max = 100", 'max = "100"', f"{CONTACT}.columns.score.max"),
    ],
    "another_type": [
        (S, "k = 10", "k = 10.0", "capacity.k"),
        (S, "k = 10", "k = true", "capacity.k"),
        (S, "k = 10", "k = [10]", "capacity.k"),
        (S, 'recipients = ["the intake team"]', 'recipients = "all"', "action.recipients"),
        (S, 'by = "The board."', "by = 3", "review.by"),
        (S, "[features.sites]", "[features]\nextra = 3\n\n[features.sites]", "features.extra"),
        (A, "resolved = {", "remark = 3\nresolved = {", f"{CONTACT}.columns.remark"),
        (A, 'event = "incident_id"\nrecord = ["contact_id"]', 'event = "incident_id"\nrecord = "contact_id"',
         f"{CONTACT}.record"),
    ],
    "date_not_a_date": [
        (S, "on = 2020-02-01", 'on = "2020-02-01"', "review.on"),
        (S, "on = 2020-02-01", "on = 2020-02-01T10:00:00", "review.on"),
        (S, "first = 2014-01-01", 'first = "0"', "cohort.as_of.first"),
        (S, "first = 2014-01-01", "first = 2014", "cohort.as_of.first"),
        (S, "last = 2018-01-01", "last = 10:00:00", "cohort.as_of.last"),
        (A, "extracted_on = 2020-01-01", 'extracted_on = "1577836800"', "extracted_on"),
        (A, "extracted_on = 2020-01-01", "extracted_on = 2020-01-01T00:00:00Z", "extracted_on"),
    ],
    "number_not_finite_in_settings": [
        (S, "learning_rate = 0.05", "learning_rate = nan", "models.boosted.learning_rate"),
        (S, "penalties = [1.0, 10.0]", "penalties = [1.0, inf]", "models.logistic.penalties[2]"),
        (A, "min = 0, max = 100", "min = nan, max = 100", f"{CONTACT}.columns.score.min"),
        (A, "at_least = 50", "at_least = -inf", f"{CONTACT}.groups.severe.at_least"),
    ],
    "period_that_is_none": [
        (S, 'within = "1 year"', f'within = "{text}"', "outcome.within")
        for text in ("-1 year", "18 moths", "0 days", "1.5 years", "one year", "99999 years", "")
    ],
    "number_out_of_bounds": [
        (S, "k = 10", "k = 0", "capacity.k"),
        (S, "k = 10", "k = -5", "capacity.k"),
        (S, "k = 10", "k = 99999999999999999999", "capacity.k"),
        (S, "k = 10", "k = 50000000", "capacity.k"),
        (S, "k = 10", "k = 5000", "capacity.k"),
        (S, "draws = 100", "draws = 1", "evaluation.draws"),
        (S, "draws = 100", "draws = 2000000000", "evaluation.draws"),
        (S, "max_trees = 50", "max_trees = 0", "models.boosted.max_trees"),
        (S, "max_trees = 50", "bags = 1000000", "models.boosted.bags"),
        (S, "learning_rate = 0.05", "learning_rate = 0", "models.boosted.learning_rate"),
        (S, "learning_rate = 0.05", "learning_rate = 1.5", "models.boosted.learning_rate"),
        (S, "penalties = [1.0, 10.0]", "penalties = [-1.0]", "models.logistic.penalties"),
        (S, "penalties = [1.0, 10.0]", "penalties = []", "models.logistic.penalties"),
        (S, "at_least = 1", "at_least = 0", "cohort.include[1].at_least"),
        (S, "[5, 10, 20]", "[5, 0]", "evaluation.cutoffs"),
        (S, "age_bands = [0, 25, 50]", "age_bands = [-5, 25]", "protected.age.age_bands"),
    ],
    "no_date_held_out": [
        (S, "validation = 1", "validation = 0", "cohort.validation"),
        (S, "\ntest = 1", "\ntest = -1", "cohort.test"),
    ],
    "grid_that_cannot_be": [
        (S, "first = 2014-01-01", "first = 2019-01-01", "cohort.as_of"),
        (S, "first = 2014-01-01", "first = 0001-01-01", "cohort.as_of.first"),
        (S, "last = 2018-01-01", "last = 9999-12-31", "cohort.as_of.last"),
        (S, "last = 2018-01-01", "last = 2020-06-01", "cohort.as_of.last"),
        (S, 'every = "1 year"', 'every = "1 day"', "cohort.as_of.every"),
    ],
    "embargo_leaves_no_dates": [
        (S, "first = 2014-01-01", "first = 2017-01-01", "cohort.as_of"),
        (S, 'within = "1 year"', 'within = "6 years"', "cohort.as_of"),
        (S, 'within = "1 year"', 'within = "1 year"\nsettled_after = "5 years"', "cohort.as_of"),
        (S, "validation = 1", "validation = 9", "cohort.as_of"),
    ],
    "windows_out_of_order": [
        (S, '["180 days", "1 year", "2 years"]', '["1 year", "180 days"]', "features.contacts.windows"),
        (S, '["180 days", "1 year", "2 years"]', '["1 year", "12 months"]', "features.contacts.windows"),
        (S, '["1 year", "2 years"]', "[]", "features.network.windows"),
    ],
    "unknown_name": [
        (S, 'event = "contact"\nwindows', 'event = "contcat"\nwindows', "features.contacts"),
        (S, 'groups = ["urgent"]', 'groups = ["urgnet"]', "features.visits.groups"),
        (S, 'by = ["charge"]', 'by = ["charges"]', "features.contacts"),
        (S, 'columns = ["site"]', 'columns = ["remark"]', "features.sites"),
        (S, 'edges = ["contact", "contact-harm"]', 'edges = ["contact-arm"]', "features.network"),
        (S, 'event = "harm"\nrole', 'event = "harms"\nrole', "outcome.event"),
        (S, 'role = "victim"', 'role = "victm"', "outcome.role"),
        (S, 'headline = "boosted"', 'headline = "bosted"', "evaluation.headline"),
        (S, 'model = "boosted"', 'model = "boost"', "recommendation.model"),
        (S, "contact.all.count.1y", "contact.all.count.3y", "models.past.feature"),
        (S, 'kind = "logistic"', 'kind = "logit"', "models.logistic.kind"),
        (S, 'kind = "recency"', 'kind = "latest"', "features.visits.kind"),
        (S, 'agency = "agency.toml"', 'agency = "agency.yaml"', "study.agency"),
        (S, 'column = "race" }', 'column = "rce" }', "protected.race.column"),
        (S, 'column = "fatal", equals', 'column = "lethal", equals', "cohort.exclude[1].where[1]"),
        (A, 'column = "level"', 'column = "levle"', f"{CONTACT}.groups.high"),
    ],
    "condition_of_no_or_two_tests": [
        (S, 'column = "fatal", equals = true', 'column = "fatal"', "cohort.exclude[1].where[1]"),
        (S, 'column = "fatal", equals = true', 'column = "fatal", equals = true, present = true',
         "cohort.exclude[1].where[1]"),
        (A, 'equals = "high"', 'equals = "high", any_of = ["low"]', f"{CONTACT}.groups.high"),
        (A, 'starts_with = ["THEFT"]', "any_of = []", f"{CONTACT}.groups.theft"),
    ],
    "condition_that_cannot_hold": [
        (S, "equals = true", 'equals = "true"', "cohort.exclude[1].where[1]"),
        (S, "equals = true", "equals = 1", "cohort.exclude[1].where[1]"),
        (S, "equals = true", "equals = [true]", "cohort.exclude[1].where[1].equals"),
        (S, "equals = true", "at_least = 1", "cohort.exclude[1].where[1]"),
        (A, 'equals = "high"', 'equals = "higgh"', f"{CONTACT}.groups.high"),
        (A, 'equals = "high"', 'equals = ""', f"{CONTACT}.groups.high"),
        (A, 'equals = "high"', 'equals = "high "', f"{CONTACT}.groups.high"),
        (A, "at_least = 50", "at_least = 50, at_most = 10", f"{CONTACT}.groups.severe"),
        (A, "at_least = 50", 'starts_with = ["5"]', f"{CONTACT}.groups.severe"),
        (A, "at_least = 50", 'any_of = ["fifty"]', f"{CONTACT}.groups.severe"),
        (A, "at_least = 50", "equals = true", f"{CONTACT}.groups.severe"),
        (A, 'knows_on = ""' if False else 'role = "caller"',
         'role = "caller"\nwhere = [{ column = "reported_on", equals = "2015-02-30" }]',
         f"{CONTACT}.where[1]"),
    ],
    "burden_with_recommendation": [(S, 'kind = "help"', 'kind = "burden"', "recommendation")],
    "action_not_said": [
        (S, 'recipients = ["the intake team"]', "recipients = []", "action.recipients"),
        (S, 'not_for = ["charging"]', 'not_for = [" "]', "action.not_for"),
        (S, '["the police"]', '["the police", "The Intake Team"]', "action.recipients"),
        (S, 'offer = "A visit by a counsellor."', 'offer = "  "', "action.offer"),
        (S, 'kind = "help"', 'kind = "helpful"', "action.kind"),
    ],
    "review_not_said": [
        (S, 'by = "The board."', 'by = ""', "review.by"),
        (S, "on = 2020-02-01", "on = 2999-01-01", "review.on"),
        (S, "on = 2020-02-01", 'on = 2020-02-01\nallows_features = ["rce"]', "review.allows_features"),
    ],
    "protected_feature": [
        (S, 'columns = ["site"]', 'columns = ["site", "race"]', "features.sites"),
        (S, 'groups = ["urgent"]', 'groups = ["race_a"]', "features.visits"),
        (S, 'event = "visit"\ncolumns = ["site"]', 'event = "registration"\ncolumns = ["birth_year"]',
         "features.sites"),
    ],
    "named_twice": [
        (S, 'by = ["charge"]', 'by = ["charge", "charge"]', "features.contacts.by"),
        (S, "[5, 10, 20]", "[5, 5]", "evaluation.cutoffs"),
        (S, 'edges = ["contact", ', 'edges = ["contact", "contact", ', "features.network.edges"),
        (S, "[features.visits]", '[features.again]\nkind = "counts"\nevent = "contact"\nwindows = ["1 year"]\n\n[features.visits]',
         "features.again"),
    ],
    "edge_that_links_nobody": [
        (S, '"contact-harm"]', '"contact-visit"]', "features.network.edges"),
        (S, '"contact-harm"]', '"contact-harm-contact"]', "features.network.edges"),
    ],
    "dates_of_the_agency": [
        (A, "extracted_on = 2020-01-01", "extracted_on = 2999-01-01", "extracted_on"),
        (A, "extracted_on = 2020-01-01", "extracted_on = 0202-01-01", "extracted_on"),
        (A, "covers_from = 2012-01-01", "covers_from = 2021-01-01", f"{CONTACT}.covers_from"),
        (A, "beat = {}", "beat = { covers_from = 2020-01-01 }", f"{CONTACT}.columns.beat.covers_from"),
    ],
    "columns_of_the_agency": [
        (A, "min = 0, max = 100", "min = 100, max = 0", f"{CONTACT}.columns.score"),
        (A, 'site = { required = true }', 'site = { min = 3 }', f"{VISIT}.columns.site"),
        (A, "race = {}\n", 'race = { type = "txt" }\n', f"{VISIT}.columns.race.type"),
        (A, "race = {}\n", "race = {}\nrole = {}\n", f"{VISIT}.columns.role"),
        (A, "race = {}\n", "race = {}\nRace = {}\n", f"{VISIT}.columns.Race"),
        (A, "race = {}\n", "race = {}\nreported__on = {}\n", f"{VISIT}.columns.reported__on"),
        (A, 'decided_on = "disposed_on"', 'decided_on = "disposition"', f"{CONTACT}.columns.disposition"),
        (A, "disposition = {", "disposed_on = {}\ndisposition = {", f"{CONTACT}.columns.disposed_on"),
        (A, "minutes = {", 'visit_id = { type = "integer" }\nminutes = {', f"{VISIT}.columns.visit_id"),
        (A, 'urgent = { type = "boolean" }', 'urgent = { type = "boolean", allowed = ["yes"] }',
         f"{VISIT}.columns.urgent.allowed"),
    ],
    "names_of_the_agency": [
        (A, "[sources.visit.groups]", '["sources"."visit"."groups"]\nall = { column = "site", present = true }',
         f"{VISIT}.groups.all"),
        (A, "[sources.harm.columns]", "[sources.harm.checks]\ntype = \"ignore\"\n\n[sources.harm.columns]",
         "sources.harm.checks.type"),
        (A, 'occurred_on = "harmed_on"', 'occurred_on = "person_id"', "sources.harm"),
    ],
}  # fmt: skip


def _settings_kind(changes: list[Change]) -> Mutation:
    def mutate(folder: Path, rng: Rng) -> Told:
        file, old, new, place = pick(rng, changes)
        text = (folder / file).read_text(encoding="utf-8")
        assert old in text, f"{old!r} does not stand in {file}"
        (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
        return Told(file, place)

    return mutate


CATALOGUE |= {name: _settings_kind(changes) for name, changes in SETTINGS.items()}


@kind
def toml_broken(folder: Path, rng: Rng) -> Told:
    file = pick(rng, (S, A))
    path = folder / file
    text = path.read_text(encoding="utf-8")
    broken = pick(
        rng, ("x = ", "[[[", 'name = "open', "= 3", "a = 2020-02-30", "a = [" * 5_000,
              f"a = {'9' * 5_000}", "a = 1\na = 2", "\x00"),
    )  # fmt: skip
    path.write_text(f"{broken}\n{text}", encoding="utf-8")
    return Told(file)


@kind
def toml_of_another_encoding(folder: Path, rng: Rng) -> Told:
    file = pick(rng, (S, A))
    path = folder / file
    codec = pick(rng, ("utf-16", "latin-1"))
    text = path.read_text(encoding="utf-8").replace("small", "små")
    path.write_bytes(text.encode(codec))
    return Told(file)


@kind
def toml_missing(folder: Path, rng: Rng) -> Told:
    file = pick(rng, (S, A))
    (folder / file).unlink()
    if rng.integers(2):
        (folder / file).mkdir()
    return Told(file)


@kind
def section_missing(folder: Path, rng: Rng) -> Told:
    """A study without an action, a review, ... has no default to fall back on."""
    path = folder / S
    text = path.read_text(encoding="utf-8")
    name = pick(rng, ("action", "review", "cohort", "outcome", "capacity", "evaluation"))
    start = text.index(f"[{name}]")
    path.write_text(text[:start] + text[text.index("\n[", start) + 1 :], encoding="utf-8")
    return Told(S, name)
