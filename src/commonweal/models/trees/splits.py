"""Every question a tree may ask: a column, where it is cut, and which side a gap takes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from commonweal.models.trees.bins import Binned

Places = NDArray[np.int64]


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

    def left(self, binned: Binned, split: int) -> NDArray[np.bool_]:
        """Return which rows go left, shape (rows,)."""
        column = self.column[split]
        codes, missing = binned.codes[:, column], binned.columns[column].missing
        cut = self.cut[split]
        goes: NDArray[np.bool_] = codes == cut if self.category[split] else codes <= cut
        return goes if missing is None else np.where(
            codes == missing, self.missing_left[split], goes
        )  # fmt: skip


def all_splits(binned: Binned) -> Splits:
    """Return every split of binned columns.

    Where values are missing, each cut is there twice, and one split parts what is there from what
    is missing.
    """
    parts: list[tuple[int, int, bool, bool]] = []
    for place, column in enumerate(binned.columns):
        category = column.kind == "category"
        for cut in range(len(column.cuts)):
            parts.append((place, cut, False, category))
            if column.missing is not None:
                parts.append((place, cut, True, category))
        if column.missing is not None and not category:
            parts.append((place, column.bins - 1, False, category))
        elif column.missing is not None:
            # No bin is the last one of categories: nobody goes left but the missing.
            parts.append((place, column.bins, True, category))
    columns = list(zip(*parts, strict=True)) if parts else [(), (), (), ()]
    return Splits(
        np.array(columns[0], np.int32), np.array(columns[1], np.int32),
        np.array(columns[2], np.bool_), np.array(columns[3], np.bool_),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bits:
    """Answers to splits, a bit each, so that 64 rows are counted at once.

    Parameters
    ----------
    words
        Shape (rows, words), uint64: bit ``s % 64`` of word ``s // 64`` is the answer to split s.
    turned
        Whether a split's bit says "goes left" rather than "goes right", shape (splits,): bits are
        set for the fewer rows.
    """

    words: NDArray[np.uint64]
    turned: NDArray[np.bool_]


def answers(binned: Binned, splits: Splits) -> Bits:
    """Ask every row every split."""
    rows, count = len(binned.codes), len(splits)
    width = max((count + 63) // 64, 1)
    held = np.zeros((rows, width * 8), np.uint8)
    turned = np.zeros(count, np.bool_)
    for start in range(0, count, 8):
        part = range(start, min(start + 8, count))
        bits = np.zeros((rows, 8), np.bool_)
        for place in part:
            left = splits.left(binned, place)
            turned[place] = 2 * int(np.count_nonzero(left)) < rows
            bits[:, place - start] = left if turned[place] else ~left
        held[:, start // 8] = np.packbits(bits, axis=1, bitorder="little")[:, 0]
    return Bits(held.view(np.uint64), turned)
