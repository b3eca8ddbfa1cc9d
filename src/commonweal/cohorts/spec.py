"""Who is in a study, at which dates, and what is predicted about them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from commonweal.core.dates import Grid, Period
from commonweal.records.spec import Condition

DatedBy = Literal["occurred_on", "known_on"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A number of events in a lookback [a - within, a), known before a.

    Parameters
    ----------
    event
        Source of the events.
    at_least
        How many distinct events.
    where
        Conditions on the events; all must hold. A column decided later counts as missing
        until the day it was decided.
    within
        Length of the lookback; all of the past where none is given here or in the cohort.
    dated_by
        Which date must lie in the lookback.
    """

    event: str
    at_least: int = 1
    where: tuple[Condition, ...] = ()
    within: Period | None = None
    dated_by: DatedBy = "occurred_on"


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterSpec:
    """Events of one source that features do not see: neither a person's own nor neighbours'.

    Parameters
    ----------
    leave_out
        Conditions; an event on which any holds, as far as was known, is left out.
    cohort
        Whether the rules that draw the cohort do not see them either.
    """

    leave_out: tuple[Condition, ...]
    cohort: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CohortSpec:
    """Who is scored, and when.

    Parameters
    ----------
    as_of
        The dates, on a grid.
    include
        A person is in when any of these holds.
    exclude
        A person is out when any of these holds.
    within
        Lookback of the rules in `include` that give none.
    validation, test
        How many of the last observed as-of dates are held out for validation and for the test.
        Dates whose outcome window is not yet observed come after them and are only scored.
    """

    as_of: Grid
    include: tuple[Rule, ...]
    exclude: tuple[Rule, ...] = ()
    within: Period | None = None
    validation: int = 1
    test: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeSpec:
    """What is predicted: at least so many events in [a, a + within).

    Under ``[outcomes.NAME]`` it is another outcome, which no model is trained on: the ranking is
    measured on it as it is.

    Parameters
    ----------
    event
        Source of the events.
    within
        Length of the outcome window.
    at_least
        How many distinct events make a positive.
    role
        The role the person must have; any where none is given.
    where
        Conditions on the events. Where one is on a column decided later, the label is null
        until it is decided or `decided_within` has passed since the event was known.
    decided_within
        How long an undecided condition is waited for.
    settled_after
        How long after the window's end records of it may still arrive; the label is null and
        the embargo holds until then.
    dated_by
        Which date must lie in the window.
    """

    event: str
    within: Period
    at_least: int = 1
    role: str | None = None
    where: tuple[Condition, ...] = ()
    decided_within: Period | None = None
    settled_after: Period | None = None
    dated_by: DatedBy = "occurred_on"

    def closes(self, as_of: date) -> date:
        """Return the first day on which a window opened at `as_of` is wholly observed.

        An undecided condition may be waited for until the last event of the window has been
        known for `decided_within`.
        """
        day = self.within.after(as_of)
        for lag in (self.settled_after, self.decided_within):
            day = lag.after(day) if lag else day
        return day
