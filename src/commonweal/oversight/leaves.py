"""Leaves of a tree, pooled until they may be shown: leaves are groups told apart by a rule."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from commonweal.evaluation.ranking import Ints
from commonweal.oversight.disclosure import Disclosure

Part = tuple[int, ...]
"""Leaves that are told together, in order of their chance."""


def pooled_rows(
    rule: Disclosure, chances: Sequence[float], leaf: Ints, person: Ints, labels: NDArray[np.int8]
) -> tuple[Part, ...]:
    """Pool leaves with their neighbours until the rows of each may be counted.

    A person may have several rows, so people are counted, not rows: in every part those who have a
    row with the outcome, and those who have one without, are nobody or more than ten.

    Parameters
    ----------
    rule
        What may be shown.
    chances
        Predicted chance of each leaf: neighbours are next to each other in this order.
    leaf, person, labels
        Of each row its leaf, a code for whose it is, and its outcome; shape (rows,).

    Returns
    -------
    tuple of tuple of int
        Parts, highest chance first. Empty where not even all leaves together may be shown.
    """
    leaf, person, labels = np.unique(np.stack([leaf, person, labels.astype(np.int64)]), axis=1)

    def sizes(parts: Sequence[Part]) -> Ints:
        """Count people by part and outcome."""
        place = np.empty(len(chances), np.int64)
        for at, part in enumerate(parts):
            place[list(part)] = at
        cells = np.unique(np.stack([place[leaf], person, labels]), axis=1)
        return np.bincount(cells[0] * 2 + cells[2], minlength=2 * len(parts)).reshape(-1, 2)

    def unsafe(parts: Sequence[Part]) -> int | None:
        counts = sizes(parts).tolist()
        return next((at for at, cells in enumerate(counts) if not rule.safe(*cells)), None)

    order = sorted(range(len(chances)), key=lambda i: (-chances[i], i))
    return _joined([(i,) for i in order], unsafe, lambda parts: sizes(parts).sum(axis=1).tolist())


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
