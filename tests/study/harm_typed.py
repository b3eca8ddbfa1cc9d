"""Harmful mutations of typed tables: Parquet and DuckDB."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from study.harm import Rng, Told, kind, pick


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
              ("known_on", "TIMESTAMP USING known_on + INTERVAL 5 HOUR"),
              ("person_id", "DATE USING harmed_on"),
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
