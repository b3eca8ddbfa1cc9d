"""Raw records to comparable ones: one spelling a value, one order of rows whatever the input's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from commonweal.core.dates import day_number
from commonweal.core.errors import DataError, Problem, problem
from commonweal.linkage.cells import NO_DAY, Floats, Ints, Mask, as_days, numbers, plain_text
from commonweal.linkage.spec import Columns, Field, TrustedId

_AGREE = 0.8
"""A date is the birth date where its year is the birth year, give or take one, this often."""
_MANY, _LONG = 200, 4
"""Different values, and their mean length, from which on a category is a code."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What the columns of prepared records are.

    Parameters
    ----------
    names
        Name columns, the most distinctive last.
    birth, year
        Whether there is a birth date (``birth``), and a birth year (``year``).
    dates, categories
        Further dates and categories.
    codes
        The categories with many different values, such as postcodes and numbers: they may be
        mistyped, and few pairs agree on them by chance.
    address, raw_id
        Whether there is an address (``address``, ``street``), and an id that is not trusted.
    title
        Column -> the declared field it comes from.
    """

    names: tuple[str, ...]
    birth: bool
    year: bool
    dates: tuple[str, ...]
    categories: tuple[str, ...]
    codes: tuple[str, ...]
    address: bool
    raw_id: bool
    title: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Prepared:
    """Records ready to be compared, in an order that depends on their contents alone.

    Parameters
    ----------
    table
        One row a record: ``uid`` (0, 1, ...), ``trusted``, ``raw_id`` (codes), and the layout's
        columns.
    layout
        What they are.
    place
        uid -> row of the input.
    trusted
        uid -> code of the trusted id, -1 where there is none.
    occurred, known
        uid -> day, `NO_DAY` where there is none.
    year
        uid -> year of birth, nan where it is not known: a calendar year where one was put down,
        else as exactly as birth date or age say it.
    birth_year
        uid -> calendar year of birth: as put down, else of the birth date, else the event's year
        less the age; nan where it is not known.
    birth
        uid -> birth day, `NO_DAY` where it is not known.
    terminal
        uid -> whether nothing happens to the person afterwards.
    """

    table: pa.Table
    layout: Layout
    place: Ints
    trusted: Ints
    occurred: Ints
    known: Ints
    year: Floats
    birth_year: Floats
    birth: Ints
    terminal: Mask

    @property
    def count(self) -> int:
        """Number of records."""
        return len(self.place)


def prepare(
    table: pa.Table, fields: Mapping[str, Field], trusted: TrustedId | None, columns: Columns
) -> Prepared:
    """Prepare records.

    Parameters
    ----------
    table
        One row a record.
    fields
        Fields that tell people apart; those the table lacks are left out.
    trusted
        The trusted identifier.
    columns
        What other columns are.

    Raises
    ------
    DataError
        If the table holds no rows or none of the fields, or a column cannot be what it is
        declared to be.
    """
    if table.num_rows == 0:
        raise problem(DataError, "linkage", "there are no records to link", "check the sources")
    named = (getattr(columns, name) for name in columns.__slots__)
    if lost := [c for c in named if c is not None and c not in table.column_names]:
        mend = "name a column of it"
        raise DataError([Problem("linkage", f"column {c} is not in the table", mend) for c in lost])
    found = {name: _gathered(table, name, field) for name, field in fields.items()}
    there = {name: values for name, values in found.items() if values is not None}
    if not there:
        what = f"the records hold none of the fields {', '.join(fields) or '(none declared)'}"
        raise problem(DataError, "linkage.fields", what, "name columns of the table")
    occurred = _days(table, columns.occurred_on)
    known = _days(table, columns.known_on)
    kinds = {name: fields[name].kind for name in there}
    made, title = _texts(there, kinds)
    born = _births(there, kinds, occurred)
    birth, year = born.birth, born.year
    code, raw = _ids(table, trusted, occurred)
    if birth is not None:
        made["birth"] = pa.array(birth.astype(np.int32), mask=birth == NO_DAY).cast(pa.date32())
    if year is not None:
        made["year"] = pa.array(year.astype(np.float32), mask=np.isnan(year))
    for number, (name, days) in enumerate(born.dates.items()):
        made[f"date{number}"] = pa.array(days.astype(np.int32), mask=days == NO_DAY).cast(
            pa.date32()
        )
        title[f"date{number}"] = name
    if raw is not None:
        made["raw_id"] = pa.array(raw.astype(np.int32), mask=raw < 0)
    made["trusted"] = pa.array(code.astype(np.int32), mask=code < 0)
    plain = pa.table(made)
    order = _order(table, plain, columns)
    names = _by_distinction(plain, [c for c in plain.column_names if c.startswith("name")])
    layout = Layout(
        names=names,
        birth=birth is not None,
        year=year is not None,
        dates=tuple(c for c in plain.column_names if c.startswith("date")),
        categories=(categories := tuple(c for c in plain.column_names if c.startswith("categ"))),
        codes=tuple(c for c in categories if _is_code(plain[c])),
        address="address" in plain.column_names,
        raw_id=raw is not None,
        title=title,
    )
    none = np.full(table.num_rows, NO_DAY, np.int64)
    unknown = np.full(table.num_rows, np.nan)
    uid = pa.array(np.arange(table.num_rows, dtype=np.int32))
    return Prepared(
        table=plain.take(pa.array(order)).add_column(0, "uid", uid),
        layout=layout,
        place=order,
        trusted=code[order],
        occurred=occurred[order],
        known=known[order],
        year=(unknown if year is None else year)[order],
        birth_year=(unknown if born.calendar is None else born.calendar)[order],
        birth=(none if birth is None else birth)[order],
        terminal=_flags(table, columns.terminal)[order],
    )


def _gathered(table: pa.Table, name: str, field: Field) -> pa.Array | None:
    """Return a field's values, from whichever of its columns has them."""
    there = [c for c in (name, *field.also) if c in table.column_names]
    if not there:
        return None
    parts = [table[c].combine_chunks() for c in there]
    return parts[0] if len(parts) == 1 else pc.coalesce(*parts)


