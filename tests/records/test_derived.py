from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from commonweal.core.dates import day_number
from commonweal.records.condition import Condition
from commonweal.records.derived import Derived, derive
from commonweal.records.derived_spec import DerivedSpec, ImputeSpec
from commonweal.records.lengths import measure
from commonweal.records.missing import compare_missing, wilson
from detainers import CRIME, DETAINER, World, convictions, custody, day, orders

SOURCES = {"crime": CRIME, "detainer": DETAINER}
SPEC = DerivedSpec(
    of="crime", begins="status_on", days="sentence_days",
    where=(Condition(column="status", equals="convicted"),),
    impute=ImputeSpec(method="drop", by=("crime",)),
)  # fmt: skip
END = day(1000)
TESTED = date(2014, 10, 1)
YES = "convicted"


def derived(
    table: pa.Table, spec: DerivedSpec = SPEC, before: date = END, end: date = END
) -> Derived:
    events = {"crime": table, "detainer": orders(("a", 0, (1980, "man", "x")))}
    return derive("release", spec, events, SOURCES, end, before, 1)


def days(table: pa.Table) -> list[tuple[str, date, date]]:
    names = ("entity_id", "occurred_on", "known_on")
    return list(zip(*(table[name].to_pylist() for name in names), strict=True))


# By hand


def test_a_sentence_ends_its_days_after_the_verdict() -> None:
    got = derived(convictions(("a", "theft", 0, YES, 50, 100), ("b", "theft", 0, "charged", 0, 9)))
    assert days(got.events) == [("a", day(150), day(150))]
    assert got.events["days"].to_pylist() == [100]
    assert got.events["imputed"].to_pylist() == [False]
    assert (got.report.people, got.report.projected, got.report.not_over) == (2, 1, 0)


def test_a_release_is_not_known_before_the_verdict_is() -> None:
    table = convictions(("a", "theft", 0, YES, 50, 10))
    late = pa.array([day(200)], pa.date32())
    table = table.set_column(table.column_names.index("known_on"), "known_on", late)
    assert days(derived(table).events) == [("a", day(60), day(200))]


def test_who_is_sentenced_again_is_not_released_in_between() -> None:
    got = derived(convictions(("a", "theft", 0, YES, 50, 100), ("a", "theft", 120, YES, 150, 30),
                              ("a", "theft", 300, YES, 400, 5)))  # fmt: skip
    assert days(got.events) == [("a", day(180), day(180)), ("a", day(405), day(405))]


def test_of_sentences_of_one_day_the_longest_counts() -> None:
    rows = [("a", "theft", 0, YES, 50, 10), ("a", "fraud", 0, YES, 50, 90)]
    for table in (convictions(*rows), convictions(*rows[::-1])):
        assert days(derived(table).events) == [("a", day(140), day(140))]


def test_a_verdict_known_only_later_leaves_the_earlier_release_as_it_was_known() -> None:
    """As of day 160 the release of day 150 was on record, whatever was entered later."""
    table = convictions(("a", "theft", 0, YES, 50, 100), ("a", "theft", 120, YES, 140, 30))
    late = pa.array([day(0), day(500)], pa.date32())
    table = table.set_column(table.column_names.index("known_on"), "known_on", late)
    assert days(derived(table).events) == [("a", day(150), day(150)), ("a", day(170), day(500))]


def test_people_whose_sentence_runs_are_left_out_and_counted() -> None:
    got = derived(convictions(("a", "theft", 0, YES, 50, 949), ("b", "theft", 0, YES, 50, 950),
                              ("c", "theft", 0, YES, 50, 2000)))  # fmt: skip
    assert days(got.events) == [("a", day(999), day(999))]
    assert (got.report.not_over, got.report.share) == (2, pytest.approx(2 / 3))
    assert "2 (66.7%; paper A: 4.7%) are left out" in got.sentence()
    assert got.frame()["not_over"][0] == 2


def test_missing_sentences_are_dropped_or_told() -> None:
    table = convictions(("a", "theft", 0, YES, 50, 10), ("b", "theft", 0, YES, 50, 30),
                        ("c", "theft", 0, YES, 50, 80),
                        ("d", "theft", 0, YES, 60, None))  # fmt: skip
    got = derived(table)
    assert (got.report.dropped, got.report.events) == (1, 3)
    told = derived(table, replace(SPEC, impute=ImputeSpec(method="indicator")))
    assert days(told.events)[-1] == ("d", day(90), day(90))
    assert told.events["imputed"].to_pylist() == [False, False, False, True]
    later = replace(SPEC, impute=ImputeSpec(method="indicator"))
    assert derived(table, later, before=day(50)).report.dropped == 1, "nothing is known by then"


