"""The rules of paper C, A.2, worked by hand."""

from __future__ import annotations

from datetime import date

import pytest

from commonweal.linkage.cells import NO_DAY
from commonweal.linkage.constraints.ages_agree import AgesAgree
from commonweal.linkage.constraints.birth_dates_agree import BirthDatesAgree
from commonweal.linkage.constraints.one_trusted_id import OneTrustedId
from commonweal.linkage.constraints.terminal_event import TerminalEvent
from linkage.made import members

DAY = date(1980, 3, 12)
NAN = float("nan")


@pytest.mark.parametrize(
    ("ids", "broken"), [([1, 1], False), ([1, -1], False), ([-1, -1], False), ([1, 2], True),
                        ([-1, 1, -1, 2], True)],
)  # fmt: skip
def test_one_trusted_id(ids: list[int], broken: bool) -> None:
    assert OneTrustedId().broken(members(len(ids), trusted=ids)) == broken


@pytest.mark.parametrize(
    ("days", "ends", "broken"),
    [
        ([10, 10], [True, False], False),
        ([10, 11], [True, False], True),
        ([10, 9], [True, False], False),
        ([10, 10], [True, True], False),
        ([10, 12], [True, True], True),
        ([NO_DAY, 12], [True, False], False),
        ([10, NO_DAY], [True, False], False),
        ([10, 12], [False, False], False),
    ],
)
def test_nothing_happens_after_a_homicide_but_on_the_same_day_it_may(
    days: list[int], ends: list[bool], broken: bool
) -> None:
    held = members(len(days), occurred=days, terminal=ends)
    assert TerminalEvent().broken(held) == broken


@pytest.mark.parametrize(
    ("years", "born", "broken"),
    [
        ([1980, 1983], [DAY, None], False),
        ([1980, 1984], [DAY, None], True),
        ([1984, 1980], [None, None], True),
        ([1980, 1984], [DAY, DAY], False),
        ([1980, NAN], [DAY, None], False),
        ([1980, 1982, 1984], [DAY, None, DAY], False),
        ([1980, 1982, 1984], [DAY, None, None], True),
    ],
)
def test_ages_agree_within_three_years_where_either_lacks_a_birth_date(
    years: list[float], born: list[date | None], broken: bool
) -> None:
    held = members(len(years), year=years, birth=born)
    assert AgesAgree().broken(held) == broken


@pytest.mark.parametrize(
    ("other", "lacking", "broken"),
    [
        (date(1980, 3, 12), True, False),
        (date(1980, 3, 21), True, False),
        (date(1980, 4, 25), True, True),
        (date(1980, 4, 25), False, False),
        (date(1980, 12, 3), True, True),
    ],
)
def test_birth_dates_agree_within_two_edits_where_a_record_lacks_one(
    other: date, lacking: bool, broken: bool
) -> None:
    born = [DAY, other, *([None] if lacking else [])]
    assert BirthDatesAgree().broken(members(len(born), birth=born)) == broken
