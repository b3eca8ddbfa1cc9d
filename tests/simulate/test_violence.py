"""The violence-prevention world: its figures, its knobs, its truth."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from commonweal.simulate.truth import find_truth
from commonweal.simulate.violence.codes import ARRESTS, DISCRETIONARY, HARMS
from commonweal.simulate.violence.marginals import marginals
from commonweal.simulate.violence.world import FULL
from commonweal.simulate.world import Simulated, simulate
from commonweal.study.load import load
from commonweal.study.run import run

PEOPLE = 60_000
Make = Callable[..., Simulated]


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Simulate a world with some knobs turned."""

    def made(people: int = PEOPLE, noise: str = "paper", **knobs: float) -> Simulated:
        folder = tmp_path_factory.mktemp("world")
        path = folder / "turned.toml"
        path.write_text("".join(f"{name} = {value}\n" for name, value in knobs.items()))
        return simulate("violence-prevention", folder / "w", people, 1, noise, path, 1)

    return made


@pytest.fixture(scope="module")
def world(make: Make) -> Simulated:
    return make(shootings=8.0)


def table(world: Simulated, name: str) -> pd.DataFrame:
    return pq.read_table(world.data / f"{name}.parquet").to_pandas(date_as_object=False)


def truth(world: Simulated, name: str) -> pd.DataFrame:
    path = world.folder / "truth" / f"{name}.parquet"
    return pq.read_table(path).to_pandas(date_as_object=False)


def people_of(world: Simulated, name: str) -> pd.DataFrame:
    """A table of records with the person each is about."""
    whose = truth(world, "records")
    whose = whose[whose.table == name].assign(record_id=lambda x: x.record_id.astype("int64"))
    return table(world, name).merge(whose[["record_id", "person"]], on="record_id")


@pytest.mark.slow
def test_every_marginal_holds(tmp_path: Path) -> None:
    world = simulate("violence-prevention", tmp_path / "w", FULL)
    found = marginals(world.data, world.folder / "truth", 1.0)
    assert len(found) > 50
    # Of so many figures one in seven draws of the world has one beyond three standard errors;
    # processors round differently, so every kind of machine draws its own.
    missed = [one for one in found if not one.holds]
    assert len(missed) <= 1, missed
    assert all(abs(one.world - one.paper) <= 4 * one.se for one in missed), missed


def test_same_seed_same_bytes_on_one_or_two_threads(tmp_path: Path) -> None:
    digests = []
    for seed, threads in ((1, 1), (1, 2), (2, 2)):
        folder = tmp_path / f"{seed}-{threads}"
        simulate("violence-prevention", folder, 2_000, seed, threads=threads)
        paths = sorted(path for path in folder.rglob("*.parquet"))
        digests.append([hashlib.sha256(path.read_bytes()).hexdigest() for path in paths])
    assert digests[0] == digests[1]
    # Only the law of feuds is the same in every world.
    assert sum(one == other for one, other in zip(digests[1], digests[2], strict=True)) == 1


def test_the_codes_are_as_many_as_the_paper_counts() -> None:
    assert len(ARRESTS) == 46
    assert len(HARMS) == 29
    assert len({one.code for one in ARRESTS}) == 46
    assert len({one.code for one in HARMS}) == 29


def test_victims_carry_no_number_of_their_own(world: Simulated) -> None:
    arrests = people_of(world, "arrests")
    late = arrests[arrests.arrested_on >= "2010-01-01"]
    assert (late.groupby("ir_number").person.nunique() == 1).all()
    assert (late.groupby("person").ir_number.nunique() == 1).all()
    early = arrests[arrests.arrested_on < "2010-01-01"]
    numbers = arrests.groupby("person").ir_number.agg(lambda x: x.value_counts().index[0])
    wrong = (early.ir_number != early.person.map(numbers)).mean()
    assert 0.01 < wrong < 0.05
    for name in ("victimizations", "shootings", "homicides"):
        columns = set(table(world, name).columns)
        assert not columns & {"ir_number", "person", "person_number", "index_number"}


