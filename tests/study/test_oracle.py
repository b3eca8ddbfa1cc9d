"""The ceiling of a simulated study: measured like a model, in its own stage, and nowhere else."""

from __future__ import annotations

import json
import re
import shutil
import sys
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from commonweal.core.canonical import file_digest
from commonweal.core.errors import DataError, StudyError
from commonweal.core.results import Finding, Metric, Severity
from commonweal.core.tables import read_table, write_table
from commonweal.evaluation.oracle import Oracle
from commonweal.evaluation.ranking import Ranking
from commonweal.evaluation.spec import ORACLE
from commonweal.oversight.disclosure import Disclosure
from commonweal.simulate import world
from commonweal.simulate.seal import SEAL, write_seal
from commonweal.simulate.truth import Truth, write_truth_seal
from commonweal.study.load import load, outcome_of
from commonweal.study.run import Run, rebuild, run

PEOPLE, FIRST, DAYS = 700, date(2010, 1, 1), 3600
AGENCY = """\
name = "A small county"
data = "data"
extracted_on = 2020-01-01
simulated = "simulation.json"

[sources.contact]
table = "contacts.parquet"
entity = "person_id"
record = ["record_id"]
occurred_on = "happened_on"
known_on = "happened_on"

[sources.contact.columns]
side = {}

[sources.harm]
table = "harms.parquet"
entity = "person_id"
record = ["record_id"]
occurred_on = "happened_on"
known_on = "happened_on"
"""
STUDY = """\
[study]
name = "tiny"
title = "Who will be harmed"
question = "Among callers, who will be harmed within a year, so that help can be offered?"
agency = "agency.toml"
seed = 7

[action]
kind = "help"
offer = "A visit."
recipients = ["the intake team"]
forbidden_recipients = ["the police"]
intended_use = "To decide whom to visit first."
not_for = ["charging"]

[review]
by = "The board."
on = 2020-02-01
statement = "Being harmed is predicted, not harming."

[cohort]
as_of = { every = "1 year", first = 2014-01-01, last = 2018-01-01 }
include = [{ event = "contact" }]
within = "3 years"
test = 1

[outcome]
event = "harm"
within = "1 year"

[protected]
side = { event = "contact", column = "side" }

[features.contacts]
kind = "counts"
event = "contact"
windows = ["1 year", "3 years"]

[features.harms]
kind = "counts"
event = "harm"
windows = ["3 years"]

[models.logistic]
kind = "logistic"
penalties = [10.0]

[models.past]
kind = "count_rank"
feature = "contact.all.count.1y"

[capacity]
k = 60

[evaluation]
headline = "logistic"
cutoffs = [20, 100, 200]
draws = 100
calibration_bins = 4
"""


def table(random: np.random.Generator, rates: np.ndarray, slip: float) -> tuple[pa.Table, pa.Table]:
    """Events of people at a yearly rate, some under another's id, and whose each one is."""
    person = np.repeat(np.arange(PEOPLE), random.poisson(rates * DAYS / 365))
    entity = np.where(random.random(len(person)) < slip, (person + 1) % PEOPLE, person)
    happened = [FIRST + timedelta(days=int(d)) for d in random.integers(0, DAYS, len(person))]
    events = pa.table({
        "record_id": [str(place) for place in range(len(person))],
        "person_id": [f"p{one:04d}" for one in entity],
        "happened_on": pa.array(happened, pa.date32()),
        "side": [["east", "west"][one % 2] for one in person],
    })  # fmt: skip
    return events, pa.table({"record_id": events["record_id"], "person": person})


CHANCE = """\
import numpy as np
from commonweal.core.tables import read_table

def chance(folder, outcome, people, as_of, until):
    if outcome != "harm":
        return None
    rates = read_table(folder / "rates.parquet")["harm"].to_numpy()
    years = (until - as_of).days / 365
    return np.where(people < 0, 0.0, 1 - np.exp(-years * rates[np.maximum(people, 0)]))
"""
"""A world's module: the chance of at least one event of a constant rate."""
WORLD = """\
from commonweal.simulate.world import World

WORLD = World(people=60, knobs=dict, build=print, words=lambda people: {"capacity": str(people)})
"""


