"""The data trees are measured on: 150 sparse features of 0 and 1 with a planted tree of depth 5.

usage: trees_data.py FOLDER ROWS TEST_ROWS SEED   (makes train and test rows, and their outcomes)

16 categorical attributes as indicators, the others loosely dependent on one hidden number. The log
odds are the planted tree's leaf, 25 linear terms and noise, moved so that 13% have the outcome.
The structure is the same for every seed. The best possible AUC is .833.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.special import expit, logit

FEATURES = 150
CATEGORIES = (2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 4, 3, 5)
DEPTH = 5
BASE_RATE = 0.13
STRUCTURE = 7
"""Seed of what is the same in every sample."""


@dataclass(frozen=True, slots=True)
class Structure:
    """What outcomes depend on, and how common features are.

    Parameters
    ----------
    shares
        Of each category, one array an attribute.
    base, load
        Of each other feature: how common it is, and how it moves with the hidden number.
    splits, leaf
        Features of the planted tree's nodes, level by level, and log odds in its leaves.
    linear
        Log odds that each feature adds.
    """

    shares: tuple[np.ndarray, ...]
    base: np.ndarray
    load: np.ndarray
    splits: np.ndarray
    leaf: np.ndarray
    linear: np.ndarray


@dataclass(frozen=True, slots=True)
class Sample:
    """Rows, shape (rows, `FEATURES`), uint8; their outcomes; and how likely these were."""

    values: np.ndarray
    labels: np.ndarray
    chance: np.ndarray


def structure() -> Structure:
    """Draw what is the same in every sample."""
    rng = np.random.default_rng(STRUCTURE)
    shares = tuple(rng.dirichlet(np.ones(size) * 1.2) for size in CATEGORIES)
    loose = FEATURES - sum(CATEGORIES)
    base = np.exp(rng.uniform(np.log(0.02), np.log(0.5), loose))
    load = rng.normal(0, 0.7, loose)
    common = np.concatenate([*shares, base])
    candidates = np.flatnonzero((common > 0.15) & (common < 0.6))
    splits, leaf = rng.choice(candidates, 2**DEPTH - 1), rng.normal(0, 1.6, 2**DEPTH)
    linear = np.zeros(FEATURES)
    some = rng.choice(FEATURES, 25, replace=False)
    linear[some] = rng.normal(0, 0.25, 25)
    return Structure(shares, base, load, splits, leaf, linear)


def drawn(rows: int, seed: int) -> Sample:
    """Draw a sample."""
    fixed, rng = structure(), np.random.default_rng(seed)
    values = np.zeros((rows, FEATURES), np.uint8)
    everybody, first = np.arange(rows), 0
    for share in fixed.shares:
        values[everybody, first + rng.choice(len(share), rows, p=share)] = 1
        first += len(share)
    hidden = rng.normal(size=rows)
    odds = logit(fixed.base)[None] + fixed.load[None] * hidden[:, None]
    values[:, first:] = rng.random((rows, FEATURES - first)) < expit(odds)
    node = np.zeros(rows, np.int64)
    for _ in range(DEPTH):
        node = 2 * node + 1 + values[everybody, fixed.splits[node]]
    eta = fixed.leaf[node - len(fixed.splits)] + values @ fixed.linear
    eta = eta + rng.normal(0, 0.4, rows)
    chance = expit(eta + _shift(eta))
    labels = (rng.random(rows) < chance).astype(np.uint8)
    return Sample(values, labels, chance)


def _shift(eta: np.ndarray) -> float:
    """Find what must be added to log odds for the base rate to hold."""
    low, high, middle = -10.0, 10.0, 0.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if expit(eta + middle).mean() > BASE_RATE else (middle, high)
    return middle


def write(folder: Path, rows: int, test_rows: int, seed: int) -> None:
    """Draw train and test rows at once and write them."""
    folder.mkdir(parents=True, exist_ok=True)
    sample = drawn(rows + test_rows, seed)
    for name, part in (("train", slice(rows)), ("test", slice(rows, None))):
        np.save(folder / f"{name}.npy", sample.values[part])
        np.save(folder / f"{name}_labels.npy", sample.labels[part])


if __name__ == "__main__":
    write(Path(sys.argv[1]), *map(int, sys.argv[2:]))
