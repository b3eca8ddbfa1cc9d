"""Variants of real people: a reader who knows whom each version is about, and subtracts."""

from __future__ import annotations

import json
import shutil
from itertools import combinations
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from commonweal.core.tables import read_table
from commonweal.evaluation.ranking import Ranking
from commonweal.oversight.disclosure import SMALL, Disclosure
from commonweal.oversight.overlap import Overlap, reached
from commonweal.study.beside import Beside, Measured, safely
from commonweal.study.load import load
from commonweal.study.run import Run, run

Who = NDArray[np.bool_]
K = 60


def small(count: int) -> bool:
    return 1 <= count <= SMALL


Sets = list[tuple[Who, bool]]
"""Sets of people whose number is published, and whether another version told of it."""


def nested(sets: Sets, wholes: Sets) -> list[int]:
    """Count what follows by subtraction from any two sets, and within a third.

    What follows among the declared people alone is for the rules of rankings to see to.
    """
    found = []
    for (one, mine), (other, theirs) in combinations(sets, 2):
        if mine or theirs:
            for inner, outer in ((one, other), (other, one)):
                if not (inner & ~outer).any():
                    found.append(int((outer & ~inner).sum()))
        if not (one & other).any():
            both = one | other
            found += [
                int((whole & ~both).sum()) for whole, new in wholes
                if (mine or theirs or new) and not (both & ~whole).any()
            ]  # fmt: skip
    return [x for x in found if small(x)]


def shop() -> Any:
    spec = SimpleNamespace(
        capacity=SimpleNamespace(k=K), evaluation=SimpleNamespace(cutoffs=(50, 100))
    )
    return SimpleNamespace(study=SimpleNamespace(spec=spec, disclosure=Disclosure()))


def version(
    ids: NDArray[np.str_], labels: NDArray[np.int8], scores: NDArray[np.float64]
) -> Measured:
    ties = np.arange(len(ids), dtype=np.uint64)
    people = pa.table({"entity_id": ids.tolist()})
    test = SimpleNamespace(rows=np.arange(len(ids)), people=people, labels=labels, ties=ties)
    return Measured(shop(), cast(Any, test), scores, Ranking.of(scores, labels, ties))


def drawn(seed: int) -> tuple[Measured, Beside, list[Measured | None]]:
    """Draw a study, with groups, and versions whose cohorts and outcomes differ by few or many."""
    random = np.random.default_rng(seed)
    n = int(random.integers(400, 3000))
    ids = np.array([f"p{i:05}" for i in range(n)])
    chance = random.beta(1, 6, n)
    labels = (random.random(n) < chance).astype(np.int8)
    scores = np.round(chance + random.normal(0, 0.05, n), int(random.integers(1, 4)))
    rule = Disclosure()
    here = random.random(n) < random.choice([0.5, 0.95, 1.0])
    first = version(ids[here], labels[here], scores[here])
    cutoffs = rule.cutoffs(first.ranking, None, [K, 50, 100])
    first = Measured(first.shop, first.test, first.scores, first.ranking, cutoffs)
    groups = rule.pooled([str(x) for x in random.integers(0, 4, len(first.ids))],
                         first.test.labels)  # fmt: skip
    beside = Beside(((first.ranking, cutoffs),), ((groups, ()),))
    found: list[Measured | None] = []
    for _ in range(int(random.integers(1, 5))):
        kind, few = (
            random.choice(["cohort", "outcome", "model", "group"]),
            random.choice([3, 15, 90]),
        )
        mine, had = here.copy(), labels.copy()
        if kind == "cohort":
            moved = random.choice(n, few, replace=False)
            mine[moved] = random.choice([True, False])
        if kind == "outcome":
            hits = np.flatnonzero(had == 1)
            had[random.permutation(hits)[:few]] = 0
        if kind == "group":
            mine[np.flatnonzero(here)[groups == groups[0]]] = False
            mine[random.choice(n, few, replace=False)] = False
        other = np.round(scores + random.normal(0, random.choice([0.0, 0.001, 0.1]), n), 3)
        found.append(version(ids[mine], had[mine], other[mine]))
    return first, beside, found


def everything_shown(
    declared: Measured, beside: Beside, shown: list[Measured | None]
) -> tuple[Sets, Sets]:
    """Return every set whose count is published, and the versions' whole sets."""
    people = [declared, *(one for one in shown if one)]
    everybody = np.unique(np.concatenate([one.ids for one in people]))
    sets: Sets = []
    wholes: Sets = []

    def cut(one: Measured, rows: NDArray[np.bool_]) -> None:
        for label in (None, 0, 1):
            inside = rows if label is None else rows & (one.test.labels == label)
            found = np.zeros(len(everybody), np.bool_)
            found[np.searchsorted(everybody, one.ids[inside])] = True
            sets.append((found, not one.same_people(declared)))

    for one in people:
        cut(one, np.ones(len(one.ids), np.bool_))
        wholes += sets[-3:]
        for end in {end for k in one.cutoffs for end in reached(one.ranking, k)}:
            top = np.zeros(len(one.ids), np.bool_)
            top[one.ranking.order[:end]] = True
            cut(one, top)
        if one is not declared and one.same_people(declared):
            for k in one.shared:
                for part in Overlap.of(one.ranking, declared.ranking, k).parts:
                    cut(one, part)
    for groups, _ in beside.groups:
        for name in set(groups.tolist()):
            cut(declared, groups == name)
    return sets, wholes


