"""Harmful mutations of single cells of a CSV table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from study.harm import CATALOGUE, Mutation, Rng, Told, kind, pick
from study.small import read_rows, write_rows


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
         "2015-01-02 13:45", "42005", "2015-W01-1", "\uff12015-01-02", "yesterday"),
    ),
    "day_before_1900": ("people.csv", "registered_on", ("1899-12-31", "0001-01-01", "1066-10-14")),
    "day_in_the_future": (
        "people.csv", "registered_on", ("2020-01-01", "2999-01-01", "9999-12-31"),
    ),
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


def _cell(file: str, column: str, values: Sequence[str]) -> Mutation:
    return lambda folder, rng: csv_cell(folder, rng, file, column, values)


def _warned_cell(values: Sequence[str]) -> Mutation:
    def mutate(folder: Path, rng: Rng) -> Told:
        return csv_cell(
            folder, rng, "contacts.csv", pick(rng, ("charge", "person_id")), values, True
        )

    return mutate


CATALOGUE |= {name: _cell(*cell) for name, cell in CSV_CELLS.items()}
CATALOGUE |= {name: _warned_cell(values) for name, values in WARNED_CELLS.items()}


@kind
def duplicate_id(folder: Path, rng: Rng) -> Told:
    path = folder / "data" / "contacts.csv"
    rows = read_rows(path)
    one, other = (int(i) for i in 1 + rng.choice(len(rows) - 1, 2, replace=False))
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
