"""Connecting to PostgreSQL: what is missing is said in one error, without the password."""

from __future__ import annotations

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from commonweal.core.engines.address import Address
from commonweal.core.errors import CommonwealError, StudyError, problem

_WAIT = 10


def connected(address: Address, schema: str | None = None) -> psycopg.Connection:
    """Return a connection that may make temporary tables and, in `schema`, tables that stay.

    Parameters
    ----------
    address
        Where the server is. A password may stand in it, in ``PGPASSWORD`` or in ``~/.pgpass``.
    schema
        Made unless it is there. None: the connection only reads.

    Raises
    ------
    StudyError
        If nobody answers there, the server refuses, or a permission is missing.
    """
    try:
        given = conninfo_to_dict(address.url)
    except psycopg.Error:
        # libpq repeats what it could not read, which may be the password: nothing of it is kept.
        what = "is no address of a PostgreSQL database"
        mend = "write postgresql://user@host:port/database; a special sign of a password as %40"
        raise problem(StudyError, "engine", what, mend) from None
    given.setdefault("connect_timeout", str(_WAIT))
    given.setdefault("application_name", "commonweal")
    try:
        connection = psycopg.connect(**given, autocommit=True)  # type: ignore[arg-type]  # as libpq has them
    except psycopg.Error as error:
        raise refused(address, error, given.get("password")) from None
    try:
        _prepare(connection, schema)
    except psycopg.Error as error:
        connection.close()
        raise refused(address, error, given.get("password")) from None
    except CommonwealError:
        connection.close()
        raise
    return connection


def _prepare(connection: psycopg.Connection, schema: str | None) -> None:
    """Set the encoding; make the schema, and say which permission is missing."""
    connection.execute("SET client_encoding = 'UTF8'")
    if schema is None:
        return
    found = connection.execute(
        "SELECT current_user, current_database(), current_setting('server_encoding'), "
        "has_database_privilege(current_database(), 'TEMP'), "
        "has_database_privilege(current_database(), 'CREATE'), to_regnamespace(%s) IS NOT NULL",
        (schema,),
    ).fetchone()
    assert found is not None
    user, database, encoding, temporary, may_create, there = found
    if encoding != "UTF8":
        what = f"the database {database} is in {encoding}, not in UTF8"
        raise problem(StudyError, "engine", what, "name a database in UTF8")
    if not temporary:
        raise _forbidden(user, f"temporary tables in {database}", f"TEMP ON DATABASE {database}")
    if not there:
        if not may_create:
            grant = f"CREATE ON DATABASE {database}"
            raise _forbidden(user, f"the schema {schema} in {database}", grant)
        connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(schema)))
    allowed = connection.execute(
        "SELECT has_schema_privilege(%s, 'CREATE') AND has_schema_privilege(%s, 'USAGE')",
        (schema, schema),
    ).fetchone()
    if allowed != (True,):
        grant = f"CREATE, USAGE ON SCHEMA {schema}"
        raise _forbidden(user, f"tables in the schema {schema} of {database}", grant)


def _forbidden(user: str, thing: str, grant: str) -> CommonwealError:
    mend = f'an administrator can: GRANT {grant} TO "{user}"'
    return problem(StudyError, "engine", f"{user} may not make {thing}", mend)


def refused(address: Address, error: psycopg.Error, password: object) -> CommonwealError:
    """Say what the server said, without the password."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    said = lines[0] if lines else type(error).__name__
    if password:
        said = said.replace(str(password), "***")
    mend = "check the address, that the server runs, and the user's password"
    return problem(StudyError, "engine", f"{address.shown} cannot be used: {said}", mend)
