"""What several folders of tests share."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from commonweal.simulate.city import simulate_city

ROOT = Path(__file__).resolve().parent.parent
POLICE = ROOT.parent / "shared" / "data" / "chicago-police"


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a simulated city of 4,000 people."""
    folder = tmp_path_factory.mktemp("city")
    simulate_city(4000, 3, folder)
    return folder


@pytest.fixture
def small_study(city: Path, tmp_path: Path) -> Path:
    """A study file of its own on a copy of the small city: the demo, made quick."""
    folder = tmp_path / "study"
    folder.mkdir()
    shutil.copytree(city, folder / "data")
    agency = (ROOT / "studies/demo/agency.toml").read_text(encoding="utf-8")
    agency = agency.replace('data = "../../build/demo/data"', 'data = "data"')
    (folder / "agency.toml").write_text(agency, encoding="utf-8")
    study = (ROOT / "studies/demo/study.toml").read_text(encoding="utf-8")
    study = quick(study)
    (folder / "study.toml").write_text(study, encoding="utf-8")
    return folder / "study.toml"


def quick(study: str) -> str:
    """Make the demo study small: few draws, few trees, a capacity that fits the city."""
    study = study.replace("[evaluation]\n", "[evaluation]\ndraws = 100\n")
    study = study.replace('kind = "boosted"\n', 'kind = "boosted"\nmax_trees = 60\n')
    return study.replace("k = 150", "k = 60")


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
