"""The items a card may have: tests on columns, and every row's answers to them, a byte a column."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from commonweal.models.data import Places, Sample
from commonweal.models.scorecard.card import Test
from commonweal.models.scorecard.steps import Counted, Floats, count, least_of, thresholds

CELLS = 300_000_000
"""Most cells held, a byte each; of more, columns that tell the least by themselves are left out."""
_LEVELS = 250


@dataclass(frozen=True, slots=True)
class Asked:
    """What may be asked of the columns.

    Parameters
    ----------
    thresholds
        How many thresholds a column of numbers is offered.
    least
        Least weight of the rows in which an item is true, and of those in which it is not.
    missing
        Whether an item may be that nothing is recorded.
    """

    thresholds: int
    least: float
    missing: bool


@dataclass(frozen=True, slots=True)
class Question:
    """A test on a column, before it has points."""

    place: int
    test: Test
    value: float


@dataclass(frozen=True, slots=True)
class Offer:
    """What one column offers.

    Parameters
    ----------
    place
        The column's place among those the model sees.
    questions
        Tests on it.
    members
        Which codes answer each with yes, shape (questions, codes).
    """

    place: int
    questions: tuple[Question, ...]
    members: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Offered:
    """Rows with their answers.

    Parameters
    ----------
    offers
        What each column that is held offers, columns in their order.
    codes
        Code of each row's value, shape (columns held, rows), uint8.
    labels, weights
        Of the rows.
    """

    offers: tuple[Offer, ...]
    codes: NDArray[np.uint8]
    labels: NDArray[np.int8]
    weights: Floats

    def answers(self, column: int, question: int) -> NDArray[np.bool_]:
        """Return every row's answer to a question."""
        return np.asarray(self.offers[column].members[question][self.codes[column]])


def offer(sample: Sample, categorical: Places, asked: Asked, weights: Floats) -> Offered:
    """Find what may be asked, and read every row's answers, a chunk of rows at a time.

    Parameters
    ----------
    sample, weights
        Rows learned from, and the weight of each.
    categorical
        Places of the columns that hold categories.
    asked
        What may be asked of them.
    """
    counted = count(sample, weights)
    categories = set(categorical.tolist())
    cuts: list[list[float]] = []
    levels = np.full(len(counted.keys), -1, np.int64)
    for place, keys in enumerate(counted.keys):
        if place in categories:
            levels[place] = _levels(keys)
            cuts.append([])
        elif counted.binary[place]:
            cuts.append([1.0] if len(keys) else [])
        else:
            held = counted.weight[place].sum(axis=1)
            cuts.append(thresholds(keys, held, asked.thresholds, bool(counted.whole[place])))
    kept = _screened(counted, categories, max(1, CELLS // max(1, len(sample.rows))))
    codes = _codes(sample, kept, [cuts[place] for place in kept], levels[kept])
    offers = []
    for row, place in enumerate(kept.tolist()):
        size = int(levels[place]) + 2 if levels[place] >= 0 else len(cuts[place]) + 2
        held = np.asarray(np.bincount(codes[row], weights, minlength=size), np.float64)
        test: Test = "yes" if counted.binary[place] else "at_least"
        offers.append(_offer(place, test, cuts[place], int(levels[place]), held, asked))
    return Offered(tuple(offers), codes, sample.labels, weights)


def _levels(keys: Places) -> int:
    """Return how many categories are told apart: codes are whole numbers, exact up to 256."""
    return min(_LEVELS, int(least_of(int(keys[-1]))) + 1) if len(keys) else 0


def _screened(counted: Counted, categories: set[int], most: int) -> Places:
    """Return the places of the columns held: those that tell most by themselves, in order."""
    width = len(counted.keys)
    if width <= most:
        return np.arange(width, dtype=np.int64)
    total = counted.missing[0] + counted.weight[0].sum(axis=0)
    best = np.zeros(width)
    for place, held in enumerate(counted.weight):
        above = held if place in categories else held[::-1].cumsum(axis=0)
        sets = np.concatenate([above, counted.missing[place : place + 1]])
        best[place] = _telling(sets, total).max(initial=0.0)
    order = np.lexsort((np.arange(width), -best))
    return np.sort(order[:most]).astype(np.int64)


def _telling(sets: Floats, total: Floats) -> Floats:
    """Return the score test of each set of rows by itself: its outcomes against everybody's."""
    size, all_ = sets.sum(axis=1), float(total.sum())
    rate = float(total[1]) / all_
    spread = rate * (1 - rate) * size * (1 - size / all_)
    return np.asarray(
        np.where(spread > 0, (sets[:, 1] - rate * size) ** 2 / np.maximum(spread, 1e-300), 0.0)
    )


def _codes(
    sample: Sample, kept: Places, cuts: list[list[float]], levels: NDArray[np.int64]
) -> NDArray[np.uint8]:
    from commonweal.models.scorecard.kernels import encode

    edges = np.array([x for some in cuts for x in some], np.float32)
    starts = np.cumsum([0, *(len(some) for some in cuts)])
    codes, done = np.zeros((len(kept), len(sample.rows)), np.uint8), 0
    for chunk in sample.chunks():
        encode(np.ascontiguousarray(chunk, np.float32), kept, starts, edges, levels, codes, done)
        done += len(chunk)
    return codes


def _offer(
    place: int, test: Test, cuts: list[float], levels: int, held: Floats, asked: Asked
) -> Offer:
    """Keep the questions that enough rows answer either way, each set of rows once."""
    size = len(held)
    code = np.arange(size)
    found = [(Question(place, test, cut), (code > i) & (code < size - 1))
             for i, cut in enumerate(cuts)]  # fmt: skip
    found += [(Question(place, "is", float(level)), code == level) for level in range(levels)]
    if asked.missing:
        found.append((Question(place, "missing", 0.0), code == size - 1))
    total, seen = float(held.sum()), set()
    questions, members = [], []
    for question, inside in found:
        mine = inside & (held > 0)
        yes = float(held[mine].sum())
        if min(yes, total - yes) >= asked.least and mine.tobytes() not in seen:
            seen.add(mine.tobytes())
            questions.append(question)
            members.append(inside)
    empty = np.zeros((0, size), np.bool_)
    return Offer(place, tuple(questions), np.stack(members) if members else empty)
