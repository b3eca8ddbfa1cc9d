"""The one Spark session of a process: started when first asked for, stopped at its end."""

from __future__ import annotations

import atexit
import logging
from pathlib import Path
from socket import create_connection
from tempfile import TemporaryDirectory, TemporaryFile
from typing import Any
from urllib.parse import urlsplit

from pyspark import SparkConf, SparkContext
from pyspark.java_gateway import launch_gateway
from pyspark.sql import SparkSession

from commonweal.core.engines.address import Address
from commonweal.core.engines.memory import memory_limit
from commonweal.core.errors import CommonwealError, StudyError, problem

_WAIT = 10
_QUIET = """\
rootLogger.level = off
"""
_SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.sql.adaptive.enabled": "true",
}
"""What a session has whoever started it: days have no hours, and an overflow is an error."""


def session(address: Address, threads: int) -> SparkSession:
    """Return the process's session; the first call starts it, unless the user has one already.

    Parameters
    ----------
    address
        ``spark://local`` for Spark in a Java of its own on this machine; ``spark://host:port``
        for a standalone cluster. A session the process has already is used as it is.
    threads
        Threads of a local Spark.

    Raises
    ------
    StudyError
        If Java does not start or the cluster does not answer.
    """
    _answers(address)
    found = SparkSession.getActiveSession()
    if found is None:
        found = _started(address, threads)
        atexit.register(found.stop)
    for name, value in _SETTINGS.items():
        found.conf.set(name, value)
    return found


def _answers(address: Address) -> None:
    """Knock at a cluster's door: Spark itself would knock for a minute before it says so."""
    parts = urlsplit(address.url)
    if parts.hostname is None or parts.port is None:
        return
    try:
        create_connection((parts.hostname, parts.port), timeout=_WAIT).close()
    except OSError as error:
        raise _failed(address, error, "") from error


def _started(address: Address, threads: int) -> SparkSession:
    local = address.url == "spark://local"
    folder = TemporaryDirectory(prefix="commonweal-")
    atexit.register(folder.cleanup)
    quiet = Path(folder.name) / "log4j2.properties"
    quiet.write_text(_QUIET, encoding="utf-8")
    conf = SparkConf()
    conf.setMaster(f"local[{threads}]" if local else address.url).setAppName("commonweal")
    for name, value in _configuration(folder.name, quiet, threads if local else None).items():
        conf.set(name, value)
    logging.getLogger("py4j").setLevel(logging.ERROR)
    # Java's own warnings go to its stderr; they are kept for when it does not start.
    with TemporaryFile() as said:
        try:
            gateway = launch_gateway(conf, {"stderr": said})
            context = SparkContext(conf=conf, gateway=gateway)
            context.setLogLevel("OFF")
            return SparkSession(context)
        except Exception as error:  # Py4J's and Spark's errors share no base
            said.seek(0)
            raise _failed(address, error, said.read().decode("utf-8", "replace")) from error


def _configuration(folder: str, quiet: Path, threads: int | None) -> dict[str, str]:
    """Return what can only be set before Java starts; `threads` where Spark is local."""
    settings: dict[str, Any] = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.warehouse.dir": folder,
        "spark.driver.memory": f"{memory_limit()}g",
        "spark.driver.maxResultSize": "0",
        "spark.driver.extraJavaOptions": f"-Dlog4j2.configurationFile={quiet}",
    }
    if threads is not None:
        settings |= {
            "spark.local.dir": folder,
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.sql.shuffle.partitions": str(2 * threads),
        }
    return settings


def _failed(address: Address, error: Exception, said: str) -> CommonwealError:
    lines = [line.strip() for line in said.splitlines() if "WARN" not in line and line.strip()]
    why = lines[-1] if lines else next(iter(str(error).splitlines()), type(error).__name__)
    mend = "Spark needs Java 17 or 21 (JAVA_HOME), and the cluster's master has to run"
    return problem(StudyError, "engine", f"{address.shown} cannot be used: {why}", mend)
