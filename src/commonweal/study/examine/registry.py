"""The examinations of a test date. A new one is one file and one line here."""

from __future__ import annotations

from commonweal.study.examine.examined import Examination

EXAMINATIONS: tuple[Examination, ...] = ()
