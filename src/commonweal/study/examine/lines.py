"""Where the line could be drawn: who gains and loses when it moves, and what spending pays."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from commonweal.core.results import Finding, Metric, Severity
from commonweal.core.seeds import stream
from commonweal.evaluation.boundary import MovedBoundary, boundaries
from commonweal.evaluation.costs import Cost, measure_costs
from commonweal.evaluation.spec import LEAST, MOST
from commonweal.evaluation.thresholds import handful
from commonweal.evaluation.tops import EVERYONE
from commonweal.study.evaluated import Evaluated
from commonweal.study.examine.examined import Examined

_Pair = tuple[int, int]


def moved_lines(seen: Examined) -> Evaluated:
    """Move the line from the capacity to the next cut-off below and above, by group.

    Every figure is a sum over cells between neighbouring published cut-offs, which are nobody or
    more than ten people wherever people are real.
    """
    allowed: dict[str, set[_Pair]] = {EVERYONE: _pairs(seen, seen.cutoffs)}
    allowed |= {g.attribute: _pairs(seen, g.cutoffs) for g in seen.groupings}
    pairs = sorted(set().union(*allowed.values()))
    if not pairs:
        message = "No two cut-offs are published, so no line can be moved."
        return Evaluated((), (_finding(Severity.SKIPPED, message),))
    spec = seen.shop.study.spec
    seeded = stream(spec.study.seed, "bootstrap", str(seen.test.as_of), "moved")
    groups = {g.attribute: g.groups for g in seen.groupings}
    found = boundaries(seen.ranking, groups, pairs, spec.evaluation.draws, seeded)
    metrics = [m for one in found for m in _moved(seen, one, allowed)]
    message = (
        "Who gains and who loses when the line moves is shown by group; whether that is right is "
        "for people to judge."
    )
    return Evaluated(tuple(metrics), (_finding(Severity.PASS, message),))


def _pairs(seen: Examined, published: tuple[int, ...]) -> set[_Pair]:
    """Return (old, new) from the capacity to its neighbours among a handful of cut-offs."""
    spec = seen.shop.study.spec
    some = handful(spec.capacity.k, spec.evaluation.cutoffs, published)
    old = min(some, key=lambda k: (abs(k - spec.capacity.k), k), default=None)
    steps = [pair for pair in pairwise(some) if old in pair]
    return {(old, low if high == old else high) for low, high in steps if old is not None}


def _moved(seen: Examined, one: MovedBoundary, allowed: dict[str, set[_Pair]]) -> list[Metric]:
    pair = (one.from_k, one.to_k)
    return [
        Metric(
            metric=f"moved.{c.figure}", value=c.value, low=c.low, high=c.high, n=c.n, k=one.to_k,
            against=str(one.from_k), model=seen.headline, as_of=seen.test.as_of,
            group=None if c.group == EVERYONE else c.group,
        )
        for c in one.changes if pair in allowed[c.group.split("=")[0]]
    ]  # fmt: skip


def _finding(severity: Severity, message: str) -> Finding:
    return Finding(code="evaluation.moved-line", severity=severity, message=message)


def spending(seen: Examined) -> Evaluated:
    """Say what spending per person would pay for itself, at a handful of published cut-offs."""
    spec = seen.shop.study.spec
    if spec.costs is None:
        return Evaluated()
    ks = handful(spec.capacity.k, spec.evaluation.cutoffs, seen.cutoffs)
    if not ks:
        message = "No cut-off is published, so no cost can be shown."
        return Evaluated((), (_cost_finding(Severity.SKIPPED, message),))
    seeded = stream(spec.study.seed, "bootstrap", str(seen.test.as_of), "costs")
    events = seen.ranking.labels.astype(np.float64)
    found = measure_costs(
        seen.ranking, events, ks, spec.costs.cost, spec.costs.cut, spec.evaluation.draws, seeded
    )
    message = (
        f"Costs and effect are assumptions ({spec.costs.source}); nothing in these records checks "
        "them."
    )
    metrics = [m for row in found for m in _spent(seen, row)]
    return Evaluated(tuple(metrics), (_cost_finding(Severity.WARN, message),))


def _spent(seen: Examined, row: Cost) -> list[Metric]:
    """Return the figures of one list; with the lowest and highest assumptions where given."""
    spec = seen.shop.study.spec.costs
    assert spec is not None
    lines: list[tuple[str, str | None, float, float, float]] = [
        ("break_even", None, row.break_even, row.break_even_low, row.break_even_high),
        ("social_cost", None, row.social_cost, row.social_cost_low, row.social_cost_high),
        ("saved", None, row.saved, row.saved_low, row.saved_high),
    ]
    if spec.ranged:
        scale = row.break_even_high / row.break_even if row.break_even else 1.0
        lower = row.break_even_low / row.break_even if row.break_even else 1.0
        lines.append(("break_even", LEAST, row.least, row.least_low, row.least * scale))
        lines.append(("break_even", MOST, row.most, row.most * lower, row.most_high))
    return [
        Metric(metric=f"costs.{name}", value=value, low=low, high=high, n=row.k, k=row.k,
               model=seen.headline, as_of=seen.test.as_of, variant=variant)
        for name, variant, value, low, high in lines
    ]  # fmt: skip


def _cost_finding(severity: Severity, message: str) -> Finding:
    return Finding(code="evaluation.costs-assumed", severity=severity, message=message)
