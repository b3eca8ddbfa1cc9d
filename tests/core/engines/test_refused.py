"""What cannot be used is said in one error, before any work, and without a password."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pyarrow as pa
import pytest
from typer.testing import CliRunner

from commonweal.cli import app
from commonweal.core.engines.address import Address
from commonweal.core.engines.duckdb import DuckDB
from commonweal.core.engines.open import open_engine
from commonweal.core.errors import StudyError
from core.engines.servers import URL_PASSWORD, USER
from study.small import write_study

WRONG = {
    "mysql://u:hidden@h/db": "no engine mysql://",
    "hidden": "is no address of an engine",
    "hidden://://": "is no address of an engine|there is no engine",
    "postgresql://u:hid/den@h/db": "is no address of a PostgreSQL database",
    "postgresql://u:hidden@h:port/db": "is no address of a PostgreSQL database",
    "postgresql://u:hidden@h/db?hidden=1": "is no address of a PostgreSQL database",
    "spark://local[2]": "is no address of Spark",
    "spark://host": "is no address of Spark",
    "spark://u:hidden@host:7077": "is no address of Spark",
    "postgresql://u:hidden@127.0.0.1:1/db": "postgresql://u@127.0.0.1:1/db cannot be used",
    "spark://127.0.0.1:1": "spark://127.0.0.1:1 cannot be used",
}


@pytest.mark.parametrize("url", WRONG)
def test_a_wrong_address_or_nobody_there(url: str) -> None:
    with pytest.raises(StudyError, match=WRONG[url]) as error:
        open_engine(url)
    assert len(error.value.problems) == 1
    assert error.value.problems[0].mend
    if "://" in url:
        assert "hidden" not in str(error.value).replace("there is no engine hidden://", "")
        assert "den@" not in str(error.value)


def test_an_address_does_not_show_its_password() -> None:
    address = Address.parse("postgres://u:hidden@h:5433/db?sslmode=require&password=hidden")
    assert address.shown == "postgresql://u@h:5433/db"
    assert "hidden" not in repr(address)


def test_a_run_says_so_before_any_work(tmp_path: Path) -> None:
    study = write_study(tmp_path / "small")
    command = ["run", str(study), "--out", str(tmp_path / "out"), "--engine"]
    result = CliRunner().invoke(app, [*command, "postgresql://u:hidden@127.0.0.1:1/db"])
    assert result.exit_code == 1
    assert "1 problem." in result.output
    assert "hidden" not in result.output
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("url", "package", "extra"),
    [("postgresql://h/db", "psycopg", "postgres"), ("spark://local", "pyspark", "spark")],
)
def test_a_missing_driver(
    url: str, package: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(StudyError, match=f"needs {package}") as error:
        open_engine(url)
    assert error.value.problems[0].mend == f'pip install "commonweal[{extra}]"'


def test_a_wrong_password_and_a_missing_permission(postgres: str) -> None:
    with pytest.raises(StudyError, match="password authentication failed"):
        open_engine(postgres.replace(URL_PASSWORD, "hidden"))
    with psycopg.connect(postgres, autocommit=True) as owner:
        owner.execute("CREATE ROLE visitor LOGIN PASSWORD 'v'")
        owner.execute("CREATE DATABASE closed TEMPLATE template0")
        owner.execute("REVOKE ALL ON DATABASE closed FROM PUBLIC")
        owner.execute("GRANT CONNECT ON DATABASE closed TO visitor")
        url = postgres.replace(f"{USER}:{URL_PASSWORD}", "visitor:v").replace(
            "/postgres", "/closed"
        )
        with pytest.raises(StudyError, match="GRANT TEMP ON DATABASE closed"):
            open_engine(url)
        owner.execute("GRANT TEMP ON DATABASE closed TO visitor")
        with pytest.raises(StudyError, match="GRANT CREATE ON DATABASE closed"):
            open_engine(url)
        owner.execute("GRANT CREATE ON DATABASE closed TO visitor")
        with open_engine(url) as engine:
            assert engine.kind == "postgresql"


def test_a_server_that_goes_away(postgres: str) -> None:
    with pytest.raises(StudyError, match="cannot be used: terminating connection") as error:  # noqa: PT012, SIM117
        with open_engine(postgres) as engine, psycopg.connect(postgres, autocommit=True) as other:
            numbers = engine.table(pa.table({"x": [1]}))
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE application_name = 'commonweal'"
            )
            numbers.to_pyarrow()
    assert URL_PASSWORD not in str(error.value)


@pytest.mark.slow
def test_spark_without_java(tmp_path: Path) -> None:
    code = "from commonweal.core.engines.open import open_engine\nopen_engine('spark://local')"
    environment = {**os.environ, "JAVA_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "spark://local cannot be used" in done.stderr
    assert "Java 17" in done.stderr


def test_duckdb_keeps_to_its_memory_and_removes_what_it_spilled(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("COMMONWEAL_MEMORY", "3GB")
    with DuckDB(1) as engine:
        settings = engine._connection.raw_sql(
            "SELECT current_setting('memory_limit'), current_setting('temp_directory')"
        )
        limit, folder = settings.fetchone()
        assert limit == "3.0 GiB"
        assert Path(folder).parent == tmp_path
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setenv("COMMONWEAL_MEMORY", "much")
    with pytest.raises(StudyError, match="whole gigabytes"):
        DuckDB(1)
