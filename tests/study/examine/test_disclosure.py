"""Crossings, other outcomes and whom the records miss, attacked: nothing of 1 to 10 is derived.

The reader of this file is told which sets of people lie inside which others, and subtracts them
all, stretch by stretch between the cut-offs at which both are published.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from commonweal.core.results import Metric
from commonweal.evaluation.people import crossed
from commonweal.oversight.disclosure import Disclosure
from commonweal.study.examine.composition import composition
from commonweal.study.examine.crossings import crossings, shown_crossings
from commonweal.study.examine.fairness import error_rates
from commonweal.study.examine.outcomes import outcomes
from oversight.attacker import world
from study.examine.stub import Case, case

CROSSINGS = [("district", "sex"), ("area", "sex"), ("area", "district", "sex")]
Mask = NDArray[np.bool_]


def small(count: float) -> bool:
    return 0 < round(count, 6) <= 10


def known(one: Case, metrics: Sequence[Metric]) -> dict[str, tuple[Mask, set[int]]]:
    """Everything that figures are published about, and the cut-offs at which they are."""
    seen, order = one.seen, one.seen.ranking.order
    n = seen.ranking.n
    found: dict[str, tuple[Mask, set[int]]] = {"all": (np.ones(n, bool), set(seen.cutoffs))}
    for by in seen.groupings:
        for group in set(by.groups.tolist()):
            found[f"{by.attribute}={group}"] = (by.groups == group, set(by.cutoffs))
    for m in metrics:
        if m.metric == "crossing.people" and m.k is None and m.group:
            parts = dict(part.split("=", 1) for part in m.group.split(" & "))
            mask = np.all([seen.pooled[a][order] == g for a, g in parts.items()], axis=0)
            ks = {x.k for x in metrics if x.group == m.group and x.k}
            found[m.group] = (mask, {k for k in ks if k})
        if m.metric == "base_rate" and m.outcome:
            mask = one.others[m.outcome][order] == 1
            ks = {x.k for x in metrics if x.outcome == m.outcome and x.k}
            found[m.outcome] = (mask, {k for k in ks if k})
    return found


def nested(one: Case, metrics: Sequence[Metric]) -> list[str]:
    """What subtracting a set from one around it gives away, by the outcome predicted."""
    sets = known(one, metrics)
    labels, n = one.seen.ranking.labels, one.seen.ranking.n
    ks = {k for _, its in sets.values() for k in its}
    inside = {k: one.seen.ranking.inclusion(k) for k in ks} | {0: np.zeros(n), n: np.ones(n)}
    bad = []
    for inner, (small_mask, its) in sets.items():
        for outer, (mask, theirs) in sets.items():
            if not (small_mask <= mask).all():
                continue
            # A set less itself is nobody; itself alone is the set less nothing.
            rest = small_mask if inner == outer else mask & ~small_mask
            for low, high in pairwise([0, *sorted(its & theirs), n]):
                # Ties are published as expectations.
                here = (inside[high] - inside[low]) * rest
                counts = [here[labels == outcome].sum() for outcome in (0, 1)]
                bad += [f"{outer} less {inner}, {low} to {high}"] if any(map(small, counts)) else []
    return bad


def missed(one: Case, metrics: Sequence[Metric]) -> list[str]:
    """What the shares of everybody with the outcome give away."""
    bad, positives = [], one.labels == 1
    for m in metrics:
        if m.metric not in ("composition.everyone", "crossing.everyone"):
            continue
        assert m.group
        names = [part.split("=", 1) for part in m.group.split(" & ")]
        mine = positives & np.all([one.seen.pooled[a] == g for a, g in names], axis=0)
        total = m.value * m.n
        for count in (total, mine.sum(), total - mine.sum(), m.n - total):
            bad += [f"{m.group}: {count}"] if small(count) else []
    return bad


def recovered(seed: int, folder: Path, rule: Disclosure) -> tuple[list[str], int]:
    one = case(world(seed), folder, rule, CROSSINGS, seed)
    if not rule.safe(one.labels.sum(), (one.labels == 0).sum()):
        return [], 0
    found = [look(one.seen) for look in (crossings, composition, outcomes, error_rates)]
    metrics = [m for each in found for m in each.metrics]
    return nested(one, metrics) + missed(one, metrics), len(metrics)


@pytest.mark.parametrize("start", [0, pytest.param(60, marks=pytest.mark.slow)])
def test_nothing_small_is_recovered(start: int, tmp_path: Path) -> None:
    found = {
        seed: recovered(seed, tmp_path / str(seed), Disclosure())
        for seed in range(start, start + 60)
    }
    assert {seed: bad for seed, (bad, _) in found.items() if bad} == {}
    assert sum(count > 40 for _, count in found.values()) > 15


def test_the_same_reader_recovers_much_where_everything_is_shown(tmp_path: Path) -> None:
    rule = Disclosure(exempt=True)
    bad = [recovered(seed, tmp_path / str(seed), rule)[0] for seed in range(10)]
    assert sum(map(bool, bad)) == 10


def test_every_crossing_is_shown_or_said_not_to_be(tmp_path: Path) -> None:
    shown = hidden = 0
    for seed in range(60):
        one = case(world(seed), tmp_path / str(seed), Disclosure(), CROSSINGS, seed)
        found = crossings(one.seen)
        assert len(found.findings) == len(CROSSINGS)
        for said in found.findings:
            names = tuple(said.where.split(", "))
            there = names in {x.attributes for x in shown_crossings(one.seen)}
            assert ("not shown" in said.message) != there
            shown, hidden = shown + there, hidden + (not there)
            if there:
                cells = crossed({name: one.seen.pooled[name] for name in names})
                for cell in set(cells.tolist()):
                    mine = one.labels[cells == cell]
                    assert not small(mine.sum())
                    assert not small(len(mine) - mine.sum())
    assert shown > 10
    assert hidden > 10


def test_error_rates_follow_from_what_the_audits_publish(tmp_path: Path) -> None:
    checked = 0
    for seed in range(30):
        one = case(world(seed), tmp_path / str(seed), Disclosure(), (), seed)
        metrics = error_rates(one.seen).metrics
        found = {(m.metric, m.group): m for m in metrics if not m.against}
        for by in one.seen.groupings:
            for group in sorted(set(by.groups.tolist())):
                name = f"{by.attribute}={group}"
                k = next((m.k for (_, held), m in found.items() if held == name), None)
                assert (k in by.cutoffs) if k else not by.cutoffs
                if k is not None:
                    checked += follows(one, by.groups == group, k, name, found)
    assert checked >= 30


def follows(
    one: Case, mine: Mask, k: int, name: str, found: dict[tuple[str, str | None], Metric]
) -> int:
    """Compute a group's error rates from its published figures alone; how many there were."""
    labels, inside = one.seen.ranking.labels, one.seen.ranking.inclusion(k)
    people, positives, chosen = mine.sum(), labels[mine].sum(), inside[mine].sum()
    hits = (inside * labels)[mine].sum()
    with np.errstate(invalid="ignore", divide="ignore"):
        rate, precision, recall = chosen / people, hits / chosen, hits / positives
        # From here on only what the audits publish: people, positives and these three.
        wrong = rate * people * (1 - (precision if chosen else 0.0))
        expected = {
            "false_discovery": 1 - precision, "false_negative": 1 - recall,
            "false_positive": wrong / (people - positives),
        }  # fmt: skip
    for measure, value in expected.items():
        metric = found.get((f"fairness.{measure}", name))
        assert (metric is not None) == bool(np.isfinite(value))
        assert metric is None or metric.value == pytest.approx(value, abs=1e-12)
    return len(expected)
