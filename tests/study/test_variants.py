"""Feature sets and variants: each is the study it would have been, beside the declared one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from commonweal.core.errors import StudyError
from commonweal.core.tables import read_table
from commonweal.study.live import live_features
from commonweal.study.load import load
from commonweal.study.run import Run, rebuild, run
from commonweal.study.show import trace, verified

MORE = """
[feature_sets.no_network]
without = ["network"]

[feature_sets.victimizations_only]
what = "What is known of victimizations alone."
blocks = ["victimizations", "victimization_timing", "shootings", "shooting_timing"]

[feature_sets.no_misdemeanors]
leave_out = { arrest = [{ column = "level", equals = "misdemeanor" }] }
cohort = "both"

[feature_sets.no_beats]
without_columns = ["*beat*"]

[selection]
features = 10
sizes = [3, 10]
kinds = ["boosted", "logistic"]
sets = ["no_network", "no_misdemeanors"]

[variants.one_victimization]
what = "One victimization is enough to be in the cohort."
include = [{ event = "arrest" }, { event = "victimization" }]

[variants.beats_filled]
what = "Beats that are missing are guessed."
missing = { columns = ["*beat*"], by = "model" }

[variants.any_victim]
what = "Any victimization is the outcome, not only a shooting."
outcome = { event = "victimization", within = "18 months", dated_by = "known_on" }
"""
NAMES = [
    "no_network", "victimizations_only", "no_misdemeanors_fixed", "no_misdemeanors_redrawn",
    "no_beats", "beats_filled", "one_victimization", "any_victim", "boosted_best_3",
    "logistic_best_10",
    "no_network_boosted_best_10", "no_misdemeanors_redrawn_boosted_best_10",
]  # fmt: skip


def _with(study: Path, more: str) -> Path:
    study.write_text(study.read_text(encoding="utf-8") + more, encoding="utf-8")
    return study


@pytest.fixture(scope="module")
def done(town: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    import shutil

    folder = tmp_path_factory.mktemp("variants")
    shutil.copytree(town, folder / "data")
    here = Path(__file__).resolve().parents[1] / "town"
    for name in ("agency.toml", "study.toml"):
        shutil.copy(here / name, folder / name)
    with pytest.MonkeyPatch.context() as patched:
        (folder / "key").write_text("0123456789abcdef0123456789abcdef", encoding="utf-8")
        patched.setenv("COMMONWEAL_KEY_FILE", str(folder / "key"))
        return run(load(_with(folder / "study.toml", MORE)), folder / "run", threads=2)


def _value(done: Run, metric: str, variant: str | None, k: int | None = None) -> float:
    found = [
        m.value for m in done.metrics
        if (m.metric, m.variant, m.k, m.model) == (metric, variant, k, "boosted")
        and m.group is None and m.outcome is None
    ]  # fmt: skip
    assert len(found) == 1, (metric, variant, k, found)
    return found[0]


def test_every_variant_is_measured(done: Run) -> None:
    variants = dict.fromkeys(m.variant for m in done.metrics if m.variant)
    assert set(NAMES) <= set(variants)
    for name in NAMES:
        assert 0 < _value(done, "precision", name, 60) < 1
        assert 0.5 < _value(done, "auc", name) < 1


def test_cohorts_and_outcomes_are_those_of_the_variant(done: Run) -> None:
    declared = _value(done, "base_rate", None)
    people = {name: _value(done, "people", name) for name in NAMES}
    assert people["no_network"] == people["no_misdemeanors_fixed"] == people["any_victim"]
    assert people["no_misdemeanors_redrawn"] < people["no_network"] < people["one_victimization"]
    assert _value(done, "base_rate", "no_network") == declared
    assert _value(done, "base_rate", "any_victim") > 2 * declared


def test_differences_are_those_of_the_figures(done: Run) -> None:
    for name in ("no_network", "no_misdemeanors_redrawn", "one_victimization"):
        for metric, k in (("precision", 60), ("auc", None)):
            apart = _value(done, metric, name, k) - _value(done, metric, None, k)
            assert _value(done, f"difference.{metric}", name, k) == pytest.approx(apart, abs=1e-9)
    assert not [m for m in done.metrics
                if m.variant == "any_victim" and m.metric.startswith("difference")]  # fmt: skip


def test_nothing_of_the_declared_study_is_made_again(done: Run) -> None:
    stages = [
        one["stage"] for one in json.loads((done.out / "manifest.json").read_text())["stages"]
    ]
    assert len(stages) == len(set(stages))
    own = [one for one in stages if one.startswith("variants/no_network/")]
    assert own == ["variants/no_network/models/boosted", "variants/no_network/selection"]
    rebuilt = [one for one in stages if one.startswith("variants/no_misdemeanors_fixed/features/")]
    assert "variants/no_misdemeanors_fixed/features/arrests" in rebuilt
    assert "variants/no_misdemeanors_fixed/features/victimizations" not in rebuilt
    assert "variants/no_misdemeanors_fixed/cohort" not in stages
    assert "variants/no_misdemeanors_redrawn/cohort" in stages


def test_a_variant_is_the_study_it_would_have_been(done: Run, tmp_path: Path) -> None:
    text = (done.out / "study.toml").read_text(encoding="utf-8")
    text = (
        text.removesuffix(MORE)
        .replace('headline = "boosted"', 'headline = "boosted"')
        .replace(
            '[models.boosted]\nkind = "boosted"',
            '[models.boosted]\nkind = "boosted"\nwithout = ["network"]',
        )
    )
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    agency = (done.out / "agency.toml").read_text(encoding="utf-8")
    (tmp_path / "agency.toml").write_text(agency, encoding="utf-8")
    alone = run(load(tmp_path / "study.toml", done.out.parent / "data"), tmp_path / "run")
    for metric, k in (("precision", 60), ("auc", None), ("recall", 60)):
        assert _value(alone, metric, None, k) == _value(done, metric, "no_network", k)


def test_models_on_few_features_see_these_alone(done: Run) -> None:
    manifest = json.loads((done.out / "manifest.json").read_text())
    stages = {one["stage"]: one["folder"] for one in manifest["stages"]}

    def of(stage: str, file: str) -> object:
        return json.loads((done.out / "store" / stages[stage] / file).read_text())

    chosen = of("selection", "selection.json")
    assert isinstance(chosen, dict)
    named = [step["column"] for step in chosen["steps"]]
    seen = of("variants/boosted_best_3/models/boosted", "importance.json")
    assert isinstance(seen, dict)
    assert set(seen) == set(named[:3])
    without = of("variants/no_network/selection", "selection.json")
    assert isinstance(without, dict)
    assert not [s for s in without["steps"] if s["block"] == "network"]


def test_the_report_shows_them_and_is_rebuilt_to_the_byte(done: Run) -> None:
    page = done.report.read_text(encoding="utf-8")
    assert "Other choices, side by side" in page
    for name in NAMES:
        assert name.replace("_", " ") in page
    assert "looked at once" in page
    rebuild(done.out)
    assert done.report.read_text(encoding="utf-8") == page


def test_the_run_can_be_verified_traced_and_used(done: Run) -> None:
    assert "as the run wrote them" in verified(done.out)[0]
    stages = json.loads((done.out / "manifest.json").read_text())["stages"]
    where = {one["stage"]: done.out / "store" / one["folder"] for one in stages}
    ids = {
        name: read_table(where[f"{name}cohort"] / "cohort.parquet")["entity_id"].to_pylist()
        for name in ("", "variants/one_victimization/")
    }
    person = min(set(ids["variants/one_victimization/"]) - set(ids[""]))
    count = ids["variants/one_victimization/"].count(person)
    lines = [line for line in trace(done.out, person) if " rows of this entity" in line]
    assert lines
    for line in lines:
        if "records/" not in line:
            assert line.startswith("artefact variants/one_victimization/"), line
            assert line.endswith(f"{count} rows of this entity")
    assert any(line.startswith("cohort of one_victimization as of")
               for line in trace(done.out, person))  # fmt: skip
    day = max(m.as_of for m in done.metrics if m.as_of)
    found = live_features(done.out, day, ids[""][-3:])
    assert found.frame().shape[0] == 3


def test_a_report_is_rebuilt_as_it_was_whoever_has_looked_since(
    small_study: Path, tmp_path: Path
) -> None:
    done = run(load(small_study), tmp_path / "run")
    page = done.report.read_bytes()
    log = done.out / "openings.jsonl"
    line = json.loads(log.read_text(encoding="utf-8").splitlines()[0])
    with log.open("a", encoding="utf-8") as stream:  # as a moved threshold leaves it
        stream.write(json.dumps({**line, "version": "another"}) + "\n")
    rebuild(done.out)
    assert done.report.read_bytes() == page
    assert "looked at twice" in next(
        f.message for f in run(load(small_study), done.out).findings
        if f.code == "evaluation.openings"
    )  # fmt: skip


def test_every_stage_that_looks_at_test_outcomes_is_noted(done: Run) -> None:
    lines = (done.out / "openings.jsonl").read_text(encoding="utf-8").splitlines()
    noted = [json.loads(line) for line in lines]
    assert sorted(one["stage"] for one in noted) == ["evaluation", "variants"]
    assert len({one["version"] for one in noted}) == 1


def test_a_changed_study_opens_the_test_again(small_study: Path, tmp_path: Path) -> None:
    def opened() -> str:
        found = run(load(small_study), tmp_path / "run").findings
        return next(f.message for f in found if f.code == "evaluation.openings")

    assert "looked at once" in opened()
    assert "looked at once" in opened()
    text = small_study.read_text(encoding="utf-8")
    small_study.write_text(text.replace("max_trees = 60", "max_trees = 50"), encoding="utf-8")
    assert "looked at twice" in opened()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ('[feature_sets.a]\n', "changes nothing"),
        ('[feature_sets.a]\nwithout = ["networks"]', "did you mean network"),
        ('[feature_sets.a]\nwithout = ["network"]\ncohort = "both"', "nothing changes"),
        ('[feature_sets.a]\nleave_out = { arrests = [{ column = "x", equals = "y" }] }',
         "did you mean arrest"),
        ('[variants.a]\nwhat = ""\nwithin = "2 years"', "is empty"),
        ('[variants.a]\nwhat = "Nothing."', "changes nothing"),
        ('[variants.a]\nwhat = "Long."\noutcome = { event = "shooting", within = "9 years" }',
         "would move the test dates"),
        ('[variants.a]\nwhat = "Dates."\nderived = { release = "drop" }', "no derived date"),
        ('[variants.a]\nwhat = "Nothing."\nmissing = { columns = [] }', "is empty"),
        ('[variants.a]\nwhat = "Other."\nwithin = "1 year"\n[feature_sets.a]\nwithout=["network"]',
         "is called a like"),
        ('[variants.declared]\nwhat = "Other."\nwithin = "1 year"', "like the study itself"),
        ('[selection]\nfeatures=5\nsizes=[3]\n[variants.ols_best_3]\nwhat="O."\nwithin="1 year"',
         "like a model of selection"),
        ('[selection]\nsizes = []', "is empty"),
        ('[feature_sets.a]\nwithout = ["network"]\nretune = true', "is not tuned"),
    ],
)  # fmt: skip
def test_mistakes_are_told_before_any_work(small_study: Path, more: str, said: str) -> None:
    with pytest.raises(StudyError, match=said):
        load(_with(small_study, "\n" + more))


def test_a_pattern_about_nothing_is_told_before_any_model_is_fitted(
    small_study: Path, tmp_path: Path
) -> None:
    more = '[feature_sets.a]\nwithout_columns = ["*beets*"]\n'
    with pytest.raises(StudyError, match=r"feature_sets\.a\.without_columns: no feature"):
        run(load(_with(small_study, "\n" + more)), tmp_path / "run")
    assert not list((tmp_path / "run" / "store").glob("models-*"))
