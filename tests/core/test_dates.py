from __future__ import annotations

import calendar
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonweal.core.dates import EPOCH, Grid, Period, day_number

days = st.dates(date(1900, 1, 1), date(2100, 12, 31))
months = st.integers(1, 600)


@pytest.mark.parametrize(
    ("text", "number", "unit", "slug", "written"),
    [
        ("90 days", 90, "days", "90d", "90 days"),
        ("1 day", 1, "days", "1d", "1 day"),
        ("18 months", 18, "months", "18m", "18 months"),
        (" 1 month ", 1, "months", "1m", "1 month"),
        ("5 years", 60, "months", "5y", "5 years"),
        ("12months", 12, "months", "1y", "1 year"),
        ("100 years", 1200, "months", "100y", "100 years"),
    ],
)
def test_a_period_is_read_and_written(
    text: str, number: int, unit: str, slug: str, written: str
) -> None:
    period = Period.parse(text)
    assert (period.number, period.unit, period.slug, str(period)) == (number, unit, slug, written)
    assert Period.parse(str(period)) == period
    assert Period.parse(period) is period


@pytest.mark.parametrize(
    "text",
    ["18 moths", "0 days", "-1 year", "1.5 years", "", "year", "1 year 2 months", "٣ days", 18,
     None, True, "1 day\nx", "999999 days"],
)  # fmt: skip
def test_what_is_no_length_of_time_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="is not a length of time"):
        Period.parse(text)


@pytest.mark.parametrize("text", ["101 years", "1201 months", "36526 days", "99999 years"])
def test_more_than_a_hundred_years_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="longer than a hundred years"):
        Period.parse(text)


@pytest.mark.parametrize(
    ("period", "day", "after", "before"),
    [
        (Period(1, "months"), date(2021, 1, 31), date(2021, 2, 28), date(2020, 12, 31)),
        (Period(1, "months"), date(2020, 1, 31), date(2020, 2, 29), date(2019, 12, 31)),
        (Period(12, "months"), date(2020, 2, 29), date(2021, 2, 28), date(2019, 2, 28)),
        (Period(18, "months"), date(2013, 10, 1), date(2015, 4, 1), date(2012, 4, 1)),
        (Period(30, "days"), date(2021, 1, 31), date(2021, 3, 2), date(2021, 1, 1)),
    ],
)
def test_months_are_counted_in_the_calendar(
    period: Period, day: date, after: date, before: date
) -> None:
    assert (period.after(day), period.before(day)) == (after, before)


@given(days, months)
def test_months_keep_the_day_or_end_the_month(day: date, number: int) -> None:
    for sign, moved in ((1, Period(number, "months").after(day)),
                        (-1, Period(number, "months").before(day))):  # fmt: skip
        assert (moved.year - day.year) * 12 + moved.month - day.month == sign * number
        last = calendar.monthrange(moved.year, moved.month)[1]
        assert moved.day == min(day.day, last)


@given(days, st.integers(1, 30_000))
def test_days_go_there_and_back(day: date, number: int) -> None:
    period = Period(number, "days")
    assert period.after(day) - day == timedelta(days=number)
    assert period.before(period.after(day)) == day


@given(days, days, months)
def test_later_days_stay_later(one: date, other: date, number: int) -> None:
    period = Period(number, "months")
    early, late = min(one, other), max(one, other)
    assert period.after(early) <= period.after(late)
    assert period.before(early) <= period.before(late)


@given(days, months, st.integers(0, 40))
def test_a_grid_is_counted_from_its_first_day(first: date, number: int, steps: int) -> None:
    every = Period(number, "months")
    last = Period(number * steps, "months").after(first) if steps else first
    dates = Grid(every=every, first=first, last=last).dates()
    assert len(dates) == steps + 1
    assert (dates[0], dates[-1]) == (first, last)
    assert list(dates) == sorted(set(dates))
    assert all(day.day == first.day or (day + timedelta(days=1)).day == 1 for day in dates)


def test_a_grid_leaves_out_what_is_after_its_last_day() -> None:
    grid = Grid(every=Period(18, "months"), first=date(2013, 10, 1), last=date(2016, 12, 31))
    assert grid.dates() == (date(2013, 10, 1), date(2015, 4, 1), date(2016, 10, 1))
    empty = Grid(every=Period(1, "days"), first=date(2013, 1, 2), last=date(2013, 1, 1))
    assert empty.dates() == ()


@given(days)
def test_day_numbers_count_from_1970(day: date) -> None:
    assert EPOCH + timedelta(days=day_number(day)) == day
