"""Every question a tree may ask: a column, where it is cut, and which side a gap takes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from commonweal.models.trees.bins import Binned

Places = NDArray[np.int64]
_CHUNK = 8_192
"""Rows asked at once."""


@dataclass(frozen=True, slots=True)
class Splits:
    """Questions, ordered by column, then by cut.

    Parameters
    ----------
    column
        Column asked about, shape (splits,).
    cut
        Bins up to this one go left; of a column of categories, this one alone.
    missing_left
        Whether a missing value goes left.
    category
        Whether the column holds categories.
    """

    column: NDArray[np.int32]
    cut: NDArray[np.int32]
    missing_left: NDArray[np.bool_]
    category: NDArray[np.bool_]

    def __len__(self) -> int:
        """Return the number of splits."""
        return len(self.column)

    def some(self, places: Places) -> Splits:
        """Return some of the splits."""
        return Splits(
            self.column[places], self.cut[places], self.missing_left[places], self.category[places]
        )

    def left(
        self, binned: Binned, split: int, rows: Places | slice = slice(None)
    ) -> NDArray[np.bool_]:
        """Return which of some rows go left, shape (rows,)."""
        column = self.column[split]
        codes, missing = binned.codes[rows, column], binned.columns[column].missing
        cut = self.cut[split]
        goes: NDArray[np.bool_] = codes == cut if self.category[split] else codes <= cut
        if missing is None:
            return goes
        return np.where(codes == missing, self.missing_left[split], goes)


def all_splits(binned: Binned) -> Splits:
    """Return every split of binned columns.

    Where values are missing, each cut is there twice, and one split parts what is there from what
    is missing.
    """
    columns, cuts, gaps = [], [], []
    for place, column in enumerate(binned.columns):
        cut = np.arange(len(column.cuts), dtype=np.int32)
        left = np.zeros(len(cut), np.bool_)
        if column.missing is not None:
            cut, left = np.repeat(cut, 2), np.tile([False, True], len(cut))
            # Of numbers all that is there goes left; of categories what is missing, and no other.
            alone = column.kind == "category"
            cut = np.append(cut, np.int32(column.bins if alone else column.bins - 1))
            left = np.append(left, alone)
        columns.append(np.full(len(cut), place, np.int32))
        cuts.append(cut)
        gaps.append(left)
    held = [
        np.concatenate([np.zeros(0, np.int32), *p]).astype(np.int32) for p in (columns, cuts, gaps)
    ]
    category = np.array([c.kind == "category" for c in binned.columns], np.bool_)
    return Splits(held[0], held[1].astype(np.int32), held[2].astype(np.bool_), category[held[0]])


@dataclass(frozen=True, slots=True)
class Bits:
    """Answers to splits, a bit each, so that 64 rows are counted at once.

    Parameters
    ----------
    words
        Shape (rows, words), uint64: bit ``s % 64`` of word ``s // 64`` is the answer to split s.
    turned
        Whether a split's bit says "goes left" rather than "goes right", shape (splits,): bits are
        set for the fewer of the first rows.
    """

    words: NDArray[np.uint64]
    turned: NDArray[np.bool_]


def answers(binned: Binned, splits: Splits) -> Bits:
    """Ask every row every split."""
    rows, count = len(binned.codes), len(splits)
    held = np.zeros((rows, max((count + 63) // 64, 1) * 8), np.uint8)
    few = Binned(binned.codes[:_CHUNK], binned.columns)
    turned = np.array(
        [2 * int(np.count_nonzero(splits.left(few, s))) < len(few.codes) for s in range(count)],
        np.bool_,
    )
    for start in range(0, rows, _CHUNK):
        # Columns one after the other: in rows as they are, each cell would be a walk to memory.
        codes = np.asfortranarray(binned.codes[start : start + _CHUNK])
        part = Binned(codes, binned.columns)
        said = np.zeros((count, len(codes)), np.bool_)
        for place in range(count):
            said[place] = splits.left(part, place) == turned[place]
        bits = np.packbits(said, axis=0, bitorder="little")
        held[start : start + _CHUNK, : len(bits)] = bits.T
    return Bits(held.view(np.uint64), turned)