def test_a_missing_latest_sentence_does_not_bring_an_earlier_release_back() -> None:
    table = convictions(("a", "theft", 0, YES, 50, 100), ("a", "theft", 60, YES, 90, None))
    assert derived(convictions(("a", "theft", 0, YES, 50, 100))).report.events == 1
    with_gap = derived(table)
    assert (with_gap.report.events, with_gap.report.dropped) == (0, 1)


# Planted


def planted(n: int = 4_000, seed: int = 3) -> tuple[pa.Table, np.ndarray]:
    """Sentences within a tenth of what crime and number of earlier convictions call for."""
    rng = np.random.default_rng(seed)
    base = {"theft": 20, "fraud": 100, "assault": 400}
    rows: list[tuple[Any, ...]] = []
    true = []
    for place in range(n):
        crime = str(rng.choice(list(base)))
        for prior in range(int(rng.integers(1, 3))):
            true.append(base[crime] * (1 + 2 * prior))
            length = round(true[-1] * rng.uniform(0.9, 1.1))
            start = 1000 * prior + int(rng.integers(0, 300))
            missing = rng.random() < 0.2
            rows.append(
                (f"p{place:05d}", crime, start, YES, start + 30, None if missing else length)
            )
    return convictions(*rows), np.array(true)


MODEL = replace(SPEC, impute=ImputeSpec(method="model", by=("crime",)))


def test_planted_sentences_are_recovered() -> None:
    table, true = planted()
    got = derived(table, MODEL, before=day(9000), end=day(9000))
    told = dict(zip(table["record_id"].to_pylist(), true.tolist(), strict=True))
    guessed = got.events.filter(got.events["imputed"])
    assert guessed.num_rows > 500
    for record, length in zip(
        guessed["record_id"].to_pylist(), guessed["days"].to_pylist(), strict=True
    ):
        assert length == pytest.approx(told[record], rel=0.1)
    held = got.report.held_out
    assert held is not None
    assert held.gain > 0.9
    assert held.low <= held.gain <= held.high
    assert (held.n, held.people) > (500, 400)


def test_too_few_known_sentences_leave_the_median() -> None:
    rows = [(f"p{n}", "theft", 0, YES, 10, n + 1) for n in range(9)]
    got = derived(convictions(*rows, ("q", "theft", 0, YES, 10, None)), MODEL)
    assert got.events.filter(got.events["imputed"])["days"].to_pylist() == [5]
    assert got.report.held_out is None


def test_the_interval_of_a_gain_covers_it() -> None:
    """Twenty people with five records each: the share saved is .5 on average."""
    rng, covered = np.random.default_rng(9), 0
    person = np.repeat(np.arange(100), 5)
    for _ in range(300):
        baseline = np.repeat(rng.exponential(1.0, 100), 5) * rng.uniform(0.5, 1.5, 500)
        error = baseline * np.repeat(rng.uniform(0.0, 1.0, 100), 5)
        found = measure(error, baseline, person)
        covered += found.low <= 0.5 <= found.high
    assert 0.90 <= covered / 300 <= 0.99


# The simulated world


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    found = custody(tmp_path_factory.mktemp("custody") / "world", 20_000)
    return replace(found, events=found.merged(found.find()))


def project(
    world: World, events: Mapping[str, pa.Table], before: date = TESTED, end: date | None = None
) -> Derived:
    agency = world.study.agency
    spec = agency.derived["projected_release"]
    extracted = end or agency.extracted_on
    return derive("release", spec, events, agency.sources, extracted, before, 1)


def test_the_model_beats_the_median_out_of_sample(world: World) -> None:
    held = project(world, world.events).report.held_out
    assert held is not None
    assert held.low > 0.1
    assert held.n > 5_000


def test_known_sentences_end_when_the_world_releases(world: World) -> None:
    got = project(world, world.events).latest
    got = got.filter(pc.and_(pc.invert(got["imputed"]), got["ends_on"].is_valid()))
    release = world.events["release"]
    person = world.persons("releases", release["record_id"])
    detained = np.asarray(world.people(["detained"])["detained"])[person]
    release = release.filter(pa.array(~detained))
    assert set(release["into"].to_pylist()) == {"community"}
    both = release.select(["entity_id", "occurred_on"]).join(
        got.select(["entity_id", "ends_on"]), "entity_id", join_type="inner"
    )
    assert both.num_rows > 3_500
    assert pc.mean(pc.equal(both["occurred_on"], both["ends_on"])).as_py() > 0.997


