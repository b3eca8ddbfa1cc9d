"""The files that live features are written to: outside the run's folder, whole or not there."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from commonweal.core.errors import StudyError, problem
from commonweal.core.store import atomic_write
from commonweal.features.matrix import FeatureMatrix
from commonweal.study.asked import ENTITY, Population, Refused
from commonweal.study.offer import as_csv

_ROWS = 4096
"""Rows of a row group."""


def refused_file(to: Path) -> Path:
    """Return the file that names who was refused, beside the features."""
    return to.with_suffix(".refused.csv")


def check_place(run: Path, to: Path, entities: object) -> None:
    """Refuse a file that is none of Parquet, lies in the run's folder or is the file of ids.

    Raises
    ------
    StudyError
        With what is wrong and the mend.
    """
    if to.suffix.lower() != ".parquet":
        raise problem(StudyError, str(to), "is no name of a Parquet file", "end it in .parquet")
    if to.resolve().is_relative_to(run.resolve()):
        raise problem(StudyError, str(to), "lies in the run's folder", "write it elsewhere")
    if isinstance(entities, (str, Path)) and to.resolve() == Path(entities).resolve():
        raise problem(StudyError, str(to), "is the file of ids", "write another file")


def _table(refused: tuple[Refused, ...]) -> pa.Table:
    return pa.table({
        ENTITY: pa.array([one.entity_id for one in refused], pa.string()),
        "reason": pa.array([one.reason for one in refused], pa.string()),
    })  # fmt: skip


def write(people: Population, found: FeatureMatrix, to: Path, threads: int) -> None:
    """Write the features, and beside them who was refused.

    Raises
    ------
    StudyError
        If a file cannot be written.
    """
    try:
        atomic_write(refused_file(to), as_csv(_table(people.refused)))
        _write(people, found, to, threads)
    except OSError as error:
        what = f"cannot be written: {error.strerror}"
        raise problem(StudyError, str(to), what, "choose another file") from error


def _write(people: Population, found: FeatureMatrix, to: Path, threads: int) -> None:
    """Write the features a chunk at a time: the file is whole or not there."""
    schema = pa.schema([
        pa.field(ENTITY, people.inside.type), pa.field("as_of", pa.date32()),
        *(pa.field(name, pa.float32()) for name in found.names),
    ])  # fmt: skip
    to.parent.mkdir(parents=True, exist_ok=True)
    temporary = to.with_name(f".tmp-{to.name}-{os.getpid()}")
    try:
        with pq.ParquetWriter(temporary, schema, compression="zstd", version="2.6") as writer:
            done = 0
            for part in found.chunks(np.arange(found.rows), size=_ROWS, threads=threads):
                ids = people.inside.slice(done, len(part))
                days = pa.array([people.as_of] * len(part), pa.date32())
                columns = [pa.array(np.ascontiguousarray(column)) for column in part.T]
                writer.write_table(pa.table([ids, days, *columns], schema=schema))
                done += len(part)
        os.replace(temporary, to)
    finally:
        temporary.unlink(missing_ok=True)
