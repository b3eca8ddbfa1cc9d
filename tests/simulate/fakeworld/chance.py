"""The fake world's true chances."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from commonweal.core.tables import read_table


def chance(
    folder: Path, outcome: str, people: NDArray[np.int64], as_of: date, until: date
) -> NDArray[np.float64] | None:
    if outcome != "harm":
        return None
    year = (until - as_of).days / 3_652
    all_of_them = read_table(folder / "chances.parquet")["chance"].to_numpy()
    return np.where(people < 0, 0.0, year * all_of_them[people])
