from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonweal.cohorts.spec import CohortSpec, OutcomeSpec, Rule
from commonweal.cohorts.splits import assign, problems_with
from commonweal.core.dates import Grid, Period


def roles(every: str, first: date, last: date, within: str, **more: int) -> dict[date, str]:
    cohort = CohortSpec(
        as_of=Grid(every=Period.parse(every), first=first, last=last),
        include=(Rule(event="x"),),
        **more,
    )
    outcome = OutcomeSpec(event="x", within=Period.parse(within))
    return {s.as_of: s.role for s in assign(cohort, outcome, date(2014, 7, 1))}


def test_the_police_study() -> None:
    assert roles("18 months", date(2008, 7, 1), date(2013, 1, 1), "18 months") == {
        date(2008, 7, 1): "train",
        date(2010, 1, 1): "train",
        date(2011, 7, 1): "validation",
        date(2013, 1, 1): "test",
    }


def test_overlapping_windows_are_embargoed_and_unobserved_ones_live() -> None:
    found = roles("6 months", date(2008, 1, 1), date(2014, 1, 1), "18 months")
    assert found[date(2013, 1, 1)] == "test"
    assert found[date(2011, 7, 1)] == "validation"
    assert found[date(2010, 1, 1)] == "train"
    for day in (date(2010, 7, 1), date(2011, 1, 1), date(2012, 1, 1), date(2012, 7, 1)):
        assert found[day] == "embargoed"
    assert found[date(2013, 7, 1)] == found[date(2014, 1, 1)] == "live"


def test_too_few_dates_are_named() -> None:
    cohort = CohortSpec(
        as_of=Grid(every=Period.parse("1 year"), first=date(2012, 1, 1), last=date(2013, 1, 1)),
        include=(Rule(event="x"),),
    )
    outcome = OutcomeSpec(event="x", within=Period.parse("1 year"))
    splits = assign(cohort, outcome, date(2014, 7, 1))
    assert problems_with(splits) == ["no as-of date is left for train"]


@given(
    st.integers(1, 24), st.integers(1, 36), st.integers(1, 3), st.integers(1, 3),
    st.dates(date(2000, 1, 1), date(2012, 1, 1)),
)  # fmt: skip
def test_no_training_outcome_closes_after_what_it_is_held_against(
    every: int, within: int, validation: int, test: int, first: date
) -> None:
    cohort = CohortSpec(
        as_of=Grid(every=Period(every, "months"), first=first, last=date(2014, 1, 1)),
        include=(Rule(event="x"),),
        validation=validation,
        test=test,
    )
    outcome = OutcomeSpec(event="x", within=Period(within, "months"))
    splits = assign(cohort, outcome, date(2014, 7, 1))
    of = {role: [s for s in splits if s.role == role] for role in ("train", "validation", "test")}
    for earlier, later in (("train", "validation"), ("validation", "test"), ("train", "test")):
        for one in of[earlier]:
            assert all(one.closes <= other.as_of for other in of[later])
    for one in of["train"] + of["validation"]:
        assert all(one.known_by <= other.as_of for other in of["test"])
    assert all(s.closes <= date(2014, 7, 1) for s in of["test"])


def test_the_embargo_has_no_switch() -> None:
    with pytest.raises(TypeError):
        CohortSpec(embargo=False)  # type: ignore[call-arg]
