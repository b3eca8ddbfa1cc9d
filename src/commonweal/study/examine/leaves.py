"""What happened in the leaves of each tree: people of the test date, and how many had the outcome.

A leaf is told by its chance, which is the score: leaves of one chance are one block of equal scores
and are told together. Of real people, blocks are told apart only at the ends that the ranking's
published cut-offs give away already: whoever subtracts the hits at two cut-offs has the same
counts. What is new is that a rule says who these people are. So stretches are also groups: beside
protected attributes, crossings, other outcomes, units and the leaves of other trees, what one set
has more than another that lies inside it is nobody or more than ten.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from commonweal.core.results import Finding, Metric, Severity
from commonweal.evaluation.leaves import OBSERVED, counted
from commonweal.evaluation.ranking import Ints
from commonweal.models.trees.rules import LeafFigure
from commonweal.models.trees.tree import Tree
from commonweal.oversight.leaves import pooled_stretches
from commonweal.study.evaluated import Evaluated
from commonweal.study.examine.crossings import shown_crossings
from commonweal.study.examine.examined import Examined
from commonweal.study.examine.outcomes import labels_in
from commonweal.study.examine.units import together, units_of
from commonweal.study.other_outcomes import stage_of
from commonweal.study.tested import Shown

CODE = "oversight.leaves"
Words = NDArray[np.str_]


def leaves(seen: Examined) -> Evaluated:
    """Measure the leaves of every tree: ``tree.observed``, group ``leaf=0`` or ``leaf=0 or 3``.

    The leaf with the highest chance comes first. A leaf that no group names holds nobody.
    """
    metrics: list[Metric] = []
    findings: list[Finding] = []
    others = list(_others(seen)) if seen.trees else []
    for name, tree in seen.trees.items():
        told, groups = _told(seen, tree, seen.shown[name], others)
        if told:
            others.append(groups)
        metrics += [
            Metric(metric=OBSERVED, value=one.rate, low=one.low, high=one.high, n=one.n,
                   model=name, as_of=seen.test.as_of, group=one.group)
            for one in told
        ]  # fmt: skip
        findings.append(_finding(name, told))
    return Evaluated(tuple(metrics), tuple(findings))


def _told(
    seen: Examined, tree: Tree, shown: Shown, others: list[Words]
) -> tuple[list[LeafFigure], Words]:
    """Return the figures, highest chance first, and the place of each person's among them."""
    rule, ranking = seen.shop.study.disclosure, shown[0]
    ends = ranking.ends if rule.exempt else given_away(shown)
    bounds = list(pairwise([0, *ends.tolist()]))
    chance = tree.chance[tree.leaves]
    held = [
        tuple(np.flatnonzero(np.isin(chance, ranking.scores[low:high])).tolist())
        for low, high in bounds
    ]
    place = np.empty(ranking.n, np.int64)
    place[ranking.order] = np.repeat(np.arange(len(bounds)), [high - low for low, high in bounds])
    figures, groups = list[LeafFigure](), np.zeros(ranking.n, dtype="<U6")
    parts = pooled_stretches(rule, held, place, seen.test.labels, others)
    if len(parts) == 1 and len(chance) > 1:  # everybody: their rate is published anyway
        return figures, groups
    for number, part in enumerate(parts):
        here = np.isin(place, part)
        mine = sorted({leaf for stretch in part for leaf in held[stretch]})
        people, hits = int(here.sum()), int(seen.test.labels[here].sum())
        figures.append(counted(tuple(mine), people, hits))
        groups[here] = str(number)
    return figures, groups


def given_away(shown: Shown) -> Ints:
    """Return the ends of blocks of equal scores that published cut-offs give away, and n.

    A cut-off inside a block gives away both of its ends, so the rule holds both to be safe:
    see `commonweal.oversight.disclosure`.
    """
    ranking, cutoffs = shown
    ends = np.concatenate([[0], ranking.ends])
    given = {int(ends[at]) for k in cutoffs for at in ranking.block(k)}
    return np.array(sorted({*given, ranking.n} - {0}), np.int64)


def _others(seen: Examined) -> Iterator[Words]:
    """Yield whatever else tells the people apart in figures that are published, or might be."""
    yield from seen.pooled.values()
    yield from (one.groups for one in shown_crossings(seen))
    spec = seen.shop.study.spec
    if spec.units is not None:
        yield together(seen, units_of(seen), spec.units.smallest)
    for name in spec.outcomes:
        labels, _, _ = labels_in(seen, seen.extras[stage_of(name)])
        if labels is not None:
            yield labels.astype(np.str_)


def _finding(name: str, told: list[LeafFigure]) -> Finding:
    if not told:
        message = (
            "No leaf can be told from the others: a number of 1 to 10 would show, or all people "
            "are in one."
        )
        return Finding(code=CODE, severity=Severity.SKIPPED, message=message, where=name)
    if any(len(one.leaves) > 1 for one in told):
        message = (
            "Some leaves are told together with those next to them in rank: alone they would show, "
            "or let someone derive, a number of 1 to 10, or they have one chance."
        )
        return Finding(code=CODE, severity=Severity.WARN, message=message, where=name)
    message = "Every leaf that holds anybody can be shown by itself."
    return Finding(code=CODE, severity=Severity.PASS, message=message, where=name)
