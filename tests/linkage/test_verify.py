from __future__ import annotations

from datetime import date

import numpy as np

from commonweal.linkage.constraints.ages_agree import AgesAgree
from commonweal.linkage.constraints.birth_dates_agree import BirthDatesAgree
from commonweal.linkage.constraints.one_trusted_id import OneTrustedId
from commonweal.linkage.constraints.terminal_event import TerminalEvent
from commonweal.linkage.verify import Violation, violations
from linkage.made import members

RULES = (OneTrustedId(), TerminalEvent(), AgesAgree(), BirthDatesAgree())
# Two records a person: 0 is sound, each of the others breaks one rule.
HELD = members(
    10,
    trusted=[0, -1, 1, 2, -1, -1, -1, -1, -1, -1],
    occurred=[1, 2, 1, 2, 4, 5, 1, 2, 1, 2],
    terminal=[False, False, False, False, True, False, False, False, False, False],
    year=[1980, 1983, 1980, 1980, 1980, 1980, 1980, 1984, 1980, float("nan")],
    birth=[date(1980, 1, 1), None, *[date(1980, 1, 1)] * 4, date(1980, 1, 1), None,
           date(1980, 1, 1), None],
)  # fmt: skip
ENTITY = np.array([7, 7, 3, 3, 4, 4, 5, 5, 6, 6])
NONE = np.zeros(10, np.bool_)


def test_planted_violations_are_found_with_their_records() -> None:
    assert violations(ENTITY, HELD, RULES, NONE) == (
        Violation(3, "one_trusted_id", (2, 3)),
        Violation(4, "terminal_event", (4, 5)),
        Violation(5, "ages_agree", (6, 7)),
    )
    swapped = ENTITY[::-1].copy()
    found = {v.rule: v.entity for v in violations(swapped, HELD, RULES, NONE)}
    assert found == {"one_trusted_id": 5, "terminal_event": 4, "ages_agree": 3}


def test_a_third_record_without_a_birth_date_makes_two_others_break_the_rule() -> None:
    dates = [date(1980, 1, 1), date(1995, 12, 31), None]
    held = members(3, birth=dates)
    one = np.zeros(3, np.int64)
    assert violations(one, held, RULES, np.zeros(3, np.bool_)) == (
        Violation(0, "birth_dates_agree", (0, 1, 2)),
    )
    assert violations(np.array([0, 0, 1]), held, RULES, np.zeros(3, np.bool_)) == ()


def test_quarantined_records_are_not_looked_at() -> None:
    aside = NONE.copy()
    aside[3] = True
    assert [v.entity for v in violations(ENTITY, HELD, RULES, aside)] == [4, 5]
    assert violations(ENTITY, HELD, (), NONE) == ()
    assert violations(np.arange(10), HELD, RULES, NONE) == ()
