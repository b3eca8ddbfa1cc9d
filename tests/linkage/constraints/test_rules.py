"""Every rule's limits say what its words say, on any group of records."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonweal.linkage.cells import NO_DAY
from commonweal.linkage.constraints.ages_agree import AgesAgree
from commonweal.linkage.constraints.birth_dates_agree import BirthDatesAgree, edits
from commonweal.linkage.constraints.one_trusted_id import OneTrustedId
from commonweal.linkage.constraints.registry import constraints
from commonweal.linkage.constraints.rule import Constraint, Members, Span, written
from commonweal.linkage.constraints.terminal_event import TerminalEvent
from commonweal.linkage.spec import CONSTRAINTS, LinkageSpec
from linkage.made import EPOCH, members

RULES = (
    OneTrustedId(), TerminalEvent(), AgesAgree(), AgesAgree(0.0), BirthDatesAgree(),
    BirthDatesAgree(0),
)  # fmt: skip
BORN = date(1980, 3, 12)


@st.composite
def people(draw: st.DrawFn) -> Members:
    count = draw(st.integers(1, 5))
    listed = {"min_size": count, "max_size": count}
    near = st.integers(0, 40).map(lambda days: BORN + timedelta(days=days))
    return members(
        count,
        trusted=draw(st.lists(st.sampled_from([-1, 0, 1, 5_000_000]), **listed)),
        occurred=draw(st.lists(st.sampled_from([NO_DAY, -800, 0, 1, 15_000]), **listed)),
        terminal=draw(st.lists(st.booleans(), **listed)),
        year=draw(st.lists(st.sampled_from([float("nan"), 1980, 1983, 1983.5, 1984]), **listed)),
        birth=draw(st.lists(st.none() | near | st.just(date(1999, 12, 31)), **listed)),
    )


def exceeds(rule: Constraint, held: Members) -> bool:
    """Whether the records together exceed the rule's limits, as a merge is judged."""
    for part in rule.limits(held):
        if isinstance(part, Span):
            if part.high.max() - part.low.min() > part.limit:
                return True
        elif part.flag.any():
            dates = [str(value) for value in part.value.tolist() if value]
            if any(edits(one, other) > part.limit for one in dates for other in dates):
                return True
    return False


@settings(max_examples=500, deadline=None)
@given(people(), st.sampled_from(RULES))
def test_limits_and_words_agree(held: Members, rule: Constraint) -> None:
    assert exceeds(rule, held) == rule.broken(held)


@given(st.dates(date(1850, 1, 1), date(2100, 1, 1)))
def test_a_birth_date_is_written_as_clerks_write_it(day: date) -> None:
    days = np.array([(day - EPOCH).days, NO_DAY])
    assert written(days).tolist() == [int(day.strftime("%Y%m%d")), 0]


def test_a_linkage_keeps_the_rules_it_names_in_one_order() -> None:
    def names(spec: LinkageSpec) -> list[str]:
        return [rule.name for rule in constraints(spec)]

    assert names(LinkageSpec(fields={})) == list(CONSTRAINTS)
    assert names(LinkageSpec(fields={}, constraints=("ages_agree", "one_trusted_id"))) == [
        "one_trusted_id", "ages_agree",
    ]  # fmt: skip
    assert constraints(LinkageSpec(fields={}, ages_within=1.5, edits=4))[2:] == (
        AgesAgree(1.5), BirthDatesAgree(4),
    )  # fmt: skip


@pytest.mark.parametrize("rule", RULES)
def test_one_record_alone_breaks_no_rule(rule: Constraint) -> None:
    held = members(1, trusted=[3], occurred=[5], terminal=[True], year=[1980], birth=[None])
    assert not rule.broken(held)
    assert not exceeds(rule, held)
