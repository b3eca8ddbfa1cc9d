from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from commonweal.core.dates import Period
from commonweal.linkage.repeats.find import Repeats, find_repeats
from commonweal.linkage.repeats.merging import latest_orders, merge
from commonweal.records.repeat_spec import RepeatSpec
from detainers import CRIME, DETAINER, SPEC, World, crimes, custody, day, orders

ANN = (1980, "woman", "Honduras")
THREE = [("theft", 10), ("fraud", 20), ("assault", 30)]


def listed(id_: str, items: list[tuple[str, int]]) -> list[tuple[str, str, int]]:
    return [(id_, *item) for item in items]


def found(
    who: pa.Table, past: pa.Table, spec: RepeatSpec = SPEC, as_of: date | None = None
) -> Repeats:
    return find_repeats(spec, who, past, CRIME, as_of)


def names(repeats: Repeats) -> dict[str, str]:
    ids, people = (repeats.people[name].to_pylist() for name in ("entity_id", "person_id"))
    return dict(zip(ids, people, strict=True))


def superseded(repeats: Repeats) -> dict[str, date | None]:
    records, days = (repeats.orders[name].to_pylist() for name in ("record_id", "superseded_on"))
    return dict(zip(records, days, strict=True))


# By hand


def test_an_order_is_a_repeat_from_the_day_the_next_one_is_known() -> None:
    who = orders(("b", 100, ANN), ("a", 400, ANN), ("a", 900, ANN))
    got = found(who, crimes(*listed("a", THREE), *listed("b", THREE)))
    assert superseded(got) == {"o0": day(400), "o1": day(900), "o2": None}
    assert names(got) == {"a": "b", "b": "b"}, "who was known first gives the name"
    assert got.people["joined_on"].to_pylist() == [day(400), None]
    assert got.report.repeats == 2
    assert "2 of 3 orders" in got.sentence()
    assert got.frame()["share"][0] == pytest.approx(2 / 3)


def test_a_lost_crime_and_a_contradiction_do_not_hide_a_person() -> None:
    past = crimes(*listed("a", [*THREE, ("drugs", 40), ("arson", 50)]),
                  *listed("b", [*THREE, ("arson", 50)]))  # fmt: skip
    who = orders(("a", 100, ANN), ("b", 400, (1981, "woman", "Honduras")))
    assert found(who, past).report.links == 1
    twice = orders(("a", 100, ANN), ("b", 400, (1981, "man", "Honduras")))
    got = found(twice, past).report
    assert (got.links, got.conflicting, got.apart) == (0, 1, 0)
    assert found(twice, past, replace(SPEC, conflicts_allowed=2)).report.links == 1


def test_one_common_item_excuses_no_contradiction() -> None:
    past = crimes(("a", "theft", 10), ("b", "theft", 10))
    assert found(orders(("a", 100, ANN), ("b", 400, ANN)), past).report.links == 1
    other = (1980, "woman", "Guatemala")
    assert found(orders(("a", 100, ANN), ("b", 400, other)), past).report.links == 0


def test_what_is_missing_contradicts_nothing() -> None:
    past = crimes(("a", "theft", 10), ("b", "theft", 10))
    who = orders(("a", 100, ANN), ("b", 400, (1980, "woman", None)))  # type: ignore[arg-type]
    assert found(who, past).report.links == 1


def test_too_little_of_a_history_in_common_is_not_enough() -> None:
    past = crimes(*listed("a", THREE), ("b", "theft", 10), ("b", "drugs", 15), ("b", "arson", 25))
    got = found(orders(("a", 100, ANN), ("b", 400, ANN)), past)
    assert (got.report.links, got.report.apart) == (0, 1)
    assert found(
        orders(("a", 100, ANN), ("b", 400, ANN)), past, replace(SPEC, overlap=0.3, coverage=0.3)
    ).report.links == 1  # fmt: skip


def test_a_short_history_inside_a_long_one_counts_only_if_the_rest_came_later() -> None:
    long = [*THREE, ("drugs", 40), ("arson", 50)]
    who = orders(("a", 100, ANN), ("b", 400, ANN))
    past = crimes(("a", "theft", 10), *listed("b", long))
    assert found(who, past).report.links == 0
    grown = [("theft", 10), ("drugs", 140), ("arson", 150), ("fraud", 160)]
    assert found(who, crimes(("a", "theft", 10), *listed("b", grown))).report.links == 1


