"""Who is in the study at each date, what is predicted, and what each date is used for."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date

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
_KINDS = {"include": "meets the rule: ", "exclude": "removed by the rule: "}

Line = tuple[str, str, int]


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
        parts.append(_flow(content.flow, reading.people))
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


def _flow(flow: tuple[FlowStep, ...], people: str) -> Table:
    days = sorted({step.as_of for step in flow})
    lines: dict[Line, dict[date, int | None]] = defaultdict(dict)
    for day in days:
        met: Counter[tuple[str, str]] = Counter()
        for step in (s for s in flow if s.as_of == day):
            lines[step.kind, step.words, met[step.kind, step.words]][day] = step.people
            met[step.kind, step.words] += 1
    rows = tuple(
        (
            Cell(_KINDS.get(kind, "") + words),
            *(count(found[d]) if d in found else missing("not known yet") for d in days),
        )
        for (kind, words, _), found in lines.items()
    )
    columns = (Column(f"Step (counts of {people})", number=False),
               *(Column(d.isoformat()) for d in days))  # fmt: skip
    return Table(
        key="flow", caption="Counts at each as-of date, rule by rule", columns=columns, rows=rows,
        notes=notes(rows),
    )  # fmt: skip
