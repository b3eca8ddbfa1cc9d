"""What a reader takes away from the first screen."""

from __future__ import annotations

from commonweal.core.results import Severity
from commonweal.evaluation.spec import ORACLE
from commonweal.reports.cells import figure
from commonweal.reports.figures import nearest
from commonweal.reports.parts import Bullets, Cell, Column, Paragraph, Part, Section, Table, Tiles
from commonweal.reports.reading import Reading
from commonweal.reports.sections.shares import Share, standing
from commonweal.reports.words import (
    counted,
    estimate,
    listed,
    number,
    percent,
    size,
    sized,
    spaced,
    span,
)


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
        parts += _groups(reading)
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
            items.append((words, value, f"{detail}{size(metric.n)}"))
    return Tiles(tuple(items))


def _sentences(reading: Reading, k: int | None) -> list[str]:
    base, people = reading.overall("base_rate"), reading.people
    sentences = [
        f"Tested as of {reading.when}, on outcomes later than any the model learned from: within "
        f"{reading.content.outcome.within}, {sized(base)} of the {people} in the cohort had the "
        "outcome."
    ]
    if k is None:
        sentences.append("No cut-off of the ranking could be published.")
    else:
        sentences += _at_capacity(reading, k)
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
    third = f"The AUC is {sized(auc, 3)}. " if auc else ""
    mean, base = reading.overall("mean_prediction"), reading.overall("base_rate")
    if mean is not None:
        third += f"On average it predicted {estimate(mean)}; {estimate(base)} had the outcome."
    said = (first, f"{second}.", third.strip(), _ceiling(reading, k))
    return [sentence for sentence in said if sentence]


def _ceiling(reading: Reading, k: int) -> str:
    """Say what who knew every true chance would find; empty where people are real."""
    mine = reading.overall("precision", k)
    published = reading.figures.cutoffs("precision", model=ORACLE)
    at = nearest(k, published, within=0.5)
    best = reading.figures.one("precision", model=ORACLE, k=at) if at else None
    if mine is None or best is None:
        return ""
    text = (
        f"These {reading.people} are simulated. Among the {number(best.k or 0)} of them with the "
        f"highest true chance, {sized(best)} had the outcome: the ceiling."
    )
    if at == k and best.value:
        share = f"{100 * mine.value / best.value:.0f}%"
        text += f" The precision of {reading.called(reading.headline)} is {share} of it."
    return text


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


def _groups(reading: Reading) -> list[Part]:
    """Show which groups are a larger or smaller part of the list than of the cohort."""
    rows: list[tuple[Cell, ...]] = []
    hidden: list[str] = []
    same: list[str] = []
    for attribute in reading.content.protected:
        found = standing(reading, attribute)
        differing = [share for share in found.shares if share.differs()] if found else []
        if found is None:
            hidden.append(spaced(attribute))
        elif not differing:
            same.append(spaced(attribute))
        else:
            rows += [_row(attribute, found.k, share) for share in differing]
    parts: list[Part] = [_standings(reading, rows)] if rows else []
    if same:
        text = f"By {listed(same)}, no group's part of the list differs from its part of the cohort"
        parts.append(Paragraph(f"{text} by more than its interval."))
    if hidden:
        parts.append(Paragraph(f"By {listed(hidden)}, no part of the list could be published."))
    return parts


def _row(attribute: str, k: int, share: Share) -> tuple[Cell, ...]:
    return (
        Cell(f"{spaced(attribute)}: {share.group}", f"top {number(k)}"),
        Cell("larger" if share.differs() > 0 else "smaller"),
        figure(share.top),
        figure(share.cohort),
        figure(share.positives),
    )


def _standings(reading: Reading, rows: list[tuple[Cell, ...]]) -> Table:
    base, recall = reading.overall("base_rate"), reading.overall("recall", reading.k)
    columns = (
        Column("Group (list)", number=False),
        Column("Part of the list, against the cohort", number=False),
        Column("Of the list"),
        Column(f"Of the cohort ({size(base.n)})" if base else "Of the cohort"),
        Column(f"Of those with the outcome ({size(recall.n)})" if recall else "Of those with it"),
    )
    notes = (
        "Shown: groups whose 95% interval of their part of the list leaves out their part of the "
        "cohort. n of a part of the list is the length of the list. All groups: Results by group.",
    )
    return Table(
        key="standing", caption="Groups that make up more or less of the list than of the cohort",
        columns=columns, rows=tuple(rows), notes=notes,
    )  # fmt: skip


def _checks(reading: Reading) -> str:
    findings = reading.content.findings
    counts = {s: sum(f.severity is s for f in findings) for s in Severity}
    if not findings:
        return "No check is on record. That is not a pass."
    failed, warned = counts[Severity.FAIL], counts[Severity.WARN]
    said = f"Of {counted(len(findings), 'check')}, {number(failed)} failed and {number(warned)} "
    return f"{said}{'warns' if warned == 1 else 'warn'}. Read them before the figures."
