import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from commonweal.core.canonical import file_digest
from commonweal.core.dates import Period, day_number
from commonweal.core.errors import CommonwealError
from commonweal.core.tables import read_table
from commonweal.records.assemble import assemble_source
from commonweal.simulate.city import EXTRACTED_ON, FEWEST, SimulatedCity, simulate_city
from commonweal.simulate.incidents import CHARGES, CRIMES
from commonweal.simulate.seal import SEAL, matches_seal
from commonweal.study.load import load

NAMES = ("arrests", "victimizations", "shootings", "registrations")
FILES = [f"{name}.parquet" for name in NAMES]
DEMO = Path(__file__).parents[2] / "studies" / "demo" / "study.toml"
Tables = Mapping[str, pa.Table]


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> SimulatedCity:
    return simulate_city(40_000, 1, tmp_path_factory.mktemp("city"))


@pytest.fixture(scope="module")
def tables(city: SimulatedCity) -> Tables:
    return {name: read_table(city.folder / f"{name}.parquet") for name in NAMES}


def column(table: pa.Table, name: str) -> np.ndarray:
    """A column as numpy; dates as days since 1970, None as 0 in those."""
    values = table[name]
    if pa.types.is_date32(values.type):
        values = pc.fill_null(values.cast(pa.int32()), 0)
    return values.to_numpy()


def known_before(table: pa.Table, day: date) -> pa.Table:
    return table.filter(pc.less(table["known_on"], pa.scalar(day)))


def people_with(table: pa.Table, at_least: int = 1) -> set[str]:
    counts = table.group_by("person_id").aggregate([("incident_id", "count_distinct")])
    enough = pc.greater_equal(counts["incident_id_count_distinct"], at_least)
    return set(counts.filter(enough)["person_id"].to_pylist())


def since(table: pa.Table, day: date) -> pa.Table:
    return table.filter(pc.greater_equal(table["occurred_on"], pa.scalar(day)))


def cohort_of(tables: Tables, day: date) -> set[str]:
    """The cohort of the demo study, written out once more."""
    start = Period.parse("50 months").before(day)
    past = {name: since(known_before(tables[name], day), start) for name in NAMES[:2]}
    dead = known_before(tables["shootings"], day).filter(pc.field("fatal"))
    inside = people_with(past["arrests"]) | people_with(past["victimizations"], 2)
    return inside - people_with(dead)


def shot_from(tables: Tables, day: date) -> set[str]:
    known = known_before(tables["shootings"], Period.parse("18 months").after(day))
    return people_with(known.filter(pc.greater_equal(known["known_on"], pa.scalar(day))))


def test_the_same_seed_writes_the_same_bytes(tmp_path: Path) -> None:
    simulate_city(1000, 5, tmp_path / "first")
    code = "import sys, pathlib; from commonweal.simulate.city import simulate_city as simulate; "
    code += "simulate(1000, 5, pathlib.Path(sys.argv[1]))"
    environment = {**os.environ, "PYTHONHASHSEED": "99", "TZ": "Pacific/Auckland"}
    again = [sys.executable, "-c", code, str(tmp_path / "again")]
    subprocess.run(again, env=environment, check=True)
    for name in [*FILES, SEAL]:
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


def test_another_seed_is_another_world(tmp_path: Path) -> None:
    simulate_city(1000, 5, tmp_path / "one")
    simulate_city(1000, 6, tmp_path / "other")
    for name in [*FILES, SEAL]:
        assert file_digest(tmp_path / "one" / name) != file_digest(tmp_path / "other" / name)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_small_city_has_rows_in_every_table(tmp_path: Path, seed: int) -> None:
    for people in (FEWEST, 1000):
        small = simulate_city(people, seed, tmp_path / str(people))
        assert min(small.rows.values()) > 0
        assert small.rows["registrations"] <= people


