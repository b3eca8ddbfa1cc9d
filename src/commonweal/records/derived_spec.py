"""What an agency declares about dates that no record holds: ``[derived.NAME]``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from commonweal.records.condition import Condition

Method = Literal["model", "drop", "indicator"]
IMPUTED, DAYS = "imputed", "days"
"""Columns of derived events: whether the length was missing, and the length used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImputeSpec:
    """What is done where the length is missing.

    Parameters
    ----------
    method
        ``model``: predicted from `by`; ``indicator``: the median of the known ones, told by the
        column ``imputed``; ``drop``: no date is derived. Model and median are those of the
        records known before the first test date.
    by
        Columns the length depends on; ``SOURCE.COLUMN`` is the person's first known value in
        another source. The number of earlier records about the person always is one.
    born
        ``SOURCE.COLUMN`` of a year of birth: the age at the start is then another.
    """

    method: Method = "model"
    by: tuple[str, ...] = ()
    born: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DerivedSpec:
    """A source of events whose day is another event's day and a number of days after it.

    Parameters
    ----------
    of
        Source of the records, such as crimes.
    begins
        Its date column from which days are counted, such as the day of the verdict.
    days
        Its column of the number of days, such as the sentence.
    kind
        ``release``: what begins ends after so many days, unless another begins before that.
    where
        Records that count, such as convictions.
    impute
        What is done where the number of days is missing.
    """

    of: str
    begins: str
    days: str
    kind: Literal["release"] = "release"
    where: tuple[Condition, ...] = ()
    impute: ImputeSpec = field(default_factory=ImputeSpec)
