"""What is written of a block, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from commonweal.core.errors import DataError
from commonweal.features.cells import EXACT, Cells, Layout
from commonweal.features.columns import Block, Feature
from commonweal.study.features import write_block


def block(narrow: int, wide: int) -> Block:
    """One row of two nested windows."""
    cells = Cells.of(np.zeros(2, int), np.arange(2), np.array([narrow, wide]), 1, 2)
    layout = Layout(np.zeros(2, np.float32), np.array([2, 2], np.int32), {})
    features = tuple(Feature(name, "b", "It is.", "incidents") for name in ("near", "far"))
    return Block(features, layout, lambda: [cells], {}, np.zeros(1, np.int32))


def test_windows_that_add_up_to_more_than_float32_holds_are_refused(tmp_path: Path) -> None:
    write_block(block(EXACT - 1, 1), tmp_path)
    with pytest.raises(DataError, match="16,777,217 is more than 16,777,216"):
        write_block(block(EXACT, 1), tmp_path)
