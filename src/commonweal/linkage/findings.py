"""What the checks of a linkage found; silence is never a pass."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from commonweal.core.results import Finding, Metric, Severity
from commonweal.linkage.answers import Answers, Reviewed
from commonweal.linkage.candidates import Candidates
from commonweal.linkage.certainty import Ties
from commonweal.linkage.clusters import Clusters

_LOW = 0.9


def findings(
    found: Candidates, clusters: Clusters, ties: Ties, quality: Sequence[Metric],
    reviewed: Reviewed | None, answers: Answers | None,
) -> tuple[Finding, ...]:  # fmt: skip
    """Return every finding about a linkage."""
    made = [
        _training(found), _threshold(found), _blocking(found), _rules(clusters),
        _quarantine(found, clusters), *_quality(quality), _ties(ties),
        _review(reviewed, answers, found, clusters),
    ]  # fmt: skip
    return tuple(made)


def _training(found: Candidates) -> Finding:
    code = "linkage.training"
    refused = [d for d in found.learned.divergences if d.diverged]
    if found.learned.m_from != "known ids":
        message = (
            "No known ids to hold expectation maximization against: its m probabilities are used."
        )
        return Finding(code=code, severity=Severity.WARN, message=message)
    if refused:
        said = ", ".join(
            f"{d.field} ({d.known:.0%} by known ids, {d.em:.0%} by EM)" for d in refused
        )
        message = (
            f"Expectation maximization diverges in {said}; its figures are refused, and those of "
            "known ids used."
        )
        return Finding(code=code, severity=Severity.WARN, message=message, count=len(refused))
    message = (
        f"In {len(found.learned.divergences)} fields expectation maximization finds what known "
        "ids show; known ids' m probabilities are used."
    )
    return Finding(code=code, severity=Severity.PASS, message=message)


def _threshold(found: Candidates) -> Finding:
    at, tried = found.threshold, found.threshold.tried
    edge = bool(tried) and at.by.startswith("hidden") and at.value in (tried[0][0], tried[-1][0])
    message = f"Pairs are taken for one person's from log odds {at.value:.2f} on, by {at.by}."
    if edge:
        message += " That is the end of the range tried: look at pairs near it."
    severity = Severity.WARN if edge else Severity.PASS
    return Finding(code="linkage.threshold", severity=severity, message=message)


def _blocking(found: Candidates) -> Finding:
    predicted = sum(p.pairs for p in found.learned.predicted if p.used)
    title = found.prepared.layout.title
    left_out = [p.rule.title(title) for p in found.learned.predicted if not p.used]
    message = (
        f"{predicted:,} pairs were predicted, {found.pairs.count:,} of those compared are worth "
        "considering"
    )
    message += f"; not compared for agreeing on {'; '.join(left_out)} alone." if left_out else "."
    return Finding(
        code="linkage.blocking", severity=Severity.PASS, message=message, count=found.pairs.count
    )


def _rules(clusters: Clusters) -> Finding:
    if not clusters.rejected:
        message = "No rule was declared."
        return Finding(code="linkage.rules", severity=Severity.NOT_APPLICABLE, message=message)
    said = ", ".join(f"{name} {count:,}" for name, count in clusters.rejected.items())
    message = f"Merges kept apart, by rule: {said}."
    total = sum(clusters.rejected.values())
    return Finding(code="linkage.rules", severity=Severity.PASS, message=message, count=total)


def _quarantine(found: Candidates, clusters: Clusters) -> Finding:
    code = "linkage.quarantine"
    frozen, excused = (rows[found.profiles.of] for rows in (clusters.frozen, clusters.excused))
    if found.prepared.trusted.max(initial=-1) < 0:
        message = "No record carries a trusted id."
        return Finding(code=code, severity=Severity.NOT_APPLICABLE, message=message)
    if not frozen.any() and not excused.any():
        message = "No trusted id ties records together that break a rule."
        return Finding(code=code, severity=Severity.PASS, message=message)
    said = []
    if frozen.any():
        ids = len(np.unique(found.prepared.trusted[frozen]))
        said.append(
            f"{ids:,} trusted ids tie {int(frozen.sum()):,} records together that break a rule; "
            "they are kept as they are and merged with nothing else."
        )
    if excused.any():
        said.append(
            f"{int(excused.sum()):,} records are at odds in birth date or age with the most "
            "records of their trusted id: they stay with it, and have no say in these rules."
        )
    count = int((frozen | excused).sum())
    message = " ".join([*said, "All are listed in the crosswalk."])
    return Finding(code=code, severity=Severity.WARN, message=message, count=count)


def _quality(quality: Sequence[Metric]) -> Iterator[Finding]:
    code = "linkage.quality"
    figures = {m.metric: m for m in quality if m.group is None}
    if not figures:
        message = "There are no known ids to measure precision and recall on."
        yield Finding(code=code, severity=Severity.NOT_APPLICABLE, message=message)
        return
    for name in ("precision", "recall"):
        whole = figures[f"linkage.open.{name}"]
        groups = [m for m in quality if m.metric == whole.metric and m.group is not None]
        low = [
            m for m in groups if m.high is not None and whole.low is not None and m.high < whole.low
        ]
        message = (
            f"Over open pairs {name} is {whole.value:.3f} ({whole.low:.3f} to {whole.high:.3f})"
        )
        if low:
            said = ", ".join(f"{m.group} {m.value:.3f}" for m in low)
            message += f"; lower than for all, beyond chance: {said}"
        severity = Severity.WARN if low or whole.value < _LOW else Severity.PASS
        yield Finding(
            code=code, severity=severity, message=f"{message}.", where=name, count=whole.n
        )


def _ties(ties: Ties) -> Finding:
    severity = Severity.WARN if ties.share > 0.1 else Severity.PASS
    return Finding(
        code="linkage.single-pair", severity=severity, message=ties.sentence(),
        count=ties.on_one_pair,
    )  # fmt: skip


def _review(
    reviewed: Reviewed | None, answers: Answers | None, found: Candidates, clusters: Clusters
) -> Finding:
    code = "linkage.review"
    if reviewed is None or answers is None:
        message = "No clerk has looked at pairs near the threshold: commonweal link review."
        return Finding(code=code, severity=Severity.SKIPPED, message=message)
    place = np.empty(found.prepared.count, np.int64)
    place[found.prepared.place] = np.arange(found.prepared.count)
    root = clusters.root[found.profiles.of[place]]
    together = root[answers.left] == root[answers.right]
    against = int((together != answers.same).sum())
    message = reviewed.sentence()
    if against:
        message += f" {against:,} answers are not kept: a rule, or other records, say otherwise."
    severity = Severity.WARN if against else Severity.PASS
    return Finding(code=code, severity=severity, message=message, count=reviewed.answered)
