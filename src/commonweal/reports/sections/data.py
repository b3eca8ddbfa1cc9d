"""Which records the study stands on, and what they lack."""

from __future__ import annotations

from commonweal.reports.cells import count, missing, notes
from commonweal.reports.content import SourceSummary
from commonweal.reports.parts import Cell, Column, Paragraph, Part, Section, Table
from commonweal.reports.reading import Reading
from commonweal.reports.words import WITHHELD, day, listed, percent, spaced


def data(reading: Reading) -> Section:
    """Say what was read, left out and set aside, from when, and what is missing."""
    content = reading.content
    if content.simulated:
        origin = "The tables are simulated: they describe no real person."
    else:
        origin = "The tables are the agency's own records."
    text = f"{content.agency}; tables drawn on {day(content.extracted_on)}. {origin}"
    parts: list[Part] = [Paragraph(text)]
    if not content.sources:
        parts.append(Paragraph("No source is on record for this run."))
        return Section("data", "The data and their gaps", tuple(parts))
    parts.append(_sources(content.sources))
    lacking = _missing(content.sources)
    if lacking.rows:
        parts.append(lacking)
    full = _complete(content.sources)
    if full:
        parts.append(Paragraph(f"Never missing in the rows kept: {full}."))
    parts.append(
        Paragraph(
            "Records say what was reported and written down, by whom and when. What nobody "
            "reported is not in them."
        )
    )
    return Section("data", "The data and their gaps", tuple(parts))


def _sources(sources: tuple[SourceSummary, ...]) -> Table:
    rows = tuple(
        (
            Cell(spaced(source.name), source.table),
            count(source.rows_read),
            count(source.rows_left_out),
            count(source.rows_quarantined),
            count(source.rows_kept),
            Cell(f"{source.first} to {source.last}" if source.first else "no event"),
            Cell(source.covers_from.isoformat() if source.covers_from else "not declared"),
        )
        for source in sources
    )
    columns = (
        Column("Source (table)", number=False),
        Column("Rows read"),
        Column("Left out"),
        Column("Set aside"),
        Column("Kept"),
        Column("Events occurred", number=False),
        Column("Recorded since", number=False),
    )
    said = (
        "Left out: rows that are no event of this kind. Set aside: rows that failed a check. "
        "Recorded since: windows that reach further back count as missing, not as zero."
    )
    caption = "Sources and their rows"
    return Table(
        key="sources", caption=caption, columns=columns, rows=rows, notes=(said, *notes(rows))
    )


def _missing(sources: tuple[SourceSummary, ...]) -> Table:
    rows = tuple(
        (
            Cell(spaced(source.name)),
            Cell(spaced(column)),
            missing(WITHHELD) if share is None else Cell(percent(share)),
            count(source.rows_kept),
        )
        for source in sources
        for column, share in sorted(source.missing.items())
        if share != 0
    )
    columns = (
        Column("Source", number=False),
        Column("Column", number=False),
        Column("Missing"),
        Column("Rows kept (n)"),
    )
    caption = "Columns with missing values, as a share of the rows kept"
    return Table(key="missing", caption=caption, columns=columns, rows=rows, notes=notes(rows))


def _complete(sources: tuple[SourceSummary, ...]) -> str:
    found = []
    for source in sources:
        columns = [spaced(c) for c, share in sorted(source.missing.items()) if share == 0]
        if columns:
            found.append(f"{spaced(source.name)} ({listed(columns)})")
    return "; ".join(found)
