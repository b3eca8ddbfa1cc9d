from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

import commonweal.api as cw
from commonweal.core.canonical import file_digest
from commonweal.core.dates import day_number
from commonweal.core.errors import StudyError
from commonweal.core.tables import read_table
from commonweal.simulate.custody import offences, published
from commonweal.simulate.custody.calibrate import auc
from commonweal.simulate.custody.chance import chance
from commonweal.simulate.custody.expansions import expansions
from commonweal.simulate.custody.facilities import STATE_SHARE, STATES, draw_facilities
from commonweal.simulate.custody.knobs import Knobs
from commonweal.simulate.custody.marginals import marginals
from commonweal.simulate.knobs import PRESETS, read_knobs
from commonweal.simulate.marginals import Marginal
from commonweal.simulate.world import Simulated, simulate, world_named

PEOPLE = 60_000
PACKAGE = "commonweal.simulate.custody"
TABLES = ("crimes", "detainers", "releases", "rearrests")


def world(
    folder: Path, people: int = PEOPLE, seed: int = 1, noise: str = "paper", threads: int = 2,
    **knobs: float,
) -> Simulated:  # fmt: skip
    file = None
    if knobs:
        file = folder.parent / f"{folder.name}.toml"
        file.write_text("".join(f"{name} = {value}\n" for name, value in knobs.items()))
    return simulate("custody", folder, people, seed, noise, file, threads)


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return world(tmp_path_factory.mktemp("custody") / "world").folder


@pytest.fixture(scope="module")
def found(paper: Path) -> dict[str, Marginal]:
    part = PEOPLE / world_named("custody").people
    return {one.name: one for one in marginals(paper / "data", paper / "truth", part)}


def truth(folder: Path) -> dict[str, np.ndarray]:
    """Columns of the truth's people; what is missing outside the bins is False there."""
    table = read_table(folder / "truth" / "people.parquet")
    found = {"inside": table["bin"].is_valid().to_numpy()}
    for name, column in zip(table.column_names, table.columns, strict=True):
        flags = pa.types.is_boolean(column.type)
        found[name] = (column.fill_null(False) if flags else column).to_numpy()
    return found


def persons(folder: Path, name: str) -> dict[int, int]:
    records = read_table(folder / "truth" / "records.parquet")
    records = records.filter(pc.equal(records["table"].cast("string"), name))
    ids = records["record_id"].cast("int64").to_pylist()
    assert len(ids) == len(set(ids))
    return dict(zip(ids, records["person"].to_pylist(), strict=True))


# Marginals


def test_every_row_of_table_1_is_measured(found: dict[str, Marginal]) -> None:
    rows = [published.NATIONALITY, published.STATE, published.FACILITY, published.CATEGORY]
    rows.append(published.LEVEL)
    for name in (name for row in rows for name in row):
        assert sum(name in label for label in found) >= 1, name
    assert {"detained", "deported", "age, mean", "age, sd", "gender: man"} <= set(found)
    assert len(found) == 60


def test_every_marginal_is_the_papers(found: dict[str, Marginal]) -> None:
    missed = {name: (one.paper, one.world) for name, one in found.items() if not one.holds}
    assert not missed


def test_a_marginal_that_is_off_is_seen(found: dict[str, Marginal]) -> None:
    detained = found["detained"]
    assert not Marginal("detained", 0.698, 0.62, detained.se).holds
    assert not Marginal("largest other state", 0.03, 0.031, 0.1, below=True).holds
    assert Marginal("gap", 0.10, 0.13, 0.011).holds
    assert not Marginal("gap", 0.10, 0.14, 0.011).holds


def test_the_papers_numbers_are_its_own() -> None:
    assert world_named("custody").people * (1 - 0.047) == pytest.approx(904_896, abs=1)
    raw = world_named("custody").people / (1 - published.DUPLICATES)
    assert raw == pytest.approx(1_145_000, rel=0.001)
    assert sum(published.NATIONALITY.values()) == pytest.approx(1.0)
    assert sum(published.FACILITY.values()) == pytest.approx(1.0)
    assert sum(published.LEVEL.values()) == pytest.approx(1.0)


