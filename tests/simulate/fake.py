"""What the tests of worlds share: the fake world, and folders compared."""

from __future__ import annotations

from pathlib import Path

from commonweal.simulate import world

PACKAGE = "simulate.fakeworld"
PEOPLE = 1_000


def contents(folder: Path) -> dict[str, bytes]:
    """Every file and folder of a world: path -> bytes."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else b""
        for path in sorted(folder.rglob("*"))
    }


def simulated(folder: Path, seed: int = 1, **options: object) -> dict[str, bytes]:
    """Simulate the fake world and return what it wrote."""
    world.simulate("fake", folder, PEOPLE, seed, **options)  # type: ignore[arg-type]
    return contents(folder)
