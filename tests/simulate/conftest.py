from __future__ import annotations

import pytest

from commonweal.simulate import world
from simulate.fake import PACKAGE


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> None:
    """One more world, called fake."""
    monkeypatch.setitem(world.WORLDS, "fake", PACKAGE)
