"""How the report is made again, from what."""

from __future__ import annotations

import shlex

from commonweal.reports.parts import Cell, Code, Column, Paragraph, Part, Section, Table
from commonweal.reports.reading import Reading


def rebuild(reading: Reading) -> Section:
    """Give the command, the inputs' fingerprints and the versions."""
    content = reading.content
    parts: list[Part] = [
        Paragraph("The same tables, study file and versions give the same bytes. To rebuild:"),
        Code((f"commonweal run {shlex.quote(content.study_file)} --out DIR",)),
        Paragraph(
            "Every figure of this page is in metrics.json, beside it; manifest.json holds the "
            "fingerprint of every stage and of every file this page was made from. Findings are "
            "explained in docs/findings.md of the software."
        ),
    ]
    if content.inputs:
        rows = tuple((Cell(name), Cell(digest)) for name, digest in sorted(content.inputs.items()))
        columns = (Column("Table", number=False), Column("SHA-256", number=False))
        parts.append(Table(key="inputs", caption="Input tables", columns=columns, rows=rows))
    if content.versions:
        rows = tuple((Cell(name), Cell(v)) for name, v in sorted(content.versions.items()))
        columns = (Column("Package", number=False), Column("Version", number=False))
        parts.append(Table(key="versions", caption="Software", columns=columns, rows=rows))
    return Section("rebuild", "How to rebuild this report", tuple(parts))
