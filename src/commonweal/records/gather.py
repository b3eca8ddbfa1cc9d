"""One source's table and its partner: read, joined, cast and cut down to events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from commonweal.core.errors import DataError, problem
from commonweal.records.cast import Mask, cast
from commonweal.records.conditions import holds
from commonweal.records.read import column_names, read_raw
from commonweal.records.rows import Partner, Rows, blank, mask
from commonweal.records.spec import ColumnType, Join, Source, declared_columns

_STANDS_FOR_MISSING = ("nan", "nat", "null", "#n/a", "<na>")
_NO_ID = (*_STANDS_FOR_MISSING, "none", "nil", "na", "n/a", "unknown", "undefined", "-", "?")


def gather(source: Source, folder: Path) -> Rows:
    """Read a source's rows, cast every column and leave out what is no event.

    A row whose ``where`` column cannot be trusted is checked before it is left out: a damaged
    cell must not make an event vanish unseen.

    Raises
    ------
    DataError
        If a file cannot be read, lacks a column or holds no rows, or the join is ambiguous.
    """
    raw, partner = _joined(source, folder)
    columns: dict[str, pa.Array] = {}
    wrong: dict[str, Mask] = {}
    empty: dict[str, Mask] = {}
    for column, kind in declared_columns(source).items():
        values, wrong[column] = cast(raw[column], kind)
        empty[column] = _placeholders(values, column, source)
        columns[column] = blank(values, empty[column])
    passed = {c: holds(c, columns[c.column]) for c in source.where}
    alone = partner.rows < 0 if partner is not None else np.zeros(raw.num_rows, dtype=np.bool_)
    rows = Rows(source.table, columns, np.ones(raw.num_rows, dtype=np.bool_), partner=partner)
    for condition, true in passed.items():
        doubtful = wrong[condition.column] | empty[condition.column]
        if partner is not None and condition.column in partner.columns:
            doubtful = doubtful | alone
        rows = replace(rows, keep=rows.keep & (true | doubtful))
    rows = _noted(rows, source, raw, alone, wrong, empty)
    for true in passed.values():
        rows = replace(rows, keep=rows.keep & true)
    return rows


def _noted(
    rows: Rows, source: Source, raw: pa.Table, alone: Mask,
    wrong: Mapping[str, Mask], empty: Mapping[str, Mask],
) -> Rows:  # fmt: skip
    checks = source.checks
    if source.join is not None:
        on = source.join.on
        rows = rows.noted("missing_partner", on, checks.missing_partner, alone, raw[on])
    for column in rows.columns:
        rows = rows.noted("type", column, checks.type, wrong[column], raw[column])
        rows = rows.noted("placeholder", column, checks.missing, empty[column], raw[column])
    return rows


def _placeholders(values: pa.Array, column: str, source: Source) -> Mask:
    """Return where a text only says that there is no value."""
    if not pa.types.is_string(values.type):
        return np.zeros(len(values), dtype=np.bool_)
    spec = source.columns.get(column)
    words = _NO_ID if column in source.identifiers() else _STANDS_FOR_MISSING
    encoded = values.dictionary_encode()
    hit = pc.is_in(pc.utf8_lower(encoded.dictionary), pa.array(words))
    if spec is not None and spec.allowed:
        hit = pc.and_not(hit, pc.is_in(encoded.dictionary, pa.array(spec.allowed)))
    return mask(hit.take(encoded.indices))


def _joined(source: Source, folder: Path) -> tuple[pa.Table, Partner | None]:
    """Read the table and bring in the partner's columns by their common key."""
    wanted, join = list(declared_columns(source)), source.join
    if join is None:
        return _read(folder, source.table, wanted), None
    theirs = _partner_columns(source, join, folder, wanted)
    own = [column for column in wanted if column not in theirs]
    raw = _read(folder, source.table, list(dict.fromkeys([*own, join.on])))
    other = _read(folder, join.table, [join.on, *theirs])
    kind = _key_type(raw[join.on], other[join.on])
    keys = _unique_keys(other, join, kind)
    mine, _ = cast(raw[join.on], kind)
    places = _places(mine, keys)
    del keys, mine
    index = pa.array(places, mask=places < 0)
    for column in theirs:
        taken = other[column].combine_chunks().take(index)
        raw = raw.append_column(column, pa.chunked_array([taken]))
    return raw, Partner(join.table, frozenset(theirs), places)