def test_records_of_one_person_contradict_each_other_as_asked(world: Simulated, make: Make) -> None:
    harmed = people_of(world, "victimizations")
    assert harmed.birth_date.isna().mean() == pytest.approx(0.732, abs=0.01)
    arrests = people_of(world, "arrests")
    names = arrests.groupby("person").first_name.agg(["nunique", "size"])
    assert (names[names["size"] > 5]["nunique"] > 1).mean() > 0.2
    assert arrests.groupby("person").race.nunique().max() > 1
    clean = make(3_000, "none")
    for name in ("arrests", "victimizations", "shootings"):
        records = people_of(clean, name)
        columns = ["first_name", "last_name", "birth_date", "sex", "race", "street"]
        assert (records.groupby("person")[columns].nunique(dropna=False) == 1).all().all()


def test_the_index_is_the_truth_without_noise_and_worse_with_more(make: Make) -> None:
    split = {}
    for noise in ("none", "paper", "hard"):
        world = make(6_000, noise)
        index = table(world, "index_victimizations").merge(
            people_of(world, "victimizations")[["record_id", "person"]], on="record_id"
        )
        pairs = index.groupby("person").person_number.nunique()
        mixed = index.groupby("person_number").person.nunique()
        split[noise] = (pairs > 1).mean() + (mixed > 1).mean()
    assert split["none"] == 0.0
    assert 0.0 < split["paper"] < split["hard"]


def test_twins_share_a_birthday_a_name_and_a_house(world: Simulated) -> None:
    people = truth(world, "people")
    arrests = people_of(world, "victimizations").drop_duplicates("person").set_index("person")
    first = arrests.index.to_numpy()
    twins = people.birth_date.to_numpy()[1:] == people.birth_date.to_numpy()[:-1]
    share = twins.mean()
    assert 0.003 < share < 0.02
    place = np.flatnonzero(twins) + 1
    place = place[np.isin(place, first) & np.isin(place - 1, first)]
    house = arrests.house_number
    same = house.loc[place].to_numpy() == house.loc[place - 1].to_numpy()
    assert same.mean() > 0.4


def test_incidents_join_arrests_with_each_other_and_with_victims(world: Simulated) -> None:
    arrests, harmed = table(world, "arrests"), table(world, "victimizations")
    together = arrests.groupby("incident_id").size()
    assert 0.03 < (together > 1).mean() < 0.3
    assert 0.05 < arrests.incident_id.isin(harmed.incident_id).mean() < 0.5
    both = people_of(world, "arrests").merge(
        people_of(world, "victimizations"), on=["incident_id", "person"]
    )
    assert len(both) < 0.001 * len(arrests)
    shot = table(world, "shootings")
    assert shot.incident_id.isin(harmed.incident_id).all()
    assert shot.occurred_on.min() >= pd.Timestamp(2010, 1, 1)
    assert set(shot.circumstance) == {"assault", "self-inflicted", "by police"}


def test_nobody_is_recorded_after_death(world: Simulated) -> None:
    died = truth(world, "people").died_on
    for name, day in (("arrests", "arrested_on"), ("victimizations", "occurred_on"),
                      ("shootings", "occurred_on")):  # fmt: skip
        records = people_of(world, name)
        last = records.person.map(died)
        assert not (records[day] > last).any()
    dead = people_of(world, "homicides")
    assert dead.person.is_unique
    assert (dead.occurred_on == dead.person.map(died)).all()


def test_contact_differs_by_group_only_as_the_knob_says(world: Simulated, make: Make) -> None:
    def shares(one: Simulated) -> tuple[dict[str, float], dict[str, float]]:
        """Share of offences that led to an arrest, by race: discretionary ones, and others."""
        codes = {arrest.code: bool(d) for arrest, d in zip(ARRESTS, DISCRETIONARY, strict=True)}
        race = truth(one, "people").race
        seen = people_of(one, "arrests").rename(columns={"charge": "code"}).assign(seen=1.0)
        missed = truth(one, "unrecorded").query("kind == 'offence'").assign(seen=0.0)
        every = pd.concat([seen[["person", "code", "seen"]], missed[["person", "code", "seen"]]])
        every = every.assign(race=every.person.map(race).astype(str),
                             police=every.code.astype(str).map(codes))  # fmt: skip
        rate = every.groupby(["police", "race"]).seen.mean()
        return dict(rate[True]), dict(rate[False])

    discretionary, others = shares(world)
    assert discretionary["Black"] == 1.0
    assert discretionary["White"] == pytest.approx(0.5, abs=0.03)
    assert discretionary["Hispanic"] == pytest.approx(0.75, abs=0.03)
    assert set(others.values()) == {1.0}
    equal, _ = shares(make(6_000, contact=1.0))
    assert set(equal.values()) == {1.0}


