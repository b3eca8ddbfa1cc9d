"""Feature values as they are kept: only the cells that differ from a column's filling, by row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from commonweal.core.errors import DataError, problem
from commonweal.features.kernels import by_row, fill_in

Values = NDArray[np.float32]
Ints = NDArray[np.int32]
Longs = NDArray[np.int64]

BATCH = 65_536
"""Rows of one record batch of a file: part of the format, whatever the memory at hand."""
EXACT = 1 << 24
"""Whole numbers up to this one are exact in float32; a larger count is refused, not rounded."""


@dataclass(frozen=True, slots=True)
class Cells:
    """Cells of consecutive rows, ascending by column within a row, each column once.

    Parameters
    ----------
    start
        Place of each row's first cell, and the end of the last row's; shape (rows + 1,).
    column
        Column of each cell.
    value
        What the cell adds to its column and, of nested windows, to all wider ones.
    """

    start: Longs
    column: Ints
    value: Values

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.start) - 1

    @classmethod
    def of(
        cls, row: NDArray[np.integer], column: NDArray[np.integer], value: NDArray[np.number],
        rows: int, columns: int,
    ) -> Cells:  # fmt: skip
        """Put loose cells in order; those of one row and column are added up.

        Parameters
        ----------
        row
            Row of each cell, from 0.
        column, value
            Column and value of each cell.
        rows, columns
            How many there are.

        Raises
        ------
        DataError
            If a value is a whole number too large for float32 to hold exactly.
        """
        wide = value.astype(np.float64)
        start, places, summed = by_row(
            row.astype(np.int32), column.astype(np.int32), wide, rows, columns
        )
        return cls(start, places, exact(summed))


def exact(value: NDArray[np.float64]) -> Values:
    """Return numbers as float32.

    Raises
    ------
    DataError
        If one is larger than whole numbers may be in float32.
    """
    if value.size and np.nanmax(np.abs(value)) > EXACT:
        what = f"a count of {np.nanmax(np.abs(value)):,.0f} is more than {EXACT:,}"
        raise problem(DataError, "features", what, "is an id shared by many people?")
    return value.astype(np.float32)


@dataclass(frozen=True, slots=True)
class Layout:
    """How cells become columns.

    Parameters
    ----------
    fill
        Value of each column where there is no cell: 0, or NaN where nothing is missing data.
    end
        A cell of column c counts in the columns [c, end[c]): nested windows, narrowest first. It
        is added to the filling, or takes its place where that is NaN.
    unseen
        As-of date, days since 1970-01-01 -> columns that are missing then, because the records
        do not reach back far enough.
    """

    fill: Values
    end: Ints
    unseen: Mapping[int, Ints]

    @property
    def columns(self) -> int:
        """Number of columns."""
        return len(self.fill)

    def record(self) -> dict[str, object]:
        """Return it as plain JSON values."""
        return {
            "fill": [None if np.isnan(x) else float(x) for x in self.fill],
            "end": self.end.tolist(),
            "unseen": {str(day): columns.tolist() for day, columns in sorted(self.unseen.items())},
        }

    @classmethod
    def read(cls, record: Mapping[str, object]) -> Layout:
        """Read what `record` returned."""
        fill, end, unseen = record["fill"], record["end"], record["unseen"]
        assert isinstance(fill, list)
        assert isinstance(unseen, dict)
        return cls(
            np.array([np.nan if x is None else x for x in fill], np.float32),
            np.array(end, np.int32),
            {int(day): np.array(columns, np.int32) for day, columns in unseen.items()},
        )


def dense(
    cells: Cells, layout: Layout, rows: Longs, days: Ints, out: Values, place: Ints | None = None
) -> None:
    """Write rows of cells into `out`, shape (len(rows), columns wanted).

    Parameters
    ----------
    cells, layout
        Cells and what they mean.
    rows
        Rows wanted, counted from the first of `cells`.
    days
        As-of date of each of them, days since 1970-01-01.
    out
        Where to write, float32.
    place
        Column of `out` that each column goes to, -1 for none; where None, its own.
    """
    if place is None:
        place = np.arange(layout.columns, dtype=np.int32)
    wanted = place >= 0
    out[:, place[wanted]] = layout.fill[wanted]
    fill_in(cells.start, cells.column, cells.value, layout.end, place, rows, out)
    for day, columns in layout.unseen.items():
        here = np.flatnonzero(days == day)
        there = place[columns]
        there = there[there >= 0]
        if here.size and there.size:
            out[np.ix_(here, there)] = np.nan


_TYPE = pa.list_(
    pa.struct([
        pa.field("column", pa.int32(), nullable=False),
        pa.field("value", pa.float32(), nullable=False),
    ])
)  # fmt: skip
_SCHEMA = pa.schema([
    pa.field("as_of", pa.date32(), nullable=False), pa.field("cells", _TYPE, nullable=False)
])  # fmt: skip


def write_cells(parts: Iterable[Cells], days: Ints, path: Path) -> None:
    """Write cells of consecutive rows as an Arrow file, one list of (column, value) a row.

    Batches hold `BATCH` rows whatever the parts, so equal cells are equal files.

    Parameters
    ----------
    parts
        Cells of all rows, in order.
    days
        As-of date of each row, days since 1970-01-01.
    path
        File to write.
    """
    done = 0
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, _SCHEMA) as writer:
        for batch in _batches(parts):
            offsets = pa.array(batch.start.astype(np.int32))
            inner = pa.StructArray.from_arrays(
                [pa.array(batch.column), pa.array(batch.value)], fields=list(_TYPE.value_type)
            )
            lists = pa.ListArray.from_arrays(offsets, inner, type=_TYPE)
            as_of = pa.array(days[done : done + batch.rows]).cast(pa.date32())
            writer.write_batch(pa.record_batch([as_of, lists], schema=_SCHEMA))
            done += batch.rows


def _batches(parts: Iterable[Cells]) -> Iterator[Cells]:
    held: list[Cells] = []
    count = 0
    for part in parts:
        done = 0
        while done < part.rows:
            taken = min(BATCH - count, part.rows - done)
            held.append(_sliced(part, done, done + taken))
            done, count = done + taken, count + taken
            if count == BATCH:
                yield _joined(held)
                held, count = [], 0
    if count:
        yield _joined(held)


def _sliced(cells: Cells, first: int, last: int) -> Cells:
    start = cells.start[first : last + 1]
    inside = slice(start[0], start[-1])
    return Cells(start - start[0], cells.column[inside], cells.value[inside])


def _joined(parts: list[Cells]) -> Cells:
    if len(parts) == 1:
        return parts[0]
    ends = np.cumsum([0, *(part.start[-1] for part in parts)])
    starts = [part.start[:-1] + shift for part, shift in zip(parts, ends[:-1], strict=True)]
    return Cells(
        np.concatenate([*starts, ends[-1:]]),
        np.concatenate([part.column for part in parts]),
        np.concatenate([part.value for part in parts]),
    )


@dataclass(frozen=True, slots=True)
class CellFile:
    """An open file of cells: read where it lies, never as a whole.

    Parameters
    ----------
    batches
        Cells of `BATCH` rows each, the last fewer; backed by the file.
    days
        As-of date of all rows, days since 1970-01-01.
    """

    batches: tuple[Cells, ...]
    days: Ints

    @classmethod
    def open(cls, path: Path) -> CellFile:
        """Open what `write_cells` wrote."""
        reader = pa.ipc.open_file(pa.memory_map(str(path)))
        batches, days = [], [np.empty(0, np.int32)]
        for number in range(reader.num_record_batches):
            batch = reader.get_batch(number)
            lists, inner = batch.column(1), batch.column(1).values
            offsets = lists.offsets.to_numpy().astype(np.int64)
            batches.append(Cells(offsets, inner.field(0).to_numpy(), inner.field(1).to_numpy()))
            days.append(batch.column(0).cast(pa.int32()).to_numpy())
        return cls(tuple(batches), np.concatenate(days))

    def dense(self, layout: Layout, rows: Longs, out: Values, place: Ints) -> None:
        """Write rows, ascending, into `out`; see `dense`."""
        ends = np.searchsorted(rows, BATCH * np.arange(1, len(self.batches) + 1))
        first = 0
        for number, last in enumerate(ends.tolist()):
            if last > first:
                inside = rows[first:last]
                dense(
                    self.batches[number], layout, inside - number * BATCH, self.days[inside],
                    out[first:last], place,
                )  # fmt: skip
            first = last
