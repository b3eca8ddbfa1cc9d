"""How much one must read to know what a model does."""

from __future__ import annotations

import re

import numpy as np

from commonweal.models.baselines import CountRankModel
from commonweal.models.boosted import BoostedModel
from commonweal.models.fitted import Fitted
from commonweal.models.linear import LinearModel
from commonweal.models.missing import FilledModel
from commonweal.models.scorecard.fitted import ScorecardModel
from commonweal.models.trees.fitted import TreeModel

_LEAVES = re.compile(r"^num_leaves=(\d+)$", re.MULTILINE)
NEGLIGIBLE = 1e-9
"""Share of the largest weight below which one is a rounding error: that of a constant column."""


def size(model: Fitted) -> int:
    """Return the number of things to read.

    The leaves of a tree, each a rule; the leaves of all trees of a boosted model; the coefficients
    of a linear model that are not 0, rounding errors aside; the items of a scorecard; the one count
    of a ranking by it.

    Raises
    ------
    TypeError
        For a kind whose size has no meaning yet.
    """
    match model:
        case FilledModel():
            return size(model.model)
        case BoostedModel():
            texts = (booster.model_to_string() for booster in model.boosters)
            return sum(int(leaves) for text in texts for leaves in _LEAVES.findall(text))
        case LinearModel():
            weights = np.abs(np.concatenate([model.slope, model.missing, *model.levels.values()]))
            return int(np.sum(weights > NEGLIGIBLE * weights.max(initial=0.0)))
        case TreeModel():
            return len(model.tree.leaves)
        case ScorecardModel():
            return len(model.card.items)
        case CountRankModel():
            return 1
        case _:
            raise TypeError(f"{type(model).__name__} has no size")


def trees(model: Fitted) -> int:
    """Return how many trees are added up: 1 of a tree, 0 of what is none."""
    match model:
        case FilledModel():
            return trees(model.model)
        case BoostedModel():
            return sum(int(booster.num_trees()) for booster in model.boosters)
        case _:
            return int(isinstance(model, TreeModel))
