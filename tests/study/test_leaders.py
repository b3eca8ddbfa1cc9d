"""What leaders ask, in whole runs: of simulated people everything, of real ones nothing small."""

from __future__ import annotations

import shutil
from collections import Counter
from datetime import date
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from commonweal.core.errors import StudyError
from commonweal.core.results import Metric
from commonweal.core.tables import read_table
from commonweal.evaluation.stability import Dated, dated
from commonweal.oversight.disclosure import SMALL, Disclosure
from commonweal.study.load import load
from commonweal.study.run import Run, rebuild, run
from commonweal.study.stability import publishable

HERE = Path(__file__).resolve().parents[1]
ASKED = """
[costs]
per_event = { value = 1_900_000, low = 1_000_000, high = 2_500_000 }
effect = 0.5
unit = "dollars"
source = "Cook and Ludwig (2000)"

[units]
event = "arrest"
column = "beat"
noun = "beat"
smallest = 20

[stability]
every = "6 months"
dates = 6
"""
FIRST = date(2018, 7, 1)


def asked(town: Path, folder: Path, real: bool) -> Path:
    shutil.copytree(town, folder / "data")
    agency = (HERE / "town" / "agency.toml").read_text(encoding="utf-8")
    if real:
        agency = agency.replace('simulated = "simulation.json"\n', "")
    (folder / "agency.toml").write_text(agency, encoding="utf-8")
    study = (HERE / "town" / "study.toml").read_text(encoding="utf-8")
    short = 'role = "victim"\nwithin = "6 months"'  # observed at several of the dates
    common = 'role = "arrestee"\nwithin = "18 months"'  # enough to be shown where people are real
    study = study.replace('role = "victim"\nwithin = "18 months"', common if real else short)
    if real:
        study = study.replace('event = "shooting"\nrole', 'event = "arrest"\nrole')
        study = study.replace("k = 60\n", "k = 250\n")
    (folder / "study.toml").write_text(study + ASKED, encoding="utf-8")
    return folder / "study.toml"


@pytest.fixture(scope="module", params=[False, True], ids=["simulated", "real"])
def finished(
    request: pytest.FixtureRequest, town: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Run, bool]:
    folder = tmp_path_factory.mktemp("leaders")
    with pytest.MonkeyPatch.context() as patched:
        (folder / "key").write_text("0123456789abcdef0123456789abcdef", encoding="utf-8")
        patched.setenv("COMMONWEAL_KEY_FILE", str(folder / "key"))
        return run(
            load(asked(town, folder / "study", request.param)), folder / "run"
        ), request.param


def some(made: Run, start: str) -> list[Metric]:
    return [m for m in made.metrics if m.metric.startswith(start)]


def test_a_moved_line_is_the_difference_of_what_is_published(finished: tuple[Run, bool]) -> None:
    made, _ = finished
    known = {
        (m.metric, m.k, m.group): m for m in made.metrics
        if m.model == made.headline and m.as_of == FIRST and not m.variant and not m.against
    }  # fmt: skip
    moved = some(made, "moved.people")
    assert moved
    for one in moved:
        old, new = int(one.against or 0), one.k or 0
        if one.group is None:
            between = float(abs(new - old))
        else:
            size = known["people", None, one.group].value
            shares = [known["selection_rate", k, one.group].value for k in (old, new)]
            between = abs(shares[1] - shares[0]) * size
        assert one.value == pytest.approx(between)
    for one in some(made, "moved.recall_change"):
        if int(one.against or 0) and ("recall", one.k, one.group) in known:
            before = known["recall", int(one.against or 0), one.group].value
            after = known["recall", one.k, one.group].value
            assert one.value == pytest.approx(after - before)


def test_break_even_spending_follows_from_precision(finished: tuple[Run, bool]) -> None:
    made, _ = finished
    precision = {m.k: m.value for m in made.metrics
                 if m.metric == "precision" and m.model == made.headline and m.whole}  # fmt: skip
    found = [m for m in some(made, "costs.break_even") if m.variant is None]
    assert found
    for one in found:
        assert one.value == pytest.approx(precision[one.k] * 950_000)
        assert one.low is not None
        assert one.low <= one.value <= (one.high or 0)
    variants = {m.variant for m in some(made, "costs.break_even")}
    assert variants == {None, "lowest assumptions", "highest assumptions"}


def test_the_model_on_the_test_date_is_the_model_that_was_tested(
    finished: tuple[Run, bool],
) -> None:
    """The stage builds cohort, labels and features anew, with the codes the run chose."""
    made, real = finished
    for name in ("base_rate", "auc", "precision"):
        k = made.capacity if name == "precision" else None
        tested = [m for m in made.metrics if (m.metric, m.model, m.k) == (name, made.headline, k)
                  and m.as_of == FIRST and m.group is None]  # fmt: skip
        assert {m.variant for m in tested} in ({None, "rolling"}, set())
        assert len({(m.value, m.n) for m in tested}) == bool(tested)
        assert real or tested