def test_orders_far_apart_are_other_cases_where_that_is_declared() -> None:
    who = orders(("a", 0, ANN), ("a", 100, ANN), ("a", 800, ANN))
    past = crimes(*listed("a", THREE))
    assert superseded(found(who, past)) == {"o0": day(100), "o1": day(800), "o2": None}
    apart = replace(SPEC, apart=Period(1, "months"))
    assert superseded(found(who, past, apart)) == {"o0": None, "o1": None, "o2": None}
    apart = replace(SPEC, apart=Period(100, "days"))
    assert superseded(found(who, past, apart)) == {"o0": day(100), "o1": None, "o2": None}


def test_an_item_under_too_many_ids_is_told() -> None:
    who = orders(*((f"p{n}", n, ANN) for n in range(6)))
    past = crimes(*((f"p{n}", "theft", 10) for n in range(6)))
    got = found(who, past, replace(SPEC, largest_block=5)).report
    assert (got.links, got.oversized, got.never) == (0, 1, 6)
    got = found(who, past, replace(SPEC, largest_block=6)).report
    assert (got.links, got.people, got.oversized, got.never) == (15, 1, 0, 0)


def test_ids_without_a_history_and_no_orders_at_all_are_left_alone() -> None:
    got = found(orders(("a", 1, ANN), ("b", 2, ANN)), crimes(*listed("c", THREE)))
    assert names(got) == {"a": "a", "b": "b"}
    assert found(orders(("a", 1, ANN)).slice(0, 0), crimes(*listed("c", THREE))).report.orders == 0


def test_ids_join_on_the_day_the_last_link_to_the_first_is_known() -> None:
    """A to C in 2013, B to C later still: B was nobody's we knew of before."""
    past = crimes(*listed("a", THREE), *listed("b", THREE), *listed("c", THREE),
                  known={0: 10, 3: 700, 4: 700})  # fmt: skip
    who = orders(("a", 100, ANN), ("b", 200, ANN), ("c", 400, ANN))
    got = found(who, past, replace(SPEC, overlap=1.0))
    assert names(got) == {"a": "a", "b": "a", "c": "a"}
    assert got.people["joined_on"].to_pylist() == [None, day(700), day(400)]


# Events under the ids of people


def test_a_persons_events_are_seen_once_the_ids_are_linked() -> None:
    who = orders(("b", 100, ANN), ("a", 400, ANN))
    past = crimes(*listed("b", THREE[1:]), *listed("a", THREE))
    got = found(who, past)
    crime = merge("crime", past, SPEC, CRIME, got)
    assert crime.listed_again == 2
    rows = zip(crime.events["crime"].to_pylist(), crime.events["known_on"].to_pylist(), strict=True)
    assert dict(rows) == {"fraud": day(20), "assault": day(30), "theft": day(400)}
    assert set(crime.events["entity_id"].to_pylist()) == {"b"}
    order = merge("detainer", who, SPEC, DETAINER, got).events
    assert order["superseded"].to_pylist() == [True, None]
    assert order["superseded__known_on"].to_pylist() == [day(400), None]
    assert latest_orders(order)["record_id"].to_pylist() == ["o1"]


def test_an_item_twice_under_one_id_counts_twice() -> None:
    past = crimes(*listed("a", [*THREE, THREE[0]]), *listed("b", [*THREE, THREE[0]]))
    got = found(orders(("a", 100, ANN), ("b", 400, ANN)), past)
    crime = merge("crime", past, SPEC, CRIME, got)
    assert crime.listed_again == 4
    assert sorted(crime.events["crime"].to_pylist()) == ["assault", "fraud", "theft", "theft"]


# The simulated world


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> World:
    return custody(tmp_path_factory.mktemp("custody") / "world", 50_000)


