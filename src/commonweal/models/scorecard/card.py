"""A scorecard: items worth whole points, and the chance that goes with their sum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from commonweal.features.cells import Values

if TYPE_CHECKING:
    from commonweal.models.scorecard.words import Words

Test = Literal["yes", "at_least", "is", "missing"]
"""What an item asks of its column: 1 where it was learned from 0 and 1 alone (or, on other rows,
more); a number at least so large; one category; or that nothing is recorded."""


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a card.

    Parameters
    ----------
    column, place
        Name of the column it looks at, and the column's place among those the model sees.
    test, value
        What it asks: a threshold, or the code of a category. Numbers are compared as float32. A
        missing value answers only the test that it is missing.
    points
        Added to the score where the answer is yes; not 0.
    held
        Weight of the rows learned from in which the answer is yes: their number where rows have
        no weights.
    """

    column: str
    place: int
    test: Test
    value: float
    points: int
    held: float

    def holds(self, values: Values) -> NDArray[np.bool_]:
        """Return of which rows it is true, shape (rows,)."""
        mine = values[:, self.place]
        if self.test == "missing":
            return np.isnan(mine)
        with np.errstate(invalid="ignore"):
            if self.test == "is":
                return np.asarray(mine == np.float32(self.value))
            return np.asarray(mine >= np.float32(self.value))


@dataclass(frozen=True, slots=True)
class Card:
    """Items, and the line from their sum to log-odds.

    Parameters
    ----------
    items
        The lines, those of a column together; empty where nothing was worth asking.
    intercept, slope
        Log-odds of the outcome at score 0, and how far a point moves them; the slope is not
        negative, so a higher score is never a lower chance.
    rows
        Weight of the rows learned from: their number where rows have no weights.
    """

    items: tuple[Item, ...]
    intercept: float
    slope: float
    rows: float

    def points(self, values: Values) -> NDArray[np.int64]:
        """Return the score of each row: the sum of the points of the items true of it."""
        total = np.zeros(len(values), np.int64)
        for item in self.items:
            total += item.points * item.holds(values)
        return total

    @property
    def totals(self) -> NDArray[np.int64]:
        """Scores that somebody can have, ascending: of a column not every answer goes with all."""
        found = {0}
        for _, lines in groupby(self.items, key=lambda item: item.place):
            sums = _sums(tuple(lines))
            found = {one + other for one in found for other in sums}
        return np.array(sorted(found), np.int64)

    @property
    def chances(self) -> NDArray[np.float64]:
        """Chance that goes with each of `totals`, never falling."""
        odds = self.intercept + self.slope * self.totals.astype(np.float64)
        return np.asarray(1.0 / (1.0 + np.exp(-odds)), dtype=np.float64)

    def predict(self, values: Values) -> NDArray[np.float64]:
        """Return the chance of each row, looked up by its score as on the card."""
        return self.chances[np.searchsorted(self.totals, self.points(values))]

    def text(self, words: Words | None = None, title: str = "Scorecard") -> str:
        """Return the card as plain text: how to add up, the lines, the chance of each score.

        Parameters
        ----------
        words
            What its columns are called; their names where not given.
        title
            Its heading.
        """
        from commonweal.models.scorecard.words import text

        return text(self, words, title)


def _sums(items: Sequence[Item]) -> set[int]:
    """Return what the items on one column can add up to: all there is of it is one value."""
    rising = sorted((i for i in items if i.test == "at_least"), key=lambda item: item.value)
    steps = np.cumsum([0, *(item.points for item in rising)]).tolist()
    return {*steps, *(item.points for item in items if item.test != "at_least")}
