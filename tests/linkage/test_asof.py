from __future__ import annotations

from collections import Counter
from datetime import date
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonweal.linkage.asof import drift, named_alike
from commonweal.linkage.candidates import compare_records, known_before
from commonweal.linkage.link import entities
from linkage.city import COLUMNS, City

DAY = date(2015, 1, 1)
ROWS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.booleans()), max_size=12)


@settings(max_examples=300, deadline=None)
@given(ROWS)
def test_drift_is_what_a_loop_over_people_and_pairs_finds(
    rows: list[tuple[int, int, bool]],
) -> None:
    then, end, seen = (np.array([row[n] for row in rows], np.int64) for n in range(3))
    found = drift(DAY, then, end, seen.astype(np.bool_))
    known = [(n, row) for n, row in enumerate(rows) if row[2]]

    def sets(place: int) -> set[frozenset[int]]:
        groups: dict[int, set[int]] = {}
        for n, row in known:
            groups.setdefault(row[place], set()).add(n)
        return {frozenset(group) for group in groups.values()}

    assert (found.records, found.people) == (len(known), len(sets(0)))
    assert found.changed == len(sets(0) - sets(1))
    pairs = list(combinations([row for _, row in known], 2))
    early = [a[0] == b[0] for a, b in pairs]
    late = [a[1] == b[1] for a, b in pairs]
    both = list(zip(early, late, strict=True))
    either = sum(a or b for a, b in both)
    assert found.joined == pytest.approx(sum(b and not a for a, b in both) / max(either, 1))
    assert found.parted == pytest.approx(sum(a and not b for a, b in both) / max(either, 1))
    assert found.unchanged == 1 - found.changed / max(found.people, 1)


@settings(max_examples=300, deadline=None)
@given(ROWS)
def test_people_of_a_date_are_named_after_whom_most_of_their_records_turn_out_to_be(
    rows: list[tuple[int, int, bool]],
) -> None:
    then, end, seen = (np.array([row[n] for row in rows], np.int64) for n in range(3))
    person, copy = named_alike(then, end, seen.astype(np.bool_))
    known = [n for n, row in enumerate(rows) if row[2]]
    assert (person[[n for n in range(len(rows)) if n not in known]] == -1).all()
    names: dict[int, int] = {}
    size: Counter[int] = Counter(rows[n][0] for n in known)
    for who in size:
        told = Counter(rows[n][1] for n in known if rows[n][0] == who)
        names[who] = min(told, key=lambda target: (-told[target], target))
    for target in set(names.values()):
        sharing = sorted((w for w in names if names[w] == target), key=lambda w: (-size[w], w))
        for place, who in enumerate(sharing):
            mine = [n for n in known if rows[n][0] == who]
            assert set(person[mine].tolist()) == {target}
            assert set(copy[mine].tolist()) == {place}


def test_drift_by_hand() -> None:
    then, end = np.array([0, 0, 1, 2, 2, 3]), np.array([0, 0, 0, 1, 2, 3])
    found = drift(DAY, then, end, np.array([True] * 5 + [False]))
    assert (found.records, found.people, found.changed) == (5, 3, 3)
    # Pairs: 0-1 at both, 0-2 and 1-2 only in the end, 3-4 only at the date.
    assert (found.joined, found.parted) == (0.5, 0.25)
    assert found.sentence() == (
        "Of 3 people on record before 2015-01-01, 0.00% are the same records after all later "
        "ones have come; 50.00% of pairs of records are put together, and 25.00% parted, by "
        "later records only."
    )


def partition(entity: np.ndarray, rows: np.ndarray) -> list[int]:
    """First row of each row's person, among some rows."""
    first: dict[int, int] = {}
    return [first.setdefault(int(entity[row]), int(row)) for row in rows]


@pytest.mark.slow
def test_who_was_who_is_the_same_whether_later_records_exist_or_not(city: City) -> None:
    mine = np.flatnonzero(city.person % 5 == 0)
    table = city.records.take(mine)
    dates = (date(2012, 1, 1), date(2014, 7, 1), date(2017, 3, 2))
    whole = compare_records(table, city.spec, COLUMNS, before=dates[0])
    known_on = np.array(table["known_on"])
    for day in dates:
        known = np.flatnonzero(known_on < np.datetime64(day))
        clusters, visible = whole.put_together(day)
        seen = np.zeros(table.num_rows, np.bool_)
        seen[whole.prepared.place] = visible
        assert np.flatnonzero(seen).tolist() == known.tolist()
        then = entities(whole, clusters)
        early = compare_records(table.take(known), city.spec, COLUMNS, before=dates[0])
        alone = entities(early, early.put_together()[0])
        assert partition(then, known) == [
            int(known[row]) for row in partition(alone, np.arange(len(known)))
        ]
        assert 100 < len(set(then[known].tolist())) < len(known)


def test_records_known_on_the_day_are_not_known_before_it(city: City) -> None:
    table = city.records.slice(0, 200)
    found = compare_records(table, city.spec, COLUMNS).prepared
    day = table["known_on"][17].as_py()
    expected = [known < day for known in table["known_on"].to_pylist()]
    assert known_before(found, day)[np.argsort(found.place)].tolist() == expected
