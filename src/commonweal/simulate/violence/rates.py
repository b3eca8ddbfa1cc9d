"""Chances of being shot, per year, by race, sex and age: fitted to Tables B.2 and B.3."""

from __future__ import annotations

import numpy as np

# Rows: Black, Hispanic, White, other men, then women. Columns: before the 23rd birthday, after.
# Fitted so that a full-size world has the victims inside and outside the test cohort that the
# paper counts (Table B.2).
BACKGROUND = np.array([
    [1.16e-4, 0.289e-4],
    [7.72e-4, 0.724e-4],
    [0.0772e-4, 0.164e-4],
    [10.6e-4, 1.54e-4],
    [10.1e-4, 0.154e-4],
    [1.06e-4, 0.261e-4],
    [0.116e-4, 0.0289e-4],
    [2.13e-4, 0.184e-4],
])  # fmt: skip
STREET = np.array([
    [410e-4, 197e-4],
    [217e-4, 86.8e-4],
    [31.8e-4, 13.5e-4],
    [0.211e-4, 0.211e-4],
    [132e-4, 77.2e-4],
    [114e-4, 44.4e-4],
    [48.2e-4, 5.79e-4],
    [0.211e-4, 0.211e-4],
])  # fmt: skip
