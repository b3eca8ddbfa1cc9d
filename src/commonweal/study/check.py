"""Check a study's tables without keeping anything."""

from __future__ import annotations

from commonweal.core.errors import DataError, Problem
from commonweal.records.assemble import assemble_source
from commonweal.study.fetched import fetched
from commonweal.study.spec import Study


def check_tables(study: Study) -> list[str]:
    """Assemble every source, keep nothing, and say what was found.

    Raises
    ------
    StudyError
        If a database that holds the tables cannot be used.
    DataError
        With every source's mistakes.
    """
    with fetched(study) as local:
        return _checked(local)


def _checked(study: Study) -> list[str]:
    problems: list[Problem] = []
    lines = []
    people: set[str] = set()
    windows = study.agency.episodes
    rules = [rule.event for rule in study.spec.cohort.include]
    included = {windows[name].of if name in windows else name for name in rules}
    for name, source in sorted(study.agency.sources.items()):
        try:
            assembled = assemble_source(name, source, study.data, study.agency.extracted_on)
        except DataError as error:
            problems += error.problems
            continue
        report = assembled.report
        if name in included:
            people |= set(assembled.events["entity_id"].unique().to_pylist())
        lines.append(f"{name}: {report.rows_kept:,} of {report.rows_read:,} rows can be used.")
        for code, column, policy, count in report.mistakes:
            found = (
                f"{code.replace('_', ' ')} in {column}, {count:,} {'row' if count == 1 else 'rows'}"
            )
            lines.append(f"  {policy}: {report.table}: {found}")
    if not problems and study.spec.capacity.k > len(people):
        what = f"is {study.spec.capacity.k:,}, but the records are about {len(people):,} people"
        where = f"{study.path.name}: capacity.k"
        problems.append(Problem(where, what, "name how many places there are"))
    if problems:
        raise DataError(problems)
    if study.agency.simulated is not None and not study.simulated:
        lines.append(
            f"warning: the tables do not match the simulation's seal, {study.agency.simulated}: "
            "they are treated as records of real people."
        )
    lines.append("The study can run.")
    return lines
