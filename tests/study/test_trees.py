"""Trees of whole runs: told in the report, exported, as regions; nothing of burden goes out."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from typer.testing import CliRunner

from commonweal.cli import app
from commonweal.core.errors import BurdenError, StudyError
from commonweal.core.store import Artefact, Store
from commonweal.core.tables import read_table
from commonweal.evaluation.ranking import Ranking
from commonweal.models.spec import TreeSpec
from commonweal.models.trees.found import Found
from commonweal.models.trees.rules import leaves_of
from commonweal.reports.words import percent
from commonweal.study.beside import _leaves
from commonweal.study.evaluated import evaluated
from commonweal.study.load import load
from commonweal.study.matrix import seen_matrix
from commonweal.study.regions import read_tree, regions
from commonweal.study.run import rebuild, run
from commonweal.study.spec import Study
from commonweal.study.tree_export import exported, write_exported
from commonweal.study.trees import found_words, summaries
from reports.reader import Page
from study.trees import write_tree_study

TEST = date(2018, 7, 1)
TREES = ("rules", "short", "filled")


@dataclass(frozen=True)
class Ran:
    """A run and what is in its store."""

    out: Path
    study: Study

    def stage(self, name: str) -> Artefact:
        manifest = json.loads((self.out / "manifest.json").read_text(encoding="utf-8"))
        (folder,) = (s["folder"] for s in manifest["stages"] if s["stage"] == name)
        return Store.read(self.out / "store" / folder)

    def spec(self, name: str) -> TreeSpec:
        spec = self.study.spec.models[name]
        assert isinstance(spec, TreeSpec)
        return spec

    @property
    def blocks(self) -> dict[str, Artefact]:
        return {name: self.stage(f"features/{name}") for name in self.study.spec.features}

    def metrics(self, metric: str, model: str) -> list[dict[str, Any]]:
        found = json.loads((self.out / "metrics.json").read_text(encoding="utf-8"))
        return [m for m in found if m["metric"] == metric and m.get("model") == model]

    def rows(self, *days: date) -> tuple[np.ndarray, np.ndarray, list[str]]:
        """Rows of some dates, their outcomes, and whose they are."""
        cohort = read_table(self.stage("cohort").file("cohort.parquet"))
        labels = read_table(self.stage("labels").file("labels.parquet"))["label"].to_pylist()
        as_of, ids = cohort["as_of"].to_pylist(), cohort["entity_id"].to_pylist()
        here = [i for i, day in enumerate(as_of) if day in days and labels[i] is not None]
        return np.array(here), np.array([labels[i] for i in here]), [ids[i] for i in here]

    def regions(self, model: str, rows: np.ndarray) -> np.ndarray:
        return regions(self.spec(model), self.stage(f"models/{model}"), self.blocks, rows)


def ran(folder: Path, town: Path, **how: bool) -> Ran:
    with pytest.MonkeyPatch.context() as patched:
        folder.mkdir(exist_ok=True)
        (folder / "key").write_text("0123456789abcdef0123456789abcdef", encoding="utf-8")
        patched.setenv("COMMONWEAL_KEY_FILE", str(folder / "key"))
        study = load(write_tree_study(folder, town, **how))
        run(study, folder / "run")
    return Ran(folder / "run", study)


@pytest.fixture(scope="module")
def simulated(town: Path, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    return ran(tmp_path_factory.mktemp("simulated"), town)


@pytest.fixture(scope="module")
def real(town: Path, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    return ran(tmp_path_factory.mktemp("real"), town, real=True)


@pytest.fixture(scope="module")
def burden(town: Path, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    return ran(tmp_path_factory.mktemp("burden"), town, burden=True)


@pytest.mark.parametrize("model", TREES)
@pytest.mark.parametrize("kind", ["simulated", "real", "burden"])
def test_figures_of_leaves_are_counts_of_people(
    kind: str, model: str, request: pytest.FixtureRequest
) -> None:
    one: Ran = request.getfixturevalue(kind)
    rows, labels, _ = one.rows(TEST)
    region = one.regions(model, rows)
    told = one.metrics("tree.observed", model)
    assert len(told) > 1
    assert sum(m["n"] for m in told) == len(rows)
    for m in told:
        mine = np.isin(region, leaves_of(m["group"]))
        assert m["n"] == mine.sum()
        assert m["value"] == pytest.approx(labels[mine].mean(), rel=1e-11)
        assert m["low"] < m["value"] + 1e-12
        assert m["high"] > m["value"] - 1e-12


@pytest.mark.parametrize("model", TREES)
@pytest.mark.parametrize("kind", ["real", "burden"])
def test_nobody_few_is_counted(kind: str, model: str, request: pytest.FixtureRequest) -> None:
    one: Ran = request.getfixturevalue(kind)
    days = [date(2014, 1, 1), date(2015, 7, 1), date(2017, 1, 1)]
    for metric, mine in (("tree.observed", [TEST]), ("tree.learned", days)):
        rows, labels, ids = one.rows(*mine)
        region, who = one.regions(model, rows), np.array(ids)
        told = one.metrics(metric, model)
        assert told
        for m in told:
            here = np.isin(region, leaves_of(m["group"]))
            for outcome in (0, 1):
                assert not 1 <= len(set(who[here & (labels == outcome)])) <= 10
        if metric == "tree.learned":
            assert sum(m["n"] for m in told) <= len(rows)


@pytest.mark.parametrize("model", TREES)
def test_rows_learned_from_are_those_the_tree_counted(simulated: Ran, model: str) -> None:
    names = seen_matrix(simulated.spec(model), simulated.blocks).names
    found, _ = read_tree(simulated.spec(model), simulated.stage(f"models/{model}"), names)
    leaves = found.tree.leaves
    told = {leaves_of(m["group"]): m for m in simulated.metrics("tree.learned", model)}
    assert sorted(told) == [(i,) for i in range(len(leaves))]
    for (leaf,), m in told.items():
        assert m["n"] == found.tree.rows[leaves[leaf]]
        assert m["value"] == pytest.approx(found.tree.chance[leaves[leaf]], rel=1e-11)
        assert m["low"] is None


def test_chances_of_real_people_are_rounded_wherever_they_are_published(
    real: Ran, simulated: Ran
) -> None:
    for metric, places in (("mean_prediction", 3), ("brier", 4), ("log_loss", 4)):
        mine, theirs = (one.metrics(metric, "rules") for one in (real, simulated))
        assert mine
        for m in mine:
            assert m["value"] == round(m["value"], places)
            assert m["low"] == round(m["low"], places)
        assert any(m["value"] != round(m["value"], places) for m in theirs)
        other = real.metrics(metric, "boosted")
        assert any(m["value"] != round(m["value"], places) for m in other)


def test_the_report_shows_every_tree(real: Ran, simulated: Ran, burden: Ran) -> None:
    for one in (real, simulated, burden):
        text = (one.out / "report.html").read_text(encoding="utf-8")
        told = {tree.model: tree for tree in summaries(one.stage("trees"))}
        page = Page(text)
        for model in TREES:
            assert f'<figure id="tree-{model}">' in text
            leaves = [b.leaf for b in told[model].branches if b.leaf is not None]
            assert [row[0] for row in page.tables[f"leaves-{model}"][1:]] == list(map(str, leaves))
        assert "local optimum, best of 4" in text
        assert "Filled where missing, before the tree sees them" in text
        for model in TREES:
            for m in one.metrics("tree.observed", model):
                assert percent(m["value"]) in text
    assert "objective" in (simulated.out / "report.html").read_text(encoding="utf-8")


def test_regions_are_read_in_any_order_and_chunk_by_chunk(simulated: Ran) -> None:
    rows, _, _ = simulated.rows(TEST, date(2014, 1, 1))
    whole = simulated.regions("rules", rows)
    mixed = np.random.default_rng(1).permutation(len(rows))
    assert (simulated.regions("rules", rows[mixed]) == whole[mixed]).all()
    assert len(simulated.regions("rules", rows[:0])) == 0
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("commonweal.models.data.CHUNK", 7)
        assert (simulated.regions("rules", rows) == whole).all()
        assert (simulated.regions("filled", rows) == simulated.regions("filled", rows)).all()


def test_regions_of_a_tree_whose_columns_are_filled_are_those_of_filled_rows(
    simulated: Ran,
) -> None:
    rows, _, _ = simulated.rows(TEST)
    features = seen_matrix(simulated.spec("filled"), simulated.blocks)
    found, fills = read_tree(
        simulated.spec("filled"), simulated.stage("models/filled"), features.names
    )
    assert fills is not None
    values = fills.fill(features.take(rows))
    assert (simulated.regions("filled", rows) == found.regions(values)).all()


@pytest.mark.parametrize("model", ["rules", "short"])
def test_an_exported_query_and_module_put_every_row_where_the_run_does(
    simulated: Ran, model: str, tmp_path: Path
) -> None:
    features = seen_matrix(simulated.spec(model), simulated.blocks)
    features.write_wide(tmp_path / "features.parquet")
    rows = np.arange(features.rows)
    region = simulated.regions(model, rows)
    found, _ = read_tree(simulated.spec(model), simulated.stage(f"models/{model}"), features.names)
    chance = found.tree.chance[found.tree.leaves]
    with duckdb.connect() as database:
        database.execute(f"CREATE VIEW features AS SELECT * FROM '{tmp_path / 'features.parquet'}'")
        query = exported(simulated.out, model, "sql")
        told = database.sql(query).to_arrow_table()
    assert told["leaf"].to_pylist() == region.tolist()
    assert told["chance"].to_pylist() == chance[region].tolist()
    space: dict[str, Any] = {}
    exec(exported(simulated.out, model, "python"), space)
    table = pa.table({n: told[n] for n in features.names}).to_pylist()
    assert [space["region"](row) for row in table] == region.tolist()
    assert [space["chance"](row) for row in table] == chance[region].tolist()


def test_an_export_of_real_people_says_no_more_than_the_report(real: Ran) -> None:
    learned = real.metrics("tree.learned", "rules")
    assert any(" or " in m["group"] for m in learned)
    space: dict[str, Any] = {}
    exec(exported(real.out, "rules", "python"), space)
    for m in learned:
        for leaf in leaves_of(m["group"]):
            assert space["CHANCES"][leaf] == pytest.approx(m["value"], rel=1e-11)
    text = exported(real.out, "rules", "text")
    assert "objective" not in text
    for m in real.metrics("tree.observed", "rules"):
        assert f"n = {m['n']:,})" in text
    assert exported(real.out, "rules", "svg").startswith("<svg ")


def test_a_study_that_burdens_has_no_export(burden: Ran, tmp_path: Path) -> None:
    for form in ("sql", "python", "svg", "text"):
        with pytest.raises(BurdenError, match="makes lists of people") as error:
            exported(burden.out, "rules", form)
        assert len(error.value.problems) == 1
    told = CliRunner().invoke(
        app, ["tree", "export", str(burden.out), "--model", "rules", "--to", "sql"]
    )
    assert told.exit_code == 1
    assert told.stdout == ""
    assert "burdens people" in told.stderr
    target = tmp_path / "tree.sql"
    with pytest.raises(BurdenError):
        write_exported(burden.out, "rules", "sql", target)
    assert not target.exists()


@pytest.mark.parametrize(
    ("model", "to", "said"),
    [
        ("rule", "sql", "the run has no tree 'rule' -> did you mean rules?"),
        ("boosted", "sql", "'boosted' is no tree but of kind 'boosted'"),
        ("rules", "pdf", "there is no form 'pdf' -> use sql, python, svg, text"),
        ("filled", "sql", "fills missing features before the tree sees them"),
        ("filled", "python", "fills missing features before the tree sees them"),
    ],
)
def test_what_cannot_be_exported_is_one_clear_error(
    simulated: Ran, model: str, to: str, said: str
) -> None:
    with pytest.raises(StudyError) as error:
        exported(simulated.out, model, to)
    assert len(error.value.problems) == 1
    assert said in str(error.value)


def test_an_export_is_written_outside_the_run_or_told(simulated: Ran, tmp_path: Path) -> None:
    command = ["tree", "export", str(simulated.out), "--model", "rules", "--to", "text"]
    told = CliRunner().invoke(app, command)
    assert (told.exit_code, told.stdout) == (0, exported(simulated.out, "rules", "text"))
    file = tmp_path / "tree.txt"
    told = CliRunner().invoke(app, [*command, "--out", str(file)])
    assert told.exit_code == 0
    assert file.read_text(encoding="utf-8") == exported(simulated.out, "rules", "text")
    inside = CliRunner().invoke(app, [*command, "--out", str(simulated.out / "tree.txt")])
    assert "lies in the run's folder" in inside.stderr
    nowhere = CliRunner().invoke(app, [*command, "--out", str(file / "no" / "tree.txt")])
    assert nowhere.exit_code == 1
    assert "cannot be written" in nowhere.stderr
    empty = CliRunner().invoke(app, ["tree", "export", str(tmp_path), *command[3:]])
    assert "holds no finished run" in empty.stderr


def test_the_report_is_rebuilt_to_the_same_bytes(simulated: Ran, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(simulated.out, copy)
    before = (copy / "report.html").read_bytes()
    (copy / "report.html").unlink()
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("COMMONWEAL_KEY_FILE", str(simulated.out.parent / "key"))
        assert not rebuild(copy).made
    assert (copy / "report.html").read_bytes() == before


def test_how_near_the_best_a_tree_is_is_said_without_sums_where_leaves_are_pooled() -> None:
    found = Found(0.001, 900.0, 8, 909.0, 9, (900.0, 918.0))
    assert found_words(found, exact=True) == found.words()
    assert found_words(found, exact=False) == (
        "local optimum, best of 2 (the worst 2.0% above it): 8 leaves; CART with the same penalty: "
        "1.0% above it with 9 leaves"
    )
    proven = Found(0.001, 900.0, 8, 891.0, 9, (900.0,), certified=900.0)
    assert found_words(proven, exact=False).startswith("certified optimum: 8 leaves; CART")
    assert "1.0% below it" in found_words(proven, exact=False)
    near = Found(0.001, 909.0, 8, 918.0, 9, (909.0,), certified=900.0)
    assert found_words(near, exact=False).startswith("1.0% above the certified optimum: 8 leaves")
    late = Found(0.001, 900.0, 8, 909.0, 9, (900.0,), stopped=True)
    assert "best of 1, stopped when its time was up: 8 leaves" in found_words(late, exact=False)


def test_variants_are_held_against_the_leaves_as_they_are_told(real: Ran) -> None:
    rows, labels, _ = real.rows(TEST)
    spec, fitted = real.spec("rules"), real.stage("models/rules")
    names = seen_matrix(spec, real.blocks).names
    tree = read_tree(spec, fitted, names)[0].tree
    region = real.regions("rules", rows)
    scores = tree.chance[tree.leaves][region]
    ranking = Ranking.of(scores, labels.astype(np.int8), np.arange(len(rows), dtype=np.uint64))
    told = evaluated(real.stage("evaluation")).metrics
    (groups,) = _leaves({"rules": scores}, {"rules": (ranking, ())}, told)
    parts = [leaves_of(m["group"]) for m in real.metrics("tree.observed", "rules")]
    assert groups.tolist() == [
        str(next(i for i, part in enumerate(parts) if leaf in part)) for leaf in region
    ]
