from __future__ import annotations

from collections.abc import Callable
from datetime import date
from itertools import combinations
from typing import Any
from unittest import mock

import numpy as np
import pytest

from commonweal.core.errors import DataError
from commonweal.linkage import blocking
from commonweal.linkage.blocking import Rule, make_pairs, predict, rules
from commonweal.linkage.prepare import Prepared
from commonweal.linkage.spec import Field, TrustedId
from linkage.made import HELD, PEOPLE, columns, declared, population, profiled, ready

Row = dict[str, Any]
FIELDS: dict[str, Field] = {**PEOPLE, **declared(street="address")}
TRUSTED = TrustedId(column="id", since=date(2005, 1, 1))


def town(people: int, known: float = 0.3) -> Prepared:
    table = population(people, seed=4, known=known)
    streets = [f"{who % 40} Elm St." for who in table["person"].to_pylist()]
    return ready(table.append_column("street", [streets]), FIELDS, TRUSTED, HELD)


def near(one: Row, other: Row) -> bool:
    years = one["year"], other["year"]
    return None in years or abs(years[0] - years[1]) <= 4


def same(key: Callable[[Row], object], one: Row, other: Row) -> bool:
    mine, theirs = key(one), key(other)
    return mine is not None and mine == theirs


def by_hand(made: Prepared) -> list[tuple[Callable[[Row, Row], bool], bool, bool]]:
    """Each rule as Python: whether a pair meets it, whether years have to be near, whether it is
    dropped where it brings too many."""
    given, last = made.layout.names[-2:]

    def both(*keys: Callable[[Row], object]) -> Callable[[Row], object]:
        def found(row: Row) -> object:
            parts = [key(row) for key in keys]
            return None if None in parts else tuple(parts)

        return found

    def of(name: str, start: int | None = None) -> Callable[[Row], object]:
        return lambda row: None if row[name] is None else (
            row[name] if start is None else row[name][:start]
        )  # fmt: skip

    def either(row: Row) -> object:
        return None if None in (row[given], row[last]) else tuple(sorted((row[given], row[last])))

    start, end = of(given, 3), of(last, 3)
    keys: list[tuple[Callable[[Row], object], bool, bool]] = [
        (of("raw_id"), False, False), (either, True, False),
        (both(of("birth"), of(last)), False, False), (both(of("birth"), of(given)), False, False),
        (both(start, of(last)), True, False),
        (both(start, of("address")), False, False), (both(of(last), of("address")), False, False),
        (both(of(given), end), True, True), (both(start, end), True, True),
        (of("address"), False, True), (of("birth"), False, True),
        (of(last), True, True), (of(given), True, True),
    ]  # fmt: skip

    def rule(key: Callable[[Row], object], years: bool) -> Callable[[Row, Row], bool]:
        return lambda one, other: same(key, one, other) and (not years or near(one, other))

    return [(rule(key, years), years, further) for key, years, further in keys]


@pytest.mark.parametrize("people", [60, 150])
def test_every_pair_that_meets_a_rule_is_made_once_and_no_other(people: int) -> None:
    made = town(people)
    database, _ = profiled(made)
    every = rules(made.layout)
    expected = by_hand(made)
    assert [(rule.years, rule.further) for rule in every] == [one[1:] for one in expected]
    count = make_pairs(database, "profile", every, "pairs")
    found = database.execute("SELECT match_key, join_key_l, join_key_r FROM pairs").fetchall()
    told = database.execute("SELECT * FROM profile ORDER BY uid")
    names = [column[0] for column in told.description]
    rows = [dict(zip(names, row, strict=True)) for row in told.fetchall()]
    wanted = {}
    for left, right in combinations(range(len(rows)), 2):
        one, other = rows[left], rows[right]
        met = [n for n, (rule, *_) in enumerate(expected) if rule(one, other)]
        if met and (one["trusted"] is None or other["trusted"] is None):
            wanted[left, right] = str(met[0])
    assert {(left, right): key for key, left, right in found} == wanted
    assert count == len(found) == len(wanted) > 100
    assert len(set(wanted.values())) >= 7, "most rules bring pairs of their own"


