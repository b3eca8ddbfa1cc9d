"""The work all contenders do alike: what is counted, how columns are called, how cost is told.

usage of every contender: NAME.py DATA OUT DATE   (OUT `-` keeps no cells)

It prints one JSON object: CPU seconds of reading and of the work (libraries loaded before), wall
seconds of both, peak memory in GB, rows and columns.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

Columns = Mapping[str, np.ndarray]


@dataclass(frozen=True, slots=True)
class Source:
    """Events of one kind: the column that holds their code, all codes, and index -> its codes.

    The index ``all`` is first and holds every code.
    """

    column: str
    codes: tuple[str, ...]
    indices: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be counted in a folder of events.

    Parameters
    ----------
    data
        Folder with ``events/SOURCE.parquet``, ``cohort.parquet`` and ``work.json``.
    sources
        Source -> what is counted of it.
    windows
        Lengths of the lookbacks [a - w, a) in days, ascending; all of the past comes last.
    edges_since
        As-of date -> first day of the incidents that join people.
    """

    data: Path
    sources: Mapping[str, Source]
    windows: tuple[int, ...]
    edges_since: Mapping[date, date]

    @classmethod
    def read(cls, data: Path) -> Work:
        """Read ``work.json``."""
        record = json.loads((data / "work.json").read_text())
        sources = {
            name: Source(
                one["column"], tuple(one["codes"]),
                {index: tuple(codes) for index, codes in one["indices"].items()},
            )
            for name, one in record["sources"].items()
        }  # fmt: skip
        since = record["edges_since"]
        days = {date.fromisoformat(a): date.fromisoformat(b) for a, b in since.items()}
        return cls(data, sources, tuple(record["windows"]), days)

    @property
    def dates(self) -> tuple[date, ...]:
        """The as-of dates, ascending."""
        return tuple(sorted(self.edges_since))

    def events(self, source: str) -> Path:
        """Return the file of a source's events."""
        return self.data / "events" / f"{source}.parquet"

    @property
    def slugs(self) -> tuple[str, ...]:
        """Ends of column names, one a lookback."""
        return (*(f"{days}d" for days in self.windows), "ever")

    def own_names(self) -> list[str]:
        """Return the columns of a person's own history."""
        names = []
        for source, one in self.sources.items():
            series = [*one.indices, *(f"{one.column}={code}" for code in one.codes)]
            names += [f"{source}.{each}.count.{slug}" for each in series for slug in self.slugs]
            ends = ("first", "last")
            names += [f"{source}.{i}.days_since_{end}" for i in one.indices for end in ends]
        return names

    def network_names(self, hops: Sequence[int] = (1, 2)) -> list[str]:
        """Return the columns of a person's network."""
        return ["network.degree"] + [
            f"network{hop}.{source}.{index}.{unit}.{slug}"
            for hop in hops
            for source, one in self.sources.items()
            for index in one.indices
            for unit in ("incidents", "people")
            for slug in self.slugs
        ]


def peak() -> float:
    """Return the most memory this process has held, in GB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1e6
    raise OSError("this system does not tell the peak of memory")


def contend(
    read: Callable[[Work, date], Any], compute: Callable[[Work, date, Any], Columns | None]
) -> None:
    """Run one contender as the command line says, and tell its cost.

    Parameters
    ----------
    read
        What is done once, however many as-of dates there are: gives what `compute` takes.
    compute
        What is done for every as-of date: gives the columns, in order of cohort row. A column
        ``row`` names the rows where they are not all of the date's.
    """
    work, out = Work.read(Path(sys.argv[1])), sys.argv[2]
    day = date.fromisoformat(sys.argv[3])
    laps = [(time.process_time(), time.perf_counter())]
    given = read(work, day)
    laps.append((time.process_time(), time.perf_counter()))
    columns = compute(work, day, given)
    laps.append((time.process_time(), time.perf_counter()))
    first = next(iter(columns.values())) if columns else ()
    told = {
        "read": laps[1][0] - laps[0][0],
        "work": laps[2][0] - laps[1][0],
        "wall": laps[2][1] - laps[0][1],
        "memory": peak(),
        "rows": len(first),
        "columns": len(columns or ()),
    }
    if out != "-" and columns:
        keep(columns, Path(out))
    print(json.dumps(told))


def keep(columns: Columns, folder: Path) -> None:
    """Write columns where `kept` finds them."""
    folder.mkdir(parents=True, exist_ok=True)
    names = list(columns)
    shape = (len(names), len(columns[names[0]]))
    cells = np.lib.format.open_memmap(folder / "cells.npy", "w+", np.float32, shape)
    for place, name in enumerate(names):
        cells[place] = columns[name]
    cells.flush()
    (folder / "names.json").write_text(json.dumps(names))


def kept(folder: Path) -> Columns:
    """Return the columns that `keep` wrote, without reading them yet."""
    names = json.loads((folder / "names.json").read_text())
    return dict(zip(names, np.load(folder / "cells.npy", mmap_mode="r"), strict=True))


def equal_share(ours: Columns, theirs: Columns, names: Sequence[str]) -> float:
    """Return the share of our cells that are equal to theirs.

    Where we lack a column, no cell is equal; but a code that nobody has had needs no column.
    """
    rows = theirs["row"].astype(np.int64) if "row" in theirs else slice(None)
    shares = []
    for name in names:
        mine = ours[name][rows] if name in ours else 0 if "=" in name else np.inf
        there = theirs[name]
        shares.append(np.mean((mine == there) | (np.isnan(mine) & np.isnan(there))))
    return float(np.mean(shares))
