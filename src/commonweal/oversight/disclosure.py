"""What may be shown: nothing that holds, or lets anyone derive, 1 to 10 people.

A ranking is published at cut-offs. Whoever reads two cut-offs can subtract them, and whoever
reads a group's figures can subtract them from the whole. So cut-offs are chosen such that
between any two neighbouring ones, every cell (group by outcome) holds nobody or more than ten.
Every count, share or difference that can be derived is a sum of such cells, and so is safe.
A cut-off inside a block of equal scores gives away both ends of the block (its worst and best
case depend on them), so both must be safe, and so must the expected, worst and best counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from commonweal.evaluation.ranking import Floats, Ranking

SMALL = 10
"""Largest number of people that is never shown, above 0."""
_MOST = 300


@dataclass(frozen=True, slots=True)
class Disclosure:
    """The rule for one study.

    Parameters
    ----------
    exempt
        Whether everything may be shown: only for data proven to be simulated.
    """

    exempt: bool = False

    def safe(self, *counts: float) -> bool:
        """Return whether all counts are 0 or more than `SMALL`."""
        return self.exempt or all(count == 0 or count > SMALL for count in counts)

    def count(self, number: int, *derivable: int) -> int | None:
        """Return a count, or None where it or what can be derived with it is small."""
        return number if self.safe(number, *derivable) else None

    def pooled(self, groups: Sequence[str], labels: NDArray[np.int8]) -> NDArray[np.str_]:
        """Pool the two smallest groups again and again until every group by outcome is safe.

        Parameters
        ----------
        groups
            Group of each person.
        labels
            Outcome of each person.

        Returns
        -------
        array of str
            Group of each person after pooling, pooled groups named ``A or B``; all ``all``
            where nothing else is safe.
        """
        parts = {(name,): name for name in sorted(set(groups))}
        people = np.asarray(groups, dtype=np.str_)
        while len(parts) > 1:
            members = {key: np.isin(people, key) for key in parts}
            unsafe = [
                key for key, inside in members.items()
                if not self.safe(labels[inside].sum(), (1 - labels[inside]).sum())
            ]  # fmt: skip
            if not unsafe:
                pooled = people.astype(object)
                for key, inside in members.items():
                    pooled[inside] = parts[key]
                return pooled.astype(np.str_)
            first, second = sorted(parts, key=lambda key: (int(members[key].sum()), key))[:2]
            joined = tuple(sorted(first + second))
            parts = {k: v for k, v in parts.items() if k not in (first, second)}
            parts[joined] = " or ".join(joined)
        return np.full(len(people), "all", dtype=np.str_)

    def cutoffs(
        self, ranking: Ranking, groups: NDArray[np.str_] | None, wanted: Iterable[int],
        among: Sequence[int] | None = None,
    ) -> tuple[int, ...]:  # fmt: skip
        """Choose the cut-offs at which a ranking may be published.

        Parameters
        ----------
        ranking
            The ranking.
        groups
            Group of each person in order of rank, where figures by group are published.
        wanted
            Cut-offs tried first, in this order.
        among
            The only cut-offs allowed: those of the whole, when groups are published beside it.

        Returns
        -------
        tuple of int
            Ascending, between 1 and n - 1. Empty where nothing is safe.
        """
        cells = ranking.cumulated(_cells(ranking, groups))
        if not self._all_safe(cells[-1]):
            return ()
        ends = np.concatenate([[0], ranking.ends])
        held = {0: cells[0], ranking.n: cells[-1]}
        allowed = set(among) if among is not None else set(range(1, ranking.n))
        chosen = set()
        for k in [*wanted, *(among or ())]:
            if k in allowed and k not in chosen:
                added = self._added(ranking, cells, ends, held, k)
                if added is not None:
                    held, _ = added, chosen.add(k)
        if among is None:
            chosen |= set(self._filled(cells, ends, sorted(held)))
        return tuple(sorted(chosen))

    def _added(
        self, ranking: Ranking, cells: Floats, ends: NDArray[np.int64], held: dict[int, Floats],
        k: int,
    ) -> dict[int, Floats] | None:  # fmt: skip
        """Return the counts held with those k gives away added, or None where that is unsafe."""
        lower, upper = ranking.block(k)
        rows = {int(ends[lower]): cells[lower], int(ends[upper]): cells[upper]}
        if lower != upper:
            part = (k - ends[lower]) / (ends[upper] - ends[lower])
            rows[k] = cells[lower] + part * (cells[upper] - cells[lower])
            worst, best = (float(x[0]) for x in ranking.extremes(np.array([k])))
            if not self.safe(worst, best, k - worst, k - best):
                return None
        new = dict(sorted((held | rows).items()))
        return new if self._all_safe(np.diff(np.stack(list(new.values())), axis=0)) else None

    def _filled(self, cells: Floats, ends: NDArray[np.int64], held: list[int]) -> list[int]:
        """Return the earliest safe cut-offs between those held, at most about `_MOST` in all."""
        step = max(1 if self.exempt else SMALL + 1, int(ends[-1]) // _MOST)
        found: list[int] = []
        place = {int(end): i for i, end in enumerate(ends)}
        fixed = [place[k] for k in held if k in place]
        cut = [k for k in held if k not in place]
        for lower, upper in zip(fixed[:-1], fixed[1:], strict=True):
            if any(ends[lower] < k < ends[upper] for k in cut):
                continue  # a single block of equal scores lies between
            while True:
                inside = np.arange(lower + 1, upper)
                inside = inside[ends[inside] >= ends[lower] + step]
                fits = self._rows_safe(cells[inside] - cells[lower])
                fits &= self._rows_safe(cells[upper] - cells[inside])
                if not fits.any():
                    break
                lower = int(inside[np.argmax(fits)])
                found.append(int(ends[lower]))
        inner = {int(ends[i]) for i in fixed} - {0, int(ends[-1])}
        return sorted({*found, *inner})

    def _rows_safe(self, counts: Floats) -> NDArray[np.bool_]:
        if self.exempt:
            return np.ones(len(counts), dtype=np.bool_)
        return np.asarray(((counts == 0) | (counts > SMALL)).all(axis=1), dtype=np.bool_)

    def _all_safe(self, counts: Floats) -> bool:
        return self.exempt or bool(((counts == 0) | (counts > SMALL)).all())


def _cells(ranking: Ranking, groups: NDArray[np.str_] | None) -> Floats:
    """Return indicators of the disjoint cells, group by outcome, shape (n, cells)."""
    hit = ranking.labels.astype(np.float64)
    outcome = np.stack([hit, 1.0 - hit], axis=1)
    if groups is None:
        return outcome
    names = np.unique(groups)
    return np.concatenate([outcome * (groups == name)[:, None] for name in names], axis=1)
