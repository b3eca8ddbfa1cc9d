"""Opening the engine of an address; every failure is one error, before any work."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

from commonweal.core.engines.address import Address
from commonweal.core.engines.duckdb import DuckDB
from commonweal.core.errors import StudyError, problem
from commonweal.core.tables import Engine

if TYPE_CHECKING:
    import psycopg


def open_engine(url: str | Address | None = None, threads: int = 2) -> Engine:
    """Return the engine at an address, connected; it is closed by leaving its ``with``.

    Parameters
    ----------
    url
        ``postgresql://user@host:port/database``, ``spark://host:port``, ``spark://local``; None
        for DuckDB in this process.
    threads
        Threads the engine may use. No result depends on it.

    Raises
    ------
    StudyError
        If the address is none, the driver is not installed, or nobody answers there.
    """
    address = url if isinstance(url, Address) else Address.parse(url)
    if address.kind == "duckdb":
        return DuckDB(threads)
    if address.kind == "postgresql":
        made: Engine = _driver("postgres", "psycopg", "postgres").Postgres(address, threads)
        return made
    spark: Engine = _driver("spark", "pyspark", "spark").Spark(address, threads)
    return spark


def check_engine(address: Address, threads: int) -> None:
    """Connect to an engine and leave it again, so that a run fails before its work, not in it."""
    if address.kind != "duckdb":
        with open_engine(address, threads):
            pass


def reading(address: Address) -> psycopg.Connection:
    """Return a connection to a PostgreSQL database that only reads; errors as `open_engine`'s."""
    module = _driver("postgres", "psycopg", "postgres_login")
    found: psycopg.Connection = module.connected(address)
    return found


def _driver(extra: str, package: str, name: str) -> ModuleType:
    """Import a module with its driver, which need not be installed where it is not used."""
    try:
        import_module(package)
        return import_module(f"commonweal.core.engines.{name}")
    except ImportError as error:
        what = f"{extra} needs {package}, which cannot be imported ({error})"
        mend = f'pip install "commonweal[{extra}]"'
        raise problem(StudyError, "engine", what, mend) from error
