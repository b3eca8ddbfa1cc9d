"""What is reported about the scores: the ``[evaluation]`` section."""

from __future__ import annotations

from dataclasses import dataclass

ORACLE = "oracle"
"""The name true chances are measured under; no model of a study may have it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationSpec:
    """What is reported about the scores.

    Parameters
    ----------
    headline
        Model whose figures lead the report.
    cutoffs
        Cut-offs wanted beside the capacity; others are chosen where nothing small shows.
    draws
        Bootstrap draws behind every interval.
    calibration_bins
        Bins of equal size in which predicted and observed rates are compared.
    calibration_within
        Bins of each group's own scores in which the same is done, 100 being percentiles; fewer
        where a bin would hold less than 30 people or may not be shown.
    crossings
        Protected attributes whose groups are crossed, several lists of two or more:
        ``[["race", "sex"], ["race", "sex", "age"]]``.
    """

    headline: str
    cutoffs: tuple[int, ...] = (50, 100, 250, 500, 1000)
    draws: int = 1000
    calibration_bins: int = 10
    calibration_within: int = 100
    crossings: tuple[tuple[str, ...], ...] = ()