def test_lists_are_followed_from_date_to_date(finished: tuple[Run, bool]) -> None:
    made, real = finished
    # Training outcomes closed in July 2017, outcomes are known up to the end of 2019.
    days = [date(2017 + (i + 1) // 2, 7 - 6 * (i % 2), 1) for i in range(6)]
    kept = {m.as_of: m for m in some(made, "stability.overlap")}
    if not real:
        assert list(kept) == days[1:]
        assert [m.against for m in kept.values()] == [str(day) for day in days[:-1]]
        assert all(0.2 < m.value < 1 for m in kept.values())
        observed = {m.as_of for m in made.metrics
                    if m.variant == "rolling" and m.metric == "base_rate"}  # fmt: skip
        assert observed == set(days[:-1])
        assert some(made, "stability.auc_per_year")
    assert {f.code for f in made.findings} >= {"stability.trend", "stability.dates"}


def test_units_add_up_and_are_in_the_report(finished: tuple[Run, bool]) -> None:
    made, _ = finished
    whole = next(m for m in made.metrics if m.metric == "base_rate" and m.whole)
    for name in ("people", "observed", "expected"):
        found = some(made, f"units.{name}")
        total = whole.n if name == "people" else whole.value * whole.n
        assert not found or sum(m.value for m in found) == pytest.approx(total)
    page = made.report.read_text(encoding="utf-8")
    for title in ("Where to draw the line", "Costs and benefits", "Units, adjusted", "Stability"):
        assert f"{title}" in page
    assert "If the line were moved" in page
    seen = next(f for f in made.findings if f.code == "units.seen")
    assert seen.severity == "warn"  # the town's model sees the beat
    assert "arrest_place" in seen.message


def test_of_real_people_no_count_is_small(finished: tuple[Run, bool]) -> None:
    made, real = finished
    if not real:
        assert any(0 < m.value <= SMALL for m in some(made, "moved.people"))
        return
    counted = ("moved.people", "moved.with_outcome", "units.people", "units.observed")
    figures = [m for m in made.metrics if m.metric.split(".")[0] in
               ("moved", "units", "stability", "costs") or m.variant]  # fmt: skip
    assert figures
    for m in figures:
        assert m.n > SMALL or m.n == 0, m
        if m.metric in counted:
            assert m.value == 0 or m.value > SMALL, m
    held = {m.group: m for m in some(made, "units.observed")}
    for group, people in ((m.group, m) for m in some(made, "units.people")):
        rest = people.value - held[group].value
        assert rest == 0 or rest > SMALL
    for one in (*some(made, "stability.overlap"), *some(made, "stability.first_overlap")):
        for count in (one.value * one.n, (1 - one.value) * one.n):
            assert round(count) == 0 or round(count) > SMALL


def test_units_beside_groups_give_no_small_cell_away(finished: tuple[Run, bool]) -> None:
    """A reader who knows which beats lie in which group subtracts one from the other."""
    made, real = finished
    names = {(m.group or "").removeprefix("unit=") for m in some(made, "units.people")}
    if not real or not names:
        return
    store = made.out / "store"
    units = read_table(next(store.glob("units-*")) / "units.parquet")
    groups = read_table(next(store.glob("groups-*")) / "groups.parquet")
    labels = read_table(next(store.glob("labels-*")) / "labels.parquet")["label"].to_pylist()
    unit = dict(zip(units["row"].to_pylist(), units["unit"].to_pylist(), strict=True))
    shown = {m.group for m in made.metrics if m.metric == "people" and m.group}
    for attribute in ("race", "gender", "age"):
        column = groups[attribute].to_pylist()
        parts = [set(g.split("=", 1)[1].split(" or ")) for g in shown if g.startswith(attribute)]
        cells: Counter[tuple[str, int, int]] = Counter()
        for row, name in unit.items():
            place = next((i for i, p in enumerate(parts) if column[row] in p), -1)
            cells[name if name in names else "other units", place, labels[row]] += 1
        met = {(name, place) for name, place, _ in cells}
        for name, place in met:
            if len({p for n, p in met if n == name}) == 1:  # the unit lies within the group
                for label in (0, 1):
                    rest = sum(c for (n, p, o), c in cells.items()
                               if p == place and n != name and o == label)  # fmt: skip
                    assert rest == 0 or rest > SMALL


def test_a_run_is_rebuilt_and_stores_no_score(finished: tuple[Run, bool]) -> None:
    made, _ = finished
    before = made.report.read_bytes()
    assert not rebuild(made.out).made
    assert made.report.read_bytes() == before
    folder = next((made.out / "store").glob("stability-*"))
    assert {p.name for p in folder.iterdir()} == {"findings.json", "metrics.json", "stage.json"}
    units = next((made.out / "store").glob("units-*"))
    assert read_table(units / "units.parquet").column_names == ["row", "unit"]


@pytest.mark.parametrize("change", [1, 5, 10, 11])
def test_lists_that_differ_by_few_are_not_shown(change: int) -> None:
    ids = [str(i) for i in range(100)]
    one = dated(date(2020, 1, 1), ids, -np.arange(100.0), np.zeros(100), 1)
    moved = -np.arange(100.0)
    moved[:change] = -200.0  # so many leave the list of 40, and as many come
    two = dated(date(2020, 4, 1), ids, moved, np.zeros(100), 1)
    assert len(publishable(Disclosure(), [one, two], 40)) == (2 if change > SMALL else 1)
    assert len(publishable(Disclosure(exempt=True), [one, two], 40)) == 2


def test_cohorts_that_differ_by_few_are_not_shown() -> None:
    one = dated(date(2020, 1, 1), [str(i) for i in range(100)], np.arange(100.0), np.zeros(100), 1)
    for gone, shown in ((0, 2), (4, 1), (12, 2)):
        ids = [str(i) for i in range(gone, 100 + gone)]
        scores = np.concatenate([[*range(50, 100 - gone)], [*range(50 + gone)]]).astype(float)
        two = dated(date(2020, 4, 1), ids, scores, np.zeros(100), 1)
        found = publishable(Disclosure(), [one, two], 40)
        assert len(found) == shown, gone


def test_three_lists_whose_pairs_tell_a_small_part_are_not_shown() -> None:
    """Lists of 60 people; whoever knows what pairs share may know what all three share."""
    rule, ids = Disclosure(), [str(i) for i in range(200)]

    def ranked(year: int, chosen: range | list[int]) -> Dated:
        scores = np.array([float(i in set(chosen)) for i in range(200)])
        return dated(date(year, 1, 1), ids, scores, np.zeros(200), 1)

    first, second = ranked(2020, range(60)), ranked(2021, range(15, 75))
    third = ranked(2022, [*range(5), *range(20, 75)])
    counts = [len(np.intersect1d(a.top(60), b.top(60)))
              for a, b in combinations((first, second, third), 2)]  # fmt: skip
    assert counts == [45, 45, 55]  # the last two differ by 5, and are refused for that
    assert publishable(rule, [first, second, third], 60) == [first, second]
    fourth = ranked(2023, [*range(13), *range(28, 75)])
    assert len(publishable(rule, [first, second, fourth], 60)) == 3


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ("[costs]\nper_event = 0\neffect = 0.5\nunit = 'euros'\nsource = 'x'", "costs.per_event"),
        ("[costs]\nper_event = 5\neffect = 1.5\nunit = 'euros'\nsource = 'x'", "costs.effect"),
        ("[costs]\nper_event = 5\neffect = 0.5\nunit = ''\nsource = ' '", "costs.source: is empty"),
        ("[costs]\nper_event = 5\neffect = 0.5\nunit = 'euros'", "costs.source: is missing"),
        ("[costs]\nper_event = { value = 5, low = 6 }\neffect = 0.5\nunit = 'e'\nsource = 'x'",
         "5 is not between 6 and 5"),
        ("[costs]\nper_event = '5'\neffect = 0.5\nunit = 'e'\nsource = 'x'",
         "costs.per_event: should be a number or a table"),
        ("[costs]\nper_event = { value = '5' }\neffect = 0.5\nunit = 'e'\nsource = 'x'",
         "costs.per_event.value: should be a number"),
        ("[units]\nevent = 'arrests'\ncolumn = 'beat'", "units.event"),
        ("[units]\nevent = 'arrest'\ncolumn = 'beats'", "did you mean beat"),
        ("[units]\nevent = 'arrest'\ncolumn = 'beat'\nmodel = 'past_arrests'", "gives no chances"),
        ("[units]\nevent = 'arrest'\ncolumn = 'beat'\nsmallest = 0", "units.smallest"),
        ("[stability]\nevery = '3 months'\ndates = 1", "stability.dates"),
        ("[stability]\nevery = 'often'", "length of time"),
    ],
)  # fmt: skip
def test_mistakes_are_told_before_any_work(small_study: Path, section: str, said: str) -> None:
    text = f"{small_study.read_text(encoding='utf-8')}\n{section}\n"
    small_study.write_text(text, encoding="utf-8")
    with pytest.raises(StudyError) as caught:
        load(small_study)
    assert said in str(caught.value)
