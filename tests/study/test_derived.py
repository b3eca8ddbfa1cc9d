"""Derived dates in a study: settings, the stage, what is said."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

import commonweal.api as cw
from commonweal.core.errors import StudyError
from commonweal.core.tables import read_table
from commonweal.oversight.disclosure import Disclosure
from commonweal.records.derived import DerivedReport
from commonweal.records.lengths import HeldOut
from commonweal.study.derived import _findings, _metrics

PEOPLE = 6_000


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return cw.simulate("custody", tmp_path_factory.mktemp("custody") / "world", PEOPLE).folder


def edited(world: Path, folder: Path, *changes: tuple[str, str]) -> Path:
    """Copy the study with some text replaced, tables left in place."""
    for name in ("agency.toml", "study.toml"):
        text = (world / name).read_text(encoding="utf-8")
        if name == "agency.toml":
            text = text.replace('data = "data"', f'data = "{world / "data"}"')
        for old, new in changes:
            text = text.replace(old, new)
        (folder / name).write_text(text, encoding="utf-8")
    return folder / "study.toml"


def events(run: cw.Run, name: str) -> pa.Table:
    manifest = json.loads((run.out / "manifest.json").read_text(encoding="utf-8"))
    (found,) = (one["folder"] for one in manifest["stages"] if one["stage"] == name)
    return read_table(run.out / "store" / str(found) / "events.parquet")


P = "derived.projected_release"
MISTAKES = [
    ('of = "crime"', 'of = "crimes"', f"{P}.of", "did you mean crime?"),
    ('of = "crime"\n', "", f"{P}.of", "is missing"),
    ('begins = "status_on"', 'begins = "statuson"', f"{P}.begins", "did you mean status_on?"),
    ('begins = "status_on"', 'begins = "category"', f"{P}.begins", "date column"),
    ('\ndays = "sentence_days"', '\ndays = "sentence"', f"{P}.days", "sentence_days"),
    ('\ndays = "sentence_days"', '\ndays = "category"', f"{P}.days", "text column"),
    ('kind = "release"', 'kind = "releases"', f"{P}.kind", "release"),
    ('equals = "convicted" }]\nbegins', 'equals = "guilty" }]\nbegins', f"{P}.where[1]", "guilty"),
    ('method = "model"', 'method = "guess"', f"{P}.impute.method", "should be"),
    ('by = ["category"', 'by = ["categry"', f"{P}.impute.by", "did you mean category?"),
    ('by = ["category"', 'by = ["sentence_days"', f"{P}.impute.by", "what is missing"),
    ('"detainer.facility_type"', '"detainers.facility_type"', f"{P}.impute.by", "detainer?"),
    ('"detainer.facility_type"', '"detainer.facility"', f"{P}.impute.by", "column of detainer"),
    ('born = "detainer.birth_year"', 'born = "birth_year"', f"{P}.impute.born", "SOURCE.COLUMN"),
    (
        'born = "detainer.birth_year"',
        'born = "detainer.state"',
        f"{P}.impute.born",
        "year of birth",
    ),
    (f"[{P}]", "[derived.release]", "derived.release", "name of a source"),
    (f"[{P}]", "[derived.Projected]", "derived.Projected", "usable name"),
]


@pytest.mark.parametrize(("old", "new", "where", "said"), MISTAKES)
def test_a_mistake_about_a_derived_date_is_told_by_its_path(
    world: Path, tmp_path: Path, old: str, new: str, where: str, said: str
) -> None:
    with pytest.raises(StudyError) as error:
        cw.load(edited(world, tmp_path, (old, new)))
    told = [str(p) for p in error.value.problems if where in p.where]
    assert any(said in line for line in told), str(error.value)


IN_COHORT = (
    'include = [{ event = "release", where = [{ column = "into", equals = "community" }], '
    'within = "1 year" }]',
    'include = [{ event = "projected_release", where = [{ column = "imputed", equals = false }], '
    'within = "1 year" }]',
)


@pytest.fixture(scope="module")
def done(world: Path, tmp_path_factory: pytest.TempPathFactory) -> cw.Run:
    folder = tmp_path_factory.mktemp("study")
    timing = ('event = "release"\n\n[models', 'event = "projected_release"\n\n[models')
    return cw.run(cw.load(edited(world, folder, IN_COHORT, timing)), folder / "run")


def test_a_cohort_may_be_drawn_from_derived_releases(done: cw.Run) -> None:
    table = events(done, "derived/projected_release")
    assert pc.sum(table["imputed"]).as_py() > 100
    cohort = [m for m in done.metrics if m.metric == "flow.cohort" and m.value]
    assert cohort
    assert any("projected_release" in name for name in _features(done))


def _features(run: cw.Run) -> list[str]:
    folders = (run.out / "store").glob("features-release_timing-*")
    return [(folder / "features.json").read_text(encoding="utf-8") for folder in folders]


def test_people_left_out_are_counted_beside_the_papers_share(done: cw.Run) -> None:
    (share,) = (m for m in done.metrics if m.metric == "records.window_not_over")
    assert share.value == pytest.approx(0.047, abs=0.008)
    assert share.n == pytest.approx(PEOPLE, abs=20)
    found = {f.code: f for f in done.findings}
    assert "(paper A: 4.7%)" in found["records.window-not-over"].message
    assert found["records.window-not-over"].count == round(share.value * share.n)
    (gain,) = (m for m in done.metrics if m.metric == "records.imputed_gain")
    assert gain.low is not None
    assert 0 < gain.low < gain.value
    assert "the model is off by" in found["records.imputed"].message


def test_sentences_known_from_the_test_date_on_change_nothing_before(
    world: Path, tmp_path: Path
) -> None:
    """The study's own model rests on what was known before its first test date, 2014-10-01."""
    one = cw.run(cw.load(edited(world, tmp_path)), tmp_path / "one")
    changed = tmp_path / "data"
    changed.mkdir()
    for path in (world / "data").iterdir():
        (changed / path.name).write_bytes(path.read_bytes())
    crimes = pq.read_table(changed / "crimes.parquet")
    cut = pa.scalar(date(2014, 10, 1), pa.date32())
    late = pc.greater_equal(crimes["status_on"], cut)
    assert pc.sum(late).as_py() > 500
    longer = pc.if_else(late, pc.add(crimes["sentence_days"], 3), crimes["sentence_days"])
    place = crimes.column_names.index("sentence_days")
    pq.write_table(crimes.set_column(place, "sentence_days", longer), changed / "crimes.parquet")
    two = cw.run(cw.load(tmp_path / "study.toml", data=changed), tmp_path / "two")
    seen = []
    for run in (one, two):
        table = events(run, "derived/projected_release")
        seen.append(table.filter(pc.less(table["known_on"], cut)))
    assert seen[0].equals(seen[1])
    assert pc.sum(seen[0]["imputed"]).as_py() > 100


