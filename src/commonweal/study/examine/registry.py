"""The examinations of a test date. A new one is one file and one line here."""

from __future__ import annotations

from commonweal.study.examine.examined import Examination
from commonweal.study.examine.lines import moved_lines, spending
from commonweal.study.examine.units import difficulty

EXAMINATIONS: tuple[Examination, ...] = (moved_lines, spending, difficulty)