def _read(folder: Path, table: str, columns: list[str]) -> pa.Table:
    raw = read_raw(folder, table, columns)
    if raw.num_rows == 0:
        raise problem(DataError, table, "holds no rows", "check the export")
    return raw


def _key_type(mine: pa.ChunkedArray, theirs: pa.ChunkedArray) -> ColumnType:
    """Return what keys are compared as: whole numbers where both are, else their text.

    Two whole numbers are equal where their texts are, and take a fraction of the memory.
    """
    kinds = (mine.type, theirs.type)
    whole = all(pa.types.is_integer(k) and not pa.types.is_uint64(k) for k in kinds)
    return "integer" if whole else "text"


def _places(mine: pa.Array, keys: pa.Array) -> NDArray[np.int64]:
    """Return the place of each of `mine` among `keys`, which are unique; -1 where there is none."""
    if pa.types.is_string(keys.type):
        found = pc.fill_null(pc.index_in(mine, keys, skip_nulls=True), -1)
        return np.asarray(found.to_numpy(zero_copy_only=False), dtype=np.int64)
    rows = np.flatnonzero(mask(keys.is_valid()))
    if not len(rows):
        return np.full(len(mine), -1, dtype=np.int64)
    values = keys.drop_null().to_numpy()
    order = np.argsort(values)
    values, rows = values[order], rows[order]
    asked = pc.fill_null(mine, 0).to_numpy(zero_copy_only=False)
    at, by_size = np.empty(len(asked), dtype=np.int64), np.argsort(asked)
    at[by_size] = np.searchsorted(values, asked[by_size])  # many times faster in order of size
    at = np.minimum(at, len(values) - 1)
    hit = (values[at] == asked) & mask(mine.is_valid())
    return np.where(hit, rows[at], -1)


def _repeats(keys: pa.Array) -> bool:
    """Whether a key stands twice; sorting whole numbers takes less memory than a table of them."""
    if pa.types.is_string(keys.type):
        return bool(pc.count_distinct(keys).as_py() < len(keys))
    return bool((np.diff(np.sort(keys.to_numpy())) == 0).any())


def _partner_columns(source: Source, join: Join, folder: Path, wanted: list[str]) -> list[str]:
    """Return the wanted columns that stand in the partner; one in both tables is ambiguous.

    The entity is the table's own where it stands in both.
    """
    names, own = (set(column_names(folder, table)) for table in (join.table, source.table))
    theirs = [c for c in wanted if c in names and c != join.on]
    if source.entity in own:
        theirs = [c for c in theirs if c != source.entity]
    for column in sorted(set(theirs) & own):
        where = f"{join.table}: column {column}"
        raise problem(DataError, where, f"stands in {source.table} as well", "rename one")
    return theirs


def _unique_keys(partner: pa.Table, join: Join, kind: ColumnType) -> pa.Array:
    keys, bad = cast(partner[join.on], kind)
    if bad.any():
        where = f"{join.table}: column {join.on}, row {int(np.argmax(bad)) + 1}"
        raise problem(DataError, where, "is not of its declared type", "a key is text or whole")
    there = keys.drop_null()
    if _repeats(there):
        counts = pc.value_counts(there)
        again = counts.filter(pc.greater(counts.field("counts"), 1)).field("values")[0]
        row = pc.index(keys, again).as_py() + 1
        where = f"{join.table}: column {join.on}, row {row}"
        what = f"{str(again.as_py())!r} stands more than once"
        raise problem(DataError, where, what, "one row a key")
    return keys