# What is said


def report(**changes: object) -> DerivedReport:
    held = HeldOut(n=100, people=50, error=90.0, baseline=100.0, gain=0.1, low=0.05, high=0.15)
    values: dict[str, object] = {
        "name": "release", "method": "model", "records": 500, "missing": 50, "undated": 0,
        "people": 300, "projected": 200, "dropped": 0, "not_over": 20, "events": 400,
        "fitted_on": 450, "held_out": held,
    }  # fmt: skip
    return DerivedReport(**{**values, **changes})  # type: ignore[arg-type]


def test_small_counts_are_not_said_of_real_people() -> None:
    for small in ({"not_over": 7}, {"not_over": 193}, {"dropped": 3}, {"projected": 295}):
        over, _ = _findings(report(**small), Disclosure())
        assert over.count is None
        assert "%" not in over.message
        assert "records.window_not_over" not in {
            m.metric for m in _metrics(report(**small), Disclosure())
        }
        assert _findings(report(**small), Disclosure(exempt=True))[0].count is not None
    assert _findings(report(), Disclosure())[0].count == 20
    assert _findings(report(missing=6), Disclosure())[1].count is None


def test_how_far_off_a_model_was_on_a_few_people_is_not_said() -> None:
    held = HeldOut(n=30, people=6, error=91.0, baseline=137.0, gain=0.3, low=0.2, high=0.4)
    told = _findings(report(held_out=held), Disclosure())[1]
    assert told.severity == "warn"
    assert "91" not in told.message
    assert not {m.metric for m in _metrics(report(held_out=held), Disclosure())} & {
        "records.imputed_error", "records.median_error", "records.imputed_gain",
    }  # fmt: skip


def test_a_model_no_better_than_the_median_is_a_warning() -> None:
    held = HeldOut(n=100, people=50, error=99.0, baseline=100.0, gain=0.01, low=-0.02, high=0.04)
    assert _findings(report(held_out=held), Disclosure())[1].severity == "warn"
    assert _findings(report(), Disclosure())[1].severity == "pass"
    assert "dropped" in _findings(report(method="drop"), Disclosure())[1].message
    told = _findings(report(method="indicator", held_out=None), Disclosure())[1].message
    assert "median" in told
    assert _findings(report(missing=0), Disclosure())[1].message == "No length is missing."
