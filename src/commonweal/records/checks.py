"""What was found wrong in a source: every check says which rows, and what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from commonweal.core.errors import DataError, Problem
from commonweal.core.results import Finding, Severity
from commonweal.records.cast import Mask
from commonweal.records.spec import Policy

SHOWN = 5
MANY = 0.2
"""Share of a table's rows, and at least 100, above which setting them aside fails a check."""

MESSAGES: dict[str, tuple[str, str]] = {
    "type": (
        "is not of its declared type",
        "write dates as YYYY-MM-DD and numbers without units, or change the type",
    ),
    "range": ("is outside what is declared as possible", "mend the value or min/max/allowed"),
    "missing": ("is missing where a value is required", "fill it"),
    "placeholder": ("is a word for a missing value", "leave the cell empty"),
    "duplicate": ("stands more than once", "remove the copy, or declare what identifies a row"),
    "impossible_date": ("is a date that cannot be", "mend the date"),
    "future_date": ("is on or after the day of extraction", "mend the date or extracted_on"),
    "known_before_occurred": ("was known before it occurred", "mend one of the two dates"),
    "missing_partner": ("has no partner in the joined table", "add the missing row"),
    "unsafe_text": (
        "holds text a spreadsheet or browser could run, or characters that hide",
        "remove the formula, tag or character",
    ),
    "undated_decision": ("is decided but the day of the decision is missing", "fill the date"),
}


@dataclass(frozen=True, slots=True)
class Mistake:
    """The rows of one source that failed one check on one column.

    Parameters
    ----------
    code
        Name of the check, a key of `MESSAGES`.
    column
        Column in the raw table.
    policy
        What happens to the rows.
    rows
        True where the check failed; one entry a row of the source's table.
    table
        The table the column stands in: the source's own or its partner.
    samples
        Row number (from 1) in that table and the value there, for the first few.
    """

    code: str
    column: str
    policy: Policy
    rows: Mask
    table: str
    samples: tuple[tuple[int, object], ...] = ()

    @property
    def count(self) -> int:
        """Number of rows."""
        return int(self.rows.sum())


@dataclass(frozen=True, slots=True)
class SourceReport:
    """What assembling one source counted.

    Parameters
    ----------
    source
        Name of the source.
    table
        Its table, as declared.
    rows_read, rows_left_out, rows_quarantined, rows_kept
        Rows of the table; of those, not events by the source's ``where``; set aside by a
        check; and kept.
    mistakes
        ``(check, column, policy, count)`` of every check that found something.
    checked
        Names of all checks made.
    missing
        Column -> rows kept in which it is missing.
    first, last
        First and last day an event occurred, as ISO text; empty where there is none.
    """

    source: str
    table: str
    rows_read: int
    rows_left_out: int
    rows_quarantined: int
    rows_kept: int
    mistakes: tuple[tuple[str, str, str, int], ...]
    checked: tuple[str, ...]
    missing: dict[str, int]
    first: str
    last: str

    def findings(self) -> tuple[Finding, ...]:
        """Return a finding for every check made, the passed ones included."""
        found = []
        for code in self.checked:
            hits = [m for m in self.mistakes if m[0] == code]
            for _, column, policy, count in hits:
                done = "set aside" if policy == "quarantine" else "kept"
                many = policy == "quarantine" and count > max(100, MANY * self.rows_read)
                found.append(
                    Finding(
                        code=f"records.{code.replace('_', '-')}",
                        severity=Severity.FAIL if many else Severity.WARN,
                        message=f"{column} {MESSAGES[code][0]}; these rows were {done}.",
                        where=self.source,
                        count=count,
                    )
                )
            if not hits:
                found.append(
                    Finding(
                        code=f"records.{code.replace('_', '-')}",
                        severity=Severity.PASS,
                        message="No row failed this check.",
                        where=self.source,
                    )
                )
        return tuple(found)


def problems(mistakes: Sequence[Mistake]) -> list[Problem]:
    """Turn the failed checks whose policy is ``error`` into problems that name their rows."""
    found = []
    for item in mistakes:
        if item.policy != "error" or not item.count:
            continue
        what, mend = MESSAGES[item.code]
        policy = "missing" if item.code == "placeholder" else item.code
        mend += f'; or set checks.{policy} = "quarantine" to set such rows aside'
        for row, value in item.samples:
            shown = f" ({_short(value)})" if value is not None else ""
            found.append(
                Problem(f"{item.table}: column {item.column}, row {row}", f"{what}{shown}", mend)
            )
        if item.count > len(item.samples):
            rest = item.count - len(item.samples)
            where = f"{item.table}: column {item.column}"
            found.append(Problem(where, f"{rest:,} more rows where it {what}"))
    return found


def raise_for(mistakes: Sequence[Mistake]) -> None:
    """Raise one `DataError` for all failed checks whose policy is ``error``."""
    found = problems(mistakes)
    if found:
        raise DataError(found)


def _short(value: object) -> str:
    text = str(value) if isinstance(value, date) else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