def quality(world: World, repeats: Repeats) -> tuple[float, float, float]:
    """Precision and recall of pairs of ids, and the true share of repeats."""
    table = world.events["detainer"]
    person = world.persons("detainers", table["record_id"])
    ids, first = np.unique(np.asarray(table["entity_id"]), return_index=True)
    said = np.unique(np.asarray(repeats.people["person_id"]), return_inverse=True)[1]
    assert repeats.people["entity_id"].to_pylist() == ids.tolist()
    true = person[first].astype(np.int64)

    def pairs(group: np.ndarray) -> int:
        size = np.unique(group, return_counts=True)[1]
        return int((size * (size - 1) // 2).sum())

    both = pairs(true * said.size + said)
    share = 1.0 - np.unique(person).size / person.size
    return both / pairs(said), both / pairs(true), share


def test_people_are_found_again_under_other_ids(paper: World) -> None:
    got = paper.find()
    precision, recall, share = quality(paper, got)
    assert precision >= 0.99
    assert recall >= 0.99
    assert got.report.share == pytest.approx(share, abs=0.005)
    assert got.report.share == pytest.approx(0.171, abs=0.005)


def test_in_hard_records_most_are_found_and_hardly_anybody_else(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    world = custody(tmp_path_factory.mktemp("custody") / "hard", 50_000, "hard")
    got = world.find()
    precision, recall, share = quality(world, got)
    assert precision >= 0.99
    assert recall >= 0.97
    assert got.report.share == pytest.approx(share, abs=0.005)


def test_the_order_of_rows_changes_nothing(paper: World) -> None:
    got, rng = paper.find(), np.random.default_rng(5)
    mixed = {
        name: table.take(pa.array(rng.permutation(table.num_rows)))
        for name, table in paper.events.items()
    }
    again = replace(paper, events=mixed)
    other = again.find()
    assert got.people.equals(other.people)
    assert got.orders.equals(other.orders)
    assert got.report == other.report
    one, two = paper.merged(got), again.merged(other)
    assert all(one[name].equals(two[name]) for name in one)


def test_nothing_known_later_changes_what_is_found_as_of_a_day(paper: World) -> None:
    a = date(2012, 10, 1)
    cut = pa.scalar(a, pa.date32())
    past = {n: t.filter(pc.less(t["known_on"], cut)) for n, t in paper.events.items()}
    decided = pc.less(past["crime"]["status__known_on"], cut)
    for column in ("status", "sentence_days"):
        for name in (column, f"{column}__known_on"):
            values = past["crime"][name]
            blanked = pc.if_else(pc.fill_null(decided, False), values, pa.scalar(None, values.type))
            place = past["crime"].column_names.index(name)
            past["crime"] = past["crime"].set_column(place, name, blanked)
    got, expected = paper.find(a), replace(paper, events=past).find()
    assert got.people.equals(expected.people)
    assert got.orders.equals(expected.orders)
    assert 0 < got.report.repeats < paper.find().report.repeats


@pytest.mark.parametrize("year", [2010, 2012, 2014])
def test_events_seen_at_a_date_are_those_linked_by_what_was_known(paper: World, year: int) -> None:
    """Linking once and dating each link is, but for a few, linking anew at every date."""
    a = date(year, 10, 1)
    cut = pa.scalar(a, pa.date32())
    seen = []
    for repeats in (paper.find(), paper.find(a)):
        table = paper.merged(repeats)["detainer"]
        table = table.filter(pc.less(table["known_on"], cut))
        late = pc.fill_null(pc.less(table["superseded__known_on"], cut), False).to_pylist()
        columns = (table[c].to_pylist() for c in ("record_id", "entity_id", "known_on"))
        seen.append(set(zip(*columns, late, strict=True)))
    assert len(seen[0] ^ seen[1]) <= 0.002 * len(seen[1])
    assert len(seen[1]) > 3_000


def test_every_order_is_kept_and_no_record_moves_back(paper: World) -> None:
    got = paper.find()
    merged = paper.merged(got)
    for name, table in merged.items():
        raw = paper.events[name].sort_by("record_id")
        mine = table.sort_by("record_id")
        if name != "crime":
            assert mine["record_id"].equals(raw["record_id"])
            assert pc.all(pc.greater_equal(mine["known_on"], raw["known_on"])).as_py()
        assert pc.all(pc.greater_equal(mine["known_on"], mine["occurred_on"])).as_py()
    table = merged["detainer"]
    late = table.filter(table["superseded"].is_valid())
    assert late.num_rows == got.report.repeats
    assert pc.all(pc.greater_equal(late["superseded__known_on"], late["known_on"])).as_py()
    assert latest_orders(table).num_rows == got.report.people
