"""Harmful mutations of whole files, mostly CSV."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from study.harm import Rng, Told, kind, pick
from study.small import read_rows, write_rows


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
    row = csv_line(
        folder, rng, "contacts.csv", lambda line: line.replace(b",said so", b',"said so')
    )
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
    return Told("contacts.csv", column)


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
