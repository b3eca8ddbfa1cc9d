"""The presets of noise are frozen: figures measured on them can be compared for good."""

from __future__ import annotations

import hashlib
import tomllib
from importlib.resources import files

import pytest

from commonweal.simulate.knobs import PRESETS, preset_text
from commonweal.simulate.world import WORLDS


@pytest.mark.parametrize(
    ("world", "noise", "digest"),
    [
        ("violence", "none", "a2127429a072752d"),
        ("violence", "paper", "43bb97fe52494438"),
        ("violence", "hard", "7807c805759628ea"),
        ("children", "none", "dadbf73b384e9a49"),
        ("children", "paper", "b3af8e40bade0be8"),
        ("children", "hard", "8b2c13a99d4ae53d"),
        ("custody", "none", "289009566b016628"),
        ("custody", "paper", "7027e00bfa358591"),
        ("custody", "hard", "d1a064faa5d461ed"),
    ],
)
def test_a_preset_is_as_it_was(world: str, noise: str, digest: str) -> None:
    text = (files(f"commonweal.simulate.{world}") / f"{noise}.toml").read_bytes()
    assert hashlib.sha256(text).hexdigest()[:16] == digest


@pytest.mark.parametrize("package", list(WORLDS.values()))
def test_the_presets_name_the_same_knobs(package: str) -> None:
    names = {tuple(tomllib.loads(preset_text(package, noise))) for noise in PRESETS}
    assert len(names) == 1
