"""Leaves of a tree, pooled until they may be shown: leaves are groups told apart by a rule."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from commonweal.evaluation.ranking import Ints
from commonweal.oversight.disclosure import SMALL, Disclosure

Part = tuple[int, ...]
"""Leaves that are told together, in order of their chance."""


def pooled_rows(
    rule: Disclosure, chances: Sequence[float], leaf: Ints, person: Ints, labels: NDArray[np.int8],
    others: Sequence[Ints] = (),
) -> tuple[Part, ...]:  # fmt: skip
    """Pool leaves with their neighbours until the rows of each may be counted.

    A person may have several rows, so people are counted, not rows: in every part those who have a
    row with the outcome, and those who have one without, are nobody or more than ten. So are those
    by whom a part differs from one of another tree that lies inside it or around it.

    Parameters
    ----------
    rule
        What may be shown.
    chances
        Predicted chance of each leaf: neighbours are next to each other in this order.
    leaf, person, labels
        Of each row its leaf, a code for whose it is, and its outcome; shape (rows,).
    others
        Of each row its part of every tree that is shown beside this one.

    Returns
    -------
    tuple of tuple of int
        Parts, highest chance first. Empty where not even all leaves together may be shown.
    """
    order = sorted(range(len(chances)), key=lambda i: (-chances[i], i))
    alone: list[Part] = [(i,) for i in order]
    if rule.exempt:
        return tuple(alone)
    rows = np.bincount(leaf, minlength=len(chances)).tolist()
    leaf, labels, *rest, person = _few(np.stack([leaf, labels.astype(np.int64), *others, person]))
    beside, outcome = [one.astype("<U6") for one in rest], labels.astype(np.int8)

    def placed(parts: Sequence[Part]) -> Ints:
        place = np.empty(len(chances), np.int64)
        for at, part in enumerate(parts):
            place[list(part)] = at
        return place[leaf]

    def sizes(place: Ints, count: int) -> Ints:
        """Count people by part and outcome."""
        cells = np.unique(np.stack([place * 2 + labels, person]), axis=1)[0]
        return np.bincount(cells, minlength=2 * count).reshape(-1, 2)

    def unsafe(parts: Sequence[Part]) -> int | None:
        place = placed(parts)
        counts = sizes(place, len(parts))
        small = next((at for at, two in enumerate(counts.tolist()) if not rule.safe(*two)), None)
        groups = place.astype("<U6")
        if small is not None or all(rule.safe_groups(groups, outcome, [one]) for one in beside):
            return small
        return int(np.argmin(counts.sum(axis=1)))

    return _joined(alone, unsafe, lambda parts: [sum(rows[i] for i in part) for part in parts])


def _few(columns: Ints) -> Ints:
    """Keep of each combination, the last column being whose it is, at most eleven people.

    A count made of such combinations is 0, 1 to 10, or more, as it is with all of them.
    """
    columns = np.unique(columns, axis=1)
    same = (columns[:-1, 1:] == columns[:-1, :-1]).all(axis=0)
    first = np.maximum.accumulate(np.where(np.append(False, same), 0, np.arange(columns.shape[1])))
    return np.asarray(columns[:, np.arange(columns.shape[1]) - first <= SMALL])


def pooled_stretches(
    rule: Disclosure, stretches: Sequence[Part], place: Ints, labels: NDArray[np.int8],
    others: Sequence[NDArray[np.str_]],
) -> tuple[Part, ...]:  # fmt: skip
    """Pool stretches of a ranking until they may be shown beside whatever else tells people apart.

    Parameters
    ----------
    rule
        What may be shown.
    stretches
        Leaves of each stretch between neighbouring cut-offs that are published.
    place
        Stretch of each person.
    labels
        Their outcomes.
    others
        Groups of each person that are shown too.

    Returns
    -------
    tuple of tuple of int
        Places of stretches that are told together, highest chance first; empty where nothing may
        be shown.
    """

    def size(parts: Sequence[Part]) -> list[int]:
        return [int(np.isin(place, part).sum()) for part in parts]

    def unsafe(parts: Sequence[Part]) -> int | None:
        where = {stretch: f"{at:06d}" for at, part in enumerate(parts) for stretch in part}
        groups = np.array([where[one] for one in place.tolist()], dtype=np.str_)
        sizes = size(parts)
        return None if rule.safe_groups(groups, labels, others) else sizes.index(min(sizes))

    return _joined([(i,) for i in range(len(stretches))], unsafe, size)


def _joined(
    parts: list[Part], unsafe: Callable[[Sequence[Part]], int | None],
    size: Callable[[Sequence[Part]], list[int]],
) -> tuple[Part, ...]:  # fmt: skip
    """Join the part that may not be shown with its smaller neighbour, again and again."""
    while (at := unsafe(parts)) is not None:
        if len(parts) == 1:
            return ()
        sizes = size(parts)
        beside = [one for one in (at - 1, at + 1) if 0 <= one < len(parts)]
        first = min(at, min(beside, key=lambda one: sizes[one]))
        parts = [*parts[:first], parts[first] + parts[first + 1], *parts[first + 2 :]]
    return tuple(parts)
