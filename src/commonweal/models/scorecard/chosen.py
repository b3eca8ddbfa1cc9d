"""Items one after the other: the one that would lower the log loss most, then the next."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from commonweal.core.parallel import each
from commonweal.models.scorecard.offered import Offer, Offered
from commonweal.models.scorecard.patterns import Fit, Patterns, regress
from commonweal.models.scorecard.steps import Floats

Pick = tuple[int, int]
"""A column held, and one of its questions."""
_ALIKE = 1e-9
"""Share by which gains differ that only the order of the sums tells apart."""


@dataclass(frozen=True, slots=True)
class Grouped:
    """Rows put together by their answers to the items picked.

    Parameters
    ----------
    patterns
        The combinations of answers there are.
    cells
        For each row twice its pattern's place, plus its label; shape (rows,).
    """

    patterns: Patterns
    cells: NDArray[np.int32]


def grouped(offered: Offered, picks: Sequence[Pick]) -> Grouped:
    """Put rows together by their answers; patterns in an order that no row order changes."""
    key = np.zeros(len(offered.labels), np.int64)
    for place, pick in enumerate(picks):
        key |= offered.answers(*pick).astype(np.int64) << place
    found, mine = np.unique(key, return_inverse=True)
    cells = (2 * mine.reshape(-1) + offered.labels).astype(np.int32)
    sums = np.bincount(cells, offered.weights, minlength=2 * len(found))
    weight = np.asarray(sums, np.float64).reshape(-1, 2)
    answers = (found[:, None] >> np.arange(len(picks)) & 1).astype(np.float64)
    return Grouped(Patterns(answers, weight.sum(axis=1), weight[:, 1]), cells)


@dataclass(frozen=True, slots=True)
class Chooser:
    """Forward selection on some rows.

    Parameters
    ----------
    offered
        Rows and questions.
    signs
        Of each column held: 1 where its items may only add, -1 where they may only take away, 0
        where they may do either.
    threads
        Threads used; no choice depends on them.
    """

    offered: Offered
    signs: NDArray[np.int64]
    threads: int

    def choose(self, most: int) -> tuple[list[Pick], Grouped, Fit]:
        """Pick at most so many items, then exchange them one by one while that helps.

        An item is added while the likelihood gains by more than Schwarz's criterion asks (1978).
        One whose coefficient takes the wrong sign beside later ones is dropped for good.
        """
        picks: list[Pick] = []
        banned: set[Pick] = set()
        while len(picks) < most:
            more = self._next(picks, banned)
            if more is None:
                break
            picks, dropped = self._kept([*picks, more])
            banned |= dropped
        picks = self._exchanged(picks, banned)
        made = grouped(self.offered, picks)
        return picks, made, regress(made.patterns)

    def _next(self, picks: Sequence[Pick], banned: Collection[Pick]) -> Pick | None:
        """Return the question whose score test is largest; of equal ones the first."""
        made = grouped(self.offered, picks)
        fit = regress(made.patterns)
        taken = set(picks) | set(banned)
        gains = each(
            lambda column: self._gains(column, made, fit), range(len(self.offered.offers)),
            self.threads,
        )  # fmt: skip
        best, found = float(np.log(self.offered.weights.sum())), None
        for column, mine in enumerate(gains):
            for question, gain in enumerate(mine.tolist()):
                if gain > best * (1 + _ALIKE) and (column, question) not in taken:
                    best, found = gain, (column, question)
        return found

    def _gains(self, column: int, made: Grouped, fit: Fit) -> Floats:
        """Return the score test of each question of a column, 0 where its sign is not allowed."""
        from commonweal.models.scorecard.kernels import table

        offer: Offer = self.offered.offers[column]
        patterns = made.patterns
        if not offer.questions:
            return np.zeros(0)
        counts = np.zeros((2 * len(patterns.weight), offer.members.shape[1]))
        table(self.offered.codes[column], made.cells, self.offered.weights, counts)
        yes = np.einsum("gc,qc->gq", counts, offer.members.astype(np.float64))
        weight, hits = yes[::2] + yes[1::2], yes[1::2]
        toward = np.einsum("gq->q", hits - fit.chance[:, None] * weight)
        bent = (fit.chance * (1 - fit.chance))[:, None] * weight
        own = bent.sum(axis=0)
        shared = np.einsum("gk,gq->kq", patterns.design, bent)
        explained = np.einsum("kq,kq->q", shared, np.linalg.solve(fit.bend, shared))
        left = own - explained
        told = np.where(left > 1e-9 * own, toward**2 / np.maximum(left, 1e-300), 0.0)
        return np.asarray(np.where(self.signs[column] * toward >= 0, told, 0.0))

    def _kept(self, picks: Sequence[Pick]) -> tuple[list[Pick], set[Pick]]:
        """Drop items of the wrong sign, the worst first, until none is left."""
        kept, dropped = list(picks), set[Pick]()
        while kept:
            slope = regress(grouped(self.offered, kept).patterns).coefficients[1:]
            wrong = np.array([self.signs[column] for column, _ in kept]) * slope
            worst = int(np.argmin(wrong))
            if wrong[worst] >= 0:
                break
            dropped.add(kept.pop(worst))
        return kept, dropped

    def _exchanged(self, picks: list[Pick], banned: Collection[Pick]) -> list[Pick]:
        """Take each item out once, and put in what is best beside the others if that is better."""
        loss = regress(grouped(self.offered, picks).patterns).loss
        for one in tuple(picks):
            others = [pick for pick in picks if pick != one]
            more = self._next(others, banned)
            if more is None or more == one:
                continue
            tried, dropped = self._kept([*others, more])
            reached = regress(grouped(self.offered, tried).patterns).loss
            if not dropped and reached < loss * (1 - _ALIKE):
                picks, loss = tried, reached
        return picks
