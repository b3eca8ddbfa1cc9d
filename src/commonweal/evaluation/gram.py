"""Products of centred columns with each other and with the label, summed a chunk at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from commonweal.core.parallel import each
from commonweal.features.cells import Values
from commonweal.models.data import CHUNK, Sample

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
LANES = 4
"""Sums kept side by side: chunk i goes to sum i modulo this, so that bits depend on no thread."""
_Part = TypeVar("_Part")


@dataclass(frozen=True, slots=True)
class Terms:
    """What columns are made of: a number is one term, categories are an indicator each.

    Parameters
    ----------
    column
        Column of the matrix that each term comes from, ascending; shape (terms,).
    category
        The category that each indicator is of; -1 for a number.
    mean
        Mean over the rows in which it is not missing.
    held
        Rows in which it is neither 0 nor missing.
    constant
        Whether it has one value at most.
    """

    column: Ints
    category: Ints
    mean: Floats
    held: Ints
    constant: NDArray[np.bool_]

    def centred(self, values: Values, out: Floats) -> None:
        """Write terms less their means, 0 where missing."""
        if (self.category < 0).all():
            np.subtract(values, self.mean, out=out)
        else:
            read = values[:, self.column].astype(np.float64)
            place = np.flatnonzero(self.category >= 0)
            codes = read[:, place]
            hit = codes == self.category[place]
            read[:, place] = np.where(np.isnan(codes), np.nan, hit)
            np.subtract(read, self.mean, out=out)
        np.copyto(out, 0.0, where=np.isnan(out))


@dataclass(frozen=True, slots=True)
class Products:
    """Sums over rows of products of centred terms; 0 where a term is constant.

    Parameters
    ----------
    terms
        The terms.
    pairs
        Products of every two terms, shape (terms, terms).
    label
        Products of every term with the centred label, shape (terms,).
    square
        Sum of squares of the centred label.
    """

    terms: Terms
    pairs: Floats
    label: Floats
    square: float


def products(sample: Sample, threads: int = 1) -> Products:
    """Sum products of columns over a sample in two passes; never more than chunks are dense.

    Chunks are multiplied by BLAS (dsyrk) in float64, on one thread each: its sums over threads
    would change the last bits. Columns are centred before they are multiplied, so that the error
    of a product stays near 1e-16 of the spreads multiplied, whatever the means. Dividing by the
    spreads first would change nothing of that, as every product is a sum of its own: whoever wants
    correlations divides afterwards.

    Parameters
    ----------
    sample
        Rows and labels.
    threads
        Threads used; no bit depends on it.
    """
    from scipy.linalg.blas import dsyrk
    from threadpoolctl import threadpool_limits

    terms = _terms(sample, threads)
    labels = sample.labels - float(np.mean(sample.labels))
    width = len(terms.column)

    def lane(chunks: Sequence[int]) -> Floats:
        total: Floats = np.zeros((width + 1, width + 1), order="F")
        for chunk in chunks:
            values = _read(sample, chunk)
            part = np.empty((len(values), width + 1))
            terms.centred(values, part[:, :width])
            part[:, width] = labels[chunk * CHUNK : chunk * CHUNK + len(values)]
            total = dsyrk(1.0, part.T, beta=1.0, c=total, lower=1, overwrite_c=1)
        return total

    with threadpool_limits(limits=1, user_api="blas"):
        lanes = _lanes(lane, sample, threads)
    lower = lanes[0]
    for other in lanes[1:]:
        lower += other
    whole = np.tril(lower) + np.tril(lower, -1).T
    flat = np.append(terms.constant, False)
    whole[flat] = 0.0
    whole[:, flat] = 0.0
    return Products(terms, whole[:width, :width], whole[:width, width], float(whole[-1, -1]))


@dataclass(slots=True)
class _Seen:
    """What a first pass sees of each column, and of each category of columns of categories."""

    total: Floats
    there: Ints
    held: Ints
    least: Floats
    most: Floats
    codes: dict[int, Ints]

    @classmethod
    def nothing(cls, width: int, categorical: Sequence[int]) -> _Seen:
        none = np.zeros(0, np.int64)
        return cls(
            np.zeros(width), np.zeros(width, np.int64), np.zeros(width, np.int64),
            np.full(width, np.inf), np.full(width, -np.inf), dict.fromkeys(categorical, none),
        )  # fmt: skip

    def add(self, values: Values) -> None:
        """Take in a chunk."""
        there = ~np.isnan(values)
        known = np.where(there, values, np.float32(0))
        counted = {
            c: np.bincount(values[there[:, c], c].astype(np.int64)).astype(np.int64)
            for c in self.codes
        }
        self.join(
            _Seen(
                known.sum(axis=0, dtype=np.float64), there.sum(axis=0),
                np.count_nonzero(known, axis=0),
                np.fmin.reduce(values, axis=0, initial=np.inf).astype(np.float64),
                np.fmax.reduce(values, axis=0, initial=-np.inf).astype(np.float64), counted,
            )
        )  # fmt: skip

    def join(self, other: _Seen) -> None:
        """Take in what was seen of other rows."""
        self.total = self.total + other.total
        self.there, self.held = self.there + other.there, self.held + other.held
        self.least = np.fmin(self.least, other.least)
        self.most = np.fmax(self.most, other.most)
        self.codes = {c: _added(count, other.codes[c]) for c, count in self.codes.items()}


def _terms(sample: Sample, threads: int) -> Terms:
    """Read means, categories and constants off a sample, in one pass."""
    names = sample.matrix.names
    places = {name: place for place, name in enumerate(names)}
    categorical = sorted(places[name] for name in sample.matrix.categorical)

    def lane(chunks: Sequence[int]) -> _Seen:
        seen = _Seen.nothing(len(names), categorical)
        for chunk in chunks:
            seen.add(_read(sample, chunk))
        return seen

    lanes = _lanes(lane, sample, threads)
    seen = lanes[0]
    for other in lanes[1:]:
        seen.join(other)
    return _from(seen, seen.codes)


def _from(seen: _Seen, codes: Mapping[int, Ints]) -> Terms:
    width = len(seen.total)
    each_ = [np.arange(len(codes[c])) if c in codes else np.array([-1]) for c in range(width)]
    category = np.concatenate([np.zeros(0, np.int64), *each_])
    column = np.repeat(np.arange(width), [len(one) for one in each_])
    number = category < 0
    counts = np.concatenate([np.zeros(0, np.int64), *(codes[c] for c in sorted(codes))])
    held = np.empty(len(column), np.int64)
    held[number], held[~number] = seen.held[column[number]], counts
    there = seen.there[column]
    total = np.where(number, seen.total[column], held)
    one_value = np.where(
        number, seen.least[column] >= seen.most[column], (held == 0) | (held == there)
    )
    return Terms(column, category, total / np.maximum(there, 1), held, one_value)


def _added(one: Ints, other: Ints) -> Ints:
    size = max(len(one), len(other))
    total = np.zeros(size, np.int64)
    total[: len(one)] += one
    total[: len(other)] += other
    return total


def _lanes(work: Callable[[Sequence[int]], _Part], sample: Sample, threads: int) -> list[_Part]:
    """Do the work of each lane on its chunks."""
    chunks = range(-(-len(sample.rows) // CHUNK))
    return each(work, [chunks[first::LANES] for first in range(LANES)], threads)


def _read(sample: Sample, chunk: int) -> Values:
    return sample.matrix.take(sample.rows[chunk * CHUNK : (chunk + 1) * CHUNK])