def test_kinds_of_crime_make_table_1_exactly() -> None:
    convictions, weights = offences.convictions(), offences.weights()
    number = np.arange(convictions.size)

    def ever(kinds: np.ndarray) -> float:
        return 1.0 - float(convictions @ (1.0 - weights[kinds].sum()) ** number)

    for place, share in enumerate(published.CATEGORY.values()):
        assert ever(place == offences.CATEGORY_OF) == pytest.approx(share, abs=1e-4)
    assert ever(offences.LEVEL_OF == 1) == pytest.approx(0.355, abs=1e-4)
    assert ever(offences.LEVEL_OF <= 2) == pytest.approx(0.541, abs=1e-4)
    assert convictions[3:].sum() == pytest.approx(published.THREE_CRIMES)
    assert convictions[5:].sum() == pytest.approx(published.FIVE_CRIMES)


def test_officers_gain_what_the_paper_says_and_a_weak_rule_too(paper: Path) -> None:
    by = {(one.who, one.quartile): one for one in expansions(paper / "truth")}
    officers, guideline = by["officers", 1], by["guideline", 1]
    assert officers.world == pytest.approx(officers.paper, abs=0.12)
    assert 0.0 < guideline.world < by["algorithm", 1].world


# Bytes


def digests(folder: Path) -> dict[str, str]:
    return {str(p.relative_to(folder)): file_digest(p) for p in sorted(folder.rglob("*.parquet"))}


def test_the_same_seed_writes_the_same_bytes_on_any_threads(tmp_path: Path) -> None:
    one = digests(world(tmp_path / "one", 2_000, threads=1).folder)
    assert one == digests(world(tmp_path / "two", 2_000, threads=2).folder)
    assert len(one) == 8


def test_another_seed_is_another_world(tmp_path: Path) -> None:
    one = digests(world(tmp_path / "one", 2_000).folder)
    other = digests(world(tmp_path / "other", 2_000, seed=2).folder)
    assert all(one[name] != other[name] for name in one)


# Records