@pytest.mark.parametrize("name", list(world.WORLDS))
def test_every_world_knows_what_its_own_study_predicts(name: str) -> None:
    """As the study written beside its tables does: else no ranking would be held against it."""
    known = Oracle("", Truth(Path(), name, ""))
    assert outcome_of(known.study(), "study.toml") is not None


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The study file of a tiny world, its truth beside it."""
    package = tmp_path / "packages" / "tiny_world"
    package.mkdir(parents=True)
    files = {"__init__.py": "", "chance.py": CHANCE, "study.toml": STUDY, "world.py": WORLD}
    for name, text in files.items():
        (package / name).write_text(text.replace("k = 60", "k = $capacity"), encoding="utf-8")
    for name in ("tiny_world", "tiny_world.chance", "tiny_world.world"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.syspath_prepend(package.parent)
    monkeypatch.setitem(world.WORLDS, "tiny", "tiny_world")
    random = np.random.default_rng(2)
    folder = tmp_path / "world"
    data, truth = folder / "data", folder / "truth"
    for one in (data, truth):
        one.mkdir(parents=True)
    harm = np.exp(random.normal(-1.6, 1.0, PEOPLE))
    rates = {"contact": 0.5 + harm, "harm": harm}
    owners = []
    for name, rate in rates.items():
        events, whose = table(random, rate, 0.1)
        write_table(events, data / f"{name}s.parquet")
        owners.append(whose.add_column(0, "table", pa.array([f"{name}s"] * whose.num_rows)))
    write_table(pa.concat_tables(owners), truth / "records.parquet")
    write_table(pa.table({"harm": harm}), truth / "rates.parquet")
    write_seal(data, "tiny", 2, PEOPLE, ["contacts.parquet", "harms.parquet"])
    write_truth_seal(truth, "tiny", file_digest(data / SEAL))
    (folder / "agency.toml").write_text(AGENCY, encoding="utf-8")
    (folder / "study.toml").write_text(STUDY, encoding="utf-8")
    return folder / "study.toml"


def stages(out: Path) -> dict[str, tuple[str, str]]:
    """Stage -> its folder and the fingerprint of its files."""
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    return {s["stage"]: (s["folder"], s["content"]) for s in manifest["stages"]}


def at(found: Run, metric: str, model: str, k: int | None = None) -> Metric:
    hits = [
        m for m in found.metrics if (m.metric, m.model, m.k, m.group) == (metric, model, k, None)
    ]
    assert len(hits) == 1, (metric, model, k, len(hits))
    return hits[0]


def said(found: Run) -> Finding:
    hits = [f for f in found.findings if f.code == "evaluation.oracle"]
    assert len(hits) == 1
    return hits[0]


def test_true_chances_are_measured_like_a_model(study: Path, tmp_path: Path) -> None:
    found = run(load(study), tmp_path / "run")
    assert "oracle" in found.made
    for metric in ("precision", "recall", "total_recall"):
        best, mine = at(found, metric, ORACLE, 60), at(found, metric, "logistic", 60)
        assert best.n == mine.n
        assert best.low is not None
        assert best.high is not None
    assert at(found, "auc", ORACLE).value > at(found, "auc", "logistic").value
    assert at(found, "auc", ORACLE).value > 0.7
    rate, mean = at(found, "base_rate", ORACLE), at(found, "mean_prediction", ORACLE)
    assert rate.value == at(found, "base_rate", "logistic").value
    assert rate.low is not None
    assert rate.high is not None
    assert rate.low < mean.value < rate.high
    assert at(found, "brier", ORACLE).value < at(found, "brier", "logistic").value
    assert [m.k for m in found.metrics if m.model == ORACLE and m.metric == "calibration.observed"]
    top, mine = (at(found, "precision", name, 60).value for name in (ORACLE, "logistic"))
    assert said(found).severity is Severity.PASS
    assert said(found).message == (
        f"Who knew the true chances would find {top:.1%} at capacity (60); logistic finds "
        f"{mine:.1%}: {mine / top:.0%} of that."
    )
    page = found.report.read_text(encoding="utf-8")
    assert "true chance (ceiling, simulated people only)" in page
    # No true chance is stored: one file of figures and one of findings.
    folder = next((tmp_path / "run" / "store").glob("oracle-*"))
    assert {p.name for p in folder.iterdir()} == {"stage.json", "metrics.json", "findings.json"}
    figures = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    assert min(m["n"] for m in figures if "predict" in m["metric"]) > 50


def test_no_other_stage_reads_the_truth(study: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    run(load(study), out)
    before, truth = stages(out), study.parent / "truth"
    rates = read_table(truth / "rates.parquet")
    write_table(pa.table({"harm": rates["harm"].to_numpy()[::-1]}), truth / "rates.parquet")
    write_truth_seal(truth, "tiny", file_digest(study.parent / "data" / SEAL))
    other = run(load(study), out)
    assert other.made == ("oracle", "report")
    after = stages(out)
    assert {name for name in before if before[name] != after[name]} == {"oracle", "report"}
    assert at(other, "auc", ORACLE).value < 0.6

    shutil.rmtree(truth)
    without = run(load(study), out)
    assert without.made == ("report",)
    assert set(stages(out)) == set(before) - {"oracle"}
    assert {name for name, one in stages(out).items() if before[name] != one} == {"report"}
    assert said(without).severity is Severity.NOT_APPLICABLE
    assert not [m for m in without.metrics if m.model == ORACLE]
    page = without.report.read_text(encoding="utf-8")
    assert not re.search("ceiling|oracle(?!</th>)", page)
    seen = (out / "manifest.json").read_text(encoding="utf-8")
    assert '"truth": null' in seen


def test_the_report_is_made_again_without_the_truth(study: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    first = run(load(study), out)
    kept = {name: (out / name).read_bytes() for name in ("report.html", "manifest.json")}
    shutil.rmtree(study.parent)
    (out / "report.html").unlink()
    second = rebuild(out)
    assert second.made == ()
    assert second.metrics == first.metrics
    assert {name: (out / name).read_bytes() for name in kept} == kept


def test_a_truth_of_other_tables_stops_the_run_before_any_work(study: Path, tmp_path: Path) -> None:
    write_truth_seal(study.parent / "truth", "tiny", "0" * 64)
    with pytest.raises(DataError, match="belongs to other tables"):
        run(load(study), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_tables_that_are_not_the_simulations_have_no_ceiling(study: Path, tmp_path: Path) -> None:
    path = study.parent / "data" / "harms.parquet"
    write_table(read_table(path).slice(1), path)
    found = run(load(study), tmp_path / "run")
    assert "oracle" not in found.made
    assert said(found).severity is Severity.NOT_APPLICABLE


def test_an_outcome_the_world_knows_no_chance_of(study: Path, tmp_path: Path) -> None:
    text = study.read_text(encoding="utf-8")
    text = text.replace('[outcome]\nevent = "harm"', '[outcome]\nevent = "harm"\nat_least = 2')
    study.write_text(text, encoding="utf-8")
    found = run(load(study), tmp_path / "run")
    assert said(found).severity is Severity.NOT_APPLICABLE
    assert "no true chance of this outcome" in said(found).message
    assert not [m for m in found.metrics if m.model == ORACLE]


def test_more_than_can_be_had_is_told(study: Path, tmp_path: Path) -> None:
    truth = study.parent / "truth"
    write_table(pa.table({"harm": np.full(PEOPLE, 0.2)}), truth / "rates.parquet")
    write_truth_seal(truth, "tiny", file_digest(study.parent / "data" / SEAL))
    found = said(run(load(study), tmp_path / "run"))
    assert found.severity is Severity.WARN
    assert "more than anybody can expect" in found.message


def test_no_model_may_be_called_oracle(study: Path) -> None:
    text = study.read_text(encoding="utf-8").replace("[models.past]", "[models.oracle]")
    study.write_text(text, encoding="utf-8")
    with pytest.raises(StudyError, match=r"models\.oracle: is a name commonweal uses itself"):
        load(study)


def test_a_burden_study_shows_no_list_that_differs_by_few(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = study.read_text(encoding="utf-8").replace('kind = "help"', 'kind = "burden"')
    study.write_text(text, encoding="utf-8")
    seen: list[tuple[Ranking, tuple[int, ...], int]] = []
    chosen = Disclosure.cutoffs

    def cutoffs(
        self: Disclosure, ranking: Ranking, groups: object, *more: object, **named: object
    ) -> tuple[int, ...]:
        found = chosen(self, ranking, groups, *more, **named)  # type: ignore[arg-type]
        if groups is None:
            seen.append((ranking, found, len(named["rankings"])))  # type: ignore[arg-type]
        return found

    monkeypatch.setattr(Disclosure, "cutoffs", cutoffs)
    found = run(load(study), tmp_path / "run")
    assert "oracle" in found.made
    assert "recommendation" not in found.made
    assert [others for *_, others in seen] == [0, 1, 2], "the oracle is held against both models"
    ks = {m.k for m in found.metrics if m.model == ORACLE and m.metric == "precision"}
    assert ks
    assert ks == set(seen[2][1])
    top = seen[2][0]
    for ranking, published, _ in seen[:2]:
        for mine in ks:
            for other in published:
                first, second = (
                    set(r.order[:k].tolist()) for r, k in ((top, mine), (ranking, other))
                )
                if (
                    mine in top.ends
                    and other in ranking.ends
                    and (first <= second or second <= first)
                ):
                    assert len(first ^ second) == 0 or len(first ^ second) > 10
    small = [m for m in found.metrics if m.model == ORACLE and 0 < m.n <= 10]
    assert small == []
