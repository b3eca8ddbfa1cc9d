"""Crossings of protected attributes: how many, how often, how well predicted, and in the list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from commonweal.core.results import Finding, Metric, Severity
from commonweal.core.seeds import stream
from commonweal.evaluation.crossings import Rate, crossed_rates
from commonweal.evaluation.people import crossed
from commonweal.study.evaluated import Evaluated
from commonweal.study.examine.examined import Examined
from commonweal.study.tested import wanted

CODE = "oversight.crossings"


@dataclass(frozen=True, slots=True)
class Crossing:
    """A crossing of attributes that may be shown.

    Parameters
    ----------
    attributes
        The attributes.
    groups
        Each person's group by all of them, in the order of `test.rows`.
    others
        Groups by the attributes and crossings shown beside it, in the same order.
    """

    attributes: tuple[str, ...]
    groups: NDArray[np.str_]
    others: tuple[NDArray[np.str_], ...]


def crossings(seen: Examined) -> Evaluated:
    """Measure every crossing the study names, as far as it may be shown."""
    spec = seen.shop.study.spec
    metrics: list[Metric] = []
    shown = shown_crossings(seen)
    said = {one.attributes: _finding(one.attributes, None) for one in shown}
    for one in shown:
        ks = cutoffs_of(seen, one)
        if not ks:
            why = "the list cannot: in or beside it some of its groups hold 1 to 10 people"
            said[one.attributes] = _finding(one.attributes, f"The crossing can be shown, {why}.")
        ranking = seen.ranking
        ranked = {name: seen.pooled[name][ranking.order] for name in one.attributes}
        seeded = stream(
            spec.study.seed, "bootstrap", str(seen.test.as_of), "crossings", *one.attributes
        )
        draws, probable = spec.evaluation.draws, seen.subject.probability
        found = crossed_rates(ranking, ranked, probable, ks, draws, seeded).found
        # Margins of one attribute are the audits' own figures.
        metrics += [_metric(seen, rate) for rate in found if rate.crossed > 1]
    findings = [
        said.get(names) or _finding(names, _why(seen, names)) for names in spec.evaluation.crossings
    ]
    unique = {(m.metric, m.group, m.k): m for m in reversed(metrics)}
    return Evaluated(tuple(reversed(unique.values())), tuple(findings))


def shown_crossings(seen: Examined) -> tuple[Crossing, ...]:
    """Return the crossings that may be shown beside each other and the attributes themselves.

    Every cell of the full crossing, by outcome, holds nobody or more than ten people. So does
    what a cell has more than a group, or a group more than some cells, where one lies inside
    the other: `Disclosure.safe_groups` looks for these among all that is shown.
    """
    rule, found = seen.shop.study.disclosure, list[Crossing]()
    for names in seen.shop.study.spec.evaluation.crossings:
        if any(name not in seen.pooled for name in names):
            continue
        groups = crossed({name: seen.pooled[name] for name in names})
        others = (*seen.pooled.values(), *(one.groups for one in found))
        if rule.safe_groups(groups, seen.test.labels) and rule.safe_groups(
            groups, seen.test.labels, others
        ):
            found.append(Crossing(names, groups, others))
    return tuple(found)


def near(seen: Examined, published: Sequence[int]) -> list[int]:
    """Return the cut-offs asked for among those published, and the one nearest to capacity."""
    k = seen.shop.study.spec.capacity.k
    nearest = min(published, key=lambda one: (abs(one - k), one), default=None)
    asked = set(wanted(seen.shop))
    return [one for one in sorted(published) if one in asked or one == nearest]


def cutoffs_of(seen: Examined, one: Crossing) -> list[int]:
    """Choose cut-offs among those published by every attribute of a crossing.

    Inside, outside and between them every cell by outcome holds nobody or more than ten.
    """
    rule, ranking = seen.shop.study.disclosure, seen.ranking
    published = [set(g.cutoffs) for g in seen.groupings if g.attribute in one.attributes]
    common = sorted(set.intersection(*published))
    if not common:
        return []
    others = [groups[ranking.order] for groups in one.others]
    ks = rule.cutoffs(
        ranking, one.groups[ranking.order], wanted(seen.shop), among=common, attributes=others
    )
    return near(seen, ks)


def _metric(seen: Examined, rate: Rate) -> Metric:
    return Metric(
        metric=f"crossing.{rate.metric}", value=rate.value, low=rate.low, high=rate.high,
        n=rate.n, k=rate.k, group=rate.name, model=seen.headline, as_of=seen.test.as_of,
    )  # fmt: skip


def _why(seen: Examined, names: Sequence[str]) -> str:
    missing = [name for name in names if name not in seen.pooled]
    if missing:
        why = f"nothing may be shown by {', '.join(missing)}"
    else:
        why = "some of its groups, or of those with or without the outcome in one, hold 1 to 10"
    return f"The crossing is not shown: {why}."


def _finding(names: Sequence[str], problem: str | None) -> Finding:
    message = problem or "The crossing can be shown, and so can the list."
    severity = Severity.WARN if problem else Severity.PASS
    return Finding(code=CODE, severity=severity, message=message, where=", ".join(names))