@pytest.fixture(scope="module", params=PRESETS)
def preset(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("custody") / request.param
    return world(folder, 5_000, noise=request.param).folder


def rows_with_persons(folder: Path, name: str) -> tuple[pa.Table, np.ndarray]:
    table, whose = read_table(folder / "data" / f"{name}.parquet"), persons(folder, name)
    assert len(whose) == table.num_rows
    return table, np.array([whose[key] for key in table[0].to_pylist()])


def test_every_record_has_its_person_and_nobody_shares_an_id(preset: Path) -> None:
    owners: dict[int, int] = {}
    for name in TABLES:
        table, person = rows_with_persons(preset, name)
        for key, whose in zip(table["person_id"].to_pylist(), person.tolist(), strict=True):
            assert owners.setdefault(key, whose) == whose


def test_ids_hold_within_a_fiscal_year(preset: Path) -> None:
    table, person = rows_with_persons(preset, "detainers")
    days = table["issued_on"].to_pylist()
    years = [day.year + (day.month >= 10) for day in days]
    ids: dict[tuple[int, int], int] = {}
    for year, whose, key in zip(
        years, person.tolist(), table["person_id"].to_pylist(), strict=True
    ):
        assert ids.setdefault((year, whose), key) == key
    different = len(set(table["person_id"].to_pylist())) - len(set(person.tolist()))
    assert (different > 0) == (preset.name != "none")


def test_clean_records_are_clean(tmp_path: Path) -> None:
    folder = world(tmp_path / "world", 5_000, noise="none").folder
    crimes = read_table(folder / "data" / "crimes.parquet")
    convicted = pc.equal(crimes["status"].cast("string"), "convicted")
    assert convicted.to_pylist() == crimes["sentence_days"].is_valid().to_pylist()
    table, person = rows_with_persons(folder, "detainers")
    assert table.num_rows > np.unique(person).size
    for column in ("birth_year", "gender", "nationality"):
        said = set(zip(person.tolist(), table[column].to_pylist(), strict=True))
        assert len(said) == np.unique(person).size


def test_the_hard_preset_is_about_twice_as_bad() -> None:
    none, paper, hard = (read_knobs(Knobs, PACKAGE, name) for name in PRESETS)
    noise = ("id_changes", "missing_sentences", "conflicts", "lost_crimes")
    for name in noise:
        assert getattr(none, name) == 0.0
        assert getattr(hard, name) == pytest.approx(2 * getattr(paper, name), rel=0.1)
    for name in set(Knobs.__slots__) - {*noise, "duplicates"}:
        assert getattr(none, name) == getattr(paper, name) == getattr(hard, name)


def test_dates_come_in_order_and_before_the_tables_were_drawn(preset: Path) -> None:
    drawn = published.DRAWN
    for name, first in (("crimes", "charged_on"), ("detainers", "issued_on")):
        table = read_table(preset / "data" / f"{name}.parquet")
        assert pc.all(pc.less_equal(table[first], table["known_on"])).as_py()
        assert pc.max(table["known_on"]).as_py() < drawn
    crimes = read_table(preset / "data" / "crimes.parquet")
    assert pc.all(pc.less_equal(crimes["known_on"], crimes["status_on"])).as_py()
    assert pc.max(crimes["status_on"]).as_py() < drawn
    assert pc.min(crimes["sentence_days"]).as_py() >= 1
    detainers = read_table(preset / "data" / "detainers.parquet")
    for column in ("detained_decided_on", "deported_decided_on"):
        assert pc.max(detainers[column]).as_py() < drawn
        assert pc.all(pc.less_equal(detainers["known_on"], detainers[column])).as_py()


def test_a_release_nobody_can_compute_has_no_row(paper: Path) -> None:
    people = truth(paper)
    _, released = rows_with_persons(paper, "releases")
    lacking = np.setdiff1d(np.flatnonzero(~people["still_imprisoned"]), released)
    assert not people["detained"][lacking].any()
    free = ~people["still_imprisoned"] & ~people["detained"]
    convicted = people["level"] < 4
    share = lacking.size / (free & convicted).sum()
    assert share == pytest.approx(published.MISSING_SENTENCES, abs=0.01)
    assert not people["still_imprisoned"][released].any()


# Truth


def test_what_would_have_been_is_what_was_among_people_let_go(paper: Path) -> None:
    people = truth(paper)
    table, person = rows_with_persons(paper, "rearrests")
    again = np.zeros(people["person"].size, bool)
    again[person] = True
    let_go = ~people["still_imprisoned"] & ~people["deported"]
    assert (again[let_go] == people["y0"][let_go]).all()
    assert not again[~let_go].any()
    assert not people["y1"].any()
    assert (people["y0"] & people["deported"]).any()
    assert people["rearrested_on"][person].tolist() == table["occurred_on"].to_numpy().tolist()


def test_the_true_chance_comes_true(paper: Path) -> None:
    people = truth(paper)
    gap = people["y0"].sum() - people["chance"].sum()
    assert abs(gap) < 3 * np.sqrt((people["chance"] * (1 - people["chance"])).sum())


@pytest.mark.parametrize("year", [2010, 2012, 2014])
def test_chances_in_a_window_come_true(paper: Path, year: int) -> None:
    start, end = date(year, 4, 1), date(year + 1, 4, 1)
    people = truth(paper)
    everybody = people["person"]
    expected = chance(paper / "truth", "rearrest", everybody, start, end)
    assert expected is not None
    table, person = rows_with_persons(paper, "rearrests")
    day = table["occurred_on"].cast("int32").to_numpy()
    inside = (day >= day_number(start)) & (day < day_number(end))
    happened = np.bincount(person[inside], minlength=everybody.size)
    released = people["released_on"].astype("datetime64[D]").astype(int) < day_number(start)
    for group in (released & (expected > 0), ~released & (expected > 0)):
        order = np.argsort(expected[group])
        for part in np.array_split(order, 4):
            chances, came = expected[group][part], happened[group][part]
            assert abs(came.sum() - chances.sum()) < 3 * np.sqrt((chances * (1 - chances)).sum())
    assert happened[expected == 0].sum() == 0


def test_chances_of_nobody_and_of_other_outcomes(paper: Path) -> None:
    window = date(2012, 4, 1), date(2013, 4, 1)
    nobody = chance(paper / "truth", "rearrest", np.array([-1, 5, -1]), *window)
    assert nobody is not None
    assert nobody[0] == nobody[2] == 0
    assert chance(paper / "truth", "release", np.array([5]), *window) is None


def test_decisions_recorded_are_those_of_the_side_one_is_on(paper: Path) -> None:
    people = truth(paper)
    held = people["inside"] & ~people["still_imprisoned"]
    for side in (True, False):
        here = np.flatnonzero(held)[people["near"][held] == side]
        name = "near" if side else "far"
        for decision in ("detained", "deported"):
            potential = people[f"{decision}_{name}"][here]
            assert (potential == people[decision][here]).all()


def test_near_and_far_prisons_hold_the_same_people(paper: Path) -> None:
    people = truth(paper)
    gap, variance = np.zeros(4), np.zeros(4)
    for name in np.unique(people["bin"][people["inside"]]):
        here = people["inside"] & (people["bin"] == name)
        weight = here.sum() / people["inside"].sum()
        for place, column in enumerate(("index", "signal", "level", "y0")):
            near, far = (people[column][here & (people["near"] == side)] for side in (True, False))
            gap[place] += weight * (near.mean() - far.mean())
            variance[place] += weight**2 * (near.var() / near.size + far.var() / far.size)
    assert (np.abs(gap) < 3 * np.sqrt(variance)).all()
    assert (np.sqrt(variance) < 0.03).all()


def test_states_have_the_shares_of_table_1() -> None:
    assert STATE_SHARE.sum() == pytest.approx(1.0)
    assert STATE_SHARE[STATES.index("CA")] == published.STATE["CA"]
    facilities = draw_facilities(3, read_knobs(Knobs, PACKAGE, "paper"))
    for group in np.unique(facilities.group):
        assert facilities.share[facilities.of(group)].sum() == pytest.approx(1.0)
    for bin_ in range(9):
        quartile = np.bincount(
            facilities.quartile[facilities.of(bin_)], facilities.share[facilities.of(bin_)]
        )
        assert quartile[1:] == pytest.approx(0.25)


# Knobs


def matching_bias(folder: Path) -> tuple[float, float]:
    """Matched minus true rate of re-arrest the deported would have had, and its standard error."""
    people = truth(folder)
    final = ~people["still_imprisoned"]
    facility = read_table(folder / "data" / "facilities.parquet")
    kinds = dict(
        zip(facility["facility_id"].to_pylist(), facility["kind"].to_pylist(), strict=True)
    )
    kind = np.unique([kinds[key] for key in people["facility_id"]], return_inverse=True)[1]
    risk = np.searchsorted(np.quantile(people["risk"], np.arange(1, 40) / 40), people["risk"])
    cell = np.unique(kind * 40 + risk, return_inverse=True)[1]
    gone, kept = final & people["deported"], final & ~people["deported"]
    y0 = people["y0"].astype(float)
    size = np.bincount(cell[kept], minlength=cell.max() + 1)
    rate = np.bincount(cell[kept], y0[kept], cell.max() + 1) / np.maximum(size, 1)
    matched = gone & (size[cell] >= 10)
    number = np.bincount(cell[matched], minlength=cell.max() + 1)
    variance = (number**2 * rate * (1 - rate) / np.maximum(size, 1)).sum() / matched.sum() ** 2
    variance += (rate[cell[matched]] * (1 - rate[cell[matched]])).sum() / matched.sum() ** 2
    assert matched.sum() > 0.9 * gone.sum()
    return float(rate[cell[matched]].mean() - y0[matched].mean()), float(np.sqrt(variance))


def test_without_confounding_matching_finds_the_truth(tmp_path: Path) -> None:
    bias, se = matching_bias(world(tmp_path / "world", confounding=0.0).folder)
    assert se < 0.006
    assert abs(bias) < 3 * se


def test_with_confounding_matching_is_wrong(paper: Path, tmp_path: Path) -> None:
    usual, se = matching_bias(paper)
    assert usual < -4 * se
    strong, se = matching_bias(world(tmp_path / "world", confounding=2.0, signal=1.2).folder)
    assert strong < usual - 4 * se


def test_officers_see_a_signal_the_records_lack(paper: Path) -> None:
    people = truth(paper)
    n = people["person"].size
    for name in ("risk", "index", "level"):
        assert abs(np.corrcoef(people["signal"], people[name])[0, 1]) < 4 / np.sqrt(n)
    detained = people["detained"].astype(float)
    assert np.corrcoef(people["signal"], detained)[0, 1] > 0.1


@pytest.mark.parametrize("skill", [0.64, 0.79])
def test_skill_is_the_best_auc_among_people_let_go(tmp_path: Path, skill: float) -> None:
    people = truth(world(tmp_path / "world", 40_000, skill=skill).folder)
    kept = ~people["still_imprisoned"] & ~people["deported"]
    y0 = people["y0"][kept].astype(float)
    area = auc(people["risk"][kept], y0, np.ones(kept.sum()))
    assert area == pytest.approx(skill, abs=0.02)
    assert y0.mean() == pytest.approx(published.REARRESTED, abs=0.012)


def test_broken_exclusion_raises_the_risk_near_offices_alone(tmp_path: Path, paper: Path) -> None:
    people, broken = truth(paper), truth(world(tmp_path / "world", exclusion=0.5).folder)

    def log_odds(of: dict[str, np.ndarray]) -> np.ndarray:
        return np.log(of["eventual"] / (1 - of["eventual"]))

    shift = log_odds(broken) - log_odds(people)
    near = people["near"]
    assert near.sum() > 3_000
    assert shift[near] == pytest.approx(0.5, abs=1e-4)
    assert shift[~near] == pytest.approx(0.0, abs=1e-4)
    assert (broken["y0"] >= people["y0"]).all()
    assert broken["y0"][near].mean() > people["y0"][near].mean() + 0.03


def test_nearness_never_lowers_detention_without_defiers(tmp_path: Path) -> None:
    kept = truth(world(tmp_path / "world", unit_decisions=0.0).folder)
    held = kept["inside"]
    near, far = (kept[f"detained_{side}"][held] for side in ("near", "far"))
    assert (near >= far).all()
    assert near.mean() - far.mean() == pytest.approx(0.1518, abs=0.03)


def test_defiers_are_detained_far_from_offices(tmp_path: Path) -> None:
    kept = truth(world(tmp_path / "world", unit_decisions=0.0, defiers=0.25).folder)
    held = kept["inside"]
    near, far = (kept[f"detained_{side}"][held] for side in ("near", "far"))
    defier = kept["defier"][held]
    assert defier.mean() == pytest.approx(0.25, abs=0.02)
    assert (far & ~near)[defier].any()
    assert not (near & ~far)[defier].any()
    assert not (far & ~near)[~defier].any()
    assert kept["signal"][held][defier].mean() > kept["signal"][held][~defier].mean() + 0.3
    assert not kept["defier"][~held].any()


def test_unit_effects_move_prisons_apart(tmp_path: Path) -> None:
    knobs = {"unit_decisions": 0.8, "unit_outcomes": 0.6}
    folder = world(tmp_path / "world", 20_000, **knobs).folder
    units = read_table(folder / "truth" / "units.parquet")
    assert units.num_rows == published.PRISONS
    for name, sd in (("decision_shift", 0.8), ("outcome_shift", 0.6)):
        assert np.std(units[name].to_numpy()) == pytest.approx(sd, rel=0.25)
    people = truth(folder)
    shift = dict(
        zip(units["facility_id"].to_pylist(), units["decision_shift"].to_pylist(), strict=True)
    )
    held = people["inside"] & ~people["still_imprisoned"]
    here = np.array([shift[key] for key in people["facility_id"][held]])
    detained = people["detained"][held].astype(float)
    assert detained[here > 0.5].mean() > detained[here < -0.5].mean() + 0.15


def test_the_guideline_can_be_made_to_say_more(tmp_path: Path) -> None:
    def says(guideline: float) -> float:
        folder = tmp_path / f"world-{guideline}"
        people = truth(world(folder, 20_000, guideline=guideline).folder)
        final = ~people["still_imprisoned"]
        return auc(
            -people["level"][final].astype(float), people["y0"][final].astype(float), final[final]
        )

    assert 0.5 < says(0.0) < says(0.4) - 0.01 < says(2.0) - 0.05


@pytest.mark.parametrize(
    "knob", ["skill = 0.99", "defiers = 0.6", "duplicates = -0.1", "still_imprisoned = 0", "x = 1"]
)
def test_impossible_knobs_are_refused(tmp_path: Path, knob: str) -> None:
    file = tmp_path / "knobs.toml"
    file.write_text(knob)
    with pytest.raises(StudyError, match=knob.split()[0]):
        simulate("custody", tmp_path / "world", 1_000, knobs=file)


# Study


@pytest.mark.slow
def test_the_study_runs_in_aggregate_only(tmp_path: Path) -> None:
    made = world(tmp_path / "world", 6_000)
    text = made.study.read_text()
    assert 'kind = "burden"' in text
    assert "[recommendation]" not in text
    cw.run(cw.load(made.study), tmp_path / "run")
    written = list((tmp_path / "run").rglob("*"))
    assert not [path for path in written if "recommendation" in path.name]
    for path in (path for path in written if path.suffix == ".parquet"):
        names = {name.lower() for name in read_table(path).column_names}
        assert not {name for name in names if "score" in name or "rank" in name}
    assert (tmp_path / "run" / "report.html").is_file()
