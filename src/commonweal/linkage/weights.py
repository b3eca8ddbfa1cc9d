"""What a pattern of agreement is worth, learned on hidden ids.

Fellegi and Sunter's weight adds the fields up as if they were independent. Twins agree in birth
date, last name and address, namesakes of one house in names and address: added up, both look like
one person. Gradient boosting over the levels and the weight, never falling when any of them
rises, learns what such patterns are worth. Without known ids the weight itself is used.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import lightgbm as lgb
import numpy as np

from commonweal.core.seeds import seed_for
from commonweal.linkage.cells import Floats, Ints, Mask, Real
from commonweal.linkage.scoring import Scored

_ENOUGH = 50
"""Pairs of either class without which nothing is learned."""
_STEP = 0.25
"""Weights are rounded to this many bits before they are looked at."""
_SURE = 4.0
"""Log odds beyond which the weight alone is not believed; the trees begin from there."""
_ROUNDS = 80
FOLDS = 2


@dataclass(frozen=True, slots=True)
class Weigher:
    """Turns levels and weights into log odds of being one person.

    Parameters
    ----------
    booster
        The learned trees, which correct the weight; None where too little was known to learn.
    prior
        Log odds that two random records are one person's.
    """

    booster: Any
    prior: float

    def log_odds(self, pairs: Scored) -> Floats:
        """Return the log odds (natural) of each pair."""
        if self.booster is None:
            found: Floats = pairs.weight * np.log(2.0) + self.prior
            return found
        patterns, of = _patterns(pairs)
        odds: Floats = self.booster.predict(patterns, raw_score=True, num_threads=1)[of]
        # Within a pattern the weight decides who comes first; it can outweigh nothing.
        return odds + _believed(pairs.weight, self.prior) + 1e-4 * pairs.weight


def _believed(weight: Real, prior: float) -> Floats:
    rounded = np.round(weight / _STEP) * _STEP
    found: Floats = np.clip(rounded * np.log(2.0) + prior, -_SURE, _SURE)
    return found


def _features(pairs: Scored) -> Floats:
    levels = np.where(pairs.levels < 0, np.nan, pairs.levels).T
    weight = np.round(np.clip(pairs.weight, -20, 60) / _STEP) * _STEP
    return np.column_stack([weight, levels])


def _patterns(pairs: Scored) -> tuple[Floats, Ints]:
    """Return the different rows of features, and which of them each pair has."""
    weight = np.round(np.clip(pairs.weight, -20, 60) / _STEP).astype(np.int64) + 100
    code = weight
    for row in pairs.levels:
        code = code * 8 + (row.astype(np.int64) + 1)
    _, first, of = np.unique(code, return_index=True, return_inverse=True)
    return _features(pairs.only(first)), of.ravel()


def learn(pairs: Scored, true: Mask, scale: float, prior: float, seed: int) -> Weigher:
    """Learn from pairs whose truth is known.

    Parameters
    ----------
    pairs
        Compared pairs of the practice file.
    true
        Whether each is one person's.
    scale
        What a pair of two people stands for: there are so many times more people in all.
    prior
        Log odds that two random records are one person's.
    seed
        The study's seed.
    """
    if min(int(true.sum()), int((~true).sum())) < _ENOUGH:
        return Weigher(None, prior)
    features = _features(pairs)
    rows = np.lexsort((pairs.right, pairs.left))
    data = lgb.Dataset(
        features[rows], label=true[rows].astype(np.float64),
        weight=np.where(true, 1.0, scale)[rows], free_raw_data=True,
        init_score=_believed(pairs.weight, prior)[rows],
    )  # fmt: skip
    settings = {
        "objective": "binary", "num_leaves": 31, "learning_rate": 0.1, "min_data_in_leaf": 40,
        "monotone_constraints": [1] * features.shape[1], "lambda_l2": 1.0, "verbosity": -1,
        "num_threads": 1, "deterministic": True, "force_row_wise": True, "max_bin": 255,
        "seed": seed_for(seed, "linkage", "weights"),
    }  # fmt: skip
    return Weigher(lgb.train(settings, data, num_boost_round=_ROUNDS), prior)


def cross_fitted(
    pairs: Scored, true: Mask, fold: Ints, scale: float, prior: float, seed: int
) -> Floats:
    """Return each pair's log odds by what was learned on the other folds' people.

    `fold` is that of a pair's hidden row; pairs between folds are learned from in neither.
    """
    found = np.zeros(pairs.count)
    for number in range(FOLDS):
        inside = fold == number
        learned = learn(
            pairs.only(~inside & (fold >= 0)), true[~inside & (fold >= 0)], scale, prior, seed
        )
        chosen = inside | (fold < 0) if number == 0 else inside
        found[chosen] = learned.log_odds(pairs.only(chosen))
    return found


def prior_log_odds(weight: Real, pairs: float) -> float:
    """Return the log odds that two random records are one person's.

    Estimated as the share of all pairs that the weights themselves lead to expect, found by
    repeating Bayes' rule. Assumes that pairs that were not compared are two people's.

    Parameters
    ----------
    weight
        Weight of each compared pair, in bits.
    pairs
        Number of all pairs, compared or not.
    """
    evidence = np.clip(weight, -60, 60) * np.log(2.0)
    least = 0.5 / max(pairs, 2.0)
    share = min(0.5, len(weight) / max(pairs, 1.0))
    for _ in range(200):
        share = min(max(share, least), 1 - 1e-9)
        odds = evidence + np.log(share / (1 - share))
        new = float((1 / (1 + np.exp(-odds))).sum()) / max(pairs, 1.0)
        if abs(np.log(max(new, least) / share)) < 1e-6:
            break
        share = new
    share = min(max(share, least), 1 - 1e-9)
    return float(np.log(share / (1 - share)))
