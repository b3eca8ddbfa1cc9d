"""From rows to the best tree found: CART first, then the search, then the last polish."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from commonweal.core.parallel import each
from commonweal.models.trees.greedy import greedy
from commonweal.models.trees.lookahead import Found, Here, Search, Stopped
from commonweal.models.trees.polish import polished
from commonweal.models.trees.rows import Branch, Task, every_row
from commonweal.models.trees.screen import most_splits, screened
from commonweal.models.trees.splits import Bits, Places, answers

SHAKES = 4
"""How often each restart is shaken, at each depth."""
Progress = Callable[[int, float], None]
"""Told the depth that was searched and the best objective so far."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How hard a tree is searched for.

    Parameters
    ----------
    restarts
        How many searches are shaken by chances of their own; the first is not shaken.
    width
        How many splits of a node are followed further.
    seconds
        Time after which the best tree so far is taken; without end where not given.
    threads
        Threads that may be used; they change how fast, never what is found.
    seed
        Where chance comes from.
    again
        Whether splits are screened anew around what was found, where not all are searched over.
    certify
        Seconds given to proving the optimum; none where not given.
    """

    restarts: int = 4
    width: int = 4
    seconds: float | None = None
    threads: int = 1
    seed: int = 0
    again: bool = True
    certify: float | None = None

    def stream(self, *names: int) -> np.random.Generator:
        """Return a stream of its own for each list of numbers."""
        return np.random.default_rng([self.seed, *names])


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was found.

    Parameters
    ----------
    branch
        The tree.
    value
        Its objective.
    greedy
        What CART found, pruned.
    restarts
        Objective of each restart.
    stopped
        Whether the time was up before the search was done.
    """

    branch: Branch | None
    value: float
    greedy: Branch | None
    restarts: tuple[float, ...]
    stopped: bool


def search(task: Task, effort: Effort, progress: Progress | None = None) -> Outcome:
    """Find a tree whose objective is as small as can be, and not above CART's.

    Parameters
    ----------
    task
        What is searched for.
    effort
        How hard.
    progress
        Told after each depth.
    """
    ends = np.inf if effort.seconds is None else time.monotonic() + effort.seconds

    def check() -> None:
        if time.monotonic() > ends:
            raise Stopped

    start = greedy(task)
    best, value = polished(task, start)
    trees: list[tuple[Branch | None, float]] = []
    stopped = False
    again = effort.again and len(task.splits) > most_splits(task)
    for turn in range(2 if again else 1):
        places = screened(task, [best, start])
        found, stopped = _searched(task, places, effort, check, turn, progress)
        ends_at = {tree: _polished_or_not(task, tree, stopped) for tree in dict.fromkeys(found)}
        trees = [ends_at[tree] for tree in found]
        for branch, worth in trees:
            if worth < value * (1 - 1e-10):
                best, value = branch, worth
        if stopped:
            break
    restarts = tuple(worth for _, worth in trees) or (value,)
    return Outcome(best, value, start, restarts, stopped)


def _polished_or_not(
    task: Task, branch: Branch | None, stopped: bool
) -> tuple[Branch | None, float]:
    return (branch, task.value(branch, every_row(task))) if stopped else polished(task, branch)


def _searched(
    task: Task, places: Places, effort: Effort, check: Callable[[], None], turn: int,
    progress: Progress | None,
) -> tuple[list[Branch | None], bool]:  # fmt: skip
    """Search over some splits, depth by depth; return the tree of each restart."""
    bits = answers(task.binned, task.splits.some(places))
    here = _start(task, effort.stream(turn))
    engine = Search(
        words=bits.words, weights=task.weights if task.weighted else np.zeros(0),
        splits=len(places), penalty=task.penalty, least=task.least, width=effort.width,
        threads=effort.threads, check=check,
    )  # fmt: skip
    trees, stopped = [engine.leaf(here)], False
    try:
        for depth in range(1, task.depth + 1):
            trees = _deepened(engine, here, trees, depth, effort, turn)
            if progress:
                progress(depth, min(tree.value for tree in trees))
    except Stopped:
        stopped = True
    return [_branch(tree, places, bits) for tree in trees], stopped


def _deepened(
    engine: Search, here: Here, trees: list[Found], depth: int, effort: Effort, turn: int
) -> list[Found]:
    """Go one depth further from the best tree so far, then let each restart shake what is found."""
    best = min(trees, key=lambda tree: tree.value)
    found = engine.deeper(here, best, depth)

    def restart(number: int) -> Found:
        random, tree = effort.stream(turn, depth, number), found
        for _ in range(SHAKES if number else 0):
            tree = engine.shaken(here, tree, depth, random)
        return tree

    if depth <= 2 or found.split < 0:
        return [found] * effort.restarts
    return each(restart, range(effort.restarts), effort.threads)


def _start(task: Task, random: np.random.Generator) -> Here:
    """Return all rows in an order drawn at random, those with the outcome first."""
    order = random.permutation(len(task.labels))
    ones = task.labels[order] == 1
    rows = np.concatenate([order[ones], order[~ones]]).astype(np.int32)
    return Here(rows, int(ones.sum()))


def _branch(tree: Found, places: Places, bits: Bits) -> Branch | None:
    """Tell a tree by left and right, and by the places of its splits among all."""
    if tree.split < 0:
        return None
    no, yes = (_branch(part, places, bits) for part in tree.parts)
    left, right = (yes, no) if bits.turned[tree.split] else (no, yes)
    return Branch(int(places[tree.split]), left, right)
