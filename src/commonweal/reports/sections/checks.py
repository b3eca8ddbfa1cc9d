"""What the checks found: trouble first, and the rest counted."""

from __future__ import annotations

from collections.abc import Sequence

from commonweal.core.results import Finding, Severity
from commonweal.reports.parts import Cell, Column, Details, Paragraph, Part, Section, Table
from commonweal.reports.reading import Reading
from commonweal.reports.words import counted, listed, number, spaced

_OPEN = {
    Severity.FAIL: "Checks that failed",
    Severity.WARN: "Checks that warn",
    Severity.SKIPPED: "Checks that were skipped: nothing is known about these",
}
_CLOSED = {
    Severity.PASS: "Checks that passed",
    Severity.NOT_APPLICABLE: "Checks that do not apply to this study",
}
_ENDED = {Severity.PASS: "passed", Severity.NOT_APPLICABLE: "not applicable"}


def checks(reading: Reading) -> Section:
    """List failures, warnings and skipped checks; passed ones on demand."""
    findings = reading.content.findings
    if not findings:
        text = "No check is on record for this run. That is not a pass: nothing was looked at."
        return Section("checks", "Warnings and checks", (Paragraph(text),))
    parts: list[Part] = [Paragraph(_counts(findings))]
    for severity, caption in _OPEN.items():
        found = [f for f in findings if f.severity is severity]
        if found:
            parts.append(_table(found, severity, caption))
    rest = [f for f in findings if f.severity in _CLOSED]
    if rest:
        tables, said = [], []
        for severity, caption in _CLOSED.items():
            found = [f for f in rest if f.severity is severity]
            if found:
                tables.append(_table(found, severity, caption))
                said.append(f"{number(len(found))} {_ENDED[severity]}")
        parts.append(Details(f"All other checks: {listed(said)}", tuple(tables)))
    return Section("checks", "Warnings and checks", tuple(parts))


def _counts(findings: Sequence[Finding]) -> str:
    ended = {s: sum(f.severity is s for f in findings) for s in Severity}
    said = [
        f"{number(ended[Severity.FAIL])} failed",
        f"{number(ended[Severity.WARN])} with a warning",
        f"{number(ended[Severity.SKIPPED])} skipped",
        f"{number(ended[Severity.NOT_APPLICABLE])} not applicable",
        f"{number(ended[Severity.PASS])} passed",
    ]
    return (
        f"{counted(len(findings), 'check')} made: {listed(said)}. A check that passed shows that "
        "one thing was looked at, not that the study is fit for use: that is for its reviewers."
    )


def _table(findings: Sequence[Finding], severity: Severity, caption: str) -> Table:
    """Show findings that say the same about several sources as one row."""
    places: dict[tuple[str, str, int | None], list[str]] = {}
    for finding in sorted(findings, key=lambda f: f.code):
        about = (finding.code, finding.message, finding.count)
        places.setdefault(about, []).append(spaced(finding.where) or "the study")
    rows = tuple(
        (
            Cell(code),
            Cell(listed(list(dict.fromkeys(where)))),
            Cell(message),
            Cell("") if count is None else Cell(number(count)),
        )
        for (code, message, count), where in places.items()
    )
    key = f"checks-{severity.value.replace(' ', '-')}"
    columns = (
        Column("Check", number=False),
        Column("Where", number=False),
        Column("What was found", number=False),
        Column("Count"),
    )
    return Table(key=key, caption=caption, columns=columns, rows=rows)
