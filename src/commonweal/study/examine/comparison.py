"""The headline model's ranking against the others: shared people, paired differences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from commonweal.core.results import Finding, Metric, Severity
from commonweal.core.seeds import stream
from commonweal.evaluation.compare import Ranked, paired
from commonweal.oversight.overlap import Overlap, Published, may_be_shown
from commonweal.study.evaluated import Evaluated
from commonweal.study.examine.examined import Examined

_AT_K = ("overlap", "difference.precision", "difference.recall")


def comparison(seen: Examined) -> Evaluated:
    """Compare at the published cut-off nearest to capacity that both rankings have.

    Where the overlap there may not be shown, at the next of those the study asks for.

    Publishes ``overlap``, ``difference.precision`` and ``difference.recall`` at k where the four
    parts the two lists make of everybody may be shown by outcome; ``difference.auc`` as far as
    both areas are; ``difference.brier`` where both give probabilities. Headline minus other.
    """
    others = [name for name in seen.shown if name != seen.headline]
    found: list[Metric] = []
    shown: list[Overlap] = []
    hidden: list[str] = []
    published = list(_published(seen)) if not seen.shop.study.disclosure.exempt else []
    for name in others:
        k = None
        for tried in _cutoffs(seen, name):
            overlap = Overlap.of(seen.ranking, seen.shown[name][0], tried)
            rule, labels = seen.shop.study.disclosure, seen.test.labels
            if may_be_shown(rule, overlap, labels, published, shown):
                shown.append(overlap)
                k = tried
                break
        if k is None:
            hidden.append(name)
        found += _differences(seen, name, k)
    return Evaluated(tuple(found), (_said(seen, others, hidden),))


def _published(seen: Examined) -> Iterator[Published]:
    """Yield every list and group that is published."""
    for ranking, cutoffs in seen.shown.values():
        yield Published.of(ranking, cutoffs)
    for grouping in seen.groupings:
        people = seen.pooled[grouping.attribute]
        for group in sorted(set(people.tolist())):
            yield Published.of(seen.ranking, grouping.cutoffs, people == group)


def _cutoffs(seen: Examined, name: str) -> list[int]:
    """Return cut-offs both are published at: the nearest to capacity, then those asked for.

    Not every other one in turn: which were passed over tells that they were unsafe.
    """
    both = set(seen.cutoffs) & set(seen.shown[name][1])
    capacity = seen.shop.study.spec.capacity.k
    near = sorted(both, key=lambda one: (abs(one - capacity), one))
    asked = {capacity, *seen.shop.study.spec.evaluation.cutoffs}
    return [k for k in near if k == near[0] or k in asked]


def _differences(seen: Examined, name: str, k: int | None) -> Iterator[Metric]:
    """Yield what may be shown of one pair; the same people are drawn for every pair."""
    spec, day = seen.shop.study.spec, seen.test.as_of
    pair = paired(
        _ranked(seen, seen.headline), _ranked(seen, name), () if k is None else (k,),
        spec.evaluation.draws, stream(spec.study.seed, "comparison", str(day)),
        names=(seen.headline, name),
    )  # fmt: skip
    rule = seen.shop.study.disclosure
    decimals = min(rule.areas(*seen.shown[one]) for one in (seen.headline, name))
    for metric in (replace(m, as_of=day) for m in pair):
        if metric.metric in _AT_K or metric.metric == "difference.brier":
            yield metric
        elif metric.metric == "difference.auc" and decimals:
            yield rounded(metric, decimals)


def rounded(metric: Metric, decimals: int) -> Metric:
    """Round a figure and its interval."""
    low, high = (None if x is None else round(x, decimals) for x in (metric.low, metric.high))
    return replace(metric, value=round(metric.value, decimals), low=low, high=high)


def _ranked(seen: Examined, name: str) -> Ranked:
    ids = seen.test.people["entity_id"].to_pylist()
    return Ranked.of(ids, seen.test.labels, seen.scores[name], ties=seen.test.ties,
                     probability=seen.subjects[name].probability)  # fmt: skip


def _said(seen: Examined, others: list[str], hidden: list[str]) -> Finding:
    code, where = "oversight.comparison-hidden", str(seen.test.as_of)
    if not others:
        message = "The study has one ranking, so there is none to compare it with."
        return Finding(code=code, severity=Severity.NOT_APPLICABLE, message=message, where=where)
    if hidden:
        message = (
            f"How many people {seen.headline} shares with {', '.join(hidden)} is not shown: at "
            "the cut-off both have nearest to capacity, and at those the study asks for, it would "
            "show, or let someone derive, a number between 1 and 10."
        )
        return Finding(code=code, severity=Severity.WARN, message=message, where=where)
    message = "How many people the rankings share can be shown."
    return Finding(code=code, severity=Severity.PASS, message=message, where=where)
