"""Scorecards on test people: from what is told of scores nothing small follows."""

from __future__ import annotations

from dataclasses import asdict, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from commonweal.evaluation.ranking import Ranking
from commonweal.models.scorecard.card import Card, Item
from commonweal.models.spec import ScorecardSpec
from commonweal.oversight.disclosure import Disclosure
from commonweal.study.examine.card import LEAST, cards
from commonweal.study.examine.examined import Examined
from oversight.attacker import small, world
from study.examine.seen import examined

CARD = Card(
    tuple(Item(f"x{i}", i, "yes", 1.0, points, 100.0) for i, points in enumerate((1, 2, 4, 8))),
    -3.0, 0.4, 1000.0,
)  # fmt: skip


class Kept:
    """What stands for the model's artefact."""

    def json(self, _name: str) -> object:
        return {"card": asdict(CARD)}


def seen(rule: Disclosure, seed: int) -> tuple[Examined, Ranking]:
    """A random table whose model ``card`` is the card: its scores rise with the risk."""
    one = world(seed)
    place = np.searchsorted(np.linspace(0.1, 0.9, 15), one.scores["fine"])
    made = replace(one, scores={**one.scores, "card": CARD.chances[place]}, ranked={})
    found = examined(rule, made, draws=2)
    spec: Any = found.shop.study.spec
    spec.models = {"card": ScorecardSpec(kind="scorecard"), "other": None}
    artefact: Any = Kept()
    return replace(found, extras={"models/card": artefact}), made.ranking("card")


@pytest.mark.parametrize("start", [0, pytest.param(80, marks=pytest.mark.slow)])
def test_nothing_small_follows_from_ranges_of_scores(start: int) -> None:
    several = hidden = 0
    for seed in range(start, start + 80):
        given, ranking = seen(Disclosure(), seed)
        cutoffs = given.shown["card"][1]
        found = {m.k: m for m in cards(given).metrics if m.metric == "card.observed"}
        points = {(0, 0)}
        for k, m in sorted(found.items(), key=lambda x: x[0] or 0):
            assert m.value * m.n == pytest.approx(round(m.value * m.n))
            before = max(points)
            points.add((before[0] + m.n, before[1] + round(m.value * m.n)))
            assert max(points)[0] == k
        assert max(points) == (ranking.n, ranking.positives)
        # Beside the ranking's own figures, expected, worst and best.
        ends = np.concatenate([[0], ranking.ends])
        hits = np.concatenate([[0], np.cumsum(ranking.labels)])
        for k in cutoffs:
            after = int(np.searchsorted(ends, k))
            points |= {(int(end), int(hits[end])) for end in (ends[max(after - 1, 0)], ends[after])
                       if ends[after] != k or end == k}  # fmt: skip
        if not cutoffs:
            continue
        ordered = np.array(sorted(points))
        several += len(found) > 3
        hidden += not Disclosure().levels(ranking, cutoffs)
        steps = [(b - a, d - c) for (a, c), (b, d) in pairwise(ordered.tolist())]
        assert not small(np.array([x for n, y in steps for x in (n, y, n - y)])), seed
    assert several > 10
    assert hidden > 10


def test_ranges_hold_the_scores_they_are_named_by() -> None:
    shown, severities = 0, set[str]()
    for seed in range(40):
        given, ranking = seen(Disclosure(exempt=True), seed)
        totals = CARD.totals[np.searchsorted(CARD.chances, ranking.scores)]
        metrics = cards(given).metrics
        one = {(m.metric, m.k): m for m in metrics}
        ks = sorted({m.k for m in metrics if m.k is not None})
        shown += len(ks)
        for k in ks:
            low, high = (one["card.from", k].value, one["card.to", k].value)
            inside = (totals >= low) & (totals <= high)
            observed = one["card.observed", k]
            assert observed.n == inside.sum()
            assert observed.value == pytest.approx(ranking.labels[inside].mean())
            assert observed.low is not None
            assert observed.high is not None
            assert observed.low <= observed.value <= observed.high
            assert observed.n >= LEAST or len(ks) == 1
            for name, score in (("from", low), ("to", high)):
                chance = float(CARD.chances[CARD.totals == score][0])
                assert one[f"card.chance_{name}", k].value == pytest.approx(chance, abs=0.0005)
        (said,) = cards(given).findings
        base = float(ranking.labels.mean())
        assert f"{base:.1%} had it" in said.message
        least, most = (
            sum(one[f"card.chance_{end}", k].value * one["card.observed", k].n for k in ks)
            / ranking.n
            for end in ("from", "to")
        )
        if least <= base <= most:
            assert said.severity == "pass"
        if base > most + 0.2:
            assert said.severity == "warn" or ranking.n < 100
        severities.add(str(said.severity))
    assert shown > 100
    assert severities == {"pass", "warn"}


def test_levels_are_known_where_every_end_is_published() -> None:
    scores = np.repeat([0.9, 0.5, 0.1], [40, 15, 60])
    labels = np.tile([1, 0], 58)[:115].astype(np.int8)
    ranking = Ranking.of(scores, labels, np.arange(115, dtype=np.uint64))
    rule = Disclosure()
    assert rule.edges(ranking, (40,)) == (0, 40, 115)
    assert rule.edges(ranking, (30,)) == (0, 40, 115)
    assert not rule.levels(ranking, (40,))
    assert rule.levels(ranking, (40, 55))
    assert rule.levels(ranking, (50,))  # inside a block: both its ends are given away
    assert Disclosure(exempt=True).levels(ranking, ())
