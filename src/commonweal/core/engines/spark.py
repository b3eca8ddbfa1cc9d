"""Spark: relations are built in a local Spark or on a cluster that reads the run's files."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import pyarrow as pa
from ibis.backends.pyspark import Backend
from pyspark.sql import DataFrame

from commonweal.core.engines.address import Address
from commonweal.core.engines.session import session
from commonweal.core.tables import Relation


class _Backend(Backend):  # type: ignore[misc]
    """Ibis's backend, except that results come as Arrow, not by way of pandas."""

    def to_pyarrow(self, expr: Any, /, *, params: Any = None, limit: Any = None) -> Any:
        """Return an expression's value as Arrow."""
        self._run_pre_execute_hooks(expr)
        table = expr.as_table()
        found = self._session.sql(self.compile(table, params=params, limit=limit)).toArrow()
        return expr.__pyarrow_result__(found.cast(table.schema().to_pyarrow()))


class Spark:
    """Views in the process's Spark session, dropped on exit.

    Parameters
    ----------
    address
        ``spark://local`` or ``spark://host:port``. On a cluster the run's folder must be one
        that every worker sees under the same path.
    threads
        Threads of a local Spark.
    """

    kind = "spark"

    def __init__(self, address: Address, threads: int = 2) -> None:
        self._session = session(address, threads)
        _Backend.register_options()
        backend = _Backend()
        backend.do_connect(self._session)
        self._backend = backend
        self._stem = f"commonweal_{uuid.uuid4().hex[:12]}"
        self._views: list[str] = []
        self._kept: list[DataFrame] = []

    def __enter__(self) -> Spark:
        """Return the engine itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Drop the views and what they kept; the session lives until the process ends."""
        for view in self._views:
            self._session.catalog.dropTempView(view)
        for frame in self._kept:
            frame.unpersist()

    def parquet(self, path: Path) -> Relation:
        """Return the relation that reads one Parquet file."""
        return self._view(self._session.read.parquet(path.resolve().as_uri()))

    def table(self, data: pa.Table) -> Relation:
        """Return a relation over an Arrow table, sent to Spark."""
        return self._view(self._keep(self._session.createDataFrame(data)))

    def cache(self, relation: Relation) -> Relation:
        """Compute a relation once, when first needed, and return the relation over its result."""
        return self._view(self._keep(self._session.sql(self._backend.compile(relation))))

    def _keep(self, frame: DataFrame) -> DataFrame:
        """Keep what is computed in memory, and on disk where it does not fit."""
        self._kept.append(frame.persist())
        return frame

    def _view(self, frame: DataFrame) -> Relation:
        name = f"{self._stem}_{len(self._views)}"
        frame.createOrReplaceTempView(name)
        self._views.append(name)
        return self._backend.table(name)