def _texts(
    there: Mapping[str, pa.Array], kinds: Mapping[str, str]
) -> tuple[dict[str, pa.Array], dict[str, str]]:
    """Return names, categories and the address under the names the layout gives them."""
    made: dict[str, pa.Array] = {}
    title: dict[str, str] = {"birth": "birth date", "year": "year of birth", "raw_id": "earlier id"}
    for kind in ("name", "category"):
        for number, name in enumerate(n for n in there if kinds[n] == kind):
            made[f"{kind}{number}"] = plain_text(there[name])
            title[f"{kind}{number}"] = name
    parts = [name for name in there if kinds[name] == "address"]
    if parts:
        made["address"], made["street"] = _address([there[name] for name in parts])
        title["address"] = " and ".join(parts)
    return made, title


def _address(fields: list[pa.Array]) -> tuple[pa.Array, pa.Array]:
    """Return codes of addresses, and of addresses but for the numbers in them.

    Equal codes are equal addresses: all fields together are one.
    """
    count = len(fields[0])
    code, street = np.zeros(count, np.int64), np.zeros(count, np.int64)
    for field in fields:
        place, different = _ranked(plain_text(field, keep=" "))
        letters = pc.replace_substring_regex(different, "[0-9]+", "")
        of, lettered = _ranked(plain_text(letters, keep=" "))
        code = code * (len(different) + 1) + place + 1
        street = street * (len(lettered) + 1) + np.append(of, -1)[place] + 1
    return pa.array(code, mask=code == 0), pa.array(street, mask=street == 0)


def _ranked(text: pa.Array) -> tuple[Ints, pa.Array]:
    """Return each text's place among the different ones, and these; -1 where it is missing.

    They are in order, so that no order of rows changes a place.
    """
    encoded = pc.dictionary_encode(text)
    order = np.asarray(pc.sort_indices(encoded.dictionary)).astype(np.int64)
    rank = np.full(len(order) + 1, -1, np.int64)
    rank[order] = np.arange(len(order))
    place = np.asarray(pc.fill_null(encoded.indices, -1)).astype(np.int64)
    return rank[place], encoded.dictionary.take(pa.array(order))


@dataclass(frozen=True, slots=True)
class _Births:
    """Birth days, years of birth (exact, and by the calendar) and the other dates."""

    birth: Ints | None
    year: Floats | None
    calendar: Floats | None
    dates: dict[str, Ints]


