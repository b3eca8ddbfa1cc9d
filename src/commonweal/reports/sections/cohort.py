"""Who is in the study at each date, what is predicted, and what each date is used for."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

from commonweal.cohorts.spec import CohortSpec
from commonweal.reports import rules
from commonweal.reports.cells import count, missing, notes
from commonweal.reports.content import FlowStep
from commonweal.reports.parts import Cell, Column, Facts, Paragraph, Part, Section, Table
from commonweal.reports.reading import Reading

_ROLES = {
    "train": "training: the models learn from it",
    "validation": "validation: settings are chosen on it",
    "test": "test: every figure of this report is measured on it",
    "embargoed": "not used: its outcomes become known too late to learn from",
    "live": "scored only: its outcomes are not known yet",
}
_STEPS = {
    "known": "have a record the rules look at",
    "cohort": "in the cohort",
    "labelled": "outcome known",
    "positives": "had the outcome",
}


def cohort(reading: Reading) -> Section:
    """Say the rules, the outcome, the use of the dates and the counts."""
    content = reading.content
    every = f"every {content.cohort.as_of.every}"
    facts = (
        *rules.cohort(content.cohort),
        ("The outcome", (rules.outcome(content.outcome),)),
        ("As-of dates", (f"{every}, {len(content.splits)} in all",)),
    )
    parts: list[Part] = [
        Facts(facts),
        Paragraph(
            "Everything a model sees about a person was known before the as-of date. The test "
            "comes after the training, and a date is learned from only when its outcomes were "
            "known before the next part begins."
        ),
    ]
    parts.append(_splits(reading))
    if content.flow:
        parts.append(_flow(content.flow, content.cohort, reading.people))
    else:
        parts.append(Paragraph("No counts of the cohort are on record."))
    return Section("cohort", "The cohort and the outcome", tuple(parts))


def _splits(reading: Reading) -> Table:
    rows = tuple(
        (
            Cell(split.as_of.isoformat()),
            Cell(_ROLES[split.role]),
            Cell(split.closes.isoformat()),
            Cell(split.known_by.isoformat()),
        )
        for split in reading.content.splits
    )
    columns = (
        Column("As-of date", number=False),
        Column("Used for", number=False),
        Column("Outcomes known on", number=False),
        Column("Labels use what was known before", number=False),
    )
    return Table(
        key="splits", caption="What each as-of date is used for", columns=columns, rows=rows
    )


def _words(step: FlowStep, spec: CohortSpec) -> str:
    if step.kind == "include":
        return f"meets the rule: {rules.rule(spec.include[step.rule], spec.within)}"
    if step.kind == "exclude":
        return f"removed by the rule: {rules.rule(spec.exclude[step.rule], None)}"
    return _STEPS[step.kind]


def _flow(flow: tuple[FlowStep, ...], spec: CohortSpec, people: str) -> Table:
    days = sorted({step.as_of for step in flow})
    lines: dict[tuple[str, int], dict[date, FlowStep]] = defaultdict(dict)
    for step in flow:
        lines[step.kind, step.rule][step.as_of] = step
    rows = tuple(
        (
            Cell(_words(next(iter(found.values())), spec)),
            *(count(found[d].people) if d in found else missing("not known yet") for d in days),
        )
        for found in lines.values()
    )
    columns = (Column(f"Step (counts of {people})", number=False),
               *(Column(d.isoformat()) for d in days))  # fmt: skip
    return Table(
        key="flow", caption="Counts at each as-of date, rule by rule", columns=columns, rows=rows,
        notes=notes(rows),
    )  # fmt: skip
