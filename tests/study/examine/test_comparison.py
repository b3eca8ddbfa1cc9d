"""Whom rankings share: at which cut-off, and nothing small shown or derivable."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from numpy.typing import NDArray

from commonweal.core.results import Metric, Severity
from commonweal.oversight.disclosure import Disclosure
from commonweal.oversight.overlap import reached
from commonweal.study.examine.comparison import comparison
from commonweal.study.examine.examined import Examined
from oversight.attacker import HEADLINE, small, world
from study.examine.seen import examined

Who = NDArray[np.bool_]


def firsts(seen: Examined, model: str, k: int) -> list[Who]:
    """Who is on the list, for each way a reader may resolve the ties at k."""
    ranking = seen.shown[model][0]
    found = []
    for end in reached(ranking, k):
        who = np.zeros(ranking.n, dtype=bool)
        who[ranking.order[:end]] = True
        found.append(who)
    return found


def known(seen: Examined) -> list[Who]:
    """Every list and group a reader knows."""
    found = [who for model, (_, ks) in seen.shown.items() for k in ks
             for who in firsts(seen, model, k)]  # fmt: skip
    for grouping in seen.groupings:
        people = seen.pooled[grouping.attribute]
        for group in set(people.tolist()):
            inside = people == group
            found.append(inside)
            found += [inside & who for k in grouping.cutoffs
                      for who in firsts(seen, HEADLINE, k)]  # fmt: skip
    return found


def parts(seen: Examined, other: str, k: int) -> list[Who]:
    return [
        where
        for x, y in product(firsts(seen, HEADLINE, k), firsts(seen, other, k))
        for where in (x & y, x & ~y, ~x & y, ~x & ~y)
    ]


def derived(seen: Examined, found: list[Metric]) -> list[str]:
    """Everything of 1 to 10 people that follows from overlaps, one set subtracted from another."""
    hit, leaks = seen.test.labels == 1, []
    lists = known(seen)
    before: list[Who] = []
    for m in found:
        if m.metric != "overlap":
            continue
        assert m.against is not None
        assert m.k is not None
        mine = parts(seen, m.against, m.k)
        for part in mine:
            if small([int((part & hit).sum()), int((part & ~hit).sum())]):
                leaks.append(f"part of {m.against}")
            for other in (*lists, *(~one for one in lists), *before):
                inner, outer = (part, other) if part.sum() <= other.sum() else (other, part)
                if not (inner & ~outer).any():
                    rest = outer & ~inner
                    if small([int((rest & hit).sum()), int((rest & ~hit).sum())]):
                        leaks.append(f"rest of {m.against}")
        before += mine
    return leaks


@pytest.mark.parametrize("start", [0, pytest.param(40, marks=pytest.mark.slow)])
def test_nothing_small_follows_from_overlaps(start: int) -> None:
    published = 0
    for seed in range(start, start + 40):
        seen = examined(Disclosure(), world(seed), draws=2)
        if not seen.cutoffs:
            continue
        found = list(comparison(seen).metrics)
        published += sum(m.metric == "overlap" for m in found)
        assert derived(seen, found) == [], seed
    assert published > 20


def test_the_same_reader_derives_much_from_exempt_tables() -> None:
    tables = [one for one in map(world, range(60)) if one.n < 80]
    leaks = [
        derived(seen, list(comparison(seen).metrics))
        for seen in (examined(Disclosure(exempt=True), one, draws=2, k=25) for one in tables)
    ]
    assert sum(map(bool, leaks)) > len(leaks) / 2


def test_figures_are_those_of_the_rankings() -> None:
    seen = examined(Disclosure(exempt=True), world(4), draws=30)
    found = comparison(seen)
    by = {(m.metric, m.against): m for m in found.metrics}
    assert len(by) == len(found.metrics)
    one = seen.shown[HEADLINE][0].expected(np.array([50]))[0] / 50
    for other in ("card", "noisy", "count", "flag", "same"):
        two = seen.shown[other][0].expected(np.array([50]))[0] / 50
        m = by["difference.precision", other]
        assert (m.model, m.k, m.as_of) == (HEADLINE, 50, seen.test.as_of)
        assert m.value == pytest.approx(one - two, abs=1e-12)
        assert by["overlap", other].n == 50
        assert (("difference.brier", other) in by) == (other in ("card", "same"))
    assert [f.severity for f in found.findings] == [Severity.PASS]


def test_what_may_not_be_shown_is_named() -> None:
    said = []
    for seed in range(30):
        seen = examined(Disclosure(), world(seed), draws=2)
        found = comparison(seen)
        shown = {m.against for m in found.metrics if m.metric == "difference.precision"}
        assert shown == {m.against for m in found.metrics if m.metric == "overlap"}
        (finding,) = found.findings
        hidden = [name for name in seen.shown if name not in (HEADLINE, *shown)]
        assert (finding.severity == Severity.WARN) == bool(hidden)
        assert all(name in finding.message for name in hidden)
        said.append(finding.severity)
    assert Severity.WARN in said


def test_the_cut_off_is_the_nearest_that_may_be_shown() -> None:
    moved = 0
    for seed in range(40):
        seen = examined(Disclosure(), world(seed), draws=2, k=100)
        asked = {100, *seen.shop.study.spec.evaluation.cutoffs}
        for m in comparison(seen).metrics:
            if m.metric == "overlap":
                assert m.against is not None
                assert m.k is not None
                both = set(seen.cutoffs) & set(seen.shown[m.against][1])
                assert m.k in both
                nearer = {k for k in both if abs(k - 100) < abs(m.k - 100)}
                moved += bool(nearer)
                assert not nearer or m.k in asked
    assert moved
