"""The engines of the tests: a server and a Spark session of their own, once a worker."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from core.engines.servers import server_of_tests


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """URL of a PostgreSQL database; skips where PostgreSQL is not installed."""
    with server_of_tests() as url:
        yield url


@pytest.fixture(scope="session")
def spark() -> Iterator[str]:
    """URL of a local Spark; skips where Java is not installed."""
    if shutil.which("java") is None:
        pytest.skip("Java is not installed, and Spark needs it")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COMMONWEAL_MEMORY", "2GB")
        yield "spark://local"


@pytest.fixture(params=["postgres", pytest.param("spark", marks=pytest.mark.slow)])
def elsewhere(request: pytest.FixtureRequest) -> str:
    """URL of each engine that is not DuckDB."""
    return str(request.getfixturevalue(request.param))
