"""Chances of being shot, per year, by race, sex and age: fitted to Tables B.2 and B.3."""

from __future__ import annotations

import numpy as np

# Rows: Black, Hispanic, White, other men, then women. Columns: before the 23rd birthday, after.
# Fitted so that a full-size world has the victims inside and outside the test cohort that the
# paper counts (Table B.2).
BACKGROUND = np.array([
    [4.38e-4, 0.378e-4],
    [9.01e-4, 0.571e-4],
    [0.118e-4, 0.165e-4],
    [11e-4, 1.63e-4],
    [7.92e-4, 0.157e-4],
    [0.629e-4, 0.263e-4],
    [0.099e-4, 0.0217e-4],
    [2.21e-4, 0.191e-4],
])  # fmt: skip
STREET = np.array([
    [353e-4, 201e-4],
    [191e-4, 90.6e-4],
    [49.4e-4, 17.9e-4],
    [0.219e-4, 0.219e-4],
    [123e-4, 81e-4],
    [107e-4, 43.4e-4],
    [75.1e-4, 8.27e-4],
    [0.219e-4, 0.219e-4],
])  # fmt: skip
