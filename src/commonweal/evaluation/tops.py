"""Who is above a line: people and positives of the top of a ranking, by group, draw by draw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from commonweal.evaluation.people import Groups
from commonweal.evaluation.ranking import Floats, Ints, Ranking

EVERYONE = "everyone"
"""The name of all people together, beside ``attribute=group``."""


@dataclass(frozen=True, slots=True)
class Tops:
    """The people above several lines; made by `of`.

    Parameters
    ----------
    ranking
        The ranking.
    names
        ``everyone``, then every ``attribute=group``.
    cells
        For each column of groups, and first for all together: twice the group's place, plus the
        outcome, of each ranked person.
    sizes
        How many groups each of these holds.
    ks
        Lines by number of people: of equal scores at the line a random part is above it.
    scores
        Lines by score: who has it or a higher one is above.
    """

    ranking: Ranking
    names: tuple[str, ...]
    cells: tuple[Ints, ...]
    sizes: tuple[int, ...]
    ks: Ints
    scores: Floats

    @classmethod
    def of(
        cls, ranking: Ranking, groups: Mapping[str, Groups], ks: Sequence[int] = (),
        scores: Sequence[float] = (),
    ) -> Tops:  # fmt: skip
        """Arrange people for counting; `groups` are in order of rank."""
        names, cells, sizes = [EVERYONE], [ranking.labels.astype(np.int64)], [1]
        for attribute, column in groups.items():
            found, code = np.unique(column, return_inverse=True)
            names += [f"{attribute}={group}" for group in found.tolist()]
            cells.append(2 * code.astype(np.int64) + ranking.labels)
            sizes.append(len(found))
        return cls(
            ranking, tuple(names), tuple(cells), tuple(sizes), np.asarray(ks, dtype=np.int64),
            np.asarray(scores, dtype=np.float64),
        )  # fmt: skip

    def counts(self, weights: Ints) -> tuple[Floats, Floats]:
        """Count people and positives under the weights of one draw.

        Returns
        -------
        above
            By line (the `ks`, then the `scores`), group, and outcome 0 or 1.
        everyone
            By group and outcome.
        """
        people = self.ranking.cumulated(weights)
        ends = np.concatenate([[0], self.ranking.ends])
        after = np.searchsorted(people, self.ks, side="left")
        before = np.maximum(after - 1, 0)
        fixed = np.searchsorted(-self.ranking.scores[ends[1:] - 1], -self.scores, side="right")
        whole = np.array([0, len(ends) - 1])
        blocks = np.unique(np.concatenate([whole, before, after, fixed]))
        sums = self._summed(weights, ends[blocks])
        lower, upper = (sums[np.searchsorted(blocks, x)] for x in (before, after))
        size = people[after] - people[before]
        part = np.where(after > 0, (self.ks - people[before]) / np.maximum(size, 1), 0.0)
        drawn = lower + part[:, None, None] * (upper - lower)
        return np.concatenate([drawn, sums[np.searchsorted(blocks, fixed)]]), sums[-1]

    def _summed(self, weights: Ints, bounds: Ints) -> Floats:
        """Return counts by group and outcome up to each rank of `bounds`, 0 and n included."""
        stretch = np.repeat(np.arange(len(bounds) - 1), np.diff(bounds))
        parts = []
        for cell, size in zip(self.cells, self.sizes, strict=True):
            cells = 2 * size
            found = np.bincount(stretch * cells + cell, weights, (len(bounds) - 1) * cells)
            parts.append(found.reshape(-1, size, 2))
        steps = np.concatenate(parts, axis=1)
        return np.concatenate([np.zeros((1, *steps.shape[1:])), steps.cumsum(axis=0)])
