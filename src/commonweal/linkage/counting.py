"""Pairs of records counted without making them: how many are put together, how many belong."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commonweal.linkage.cells import Floats, Ints, Mask


@dataclass(frozen=True, slots=True)
class PairCounts:
    """Pairs of records.

    Parameters
    ----------
    both
        Put together, and one person's.
    together
        Put together.
    one
        One person's.
    """

    both: float
    together: float
    one: float

    @property
    def precision(self) -> float:
        """Share of the pairs put together that are one person's; 1 where none is."""
        return self.both / self.together if self.together else 1.0

    @property
    def recall(self) -> float:
        """Share of one person's pairs that are put together; 1 where there is none."""
        return self.both / self.one if self.one else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        whole = self.together + self.one
        return 2 * self.both / whole if whole else 1.0

    def scaled(self, scale: float) -> PairCounts:
        """Return the counts where each wrong pair stands for `scale`."""
        return PairCounts(self.both, self.both + scale * (self.together - self.both), self.one)


def joint(one: Ints, other: Ints) -> Ints:
    """Return a number for each different combination of two codes."""
    width = int(other.max()) + 1 if len(other) else 1
    found: Ints = np.unique(one * width + other, return_inverse=True)[1].ravel()
    return found


def _pairs(code: Ints, weight: Ints | None = None) -> float:
    counts = np.bincount(code, weights=weight).astype(np.float64)
    return float((counts * (counts - 1)).sum() / 2)


def pairs_within(code: Ints, closed: Mask | None = None) -> float:
    """Count pairs of equal code; those of two `closed` records do not count."""
    dense = np.unique(code, return_inverse=True)[1].ravel()
    total = _pairs(dense)
    return total if closed is None else total - _pairs(dense[closed])


def count_pairs(cluster: Ints, person: Ints, closed: Mask | None = None) -> PairCounts:
    """Count pairs of records.

    Parameters
    ----------
    cluster, person
        Where each record was put, and whose it is.
    closed
        Records that carry a trusted id: pairs of two of them are given, not found, and are left
        out. None counts all pairs.
    """
    return PairCounts(
        pairs_within(joint(cluster, person), closed),
        pairs_within(cluster, closed),
        pairs_within(person, closed),
    )


def b_cubed(cluster: Ints, person: Ints) -> tuple[Floats, Floats]:
    """Return each record's B-cubed precision and recall (Bagga and Baldwin 1998).

    Of the records it was put with (itself among them), the share that is its person's; of its
    person's records, the share it was put with.
    """
    both = joint(cluster, person)
    dense = [np.unique(code, return_inverse=True)[1].ravel() for code in (both, cluster, person)]
    sizes = [np.bincount(code)[code].astype(np.float64) for code in dense]
    return sizes[0] / sizes[1], sizes[0] / sizes[2]
