"""Random trees over numbers, yes/no and categories, with missing values, and rows to put in."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from commonweal.models.trees.tree import Kind, Tree

NAMES = ("age", 'odd "name', "site", "seen.before", "distance")
KINDS: tuple[Kind, ...] = ("number", "binary", "category", "binary", "number")
Values = NDArray[np.float32]


def grown(seed: int, depth: int = 5) -> Tree:
    """Draw a tree whose thresholds are values, midpoints between them, and the ends."""
    rng = np.random.default_rng(seed)
    nodes: list[list[float]] = []

    def grow(level: int) -> int:
        here = len(nodes)
        positive = int(rng.integers(0, 400))
        nodes.append([-1, 0.0, 0, -1, -1, positive + int(rng.integers(1, 400)), positive])
        if level < depth and (level == 0 or rng.random() < 0.8):
            column = int(rng.integers(len(NAMES)))
            nodes[here][:3] = [column, _threshold(rng, column), int(rng.integers(2))]
            nodes[here][3] = grow(level + 1)
            nodes[here][4] = grow(level + 1)
        return here

    grow(0)
    held = np.array(nodes)
    return Tree(
        NAMES, KINDS, held[:, 0].astype(np.int32), held[:, 1], held[:, 2].astype(np.bool_),
        held[:, 3].astype(np.int32), held[:, 4].astype(np.int32), held[:, 5], held[:, 6],
    )  # fmt: skip


def _threshold(rng: np.random.Generator, column: int) -> float:
    if KINDS[column] == "category":
        return float(rng.integers(4))
    if KINDS[column] == "binary":
        return 0.5
    value = np.float32(rng.choice(_values()))
    near = np.nextafter(value, np.float32(np.inf), dtype=np.float32)
    middle = (float(value) + float(near)) / 2
    return float(rng.choice([float(value), middle, float(np.round(value)), np.inf, -np.inf]))


def _values() -> Values:
    return np.array([0.1, 0.3, 0.7, 1.1, 2.5, -3.3, 1e-40, 16777217, 1e9, 4], np.float32)


def rows(seed: int, count: int, infinite: bool = True) -> Values:
    """Draw rows on and beside the thresholds, a fifth of all cells missing."""
    rng = np.random.default_rng(seed)
    out = np.empty((count, len(NAMES)), np.float32)
    for column, kind in enumerate(KINDS):
        if kind == "number":
            value = rng.choice(_values(), count)
            step = np.where(rng.random(count) < 0.5, np.float32(np.inf), np.float32(-np.inf))
            beside = np.nextafter(value, step, dtype=np.float32)
            out[:, column] = np.where(rng.random(count) < 0.5, value, beside)
            if infinite:
                ends = rng.choice(np.array([np.inf, -np.inf, 0], np.float32), count)
                out[:, column] = np.where(rng.random(count) < 0.1, ends, out[:, column])
        else:
            out[:, column] = rng.integers(2 if kind == "binary" else 5, size=count)
    out[rng.random(out.shape) < 0.2] = np.nan
    return out
