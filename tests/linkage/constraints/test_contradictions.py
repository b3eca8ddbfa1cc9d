"""Records of one trusted id at odds with each other: obeyed, or set aside and listed."""

from __future__ import annotations

from datetime import date

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from commonweal.linkage.clusters import Clusters, cluster, limits, must_links
from commonweal.linkage.constraints.ages_agree import AgesAgree
from commonweal.linkage.constraints.birth_dates_agree import BirthDatesAgree
from commonweal.linkage.constraints.rule import Constraint, of_most
from commonweal.linkage.verify import violations
from linkage.made import members

RIGHT, SLIP, WRONG = date(1980, 3, 12), date(1980, 3, 21), date(1971, 11, 30)


def put(excuse: bool, year: float = 1981.0) -> Clusters:
    """Five records of one id, the last at odds with the others, and one without birth date."""
    held = members(
        6, trusted=[7] * 5 + [-1], birth=[RIGHT, RIGHT, RIGHT, SLIP, WRONG, None],
        year=[1980.0] * 4 + [1971.0, year],
    )  # fmt: skip
    rules: tuple[Constraint, ...] = (AgesAgree(3.0, excuse), BirthDatesAgree(2, excuse))
    bounds = limits(rules, held, np.arange(6), 6)
    found = cluster(
        np.array([0]), np.array([5]), np.array([9.0]), 0.0, bounds, must_links(held.trusted)
    )
    assert violations(found.root, held, rules, found.quarantined) == ()
    return found


def test_a_binding_slip_keeps_the_record_without_birth_date_out() -> None:
    found = put(False)
    assert found.root.tolist() == [0, 0, 0, 0, 0, 5]
    assert not found.quarantined.any()


def test_a_slip_that_the_id_proves_wrong_is_set_aside_and_the_others_are_obeyed() -> None:
    found = put(True)
    assert found.root.tolist() == [0] * 6
    assert found.quarantined.tolist() == [False] * 4 + [True, False]
    assert not found.frozen.any()


def test_what_most_records_of_the_id_say_still_binds() -> None:
    assert put(True, year=1985.0).root.tolist() == [0, 0, 0, 0, 0, 5]


def test_two_slips_near_the_right_date_but_not_each_other_are_not_both_obeyed() -> None:
    right, one, two = date(1982, 11, 21), date(1982, 10, 22), date(1983, 11, 21)
    held = members(
        8, trusted=[7] * 7 + [-1], birth=[right] * 4 + [one, one, two, None], year=[1982.0] * 8
    )
    (spread,) = BirthDatesAgree(2, True).limits(held)
    assert spread.excused is not None
    assert spread.excused.tolist() == [False] * 6 + [True, False]
    bounds = limits((BirthDatesAgree(2, True),), held, np.arange(8), 8)
    must = must_links(held.trusted)
    found = cluster(np.array([0]), np.array([7]), np.array([9.0]), 0.0, bounds, must)
    assert found.root.tolist() == [0] * 8


@given(
    st.lists(
        st.tuples(st.integers(-1, 3), st.integers(0, 4), st.booleans()), min_size=1, max_size=30
    )
)
def test_what_most_records_of_an_id_hold_is_what_counting_says(
    rows: list[tuple[int, int, bool]],
) -> None:
    trusted, values, known = (np.array(column) for column in zip(*rows, strict=True))
    expected = []
    for code, own, _ in rows:
        mine = [v for c, v, there in rows if c == code and there]
        held = [v for v in set(mine) if 2 * mine.count(v) > len(mine)]
        expected.append(held[0] if code >= 0 and held else own)
    assert of_most(trusted, values, known.astype(bool)).tolist() == expected
