"""Names of nobody, put together from syllables, and ways of misspelling them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from commonweal.core.seeds import stream
from commonweal.simulate.columns import Floats, Ints

SPELLINGS = 4
"""Spellings of each name: the right one and three others."""
_STARTS = ("Ba", "Be", "Ca", "Da", "De", "El", "Fa", "Ga", "Ha", "Ja", "Jo", "Ka", "Ke", "La",
           "Le", "Ma", "Mi", "Na", "No", "O", "Pa", "Ra", "Ro", "Sa", "Sha", "Ta", "Te", "Va",
           "Ya", "Za")  # fmt: skip
_GIRLS = ("na", "lia", "rissa", "della", "niqua", "mara", "vonne", "yla", "sha", "belle")
_BOYS = ("von", "rik", "mar", "shawn", "dell", "ren", "quan", "nard", "zel", "mir")
_FAMILY = ("ders", "gado", "holm", "kins", "lez", "mond", "nero", "pova", "quist", "rero",
           "stad", "ton", "vane", "wick", "yev", "zik")  # fmt: skip
_MIDDLE = ("", "ra", "li", "no", "be")


def girls() -> list[str]:
    """Return girls' first names."""
    return [start + end for start in _STARTS for end in _GIRLS]


def boys() -> list[str]:
    """Return boys' first names."""
    return [start + end for start in _STARTS for end in _BOYS]


def families() -> list[str]:
    """Return family names."""
    return [start + middle + end for start in _STARTS for middle in _MIDDLE for end in _FAMILY]


def spelled(names: Sequence[str]) -> list[str]:
    """Return every name in `SPELLINGS` ways, the right one first.

    The others lack a letter, have two in the wrong order, or hold one twice.
    """
    found = []
    for name in names:
        middle = len(name) // 2
        found += [
            name,
            name[:middle] + name[middle + 1 :],
            name[:middle] + name[middle + 1 : middle + 2] + name[middle] + name[middle + 2 :],
            name[:middle] + name[middle] + name[middle:],
        ]
    return found


def popular(count: int, names: int, seed: int, *purpose: str) -> Ints:
    """Draw `count` of so many names, some far commoner than others."""
    rng = stream(seed, "children", "names", *purpose)
    weight = 1.0 / (rng.permutation(names) + 8.0)
    edges = np.cumsum(weight / weight.sum())[:-1]
    found: Ints = np.searchsorted(edges, rng.random(count), side="right").astype(np.int64)
    return found


def misspelt(name: Ints, share: float, draws: Floats) -> Ints:
    """Return the place of each name in `spelled`, so many of them misspelt.

    Parameters
    ----------
    name
        Place of each in the vocabulary.
    share
        Share misspelt.
    draws
        One draw in [0, 1) each.
    """
    wrong = draws < share
    which = np.floor(draws / max(share, 1e-12) * (SPELLINGS - 1)).astype(np.int64)
    found: Ints = name * SPELLINGS + np.where(wrong, 1 + which, 0)
    return found
