"""How sure each record's place is, and how many people rest on a single uncertain pair."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commonweal.linkage.candidates import Candidates
from commonweal.linkage.cells import Floats
from commonweal.linkage.clusters import Clusters, must_links, single_ties

UNCERTAIN = 0.99
"""A pair is uncertain where its chance of being one person's is lower."""


@dataclass(frozen=True, slots=True)
class Ties:
    """How people hang together.

    Parameters
    ----------
    people, with_several
        People, and those with more than one record.
    on_one_pair
        People that would fall apart without one uncertain pair.
    """

    people: int
    with_several: int
    on_one_pair: int

    @property
    def share(self) -> float:
        """Share of all people that rest on a single uncertain pair."""
        return self.on_one_pair / self.people if self.people else 0.0

    def sentence(self) -> str:
        """Say it in words."""
        return (
            f"{self.on_one_pair:,} people ({self.share:.1%}) rest on a single pair less than "
            f"{UNCERTAIN:.0%} sure."
        )


def _chance(log_odds: Floats) -> Floats:
    found: Floats = 1 / (1 + np.exp(-np.clip(log_odds, -500, 500)))
    return found


def probabilities(found: Candidates, clusters: Clusters) -> Floats:
    """Return each profile's chance of being its person's, by its likeliest pair within it."""
    pairs, root = found.pairs, clusters.root
    inside = np.flatnonzero(
        (root[pairs.left] == root[pairs.right]) & (found.strength >= found.threshold.value)
    )
    strength = np.full(found.profiles.count, -np.inf)
    for side in (pairs.left[inside], pairs.right[inside]):
        np.maximum.at(strength, side, found.strength[inside])
    tied = must_links(found.profiles.trusted).ravel()
    strength[tied] = np.inf
    # Records of one id that are equal in all else are one profile: they are tied as well.
    several = np.bincount(found.profiles.of, minlength=found.profiles.count) > 1
    strength[several & (found.profiles.trusted >= 0)] = np.inf
    alone = np.bincount(root, minlength=len(root))[root] == 1
    chance = _chance(np.where(np.isinf(strength), 0.0, strength))
    # A record without a pair of its own came in by what the whole person's records allow.
    chance = np.where(np.isneginf(strength), _chance(np.array([found.threshold.value])), chance)
    return np.where(alone | np.isposinf(strength), 1.0, chance)


def measure_ties(found: Candidates, clusters: Clusters) -> Ties:
    """Count people that rest on a single uncertain pair."""
    root = clusters.root
    inside = (root[found.pairs.left] == root[found.pairs.right]) & (
        found.strength >= found.threshold.value
    )
    must = must_links(found.profiles.trusted)
    left = np.concatenate([found.pairs.left[inside], must[0]])
    right = np.concatenate([found.pairs.right[inside], must[1]])
    sure = np.concatenate([_chance(found.strength[inside]), np.ones(must.shape[1])])
    alone = single_ties(len(root), left, right) & (sure < UNCERTAIN)
    records = np.bincount(root[found.profiles.of], minlength=len(root))
    return Ties(
        people=int((records > 0).sum()),
        with_several=int((records > 1).sum()),
        on_one_pair=len(np.unique(root[left[alone]])),
    )
