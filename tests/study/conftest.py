"""What several tests of studies share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from study.live import Live, write_live_study


@pytest.fixture(scope="session")
def live(town: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A run of a study with every kind of block; nobody may change it."""
    folder = tmp_path_factory.mktemp("live")
    with pytest.MonkeyPatch.context() as patched:
        (folder / "key").write_text("0123456789abcdef0123456789abcdef", encoding="utf-8")
        patched.setenv("COMMONWEAL_KEY_FILE", str(folder / "key"))
        yield Live.of(write_live_study(town, folder / "study"), folder / "run")