def test_every_shooting_is_recorded_alike(world: Simulated) -> None:
    missed = truth(world, "unrecorded").query("kind == 'harm'")
    assert len(missed) > 1000
    assert not missed.code.isin(["BATTERY-AGG-HANDGUN", "HOMICIDE"]).any()


def test_shootings_spread_along_ties_as_the_knob_says(make: Make) -> None:
    def feuds(contagion: float) -> int:
        return len(truth(make(contagion=contagion, shootings=8.0), "feuds"))

    assert feuds(2.0) > 1.3 * feuds(0.0)


def test_a_shooting_endangers_the_crew(make: Make) -> None:
    """In the year after, those with a shot crew mate are shot more than their danger explains."""

    def ratio(contagion: float) -> float:
        world = make(200_000, contagion=contagion, shootings=6.0)
        street = truth(world, "street").query("crew >= 0").set_index("person")
        shot = people_of(world, "shootings")
        shot = shot[shot.person.isin(street.index)]
        shot = shot.assign(crew=shot.person.map(street.crew))
        pairs = shot.merge(shot, on="crew")
        gap = (pairs.occurred_on_y - pairs.occurred_on_x).dt.days
        near = ((gap > 0) & (gap <= 120) & (pairs.person_x != pairs.person_y)).sum()
        far = ((gap > 720) & (gap <= 840) & (pairs.person_x != pairs.person_y)).sum()
        return near / max(far, 1)

    assert ratio(2.0) > 1.2 * ratio(0.0)


def test_the_true_chance_is_calibrated(make: Make) -> None:
    world = make(250_000, shootings=4.0)
    found = find_truth(world.data)
    assert found is not None
    people = np.arange(world.people)
    as_of, until = date(2017, 1, 1), date(2018, 7, 1)
    chance = found.chance("shooting", people, as_of, until)
    assert chance is not None
    shot = people_of(world, "shootings").query("circumstance == 'assault'")
    inside = (shot.occurred_on >= pd.Timestamp(as_of)) & (shot.occurred_on < pd.Timestamp(until))
    seen = people_of(world, "arrests").query("arrested_on < '2017-01-01'").person
    people = people[np.isin(people, seen)]
    hit, chance = np.isin(people, shot[inside].person), chance[people]
    order = np.argsort(-chance, kind="stable")
    for part in np.split(order[:20_000], [100, 400, 1_500, 5_000]):
        error = np.sqrt(chance[part].sum())
        assert abs(hit[part].sum() - chance[part].sum()) < 4 * error + 0.1 * chance[part].sum()
    assert hit[order[:400]].mean() > 4 * hit.mean()
    assert found.chance("arrest", people, as_of, until) is None
    assert (found.chance("shooting", np.array([-1]), as_of, until) == 0.0).all()


def test_the_order_of_rows_says_nothing_about_people(world: Simulated) -> None:
    harmed = people_of(world, "victimizations")
    same = harmed.reported_on.to_numpy()[1:] == harmed.reported_on.to_numpy()[:-1]
    steps = np.sign(np.diff(harmed.person.to_numpy()))[same]
    assert abs(steps.mean()) < 4 / np.sqrt(steps.size)


@pytest.mark.slow
def test_its_study_runs_and_shows_the_ceiling(make: Make, tmp_path: Path) -> None:
    world = make(20_000, shootings=20.0)
    text = world.study.read_text()
    quick = text.replace("patience = 50", "patience = 20\nmax_trees = 80")
    world.study.write_text(quick.replace("[evaluation]\n", "[evaluation]\ndraws = 100\n"))
    finished = run(load(world.study), tmp_path / "run")
    auc = {m.model: m.value for m in finished.metrics if m.metric == "auc" and m.whole}
    assert auc["oracle"] > auc["boosted"] > 0.6
    assert "ceiling" in finished.report.read_text(encoding="utf-8")
