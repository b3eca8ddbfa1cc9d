"""Check a study's tables without keeping anything."""

from __future__ import annotations

from commonweal.core.errors import DataError, Problem
from commonweal.records.assemble import assemble_source
from commonweal.study.spec import Study


def check_tables(study: Study) -> list[str]:
    """Assemble every source, keep nothing, and say what was found.

    Raises
    ------
    DataError
        With every source's mistakes.
    """
    problems: list[Problem] = []
    lines = []
    for name, source in sorted(study.agency.sources.items()):
        try:
            report = assemble_source(name, source, study.data, study.agency.extracted_on).report
        except DataError as error:
            problems += error.problems
            continue
        lines.append(f"{name}: {report.rows_kept:,} of {report.rows_read:,} rows can be used.")
        for code, column, policy, count in report.mistakes:
            lines.append(f"  {policy}: {code.replace('_', ' ')} in {column}, {count:,} rows")
    if problems:
        raise DataError(problems)
    lines.append("The study can run.")
    return lines
