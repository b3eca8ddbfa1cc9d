"""Which as-of dates train, validate and test, under an embargo that cannot be switched off."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from commonweal.cohorts.spec import CohortSpec, OutcomeSpec

Role = Literal["train", "validation", "test", "live", "embargoed"]


@dataclass(frozen=True, slots=True)
class Split:
    """What one as-of date is used for.

    Parameters
    ----------
    as_of
        The date.
    role
        ``train``, ``validation`` or ``test``; ``live`` where the outcome is not yet observed;
        ``embargoed`` where it closes too late to be trained on.
    closes
        First day on which its outcome window is wholly observed.
    known_by
        Its labels use only what was known before this day: the first test date for training
        and validation, the day of extraction for the test.
    """

    as_of: date
    role: Role
    closes: date
    known_by: date


def assign(cohort: CohortSpec, outcome: OutcomeSpec, extracted_on: date) -> tuple[Split, ...]:
    """Give every as-of date its role.

    The last `cohort.test` dates whose windows closed by `extracted_on` are the test. The last
    `cohort.validation` dates that closed by the first test date validate; those that closed by
    the first validation date train. All others before the test are embargoed.

    Returns
    -------
    tuple of Split
        Ascending by date. Roles may be missing where there are too few dates; `problems_with`
        says so.
    """
    dates = cohort.as_of.dates()
    closes = {day: outcome.closes(day) for day in dates}
    observed = [day for day in dates if closes[day] <= extracted_on]
    tests = observed[len(observed) - cohort.test :]
    first_test = tests[0] if tests else extracted_on
    usable = [day for day in observed if day < first_test and closes[day] <= first_test]
    validations = usable[max(0, len(usable) - cohort.validation) :] if cohort.validation else []
    first_held = validations[0] if validations else first_test
    trains = [d for d in usable if d not in validations and closes[d] <= first_held]
    splits = []
    for day in dates:
        role: Role = "embargoed"
        if day in tests:
            role = "test"
        elif day in validations:
            role = "validation"
        elif day in trains:
            role = "train"
        elif closes[day] > extracted_on:
            role = "live"
        known_by = first_test if role in ("train", "validation") else extracted_on
        splits.append(Split(day, role, closes[day], known_by))
    return tuple(splits)


def problems_with(splits: tuple[Split, ...]) -> list[str]:
    """Say which parts are missing: no run can do without training, validation and test dates."""
    roles = {split.role for split in splits}
    return [f"no as-of date is left for {role}" for role in ("train", "validation", "test")
            if role not in roles]  # fmt: skip