def test_the_share_still_imprisoned_is_the_papers(world: World) -> None:
    report = project(world, world.events).report
    assert report.people == pytest.approx(20_000, abs=50)
    assert report.share == pytest.approx(0.047, abs=0.006)
    true = world.people(["still_imprisoned"])["still_imprisoned"]
    assert report.not_over == pytest.approx(pc.sum(true).as_py(), rel=0.08)


def test_releases_are_known_once_they_happened(world: World) -> None:
    table = project(world, world.events).events
    assert pc.all(pc.greater_equal(table["known_on"], table["occurred_on"])).as_py()
    assert pc.max(table["known_on"]).as_py() < world.study.agency.extracted_on
    assert table.num_rows == len(set(table["record_id"].to_pylist()))


def shaken(table: pa.Table, column: str, since: date, seed: int = 4) -> pa.Table:
    """Double or blank a column of the crimes known, or decided, on or after a day."""
    rng = np.random.default_rng(seed)
    known = np.maximum(
        np.asarray(table["known_on"].cast("int32")),
        np.asarray(table["status__known_on"].cast("int32").fill_null(0)),
    )
    late = known >= day_number(since)
    assert 1_000 < late.sum() < 0.9 * late.size
    values = table[column]
    if pa.types.is_integer(values.type):
        other = pc.add(pc.fill_null(values, 77), 1_000)
        other = pc.if_else(
            pa.array(rng.random(late.size) < 0.5), other, pa.scalar(None, values.type)
        )
    else:
        other = pa.chunked_array([pa.array(rng.choice(["x", "drug", "y"], late.size))])
    place = table.column_names.index(column)
    return table.set_column(place, column, pc.if_else(pa.array(late), other, values))


@pytest.mark.parametrize("column", ["sentence_days", "crime", "category"])
def test_nothing_known_since_the_test_date_changes_an_earlier_sentence(
    world: World, column: str
) -> None:
    before = date(2013, 4, 1)
    changed = {**world.events, "crime": shaken(world.events["crime"], column, before)}
    one, two = (project(world, events, before) for events in (world.events, changed))
    assert one.report.fitted_on == two.report.fitted_on
    assert one.report.held_out == two.report.held_out
    cut = pa.scalar(before, pa.date32())
    seen = [got.events.filter(pc.less(got.events["known_on"], cut)) for got in (one, two)]
    assert seen[0].equals(seen[1])
    assert pc.sum(seen[0]["imputed"]).as_py() > 400


def test_a_model_of_everything_would_be_caught(world: World) -> None:
    """The same changes, with a model fitted on all records: the leak that must not be."""
    before = date(2013, 4, 1)
    changed = {**world.events, "crime": shaken(world.events["crime"], "sentence_days", before)}
    end = world.study.agency.extracted_on
    one, two = (project(world, events, end) for events in (world.events, changed))
    cut = pa.scalar(before, pa.date32())
    seen = [got.events.filter(pc.less(got.events["known_on"], cut)) for got in (one, two)]
    assert not seen[0].equals(seen[1])


def test_records_dropped_from_the_future_leave_the_past(world: World) -> None:
    before = date(2012, 10, 1)
    cut = pa.scalar(before, pa.date32())
    past = {n: t.filter(pc.less(t["known_on"], cut)) for n, t in world.events.items()}
    one, two = project(world, world.events, before), project(world, past, before, before)
    seen = one.events.filter(pc.less(one.events["known_on"], cut))
    assert seen.equals(two.events)


def test_the_ways_to_treat_missing_sentences_are_compared(world: World) -> None:
    agency = world.study.agency
    spec = agency.derived["projected_release"]
    crime = world.events["crime"]
    person = world.persons("crimes", crime["record_id"])
    ends = world.people(["released_on"])["released_on"].take(pa.array(person))
    truth = pa.table({"entity_id": crime["entity_id"], "ends_on": ends})
    truth = truth.group_by("entity_id").aggregate([("ends_on", "max")])
    truth = truth.rename_columns(["entity_id", "ends_on"])
    got = compare_missing(spec, world.events, agency.sources, agency.extracted_on, TESTED, 1, truth)
    model, drop, indicator = got.treatments
    assert [one.method for one in got.treatments] == ["model", "drop", "indicator"]
    assert drop.people < model.people == indicator.people
    assert model.error is not None
    assert indicator.error is not None
    assert drop.error is None
    assert model.error < indicator.error
    assert all(one.low < one.share < one.high for one in got.treatments)
    assert len(got.frame()) == 3
    assert got.sentence().count("keeps") == 3


def test_wilsons_interval() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    low, high = wilson(5, 50)
    assert (low, high) == (pytest.approx(0.0435, abs=1e-3), pytest.approx(0.2136, abs=1e-3))