def _births(there: Mapping[str, pa.Array], kinds: Mapping[str, str], occurred: Ints) -> _Births:
    """Return what is known of births, from dates, years and ages."""
    days = {n: as_days(v, n) for n, v in there.items() if kinds[n] in ("date", "birth_date")}
    written = _first(numbers(v, n) for n, v in there.items() if kinds[n] == "birth_year")
    age = _first(numbers(v, n) for n, v in there.items() if kinds[n] == "age")
    name = _birth_name(days, kinds, written)
    birth = days.pop(name) if name is not None else None
    exact, calendar = [], []
    if birth is not None:
        exact.append(np.where(birth == NO_DAY, np.nan, _when(birth)))
        calendar.append(np.floor(exact[0]))
    if age is not None:
        at = np.where(occurred == NO_DAY, np.nan, _when(occurred))
        exact.append(at - age - 0.5)
        calendar.append(np.floor(at) - age)
    if written is not None:
        return _Births(birth, y := _first([written, *calendar]), y, days)
    return _Births(birth, _first(exact), _first(calendar), days)


def _first(values: Iterable[Floats]) -> Floats | None:
    """Return, row by row, the first value that is there."""
    found: Floats | None = None
    for more in values:
        found = more if found is None else np.where(np.isnan(found), more, found)
    return found


def _when(days: Ints) -> Floats:
    """Return days as years and parts of years."""
    dates = days.astype("datetime64[D]")
    year = dates.astype("datetime64[Y]")
    into = (dates - year.astype("datetime64[D]")).astype(np.float64)
    found: Floats = year.astype(np.int64) + 1970.0 + into / 366.0
    return found


def _birth_name(
    days: Mapping[str, Ints], kinds: Mapping[str, str], year: Floats | None
) -> str | None:
    """Return which date is the birth date."""
    for name in days:
        if kinds[name] == "birth_date" or "birth" in name.lower() or "dob" in name.lower():
            return name
    if len(days) != 1:
        return None
    (name,) = days
    if year is None:
        return name
    both = (days[name] != NO_DAY) & ~np.isnan(year)
    dated = np.floor(_when(days[name][both]))
    near = np.abs(dated - year[both]) <= 1
    return name if both.any() and float(near.mean()) >= _AGREE else None


def _ids(table: pa.Table, trusted: TrustedId | None, occurred: Ints) -> tuple[Ints, Ints | None]:
    """Return codes of trusted ids (-1: none), and of all ids where some are not trusted."""
    if trusted is None:
        return np.full(table.num_rows, -1, np.int64), None
    if trusted.column not in table.column_names:
        where = f"linkage.trusted_id: column {trusted.column}"
        raise problem(DataError, where, "stands in no source", "declare it")
    text = plain_text(table[trusted.column].combine_chunks(), keep=r"._:/\-")
    every, _ = _ranked(text)
    if trusted.since is None:
        return every, None
    early = (occurred == NO_DAY) | (occurred < day_number(trusted.since))
    return np.where(early, -1, every), every


def _order(table: pa.Table, plain: pa.Table, columns: Columns) -> Ints:
    """Return rows by source and record, and by all else that is compared."""
    keys = {}
    for place, name in enumerate(c for c in (columns.source, columns.record) if c is not None):
        keys[f"key{place}"] = table[name].combine_chunks()
    unique = columns.record is not None and columns.source is not None
    if not unique:
        keys |= {name: plain[name] for name in plain.column_names}
        more = [c for c in (columns.occurred_on, columns.known_on, columns.terminal) if c]
        keys |= {f"more{place}": table[name] for place, name in enumerate(more)}
    sortable = pa.table(keys)
    order = pc.sort_indices(sortable, sort_keys=[(n, "ascending") for n in sortable.column_names])
    return np.asarray(order.to_numpy(zero_copy_only=False), np.int64)


def _is_code(values: pa.ChunkedArray) -> bool:
    """Whether a category has many values of some length."""
    different = pc.unique(values.drop_null())
    if len(different) < _MANY:
        return False
    return bool(pc.mean(pc.utf8_length(different)).as_py() >= _LONG)


def _by_distinction(plain: pa.Table, names: list[str]) -> tuple[str, ...]:
    """Return name columns by how many different values they hold, the most distinctive last."""
    different = {name: pc.count_distinct(plain[name]).as_py() for name in names}
    return tuple(sorted(names, key=lambda name: (different[name], name)))


def _days(table: pa.Table, column: str | None) -> Ints:
    if column is None:
        return np.full(table.num_rows, NO_DAY, np.int64)
    return as_days(table[column].combine_chunks(), column)


def _flags(table: pa.Table, column: str | None) -> Mask:
    if column is None:
        return np.zeros(table.num_rows, np.bool_)
    values = pc.fill_null(table[column].combine_chunks().cast(pa.bool_()), False)
    return np.asarray(values.to_numpy(zero_copy_only=False), np.bool_)
