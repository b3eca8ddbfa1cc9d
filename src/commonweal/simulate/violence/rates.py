"""Chances of being shot, per year, by race, sex and age: fitted to Tables B.2 and B.3 of paper C."""

from __future__ import annotations

import numpy as np

# Rows: Black, Hispanic, White, other men, then women. Columns: before the 23rd birthday, after.
# Fitted so that a full-size world has the victims inside and outside the test cohort that the
# paper counts (Table B.2).
BACKGROUND = np.array([
    [4.37e-4, 0.378e-4],
    [8.64e-4, 0.532e-4],
    [0.119e-4, 0.161e-4],
    [11e-4, 1.64e-4],
    [7.51e-4, 0.129e-4],
    [0.721e-4, 0.257e-4],
    [0.0996e-4, 0.0225e-4],
    [2.2e-4, 0.192e-4],
])  # fmt: skip
STREET = np.array([
    [395e-4, 207e-4],
    [192e-4, 92.3e-4],
    [51.4e-4, 17.9e-4],
    [0.2e-4, 0.2e-4],
    [129e-4, 81.1e-4],
    [94.5e-4, 42.5e-4],
    [71.7e-4, 7.7e-4],
    [0.2e-4, 0.2e-4],
])  # fmt: skip
