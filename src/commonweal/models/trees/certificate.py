"""The best tree there is, proven, where a problem is small enough."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from commonweal.core.errors import StudyError, problem
from commonweal.models.trees.prove import RESOLUTION, Node
from commonweal.models.trees.tree import Kind, Tree

COLUMNS = 1_000
"""Most splits offered, every threshold counted: a proof weighs all pairs of them."""

CELLS = 50_000_000
"""Most rows times splits; pystreed takes some 40 bytes for each."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """A tree, and how low any tree of its size can be.

    Parameters
    ----------
    objective
        Squared errors plus penalties of `tree`: see `Tree.objective`.
    bound
        No tree within depth and smallest leaf has a lower objective than this.
    proven
        Whether `tree` is the best there is: its objective is above the bound by no more than
        the proof's own resolution, 0.01% a level.
    seconds
        What the proof took, of the time given.
    tree
        The best tree found.
    """

    objective: float
    bound: float
    proven: bool
    seconds: float
    tree: Tree


@dataclass(frozen=True, slots=True)
class Split:
    """A split that is offered: which rows go left."""

    column: int
    threshold: float
    missing_left: bool

    def left(self, values: NDArray[np.float32], kind: Kind) -> NDArray[np.bool_]:
        """Return which rows go left, by their values in the column."""
        wide = values.astype(np.float64)  # a threshold between two float32 may be neither
        there = wide == self.threshold if kind == "category" else wide <= self.threshold
        return np.asarray(np.where(np.isnan(wide), self.missing_left, there), np.bool_)


def certify(
    values: NDArray[np.float32], labels: NDArray[np.int8], *, alpha: float, max_depth: int,
    min_leaf: int, seconds: float, names: tuple[str, ...] | None = None,
    kinds: tuple[Kind, ...] | None = None,
) -> Certificate | None:  # fmt: skip
    """Prove how low the objective of a tree can be, or return None where it takes too long.

    Every threshold between two values of a column is offered, every category, and both ways for
    the missing. All rows count alike. The proof runs in a process of its own that is ended when
    its time is up.

    Parameters
    ----------
    values, labels
        Rows, shape (rows, columns), NaN where missing, and their outcomes, 0 or 1.
    alpha
        Penalty a leaf, as a share of the root's squared errors.
    max_depth, min_leaf
        Most splits from root to leaf, and fewest rows in one.
    seconds
        Time given, by the clock. Some 5 seconds are spent on loading pystreed alone.
    names, kinds
        Of the columns; their numbers, and all of them numbers, where not given.

    Returns
    -------
    The certificate; None where the problem has too many splits or cells (`COLUMNS`, `CELLS`), or
    no proof was found in time.

    Raises
    ------
    StudyError
        If pystreed is not installed.
    """
    needs_pystreed()
    start, width = time.perf_counter(), values.shape[1]
    names = tuple(map(str, range(width))) if names is None else names
    kinds = ("number",) * width if kinds is None else kinds
    most = min(COLUMNS, CELLS // max(len(labels), 1))
    offered = list(islice(_offered(values, kinds), most + 1))
    splittable = max_depth > 0 and len(labels) >= 2 * min_leaf and 0 < labels.mean() < 1
    splittable = splittable and alpha < 1  # else a split costs more than it can gain
    if not (offered and splittable):
        tree = _grown(None, [], values, labels, names, kinds)
        return Certificate(
            tree.objective(alpha), tree.objective(alpha), True, time.perf_counter() - start, tree
        )
    if len(offered) > most:
        return None
    design = np.empty((len(labels), len(offered)), np.uint8)
    for place, split in enumerate(offered):
        design[:, place] = split.left(values[:, split.column], kinds[split.column])
    left = seconds - (time.perf_counter() - start)
    proof = _proof(design, labels, alpha, max_depth, min_leaf, left)
    if proof is None:
        return None
    below, plain = proof
    tree = _grown(plain, offered, values, labels, names, kinds)
    objective, slack = tree.objective(alpha), max_depth * RESOLUTION * below
    bound = below + alpha * tree.root_sse - slack
    proven = objective <= bound + slack + 1e-9 * objective
    return Certificate(objective, bound, proven, time.perf_counter() - start, tree)


def needs_pystreed() -> None:
    """Make sure that pystreed is there.

    Raises
    ------
    StudyError
        If it is not installed.
    """
    if importlib.util.find_spec("pystreed") is None:
        what = "pystreed, which proves how good a tree is, is not installed"
        mend = "pip install 'commonweal[certify]', or ask for no certificate"
        raise problem(StudyError, "certificate", what, mend)


def _offered(values: NDArray[np.float32], kinds: tuple[Kind, ...]) -> Iterator[Split]:
    """Yield every split that parts the rows."""
    for column, kind in enumerate(kinds):
        missing = np.isnan(values[:, column])
        held = np.unique(values[~missing, column]).astype(np.float64)
        ways = (False, True) if missing.any() else (False,)
        thresholds = held if kind == "category" else (held[:-1] + held[1:]) / 2
        for threshold in thresholds.tolist():
            for way in ways:
                if len(held) > 1 or (len(ways) > 1 and not way):
                    yield Split(column, threshold, way)
        if kind != "category" and len(ways) > 1 and len(held):
            yield Split(column, float(held[-1]), False)  # whether there is a value


def _proof(
    design: NDArray[np.uint8], labels: NDArray[np.int8], alpha: float, max_depth: int,
    min_leaf: int, seconds: float,
) -> tuple[float, Node] | None:  # fmt: skip
    """Run the proof; None if its time is up, or the system ends it for want of memory."""
    with tempfile.TemporaryDirectory() as folder:
        np.save(Path(folder) / "design.npy", design)
        np.save(Path(folder) / "labels.npy", labels)
        command = [sys.executable, "-P", "-m", "commonweal.models.trees.prove", folder]
        settings = [repr(alpha), str(max_depth), str(min_leaf)]
        try:
            done = subprocess.run(
                command + settings, capture_output=True, text=True, timeout=max(seconds, 0.0),
                check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return None
    if done.returncode < 0:
        return None
    if done.returncode:
        raise RuntimeError(f"the proof failed: {done.stderr.strip()[-500:]}")
    said = json.loads(done.stdout.splitlines()[-1])
    return float(said["bound"]), said["tree"]


def _grown(
    plain: Node, offered: list[Split], values: NDArray[np.float32], labels: NDArray[np.int8],
    names: tuple[str, ...], kinds: tuple[Kind, ...],
) -> Tree:  # fmt: skip
    """Make a tree of plain splits and count the rows of its nodes."""
    nodes: list[list[Any]] = []

    def grow(node: Node, here: NDArray[np.int64]) -> int:
        place, positives = len(nodes), int(labels[here].sum(dtype=np.int64))
        nodes.append([-1, 0.0, False, -1, -1, len(here), positives])
        if node is not None:
            split = offered[node[0]]
            held = values[here, split.column]
            goes = split.left(held, kinds[split.column])
            seen = bool(np.isnan(held).any())
            way = split.missing_left if seen else bool(2 * goes.sum() > len(goes))
            nodes[place][:3] = [split.column, split.threshold, way]
            nodes[place][3] = grow(node[1], here[goes])
            nodes[place][4] = grow(node[2], here[~goes])
        return place

    grow(plain, np.arange(len(labels)))
    types = (np.int32, np.float64, np.bool_, np.int32, np.int32, np.float64, np.float64)
    arrays: list[Any] = [
        np.array(one, kind) for one, kind in zip(zip(*nodes, strict=True), types, strict=True)
    ]
    feature, threshold, missing_left, left, right, rows, positives = arrays
    return Tree(names, kinds, feature, threshold, missing_left, left, right, rows, positives)
