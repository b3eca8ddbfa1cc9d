"""A test date as examinations see it, of random people: no run behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from commonweal.core.tables import write_table
from commonweal.evaluation.groups import Grouping
from commonweal.evaluation.overall import Subject
from commonweal.oversight.disclosure import Disclosure
from commonweal.study.everyone import OUTSIDE
from commonweal.study.examine.examined import Examined
from commonweal.study.other_outcomes import stage_of
from oversight.attacker import DAY, HEADLINE, WANTED, World

Words = NDArray[np.str_]


@dataclass(frozen=True)
class Kept:
    """What stands for an artefact."""

    path: Path
    everyone: Mapping[str, int] = field(default_factory=dict)

    def file(self, name: str) -> Path:
        return self.path / name

    def json(self, name: str) -> object:
        return dict(self.everyone)


@dataclass(frozen=True)
class Case:
    """Random people, what else happens to them, and who had the outcome outside the cohort."""

    seen: Examined
    labels: NDArray[np.int8]
    others: Mapping[str, NDArray[np.int8]]
    outside: Mapping[str, Words]


def case(
    world: World, folder: Path, rule: Disclosure, crossings: Sequence[tuple[str, ...]], seed: int
) -> Case:
    """Put a random table before the examinations, as the evaluation stage would."""
    rng = np.random.default_rng(seed)
    ranking = world.ranking(HEADLINE)
    cutoffs = rule.cutoffs(ranking, None, WANTED)
    pooled: dict[str, Words] = {}
    for name, groups in world.groups.items():
        found = rule.pooled(groups.tolist(), world.labels, list(pooled.values()))
        if set(found.tolist()) != {"all"}:
            pooled[name] = found
    groupings = []
    for name, groups in pooled.items():
        others = [g[ranking.order] for other, g in pooled.items() if other != name]
        ks = rule.cutoffs(ranking, groups[ranking.order], WANTED, cutoffs, others)
        groupings.append(Grouping(name, groups[ranking.order], ks, (0, world.n)))
    outcomes = _others(world, rng)
    away = int(rng.choice([0, 5, 15, 60, 400]))
    outside = {name: rng.choice(groups, away) for name, groups in world.groups.items()}
    extras = _extras(folder, world, outcomes, outside, rng)
    positives = int(world.labels.sum())
    everyone = positives + away
    spec = SimpleNamespace(
        study=SimpleNamespace(seed=1), capacity=SimpleNamespace(k=50), units=None,
        outcomes=outcomes,
        evaluation=SimpleNamespace(
            crossings=tuple(crossings), draws=2, cutoffs=WANTED, headline=HEADLINE
        ),
    )  # fmt: skip
    shown = everyone if rule.safe(away, everyone) else None
    test = SimpleNamespace(
        as_of=DAY, labels=world.labels, rows=np.arange(world.n), positives=positives,
        everyone=everyone, outside=lambda shop: shown,
    )  # fmt: skip
    shop: Any = SimpleNamespace(study=SimpleNamespace(spec=spec, disclosure=rule))
    subject = Subject(HEADLINE, DAY, True, shown)
    given: Any = test
    seen = Examined(
        shop, given, {HEADLINE: world.scores[HEADLINE]}, {HEADLINE: (ranking, cutoffs)},
        {HEADLINE: subject}, pooled, tuple(groupings), extras,
    )  # fmt: skip
    return Case(seen, world.labels, outcomes, outside)


def _others(world: World, rng: np.random.Generator) -> dict[str, NDArray[np.int8]]:
    """Outcomes near the one predicted, inside each other, and inside a group."""
    wide = np.where(rng.random(world.n) < 0.5, world.labels, rng.random(world.n) < 0.2)
    inner = wide * (rng.random(world.n) < 0.6)
    held = (world.groups["sex"] == "g0") & (rng.random(world.n) < 0.7)
    return {
        name: labels.astype(np.int8)
        for name, labels in {"wide": wide, "inner": inner, "held": held}.items()
    }


def _extras(
    folder: Path, world: World, outcomes: Mapping[str, NDArray[np.int8]],
    outside: Mapping[str, Words], rng: np.random.Generator,
) -> dict[str, Any]:  # fmt: skip
    extras: dict[str, Any] = {}
    for name, labels in outcomes.items():
        path = folder / name
        path.mkdir(parents=True)
        rows = pa.table({"row": np.arange(world.n), "label": pa.array(labels, pa.int8())})
        write_table(rows, path / "labels.parquet")
        total = int(labels.sum() + rng.choice([0, 4, 30]))
        extras[stage_of(name)] = Kept(path, {DAY.isoformat(): total})
    keys = sorted(set(zip(*(groups.tolist() for groups in outside.values()), strict=True)))
    held = list(zip(*(groups.tolist() for groups in outside.values()), strict=True))
    table = {
        "as_of": pa.array([DAY] * len(keys), pa.date32()),
        **{
            name: pa.array([key[place] for key in keys], pa.string())
            for place, name in enumerate(outside)
        },
        "people": pa.array([held.count(key) for key in keys], pa.int64()),
    }
    (folder / "outside").mkdir()
    write_table(pa.table(table), folder / "outside" / OUTSIDE)
    extras["everyone"] = Kept(folder / "outside")
    return extras
