"""Other outcomes of the people whom the headline model ranks: the same list, looked at again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from commonweal.core.results import Finding, Metric, Severity
from commonweal.core.seeds import stream
from commonweal.core.store import Artefact
from commonweal.core.tables import read_table
from commonweal.evaluation.outcomes import under, with_labels
from commonweal.study.evaluated import Evaluated
from commonweal.study.examine.crossings import near, shown_crossings
from commonweal.study.examine.examined import Examined
from commonweal.study.other_outcomes import stage_of
from commonweal.study.tested import published, wanted

CODE = "oversight.other-outcomes"


def outcomes(seen: Examined) -> Evaluated:
    """Measure the headline's ranking on every other outcome, as far as that may be shown.

    An outcome is one more thing that tells people apart, so the rule is that of a protected
    attribute: people with and without it, by the outcome predicted, are nobody or more than ten
    between any two cut-offs at which it is shown, and so is what it has more or less than any
    group, crossing or other outcome that it lies inside or that lies inside it.
    """
    metrics: list[Metric] = []
    findings: list[Finding] = []
    beside = [*seen.pooled.values(), *(one.groups for one in shown_crossings(seen))]
    for name in seen.shop.study.spec.outcomes:
        labels, everyone, problem = labels_in(seen, seen.extras[stage_of(name)])
        if labels is None:
            findings.append(_finding(name, problem, Severity.SKIPPED))
            continue
        word = np.where(labels == 1, "had", "had not")
        if not seen.shop.study.disclosure.safe_groups(word, seen.test.labels, beside):
            message = (
                "Not shown: between it and the outcome predicted, or a group shown, some 1 to 10 "
                "people could be told apart."
            )
            findings.append(_finding(name, message, Severity.WARN))
            continue
        found = _measured(seen, name, labels, everyone, beside)
        beside.append(word)
        metrics += found
        cut = any(m.k for m in found)
        message = "Shown for the same list." if cut else "Shown, but at no cut-off of the list."
        findings.append(_finding(name, message, Severity.PASS if cut else Severity.WARN))
    return Evaluated(tuple(metrics), tuple(findings))


def labels_in(
    seen: Examined, artefact: Artefact
) -> tuple[NDArray[np.int8] | None, int, str]:  # fmt: skip
    """Return the people's labels and everybody's number, or None and why there are none."""
    everyone = artefact.json("everyone.json")
    assert isinstance(everyone, dict)
    day = seen.test.as_of.isoformat()
    if day not in everyone:
        return (
            None,
            0,
            "Skipped: its window had not been wholly observed when the tables were drawn.",
        )
    table = read_table(artefact.file("labels.parquet"))
    place = np.searchsorted(table["row"].to_numpy(), seen.test.rows)
    mine = table["label"].combine_chunks().take(place)
    if mine.null_count:
        return None, 0, "Skipped: of some people it is undecided; set decided_within for it."
    return mine.to_numpy().astype(np.int8), int(everyone[day]), ""


def _measured(
    seen: Examined, name: str, labels: NDArray[np.int8], everyone: int,
    beside: list[NDArray[np.str_]],
) -> list[Metric]:  # fmt: skip
    spec, rule, ranking = seen.shop.study.spec, seen.shop.study.disclosure, seen.ranking
    word = np.where(labels == 1, "had", "had not")
    others = [groups[ranking.order] for groups in beside]
    ks = rule.cutoffs(
        ranking, word[ranking.order], wanted(seen.shop), among=seen.cutoffs, attributes=others
    )
    ks = tuple(near(seen, ks))
    positives = int(labels.sum())
    total = everyone if rule.safe(everyone - positives, everyone) else None
    subject = replace(seen.subject, everyone=total)
    seeded = stream(spec.study.seed, "bootstrap", str(seen.test.as_of), "outcome", name)
    found = under(ranking, labels, subject, name, ks, spec.evaluation.draws, seeded)
    return published(seen.shop, (with_labels(ranking, labels), ks), found)


def _finding(name: str, message: str, severity: Severity) -> Finding:
    return Finding(code=CODE, severity=severity, message=message, where=name)