def test_too_few_people_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(CommonwealError, match="499 people are too few -> simulate 500 or more"):
        simulate_city(FEWEST - 1, 1, tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_a_city_is_sealed_until_it_is_written_over(tmp_path: Path) -> None:
    simulate_city(FEWEST, 1, tmp_path)
    assert matches_seal(tmp_path, SEAL, FILES)
    old = (tmp_path / SEAL).read_bytes()
    simulate_city(FEWEST, 2, tmp_path)
    assert matches_seal(tmp_path, SEAL, FILES)
    (tmp_path / SEAL).write_bytes(old)
    assert not matches_seal(tmp_path, SEAL, FILES)


def test_the_counts_are_those_of_the_files(city: SimulatedCity, tables: Tables) -> None:
    assert city.rows == {name: tables[name].num_rows for name in NAMES}
    assert f"{city.rows['arrests']:,} arrests" in city.sentence()
    assert "40,000 people (seed 1)" in city.sentence()


def test_cohorts_and_base_rates_are_those_of_a_rare_outcome(tables: Tables) -> None:
    for day in (date(2014, 1, 1), date(2015, 7, 1), date(2017, 1, 1), date(2018, 7, 1)):
        cohort = cohort_of(tables, day)
        assert 8_000 <= len(cohort) <= 15_000
        shot = shot_from(tables, day)
        assert 0.015 <= len(shot & cohort) / len(cohort) <= 0.03
        # Some victims are outside the cohort: total recall is below recall.
        assert len(shot & cohort) < 0.95 * len(shot)


def test_past_arrests_tell_something_and_not_all(tables: Tables) -> None:
    day = date(2018, 7, 1)
    cohort = sorted(cohort_of(tables, day))
    past = since(known_before(tables["arrests"], day), date(2014, 7, 1))
    counts = dict(zip(*np.unique(column(past, "person_id"), return_counts=True), strict=True))
    shot = shot_from(tables, day)
    label = np.array([person in shot for person in cohort])
    count = np.array([counts.get(person, 0) for person in cohort])
    below = np.searchsorted(np.sort(count[~label]), count[label], side="left")
    up_to = np.searchsorted(np.sort(count[~label]), count[label], side="right")
    auc = (below + up_to).mean() / 2 / (~label).sum()
    assert 0.65 < auc < 0.85


def test_risk_spreads_among_those_arrested_together(tables: Tables) -> None:
    day = date(2017, 1, 1)
    shot_lately = people_with(since(known_before(tables["shootings"], day), date(2016, 1, 1)))
    arrests = known_before(tables["arrests"], day).select(["incident_id", "person_id"])
    pairs = arrests.join(arrests, "incident_id", join_type="inner", right_suffix="_other")
    mates = {
        one
        for one, other in zip(
            pairs["person_id"].to_pylist(), pairs["person_id_other"].to_pylist(), strict=True
        )
        if one != other and other in shot_lately
    }
    cohort = cohort_of(tables, day) - shot_lately
    near, far, shot = mates & cohort, cohort - mates, shot_from(tables, day)
    assert len(near) > 100
    assert len(near & shot) / len(near) > 3 * len(far & shot) / len(far)


def test_risk_is_heavy_tailed(tables: Tables) -> None:
    counts = np.sort(np.unique(column(tables["arrests"], "person_id"), return_counts=True)[1])
    assert np.median(counts) == 1
    top = counts[-counts.size // 100 :]
    assert top.sum() > 0.07 * counts.sum()


def test_nothing_is_known_before_it_happened_or_after_the_extraction(tables: Tables) -> None:
    for name in NAMES[:3]:
        occurred = column(tables[name], "occurred_on")
        known = column(tables[name], "known_on")
        assert (known >= occurred).all()
        assert occurred.min() >= day_number(date(2010, 1, 1))
        assert known.max() < day_number(EXTRACTED_ON)
        delay = known - occurred
        assert 0.9 < (delay <= 3).mean() < 1
        assert delay.max() > 28


def test_dispositions_are_decided_later_or_not_yet(tables: Tables) -> None:
    arrests = tables["arrests"]
    assert arrests["disposition"].is_null().equals(arrests["disposed_on"].is_null())
    decided = arrests.filter(arrests["disposed_on"].is_valid())
    assert (column(decided, "disposed_on") > column(decided, "known_on")).all()
    assert column(decided, "disposed_on").max() < day_number(EXTRACTED_ON)
    assert set(decided["disposition"].to_pylist()) == {"convicted", "dismissed", "acquitted"}
    recent = since(arrests, date(2019, 10, 1))
    assert 0.3 < recent["disposition"].null_count / recent.num_rows < 1
    old = arrests.filter(pc.less(arrests["known_on"], pa.scalar(date(2015, 1, 1))))
    assert old["disposition"].null_count < 0.001 * old.num_rows


def test_codes_are_those_declared(tables: Tables) -> None:
    assert set(tables["arrests"]["charge"].to_pylist()) == {charge.code for charge in CHARGES}
    assert set(tables["victimizations"]["crime"].to_pylist()) == set(CRIMES)
    assert set(tables["arrests"]["level"].to_pylist()) == {"felony", "misdemeanor"}
    assert tables["shootings"]["fatal"].type == pa.bool_()


def test_a_person_is_in_an_incident_once(tables: Tables) -> None:
    pairs: list[tuple[str, str]] = []
    for name in NAMES[:2]:
        table = tables[name]
        pairs += zip(table["incident_id"].to_pylist(), table["person_id"].to_pylist(), strict=True)
    assert len(pairs) == len(set(pairs))


def test_incidents_link_arrestees_with_each_other_and_with_victims(tables: Tables) -> None:
    arrested = tables["arrests"]["incident_id"].to_pylist()
    harmed = set(tables["victimizations"]["incident_id"].to_pylist())
    assert len(set(arrested)) < 0.95 * len(arrested)
    assert len(set(arrested) & harmed) > 0.2 * len(set(arrested))
    for name in ("arrests", "victimizations"):
        shared = (
            tables[name]
            .group_by("incident_id")
            .aggregate([("occurred_on", "count_distinct"), ("beat", "count_distinct")])
        )
        assert pc.max(shared["occurred_on_count_distinct"]).as_py() == 1
        assert pc.max(shared["beat_count_distinct"]).as_py() == 1


def test_nothing_happens_to_the_dead(tables: Tables) -> None:
    fatal = tables["shootings"].filter(pc.field("fatal"))
    died = dict(zip(fatal["person_id"].to_pylist(), column(fatal, "occurred_on"), strict=True))
    assert len(died) == fatal.num_rows > 50
    for name in NAMES[:3]:
        days = column(tables[name], "occurred_on")
        for person, day in zip(tables[name]["person_id"].to_pylist(), days, strict=True):
            assert day <= died.get(person, day)


def test_everyone_with_a_record_is_registered_from_the_first_known_on(tables: Tables) -> None:
    first: dict[str, date] = {}
    for name in NAMES[:3]:
        table = tables[name]
        for person, day in zip(
            table["person_id"].to_pylist(), table["known_on"].to_pylist(), strict=True
        ):
            first[person] = min(first.get(person, day), day)
    people = tables["registrations"]
    assert first == dict(
        zip(people["person_id"].to_pylist(), people["registered_on"].to_pylist(), strict=True)
    )
    assert people.num_rows == len(first)


def test_group_b_is_arrested_more_where_the_police_choose(tables: Tables) -> None:
    people = tables["registrations"]
    race = dict(zip(people["person_id"].to_pylist(), people["race"].to_pylist(), strict=True))
    chosen = {charge.code for charge in CHARGES if charge.discretionary}
    count = {(group, kind): 0 for group in "AB" for kind in (True, False)}
    arrests = tables["arrests"]
    for person, charge in zip(
        arrests["person_id"].to_pylist(), arrests["charge"].to_pylist(), strict=True
    ):
        if race[person] in "AB":
            count[race[person], charge in chosen] += 1
    odds = {group: count[group, True] / count[group, False] for group in "AB"}
    assert 1.5 < odds["B"] / odds["A"] < 2.3


def test_shootings_are_recorded_alike_for_everybody(tables: Tables) -> None:
    shot = tables["shootings"].select(["incident_id", "person_id"])
    harmed = tables["victimizations"]
    harmed = harmed.filter(pc.is_in(harmed["crime"], pa.array(["SHOOTING", "HOMICIDE"])))
    one = set(zip(*(shot[name].to_pylist() for name in shot.column_names), strict=True))
    other = set(zip(*(harmed[name].to_pylist() for name in shot.column_names), strict=True))
    # The two differ only by reports still under way on the day of extraction.
    assert len(one ^ other) < 0.01 * len(one)


def test_ids_and_the_order_of_rows_say_nothing(tables: Tables) -> None:
    for name, key in zip(
        NAMES, ("arrest_id", "victimization_id", "shooting_id", "person_id"), strict=True
    ):
        table = tables[name]
        ids = table[key].to_pylist()
        assert all(one < other for one, other in pairwise(ids))
        assert len({len(text) for text in ids}) == 1
        when = column(table, "registered_on" if name == "registrations" else "known_on")
        place = np.arange(table.num_rows)
        assert abs(np.corrcoef(place, when)[0, 1]) < 5 / np.sqrt(table.num_rows)
        if name != "registrations":
            incident = [int(text[1:]) for text in table["incident_id"].to_pylist()]
            assert abs(np.corrcoef(incident, when)[0, 1]) < 5 / np.sqrt(table.num_rows)
            person = [int(text[1:]) for text in table["person_id"].to_pylist()]
            assert abs(np.corrcoef(incident, person)[0, 1]) < 5 / np.sqrt(table.num_rows)


def test_the_demo_study_reads_the_tables_without_a_mistake(city: SimulatedCity) -> None:
    study = load(DEMO, data=city.folder)
    assert study.simulated
    for name, source in study.agency.sources.items():
        assembled = assemble_source(name, source, study.data, study.agency.extracted_on)
        assert assembled.report.mistakes == ()
        assert assembled.report.rows_kept == city.rows[source.table.removesuffix(".parquet")]


def test_the_demo_study_does_not_take_altered_tables_for_simulated(tmp_path: Path) -> None:
    simulate_city(FEWEST, 1, tmp_path)
    assert load(DEMO, data=tmp_path).simulated
    with (tmp_path / "shootings.parquet").open("ab") as table:
        table.write(b"\0")
    assert not load(DEMO, data=tmp_path).simulated
