"""What several folders of tests share."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from town.town import simulate_town

HERE = Path(__file__).resolve().parent
POLICE = HERE.parents[1] / "shared" / "data" / "chicago-police"


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the tables of a town of 4,000 people."""
    folder = tmp_path_factory.mktemp("town")
    simulate_town(4000, 3, folder)
    return folder


@pytest.fixture
def small_study(town: Path, tmp_path: Path) -> Path:
    """A study file of its own on a copy of the town."""
    folder = tmp_path / "study"
    shutil.copytree(town, folder / "data")
    for name in ("agency.toml", "study.toml"):
        shutil.copy(HERE / "town" / name, folder / name)
    return folder / "study.toml"


@pytest.fixture(scope="session")
def police_data() -> Path:
    """Folder of the Chicago records; skips where they are absent."""
    if not POLICE.is_dir():
        pytest.skip(f"the Chicago police records are not at {POLICE}")
    return POLICE


@pytest.fixture(autouse=True)
def key(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test uses one throwaway pseudonym key."""
    path = tmp_path_factory.getbasetemp() / "pseudonym.key"
    if not path.exists():
        path.write_text("0123456789abcdef0123456789abcdef", encoding="utf-8")
    monkeypatch.setenv("COMMONWEAL_KEY_FILE", str(path))
