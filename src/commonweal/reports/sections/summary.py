"""What a reader takes away from the first screen."""

from __future__ import annotations

from commonweal.core.results import Severity
from commonweal.reports.figures import nearest
from commonweal.reports.parts import Bullets, Paragraph, Part, Section, Tiles
from commonweal.reports.reading import Reading
from commonweal.reports.sections.shares import standing
from commonweal.reports.words import counted, estimate, listed, number, percent, sized, span


def summary(reading: Reading) -> Section:
    """Say the headline figures, each with its interval and n."""
    k = reading.k
    found = reading.overall("base_rate")
    parts: list[Part] = []
    if found is None:
        text = f"No figure about {reading.called(reading.headline)} could be published."
        parts.append(Paragraph(text))
    else:
        parts += [_tiles(reading, k), Bullets(tuple(_sentences(reading, k)))]
    parts.append(Paragraph(_checks(reading)))
    return Section("summary", "In short", tuple(parts))


def _tiles(reading: Reading, k: int | None) -> Tiles:
    wanted = [
        (f"precision in {reading.top(k)}" if k else "", "precision", k),
        ("base rate: everybody in the cohort", "base_rate", None),
        (f"recall in {reading.top(k)}" if k else "", "recall", k),
        ("AUC: 0.5 is chance, 1 is perfect", "auc", None),
    ]
    items = []
    for words, name, cutoff in wanted:
        metric = reading.overall(name, cutoff) if words else None
        if metric is not None:
            places = 3 if name == "auc" else None
            value = f"{metric.value:.3f}" if places else percent(metric.value)
            detail = f"{span(metric, places)}; " if span(metric, places) else ""
            items.append((words, value, f"{detail}n = {number(metric.n)}"))
    return Tiles(tuple(items))


def _sentences(reading: Reading, k: int | None) -> list[str]:
    base, people = reading.overall("base_rate"), reading.people
    sentences = [
        f"Tested on people and outcomes the model had not seen, as of {reading.when}: within "
        f"{reading.content.outcome.within}, {sized(base)} of the {people} in the cohort had the "
        "outcome."
    ]
    if k is None:
        sentences.append("No cut-off of the ranking could be published.")
    else:
        sentences += _at_capacity(reading, k)
    sentences += _groups(reading)
    return sentences


def _at_capacity(reading: Reading, k: int) -> list[str]:
    people, capacity = reading.people, reading.content.capacity
    unit = capacity.unit if k == capacity.k else f"nearest published cut-off to {capacity.unit}"
    ranked = f"the {number(k)} {people} ranked highest by {reading.called(reading.headline)}"
    where = f"{number(capacity.k)} {unit}" if k == capacity.k else f"{unit}, {number(capacity.k)}"
    first = f"Among {ranked} ({where}), {sized(reading.overall('precision', k))} had the outcome"
    others = _others(reading)
    first += f"; by the other rankings: {listed(others)}." if others else "."
    recall, total = reading.overall("recall", k), reading.overall("total_recall", k)
    second = f"They are {sized(recall)} of all in the cohort who had the outcome (recall)"
    if total is not None:
        second += (
            f", and {sized(total)} of everybody who had it, people outside the cohort included "
            "(total recall)"
        )
    auc = reading.overall("auc")
    third = f". The AUC is {sized(auc, 3)}." if auc else "."
    return [first, second + third]


def _others(reading: Reading) -> list[str]:
    """Name the other rankings' precision at their cut-off nearest to the capacity."""
    said = []
    for model in reading.models()[1:]:
        published = reading.figures.cutoffs("precision", model=model)
        k = nearest(reading.content.capacity.k, published, within=0.5)
        metric = reading.figures.one("precision", model=model, k=k) if k else None
        if metric is not None:
            at = "" if k == reading.k else f" in its top {number(metric.k or 0)}"
            said.append(f"{reading.called(model)} {estimate(metric)}{at}")
    return said


def _groups(reading: Reading) -> list[str]:
    """Say which groups are a larger or smaller part of the list than of the cohort."""
    sentences = []
    for attribute in reading.content.protected:
        found = standing(reading, attribute)
        if found is None:
            sentences.append(f"By {attribute}: no shares of the list could be published.")
        else:
            sentences.append(found.sentence())
    return sentences


def _checks(reading: Reading) -> str:
    findings = reading.content.findings
    counts = {s: sum(f.severity is s for f in findings) for s in Severity}
    if not findings:
        return "No check is on record. That is not a pass."
    failed, warned = counts[Severity.FAIL], counts[Severity.WARN]
    said = f"Of {counted(len(findings), 'check')}, {number(failed)} failed and {number(warned)} "
    return f"{said}{'warns' if warned == 1 else 'warn'}. Read them before the figures."