@given(st.integers(0, 1_000_000))
@settings(max_examples=60, deadline=None)
def test_nothing_small_follows_from_any_two_counts(seed: int) -> None:
    declared, beside, found = drawn(seed)
    if not declared.cutoffs:
        return
    assert not nested(*everything_shown(declared, beside, safely(declared, beside, found)))


def test_without_the_rule_the_reader_finds_small_numbers() -> None:
    found = [drawn(seed) for seed in range(12)]
    assert sum(bool(nested(*everything_shown(*one))) for one in found) > 4


def test_versions_that_differ_by_many_are_shown() -> None:
    shown = [
        one for seed in range(60) for one in safely(*drawn(seed))
        if one and one.test.labels.sum() > SMALL
    ]  # fmt: skip
    assert len({len(one.ids) for one in shown}) > 20
    assert sum(bool(one.shared) for one in shown) > 10


MORE = """
[feature_sets.no_network]
without = ["network"]

[variants.few_fewer]
what = "Whoever was harmed six times in a year is left out: a handful."
exclude = [{ event = "shooting", where = [{ column = "fatal", equals = true }] }, \
  { event = "victimization", at_least = 6 }]

[variants.one_victimization]
what = "One victimization is enough to be in the cohort."
include = [{ event = "arrest" }, { event = "victimization" }]

[variants.few_more]
what = "As the one before, but a handful more or less."
include = [{ event = "arrest" }, { event = "victimization" }]
exclude = [{ event = "shooting", where = [{ column = "fatal", equals = true }] }, \
  { event = "victimization", at_least = 6 }]

[variants.survived]
what = "The outcome is to be shot and survive."
outcome = { event = "shooting", role = "victim", within = "18 months", dated_by = "known_on", \
  where = [{ column = "fatal", equals = false }] }

[variants.any_victim]
what = "Any victimization is the outcome, not only a shooting."
outcome = { event = "victimization", within = "18 months", dated_by = "known_on" }
"""


def real(town: Path, folder: Path, more: str) -> Path:
    """Write a study of the town whose tables nothing says are simulated."""
    shutil.copytree(town, folder / "data")
    here = Path(__file__).resolve().parents[1] / "town"
    agency = (here / "agency.toml").read_text(encoding="utf-8")
    agency = agency.replace('simulated = "simulation.json"\n', "")
    (folder / "agency.toml").write_text(agency, encoding="utf-8")
    study = (here / "study.toml").read_text(encoding="utf-8") + more
    (folder / "study.toml").write_text(study, encoding="utf-8")
    return folder / "study.toml"


@pytest.fixture(scope="module")
def done(town: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("real")
    with pytest.MonkeyPatch.context() as patched:
        (folder / "key").write_text("0123456789abcdef0123456789abcdef", encoding="utf-8")
        patched.setenv("COMMONWEAL_KEY_FILE", str(folder / "key"))
        return run(load(real(town, folder / "study", MORE)), folder / "run")


def test_real_people_cannot_be_worked_out_from_two_versions(done: Run) -> None:
    stages = json.loads((done.out / "manifest.json").read_text(encoding="utf-8"))["stages"]
    where = {one["stage"]: done.out / "store" / one["folder"] for one in stages}
    shown = [None, *dict.fromkeys(m.variant for m in done.metrics if m.metric == "people"
                                  and m.variant)]  # fmt: skip
    held: list[dict[str, int]] = []
    as_of = max(m.as_of for m in done.metrics if m.as_of)
    for name in shown:
        found = {}
        for stage, file in (("cohort", "cohort.parquet"), ("labels", "labels.parquet")):
            own = where.get(f"variants/{name}/{stage}", where[stage])
            found[stage] = read_table(own / file)
        people = found["cohort"].to_pydict()
        labels = dict(zip(*found["labels"].select(["row", "label"]).to_pydict().values(),
                          strict=True))  # fmt: skip
        held.append({
            person: labels[row]
            for row, person, day in zip(people["row"], people["entity_id"], people["as_of"],
                                        strict=True) if day == as_of
        })  # fmt: skip
    everybody = sorted(set().union(*held))
    parts: dict[tuple[int | None, ...], int] = {}
    for person in everybody:
        part = tuple(one.get(person) for one in held)
        parts[part] = parts.get(part, 0) + 1
    assert not [count for count in parts.values() if small(count)]
    assert "no_network" in shown
    assert len(shown) > 2
    hidden = {f.message.split()[4] for f in done.findings
              if f.code == "evaluation.variant" and f.severity.value == "skipped"}  # fmt: skip
    assert {"few_fewer", "few_more"} <= hidden
