"""The stage that makes windows of a source's records, and what the report says about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from commonweal.core.errors import DataError, Problem
from commonweal.core.results import Finding, Metric, Severity
from commonweal.core.store import Artefact, write_json
from commonweal.core.tables import read_table, write_table
from commonweal.oversight.disclosure import Disclosure
from commonweal.records import episodes as windows
from commonweal.records.episode_spec import EpisodeSpec
from commonweal.records.episodes import Counts
from commonweal.study.agency import Agency
from commonweal.study.stages import Workshop, code_below

_AMONG_EQUALS = {
    "mode": "the one of the commonest values that was recorded latest stands",
    "latest": "two records are of one day, and the record id decides",
    "earliest": "two records are of one day, and the record id decides",
}


def episodes(shop: Workshop, made: Mapping[str, Artefact]) -> dict[str, Artefact]:
    """Make every set of windows: ``events.parquet`` and ``report.json``.

    Parameters
    ----------
    shop
        Where stages are made.
    made
        Source -> its events, as they are to be used: entities are taken from there.

    Returns
    -------
    dict
        `made`, and beside it each set of windows by its name.

    Raises
    ------
    DataError
        If an entity's intervals never part, with every such set.
    """
    found, problems = dict(made), list[Problem]()
    for name, spec in sorted(shop.study.agency.episodes.items()):
        try:
            found[name] = _windows(shop, name, spec, made[spec.of])
        except DataError as error:
            problems += [replace(p, where=f"episodes.{name}") for p in error.problems]
    if problems:
        raise DataError(problems)
    return found


def _windows(shop: Workshop, name: str, spec: EpisodeSpec, records: Artefact) -> Artefact:
    before = shop.study.agency.extracted_on

    def write(folder: Path) -> None:
        made = windows.episodes(read_table(records.file("events.parquet")), spec, before)
        write_table(made.events, folder / "events.parquet")
        write_json(folder / "report.json", made.report)

    # Groups only name conditions on windows; changing them changes no window.
    settings = [replace(spec, groups={}), before]
    parents = {spec.of: records}
    return shop.make(f"episodes/{name}", code_below("records"), settings, parents, write)


def episode_findings(
    agency: Agency, made: Mapping[str, Artefact], rule: Disclosure
) -> list[Finding]:
    """Say how many records became how many windows, and which conflicts remained.

    On real records a count of 1 to 10 is not shown, nor one from which it would follow: the
    windows of one column are shown whole or not at all, and only where those in conflict differ
    from those of several records by none or more than ten.
    """
    found: list[Finding] = []
    for name, spec in sorted(agency.episodes.items()):
        report: Any = made[name].json("report.json")
        found.append(_consolidated(name, spec, report, rule))
        columns = {c: Counts(**counts) for c, counts in sorted(report["columns"].items())}
        found += [_settled(name, c, one, report["several"], rule) for c, one in columns.items()]
    return found


def episode_metrics(agency: Agency, made: Mapping[str, Artefact], rule: Disclosure) -> list[Metric]:
    """Return the counts of `episode_findings` as figures, those that may be shown."""
    found: list[Metric] = []
    for name, spec in sorted(agency.episodes.items()):
        report: Any = made[name].json("report.json")
        whole = _consolidated(name, spec, report, rule).count is not None
        total = [(key, f"source={name}") for key in ("windows", "several", "open") if whole]
        found += [
            Metric(metric=f"episodes.{key}", value=report[key], n=report["records"], group=group)
            for key, group in total
        ]
        for column, counts in sorted(report["columns"].items()):
            one = Counts(**counts)
            if _settled(name, column, one, report["several"], rule).count is None:
                continue
            found += [
                Metric(metric=f"episodes.{key}", value=counts[key], n=_windows_of(one),
                       group=f"column={name}.{column}")
                for key in ("agreed", "decided", "tied", "missing")
            ]  # fmt: skip
    return found


def _windows_of(counts: Counts) -> int:
    return counts.agreed + counts.decided + counts.tied + counts.missing


def _consolidated(name: str, spec: EpisodeSpec, report: Any, rule: Disclosure) -> Finding:
    records, made, several = (report[n] for n in ("records", "windows", "several"))
    code, what = "records.episodes", f"Records of {spec.of} were made into windows."
    counts = [made, several, made - several, records - made]
    asides = {n: report[n] for n in ("open", "withdrawn", "upside_down")}
    if not rule.safe(*counts, *asides.values(), made - asides["open"]):
        message = f"{what} How many is not shown: a small count would show or follow."
        return Finding(code=code, severity=Severity.PASS, message=message, where=name)
    share = several / max(1, made)
    message = (
        f"{records:,} records of {spec.of} became {made:,} windows; {share:.1%} of these hold "
        f"several; {asides['open']:,} are open. {asides['withdrawn']:,} were known as windows of "
        "their own before a later record made them part of an earlier one."
    )
    severity = Severity.PASS
    if asides["upside_down"]:
        severity = Severity.WARN
        message += (
            f" {asides['upside_down']:,} records end before they begin: they count as one day."
        )
    return Finding(code=code, severity=severity, message=message, where=name, count=several)


def _settled(name: str, column: str, counts: Counts, several: int, rule: Disclosure) -> Finding:
    code, where = "records.episode-conflicts", f"{name}.{column}"
    differ = counts.decided + counts.tied
    apart = [counts.missing, counts.agreed, counts.decided, counts.tied, differ, several - differ]
    severity = Severity.WARN if counts.tied else Severity.PASS
    if not rule.safe(*apart):
        message = f"Conflicts were settled by {counts.rule}; a small count would show or follow."
        return Finding(code=code, severity=severity, message=message, where=where)
    message = (
        f"By {counts.rule.replace('_', ' ')}: the records agree in {counts.agreed:,} windows, "
        f"the rule decided {counts.decided:,}, and {counts.missing:,} have no value."
    )
    if counts.tied:
        message += f" It left {counts.tied:,} in conflict: there {_AMONG_EQUALS[counts.rule]}."
    return Finding(code=code, severity=severity, message=message, where=where, count=counts.tied)
