"""The threshold, chosen without truth: by hidden ids, or by the probabilities themselves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commonweal.linkage.cells import Floats, Ints
from commonweal.linkage.clusters import Limits, cluster, limits, must_links
from commonweal.linkage.constraints.rule import Constraint
from commonweal.linkage.counting import PairCounts, count_pairs
from commonweal.linkage.practice import Practice
from commonweal.linkage.scoring import Scored

GRID = np.arange(-1.0, 5.01, 0.5)
"""Thresholds tried: natural log odds."""
_AS_GOOD = 2e-4


@dataclass(frozen=True, slots=True)
class Threshold:
    """Where pairs begin to be taken for one person's.

    Parameters
    ----------
    value
        Log odds.
    by
        ``hidden ids`` or ``expected F1``.
    tried
        Thresholds tried, with the F1 each is estimated to reach over open pairs.
    """

    value: float
    by: str
    tried: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """The practice file with its pairs scored by what was learned on other people.

    Parameters
    ----------
    practice
        The file.
    pairs, strength
        Its pairs and their log odds.
    bounds, must
        Rules and must-links of its rows.
    """

    practice: Practice
    pairs: Scored
    strength: Floats
    bounds: Limits
    must: Ints

    def clusters(self, threshold: float) -> Ints:
        """Return the cluster of each record of the file."""
        pairs = self.pairs
        found = cluster(pairs.left, pairs.right, self.strength, threshold, self.bounds, self.must)
        return found.root[self.practice.node]

    def counts(self, threshold: float) -> PairCounts:
        """Return open pairs at a threshold, wrong ones scaled to the size of the whole file."""
        hidden = self.practice.hidden[self.practice.node]
        person = self.practice.person[self.practice.node]
        found = count_pairs(self.clusters(threshold), person, ~hidden)
        return found.scaled(self.practice.scale)


def rehearse(
    practice: Practice, pairs: Scored, strength: Floats, constraints: tuple[Constraint, ...]
) -> Rehearsal:
    """Put the rules beside the scored pairs of the practice file."""
    rows = practice.table.num_rows
    bounds = limits(constraints, practice.members, practice.node, rows)
    known = np.where(practice.hidden, -1, practice.person)
    return Rehearsal(practice, pairs, strength, bounds, must_links(known))


def by_hidden_ids(rehearsal: Rehearsal) -> Threshold:
    """Return the threshold that does best on hidden ids.

    Where several do as well, to a fifth of a thousandth, it is the one nearest to even odds: hidden
    ids cannot tell them apart, and there a pair is as likely right as wrong.
    """
    tried = [(float(t), rehearsal.counts(float(t)).f1) for t in GRID]
    best = max(f1 for _, f1 in tried)
    good = [t for t, f1 in tried if f1 >= best - _AS_GOOD]
    return Threshold(min(good, key=lambda t: (abs(t), t)), "hidden ids", tuple(tried))


def by_expectation(strength: Floats) -> Threshold:
    """Return the threshold at which F1 over the compared pairs is expected to be highest.

    The probabilities are taken at their word: what is expected of k pairs is
    2 sum(p of the k) / (k + sum(p of all)).
    """
    falling = np.sort(strength)[::-1]
    chance = 1 / (1 + np.exp(-falling))
    expected = 2 * np.cumsum(chance) / (np.arange(1, len(chance) + 1) + chance.sum())
    steps = np.searchsorted(-falling, -GRID, side="right")
    tried = tuple(
        (float(t), float(expected[k - 1]) if k else 0.0) for t, k in zip(GRID, steps, strict=True)
    )
    if not len(falling):
        return Threshold(0.0, "expected F1", tried)
    return Threshold(float(falling[int(expected.argmax())]), "expected F1", tried)
