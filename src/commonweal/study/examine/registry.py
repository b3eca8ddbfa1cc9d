"""The examinations of a test date. A new one is one file and one line here."""

from __future__ import annotations

from commonweal.study.examine.calibration import calibration
from commonweal.study.examine.card import cards
from commonweal.study.examine.comparison import comparison
from commonweal.study.examine.composition import composition
from commonweal.study.examine.crossings import crossings
from commonweal.study.examine.examined import Examination
from commonweal.study.examine.fairness import error_rates
from commonweal.study.examine.leaves import leaves
from commonweal.study.examine.lines import moved_lines, spending
from commonweal.study.examine.outcomes import outcomes
from commonweal.study.examine.units import difficulty

EXAMINATIONS: tuple[Examination, ...] = (
    calibration,
    comparison,
    crossings,
    composition,
    outcomes,
    error_rates,
    moved_lines,
    spending,
    difficulty,
    cards,
    leaves,
)
