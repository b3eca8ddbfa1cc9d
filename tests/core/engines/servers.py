"""A PostgreSQL server of the tests' own, started in a temporary folder and stopped afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

USER, PASSWORD = "caseworker", "top@secret/word"
URL_PASSWORD = "top%40secret%2Fword"


def binaries() -> Path | None:
    """Folder of initdb and postgres; the newest where there are several."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=_version)
    on_path = shutil.which("initdb")
    if found:
        return found[-1].parent
    return Path(on_path).resolve().parent if on_path else None


def _version(path: Path) -> float:
    return float(path.parent.parent.name)


def _somebody() -> str | None:
    """Whom PostgreSQL runs as: it refuses root."""
    if os.geteuid() != 0:
        return None
    names = [entry.pw_name for entry in pwd.getpwall()]
    return "postgres" if "postgres" in names else "nobody"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def server_of_tests() -> Iterator[str]:
    """Run a server; skips where PostgreSQL is not installed."""
    programs = binaries()
    if programs is None:
        pytest.skip("PostgreSQL is not installed (initdb, postgres)")
    with server(programs) as url:
        yield url


@contextmanager
def server(programs: Path) -> Iterator[str]:
    """Run a server; yields the URL of its database, whose language does not sort by bytes."""
    user = _somebody()
    folder = Path(tempfile.mkdtemp(prefix="commonweal-postgres-"))
    try:
        secret = folder / "password"
        secret.write_text(PASSWORD + "\n", encoding="utf-8")
        if user is not None:
            for path in (folder, secret):
                shutil.chown(path, user)
        _initialize(programs, folder, user)
        port = _free_port()
        url = f"postgresql://{USER}:{URL_PASSWORD}@127.0.0.1:{port}/postgres"
        options = ["-p", str(port), "-k", "", "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"]
        command = [str(programs / "postgres"), "-D", str(folder / "data"), *options]
        log = (folder / "log").open("wb")
        with (
            log,
            subprocess.Popen(command, stdout=log, stderr=log, user=user, cwd=folder) as running,
        ):
            try:
                _await(url, running)
                yield url
            finally:
                running.send_signal(signal.SIGINT)
    finally:
        shutil.rmtree(folder)


def _initialize(programs: Path, folder: Path, user: str | None) -> None:
    command = [
        str(programs / "initdb"), "-D", str(folder / "data"), "-U", USER, "--encoding=UTF8",
        "--auth=scram-sha-256", f"--pwfile={folder / 'password'}", "--no-sync", "--locale=C.UTF-8",
    ]  # fmt: skip
    english = ["--locale-provider=icu", "--icu-locale=en-US"]
    options = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "user": user}
    if subprocess.run([*command, *english], check=False, cwd=folder, **options).returncode:  # type: ignore[call-overload]
        subprocess.run(command, check=True, cwd=folder, **options)  # type: ignore[call-overload]


def _await(url: str, running: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        try:
            psycopg.connect(url).close()
            return
        except psycopg.OperationalError:
            assert running.poll() is None, "the server of the tests did not start"
            time.sleep(0.1)
    raise AssertionError("the server of the tests does not answer")