def test_pairs_are_predicted_exactly_or_near_it_before_any_is_made() -> None:
    made = town(150)
    database, found = profiled(made)
    rows = database.execute("SELECT trusted FROM profile ORDER BY uid").fetchall()
    assert len(rows) == found.count
    told = predict(database, made.layout, 10**9)
    assert all(one.used for one in told)
    with mock.patch.object(blocking, "_SAMPLED", 1):
        whole = predict(database, made.layout, 10**9)
    for one, other in zip(told, whole, strict=True):
        make_pairs(database, "profile", [one.rule], "pairs")
        (count,) = database.execute("SELECT count(*) FROM pairs").fetchone()
        if not one.rule.years:
            assert one.pairs == other.pairs == count
        else:
            assert count <= other.pairs <= 1.1 * count + 10, "years are counted by the whole year"


def test_a_sample_of_keys_says_about_how_many_pairs_have_near_years() -> None:
    made = town(2_500)
    database, _ = profiled(made)
    (rule,) = [
        r for r in rules(made.layout) if r.years and r.keys == (f"{{}}.{made.layout.names[-1]}",)
    ]
    make_pairs(database, "profile", [rule], "pairs")
    (count,) = database.execute("SELECT count(*) FROM pairs").fetchone()
    (told,) = [one.pairs for one in predict(database, made.layout, 10**9) if one.rule == rule]
    assert 0.6 * count < told < 1.6 * count


def test_pairs_of_two_trusted_ids_are_never_made() -> None:
    table = population(80, known=1.0)
    database, _ = profiled(made := ready(table, PEOPLE, "id", HELD))
    assert make_pairs(database, "profile", rules(made.layout), "pairs") == 0
    assert all(one.pairs == 0 for one in predict(database, made.layout, 10))
    database, _ = profiled(made := ready(table, PEOPLE, None, HELD))
    assert make_pairs(database, "profile", rules(made.layout), "pairs") > 100


def test_too_many_pairs_are_refused_with_the_rule_and_the_value_that_bring_them() -> None:
    table = columns([
        {"first": f"f{n}", "last": "Unknown" if n % 2 else f"l{n}", "town": "a"} for n in range(200)
    ])  # fmt: skip
    fields = declared(last="name", town="category")
    database, _ = profiled(made := ready(table, fields))
    assert predict(database, made.layout, 4950)[0].pairs == 4950
    with pytest.raises(DataError) as caught:
        predict(database, made.layout, 4949)
    assert [str(p) for p in caught.value.problems] == [
        "linkage: 4,950 pairs would be compared, 4,950 of them because they agree on last; "
        "100 records hold 'UNKNOWN' -> blank such values in the table, or raise max_pairs above "
        "4,949"
    ]


def test_a_further_rule_is_dropped_where_it_brings_too_many() -> None:
    made = town(150)
    database, found = profiled(made)
    with mock.patch.object(blocking, "_FEW", 0):
        told = predict(database, made.layout, 10**9)
    dropped = [one for one in told if not one.used]
    assert {one.rule.further for one in dropped} == {True}
    assert dropped
    for one in told:
        assert one.used == (not one.rule.further or one.pairs <= found.count // 2)
    # What is dropped does not count towards the limit.
    kept = sum(one.pairs for one in told if one.used)
    with mock.patch.object(blocking, "_FEW", 0):
        assert predict(database, made.layout, kept)
        with pytest.raises(DataError):
            predict(database, made.layout, kept - 1)


def test_which_rules_are_used_is_for_records_that_may_be_seen_to_say() -> None:
    made = town(150)
    visible = np.arange(made.count) % 3 == 0
    database, _ = profiled(made, visible)
    with mock.patch.object(blocking, "_FEW", 60), mock.patch.object(blocking, "_SAMPLED", 1):
        some = predict(database, made.layout, 10**9)
        database, _ = profiled(made)
        every = predict(database, made.layout, 10**9)
    assert sum(one.used for one in some) > sum(one.used for one in every)


def test_without_names_or_dates_categories_have_to_do() -> None:
    made = ready(columns([{"a": "x", "b": "y"}, {"a": "x", "b": "z"}]),
                 declared(a="category", b="category"))  # fmt: skip
    assert rules(made.layout) == (Rule(("{}.category0", "{}.category1")),)
    database, _ = profiled(made)
    assert make_pairs(database, "profile", rules(made.layout), "pairs") == 0
