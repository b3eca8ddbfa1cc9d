"""Raw tables that stand in a PostgreSQL database, read where they are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from psycopg import sql
from typer.testing import CliRunner

from commonweal.cli import app
from commonweal.core.engines.copying import create, load
from commonweal.core.errors import DataError, StudyError
from commonweal.study.check import check_tables
from commonweal.study.load import load as load_study
from commonweal.study.run import run
from core.engines.servers import PASSWORD, URL_PASSWORD, server_of_tests
from study.small import AGENCY, read_rows, write_study

TABLES = {
    "contacts.csv": "contacts",
    "incidents.parquet": "incidents",
    "visits.parquet": "visits",
    "records.duckdb#harm": "harm",
    "people.csv": "people",
}


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    """URL of a PostgreSQL database; skips where PostgreSQL is not installed."""
    with server_of_tests() as url:
        yield url


def table(folder: Path, name: str) -> pa.Table:
    """One of the small agency's tables, whatever kind of file it is."""
    if name.endswith(".csv"):
        header, *rows = read_rows(folder / name)
        cells = {c: [row[i] or None for row in rows] for i, c in enumerate(header)}
        return pa.table({c: pa.array(values, pa.string()) for c, values in cells.items()})
    if name.endswith(".parquet"):
        return pq.read_table(folder / name)
    with duckdb.connect(str(folder / "records.duckdb"), read_only=True) as database:
        return database.table("harm").to_arrow_table()


@pytest.fixture(scope="module")
def database(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The small agency's tables in a schema of their own, as far as a study needs them."""
    folder = tmp_path_factory.mktemp("agency") / "small"
    write_study(folder)
    with psycopg.connect(postgres, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA county")
        for file, name in TABLES.items():
            data, place = table(folder / "data", file), sql.Identifier("county", name)
            cursor.execute(create(place, data.schema, temporary=False))
            load(cursor, place, data.schema, iter(data.to_batches()))
        cursor.execute(
            "ALTER TABLE county.contacts ALTER COLUMN age TYPE numeric USING age::numeric"
        )
    return f"{postgres}?schema=county"


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """The small study on tables of a database."""
    path = write_study(tmp_path / "small")
    text = AGENCY
    for file, name in TABLES.items():
        text = text.replace(f'"{file}"', f'"{name}"')
    (path.parent / "agency.toml").write_text(text, encoding="utf-8")
    return path


def blocks(out: Path) -> dict[str, bytes]:
    found = out.rglob("cells.arrow")
    return {path.parent.name.rpartition("-")[0]: path.read_bytes() for path in found}


def test_a_study_on_a_database_is_the_study_on_files(
    database: str, study: Path, tmp_path: Path
) -> None:
    files = write_study(tmp_path / "files")
    run(load_study(files), tmp_path / "here")
    result = CliRunner().invoke(
        app, ["run", str(study), "--out", str(tmp_path / "there"), "--data", database]
    )
    assert result.exit_code == 0, result.output
    here, there = blocks(tmp_path / "here"), blocks(tmp_path / "there")
    assert here == there
    assert len(here) == 4
    again = run(load_study(study, database), tmp_path / "there")
    assert again.made == ()
    for path in (tmp_path / "there").rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert PASSWORD.encode() not in content
            assert URL_PASSWORD.encode() not in content


def test_changed_rows_are_read_again_and_moved_ones_are_not(
    database: str, study: Path, tmp_path: Path
) -> None:
    run(load_study(study, database), tmp_path / "out")
    with psycopg.connect(database.partition("?")[0], autocommit=True) as connection:
        connection.execute("UPDATE county.visits SET cost = cost WHERE visit_id < 'v0100'")
        assert run(load_study(study, database), tmp_path / "out").made == ()
        connection.execute("UPDATE county.visits SET site = 'club' WHERE visit_id = 'v0003'")
        assert "records/visit" in run(load_study(study, database), tmp_path / "out").made
        connection.execute("UPDATE county.visits SET site = 'school' WHERE visit_id = 'v0003'")


def test_every_missing_table_and_column_is_told_at_once(database: str, study: Path) -> None:
    agency = study.parent / "agency.toml"
    text = agency.read_text(encoding="utf-8")
    text = text.replace('"harm"', '"harms"', 1).replace("race = {}", "rase = {}")
    text = text.replace('"people"', '"people.csv"')
    text = text.replace('race_a = { column = "race", equals = "A" }\n', "")
    agency.write_text(text, encoding="utf-8")
    with pytest.raises(DataError) as error:
        check_tables(load_study(study, database))
    assert sorted(str(error.value).splitlines()) == [
        "harms: there is no such table in the schema county, or not for you -> did you mean harm?",
        "people.csv: is no name of a table in a database -> name a table of the database, without "
        "file or schema",
        "visits: column rase: is not in the table, or not for you -> did you mean race? the table "
        "has: visit_id, person_id, site, visited_on, cost, minutes, urgent, race",
    ]


def test_a_password_may_not_stand_in_the_agency_file(
    database: str, study: Path, postgres: str
) -> None:
    agency = study.parent / "agency.toml"
    text = agency.read_text(encoding="utf-8")
    agency.write_text(text.replace('data = "data"', f'data = "{database}"'), encoding="utf-8")
    with pytest.raises(StudyError, match="holds a password") as error:
        load_study(study)
    assert URL_PASSWORD not in str(error.value)
    bare = database.replace(f":{URL_PASSWORD}", "")
    agency.write_text(text.replace('data = "data"', f'data = "{bare}"'), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PGPASSWORD", PASSWORD)
        assert check_tables(load_study(study))[-1] == "The study can run."
    with pytest.raises(StudyError, match="cannot be used"):
        check_tables(load_study(study, "postgresql://u:hidden@127.0.0.1:1/db"))
    with pytest.raises(StudyError, match="--data: is no address of a PostgreSQL database"):
        load_study(study, "mysql://u:hidden@h/db")
