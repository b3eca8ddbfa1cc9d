"""Chances of being shot, per year, by race, sex and age: fitted to Tables B.2 and B.3."""

from __future__ import annotations

import numpy as np

# Rows: Black, Hispanic, White, other men, then women. Columns: before the 23rd birthday, after.
# Fitted so that a full-size world has the victims inside and outside the test cohort that the
# paper counts (Table B.2).
BACKGROUND = np.array([
    [1.2e-4, 0.30e-4],
    [8.0e-4, 0.75e-4],
    [0.08e-4, 0.17e-4],
    [11.0e-4, 1.6e-4],
    [10.5e-4, 0.16e-4],
    [1.1e-4, 0.27e-4],
    [0.12e-4, 0.03e-4],
    [2.21e-4, 0.191e-4],
])  # fmt: skip
STREET = np.array([
    [425e-4, 204e-4],
    [225e-4, 90e-4],
    [33e-4, 14e-4],
    [0.219e-4, 0.219e-4],
    [137e-4, 80e-4],
    [118e-4, 46e-4],
    [50e-4, 6e-4],
    [0.219e-4, 0.219e-4],
])  # fmt: skip
