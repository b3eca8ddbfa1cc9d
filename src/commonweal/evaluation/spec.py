"""What is reported about the scores, and what leaders ask of them: the settings."""

from __future__ import annotations

from dataclasses import dataclass

from commonweal.core.dates import Period

ORACLE = "oracle"
"""The name true chances are measured under; no model of a study may have it."""
ROLLING = "rolling"
"""Variant of figures of the headline model on dates after those it learned from."""
LEAST, MOST = "lowest assumptions", "highest assumptions"
"""Variants of figures about costs."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumed:
    """A number that is assumed, not measured, with the range others would give it.

    Parameters
    ----------
    value
        The number used.
    low, high
        Lowest and highest; the number itself where none is given.
    """

    value: float
    low: float | None = None
    high: float | None = None

    @property
    def least(self) -> float:
        """The lowest number given."""
        return self.value if self.low is None else self.low

    @property
    def most(self) -> float:
        """The highest number given."""
        return self.value if self.high is None else self.high


@dataclass(frozen=True, slots=True, kw_only=True)
class CostsSpec:
    """What the outcome costs and how far the offer prevents it: assumptions of others.

    Parameters
    ----------
    per_event
        Social cost of one outcome: a number, or `{ value, low, high }`.
    effect
        Share of outcomes the offer prevents among whom it reaches, 0 to 1: a number, or
        `{ value, low, high }`.
    unit
        What costs are counted in.
    source
        Where the figures come from.
    """

    per_event: float | Assumed
    effect: float | Assumed
    unit: str
    source: str

    @property
    def ranged(self) -> bool:
        """Whether any assumption has a range."""
        return any(one.least < one.most for one in (self.cost, self.cut))

    @property
    def cost(self) -> Assumed:
        """The cost of one outcome with its range."""
        given = self.per_event
        return given if isinstance(given, Assumed) else Assumed(value=float(given))

    @property
    def cut(self) -> Assumed:
        """The effect with its range."""
        return self.effect if isinstance(self.effect, Assumed) else Assumed(value=self.effect)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitsSpec:
    """Units of the agency whose outcomes are held against the difficulty of their cases.

    Parameters
    ----------
    event
        Source that says which unit a person's case is with; the most recent value known before
        the as-of date counts.
    column
        Column of that source.
    noun
        What one unit is called.
    smallest
        Fewest people a unit is shown with; smaller ones are put together.
    model
        Model whose chances say how difficult a case is; the headline model where none is given.
        It must not see the unit: what it sees is adjusted away.
    overdispersion
        Whether limits are widened where units differ more than chance lets them.
    """

    event: str
    column: str
    noun: str = "unit"
    smallest: int = 30
    model: str | None = None
    overdispersion: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StabilitySpec:
    """Dates at which the headline model is looked at again, as fitted.

    Parameters
    ----------
    every
        Distance between them, counted from the first test date.
    dates
        How many at most, the first test date among them: earlier ones first, as far as every
        training outcome had closed, then later ones up to the day of extraction.
    """

    every: Period
    dates: int = 6
