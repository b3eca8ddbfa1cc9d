"""On which dates a model is looked at again."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any, cast

import pytest

from commonweal.cohorts.splits import Split
from commonweal.core.dates import Period
from commonweal.evaluation.spec import StabilitySpec
from commonweal.study.stability import rolling_dates

TEST, EXTRACTED = date(2018, 7, 31), date(2019, 6, 1)


def found(every: str, dates: int, closed: date, test: date = TEST) -> tuple[date, ...]:
    splits = (
        Split(date(2015, 1, 1), "train", closed, test),
        Split(test, "test", date(2019, 1, 1), EXTRACTED),
        Split(date(2019, 1, 31), "live", date(2020, 1, 1), EXTRACTED),
    )
    spec = SimpleNamespace(stability=StabilitySpec(every=Period.parse(every), dates=dates))
    study = SimpleNamespace(spec=spec, agency=SimpleNamespace(extracted_on=EXTRACTED))
    return rolling_dates(cast(Any, SimpleNamespace(splits=splits, study=study)))


def test_they_begin_when_the_last_training_outcome_had_closed() -> None:
    days = found("6 months", 6, date(2017, 3, 1), date(2018, 7, 1))
    assert days == tuple(date(2017 + (i + 1) // 2, 7 - 6 * (i % 2), 1) for i in range(4))
    # However few, the test date is one of them.
    assert found("6 months", 2, date(2017, 3, 1), date(2018, 7, 1)) == days[1:3]


@pytest.mark.parametrize("closed", [date(2018, 7, 31), date(2018, 7, 30)])
def test_none_is_before_it_and_none_after_the_extraction(closed: date) -> None:
    days = found("1 month", 50, closed)
    assert days[0] == TEST
    assert max(days) <= EXTRACTED
    assert len(days) == 11


def test_the_test_date_is_among_them_whatever_months_do_to_its_day() -> None:
    for closed in (date(2017, 1, 1), date(2017, 11, 30), date(2018, 2, 28), date(2018, 4, 30)):
        for every in ("1 month", "5 months", "45 days"):
            days = found(every, 100, closed)
            assert TEST in days
            assert days[0] >= closed
            assert days == tuple(sorted(days))
