"""Leaves of a tree, attacked: whoever has its figures and all others counts no 1 to 10 people."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from commonweal.core.results import Severity
from commonweal.evaluation.overall import Subject
from commonweal.evaluation.proportions import wilson
from commonweal.models.trees.rules import leaves_of
from commonweal.models.trees.tree import Tree
from commonweal.oversight.disclosure import Disclosure
from commonweal.study.examine.leaves import given_away, leaves
from oversight.attacker import DAY, HEADLINE, WANTED, World, world
from study.examine.stub import Case, case

Mask = NDArray[np.bool_]


def small(count: float) -> bool:
    return 0 < round(float(count), 6) <= 10


def grown(values: NDArray[np.float64], labels: NDArray[np.int8], count: int) -> Tree:
    """A tree that cuts one column into leaves, some of them with one chance."""
    cuts = np.unique(np.quantile(values, np.linspace(0, 1, count + 1)[1:-1]))
    feature, threshold, left, right = [], [], [], []
    for cut in cuts:  # a chain: everything above goes on to the right
        node = len(feature)
        feature += [0, -1]
        threshold += [float(cut), 0.0]
        left += [node + 1, -1]
        right += [node + 2, -1]
    feature.append(-1)
    threshold.append(0.0)
    left.append(-1)
    right.append(-1)
    nodes = len(feature)
    tree = Tree(
        ("x",), ("number",), np.array(feature, np.int32), np.array(threshold),
        np.zeros(nodes, np.bool_), np.array(left, np.int32), np.array(right, np.int32),
        np.full(nodes, 40.0), np.zeros(nodes),
    )  # fmt: skip
    node = tree.apply(values[:, None])
    share = np.array([labels[node == one].mean() if (node == one).any() else 0.1
                      for one in range(nodes)])  # fmt: skip
    return replace(tree, positives=np.round(40 * share))


def seeded(seed: int, folder: Path, rule: Disclosure) -> tuple[Case, dict[str, NDArray[np.int64]]]:
    """A random table with two trees on the same column, the second one coarser."""
    one: World = world(seed)
    rng = np.random.default_rng(seed)
    made = case(one, folder, rule, [("district", "sex")], seed)
    x = one.scores["noisy"]
    fine = grown(x, one.labels, int(rng.integers(2, 14)))
    coarse = grown(x + rng.choice([0.0, 1e-3, 0.1]), one.labels, int(rng.integers(2, 6)))
    trees = {"many leaves": fine, "few leaves": coarse}
    seen, held = made.seen, {}
    scores, shown, subjects = dict(seen.scores), dict(seen.shown), dict(seen.subjects)
    for name, tree in trees.items():
        scores[name] = tree.predict(x[:, None])
        one.scores[name] = scores[name]
        ranking = one.ranking(name)
        shown[name] = (ranking, rule.cutoffs(ranking, None, WANTED, rankings=list(shown.values())))
        subjects[name] = Subject(name, DAY, True, None)
        held[name] = np.searchsorted(tree.leaves, tree.apply(x[:, None]))
    seen = replace(seen, scores=scores, shown=shown, subjects=subjects, trees=trees)
    return replace(made, seen=seen), held


def measurable(made: Case, rule: Disclosure) -> bool:
    return rule.safe(int(made.labels.sum()), int((made.labels == 0).sum()))


@pytest.mark.parametrize("start", [0, pytest.param(60, marks=pytest.mark.slow)])
def test_nothing_small_follows(start: int, tmp_path: Path) -> None:
    rule, told = Disclosure(), 0
    for seed in range(start, start + 60):
        made, held = seeded(seed, tmp_path / str(seed), rule)
        if not measurable(made, rule):
            continue
        found = leaves(made.seen)
        sets: list[tuple[str, Mask]] = []
        for m in found.metrics:
            assert m.model
            assert m.group
            mine = np.isin(held[m.model], leaves_of(m.group))
            assert m.n == mine.sum()
            assert m.value == made.labels[mine].mean()
            assert (m.low, m.high) == wilson(int(made.labels[mine].sum()), m.n)
            sets.append((m.model, mine))
        told += len(sets) > 3
        sets += [
            (name, groups == group)
            for name, groups in made.seen.pooled.items() for group in set(groups.tolist())
        ]  # fmt: skip
        sets += [("all", np.ones(len(made.labels), bool))]
        for who, mine in sets:
            assert not any(small((made.labels[mine] == y).sum()) for y in (0, 1)), (seed, who)
        for (one, a), (two, b) in combinations(sets, 2):
            for inner, outer in ((a, b), (b, a)):
                if (inner <= outer).all():
                    rest = made.labels[outer & ~inner]
                    assert not any(small((rest == y).sum()) for y in (0, 1)), (seed, one, two)
    assert told > 5


def test_every_stretch_is_one_the_published_cutoffs_give_away(tmp_path: Path) -> None:
    rule = Disclosure()
    for seed in range(60):
        made, _ = seeded(seed, tmp_path / str(seed), rule)
        for name, (ranking, cutoffs) in made.seen.shown.items():
            ends = given_away((ranking, cutoffs)).tolist()
            assert ends[-1] == ranking.n
            assert set(ends) <= set(ranking.ends.tolist())
            if not measurable(made, rule) or name == HEADLINE:
                continue
            assert {k for k in cutoffs if k in ranking.ends} <= set(ends)


def test_of_simulated_people_every_leaf_is_told_but_those_of_one_chance(tmp_path: Path) -> None:
    rule = Disclosure(exempt=True)
    for seed in range(12):
        made, held = seeded(seed, tmp_path / str(seed), rule)
        found = leaves(made.seen)
        for name, tree in made.seen.trees.items():
            told = [leaves_of(m.group or "") for m in found.metrics if m.model == name]
            chance = tree.chance[tree.leaves]
            if len(told) == 0:
                assert len(set(chance[np.unique(held[name])])) == 1
                continue
            assert len(told) == len(set(chance[np.unique(held[name])]))
            for group in told:
                assert len(set(chance[list(group)])) == 1
            order = [chance[group[0]] for group in told]
            assert order == sorted(order, reverse=True)


def test_what_is_not_told_is_said(tmp_path: Path) -> None:
    seen_severities = set()
    for seed in range(60):
        made, held = seeded(seed, tmp_path / str(seed), Disclosure())
        if not measurable(made, Disclosure()):
            continue
        found = leaves(made.seen)
        assert [f.where for f in found.findings] == list(made.seen.trees)
        for finding in found.findings:
            mine = [leaves_of(m.group or "") for m in found.metrics if m.model == finding.where]
            everybody = set(held[finding.where].tolist())
            severity = (
                Severity.SKIPPED if not mine else
                Severity.WARN if any(len(group) > 1 for group in mine) else Severity.PASS
            )  # fmt: skip
            assert finding.severity is severity
            if mine:
                assert everybody <= {leaf for group in mine for leaf in group}
            seen_severities.add(severity)
    assert {Severity.SKIPPED, Severity.WARN} <= seen_severities


def test_a_study_without_a_tree_has_no_such_figures(tmp_path: Path) -> None:
    made = case(world(1), tmp_path, Disclosure(), [], 1)
    assert leaves(made.seen).metrics == leaves(made.seen).findings == ()


def test_a_group_that_is_a_leaf_but_for_a_few_is_not_told_beside_it(tmp_path: Path) -> None:
    rule, tried = Disclosure(), 0
    for seed in range(60):
        made, held = seeded(seed, tmp_path / str(seed), rule)
        if not measurable(made, rule):
            continue
        seen = replace(made.seen, pooled={}, groupings=())
        first = next((m for m in leaves(seen).metrics if m.n > 100), None)
        if first is None:
            continue
        mine = np.isin(held[first.model or ""], leaves_of(first.group or ""))
        few = np.flatnonzero(mine)[:5]
        group = mine.copy()
        group[few] = False
        if not rule.safe_groups(group.astype(np.str_), made.labels):
            continue
        beside = replace(seen, pooled={"age": np.where(group, "young", "old")})
        told = [m for m in leaves(beside).metrics if m.model == first.model]
        assert first.group not in [m.group for m in told]
        tried += 1
    assert tried > 3
