"""Where an engine is: an address that can be shown, because its password cannot."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Literal
from urllib.parse import parse_qsl, urlencode, urlsplit

from commonweal.core.errors import CommonwealError, StudyError, problem

ENGINE = "COMMONWEAL_ENGINE"
"""Environment variable: the engine of a run whose command names none."""
Kind = Literal["duckdb", "postgresql", "spark"]
_FORMS = "write postgresql://user@host:port/database, spark://host:port or spark://local"
_KINDS: dict[str, Kind] = {"postgresql": "postgresql", "postgres": "postgresql", "spark": "spark"}


@dataclass(frozen=True, slots=True)
class Address:
    """Where relations are computed.

    Parameters
    ----------
    kind
        ``duckdb`` (in this process), ``postgresql`` or ``spark``.
    url
        The whole connection string; it may hold a password and is never shown.
    schema
        Where an agency's raw tables are, in a database that holds them.
    """

    kind: Kind = "duckdb"
    url: str = field(default="", repr=False)
    schema: str = "public"

    @classmethod
    def parse(cls, url: str | None) -> Address:
        """Read a connection string; none, or ``duckdb``, is DuckDB in this process.

        Raises
        ------
        StudyError
            If it is no address of an engine. The error does not repeat it.
        """
        if not url or url == "duckdb":
            return cls()
        kind = _KINDS.get(url.partition("://")[0])
        if kind is None or "://" not in url:
            scheme = url.partition("://")[0] if "://" in url else ""
            known = re.fullmatch(r"[a-z][a-z0-9+]{0,20}", scheme) is not None
            what = f"there is no engine {scheme}://" if known else "is no address of an engine"
            raise problem(StudyError, "engine", what, _FORMS)
        try:
            parts = urlsplit(url)
            port, host, path = parts.port, parts.hostname, parts.path.strip("/")
        except ValueError as error:
            raise _malformed(kind) from error
        if kind == "spark":
            local = host == "local" and port is None
            if path or parts.query or "@" in parts.netloc or not (local or (host and port)):
                raise _malformed(kind)
        return cls(kind, url)

    @property
    def password(self) -> bool:
        """Whether a password stands in the address."""
        parts = urlsplit(self.url)
        return parts.password is not None or "password" in dict(parse_qsl(parts.query))

    @property
    def shown(self) -> str:
        """The address without its password and parameters."""
        if self.kind == "duckdb":
            return "DuckDB"
        parts = urlsplit(self.url)
        user = f"{parts.username}@" if parts.username else ""
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
        return f"{self.kind}://{user}{host}{port}{parts.path}"


HERE = Address()
"""DuckDB in this process."""


def database(url: str, where: str = "data") -> Address:
    """Read the address of a database that holds raw tables: ``?schema=`` names where they are.

    Raises
    ------
    StudyError
        If it is no address of a PostgreSQL database.
    """
    try:
        address = Address.parse(url)
        parts = urlsplit(address.url)
        given = parse_qsl(parts.query, keep_blank_values=True)
    except (StudyError, ValueError) as error:
        what = "is no address of a PostgreSQL database"
        mend = "write postgresql://user@host:port/database?schema=public"
        raise problem(StudyError, where, what, mend) from error
    schema = dict(given).get("schema", "public")
    rest = urlencode([(name, value) for name, value in given if name != "schema"])
    return replace(address, url=parts._replace(query=rest).geturl(), schema=schema)


def _malformed(kind: Kind) -> CommonwealError:
    what = f"is no address of {'Spark' if kind == 'spark' else 'a PostgreSQL database'}"
    return problem(StudyError, "engine", what, f"{_FORMS}; a special sign of a password as %40")
