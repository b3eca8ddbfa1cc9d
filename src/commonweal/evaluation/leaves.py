"""What happened in each leaf of a tree: how many people, the share with the outcome, how sure."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from commonweal.evaluation.proportions import wilson
from commonweal.models.trees.rules import LeafFigure
from commonweal.models.trees.tree import Tree

LEARNED, OBSERVED = "tree.learned", "tree.observed"
"""Share of positives of a leaf: among the rows learned from, and among people of a test date."""


def leaf_figures(tree: Tree, values: NDArray[Any], labels: NDArray[Any]) -> tuple[LeafFigure, ...]:
    """Measure each leaf on people the tree was not learned from.

    Estimated: the share of the people of a leaf with the outcome, with Wilson's 95% interval, which
    takes the people for independent and the tree for given. On the rows it was learned from the
    shares are too good: the leaves were chosen to be far apart there.

    Parameters
    ----------
    tree
        The tree.
    values
        One row a person, in the order of the tree's columns, shape (people, columns); NaN where
        missing.
    labels
        Their outcomes, 0 or 1, shape (people,).

    Returns
    -------
    tuple of LeafFigure
        From left to right; a leaf into which nobody falls has none.

    Raises
    ------
    ValueError
        If there is not one outcome a row, or one is neither 0 nor 1.
    """
    outcomes = np.asarray(labels)
    if outcomes.shape != (len(values),) or not np.isin(outcomes, (0, 1)).all():
        raise ValueError("labels: give one outcome a row, 0 or 1")
    place = np.searchsorted(tree.leaves, tree.apply(np.asarray(values)))
    count = len(tree.leaves)
    people = np.bincount(place, minlength=count).tolist()
    hits = np.bincount(place[outcomes == 1], minlength=count).tolist()
    return tuple(
        counted((leaf,), n, hit)
        for leaf, (n, hit) in enumerate(zip(people, hits, strict=True))
        if n
    )


def counted(leaves: tuple[int, ...], n: int, positives: int) -> LeafFigure:
    """Return the figure of leaves that hold `n` people, of whom so many had the outcome."""
    low, high = wilson(positives, n)
    return LeafFigure(leaves, n, positives / n, low, high)
