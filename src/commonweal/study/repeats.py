"""The stages that find repeated orders and put every source under the ids of people."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from commonweal.core.results import Finding, Metric, Severity
from commonweal.core.store import Artefact, write_json
from commonweal.core.tables import read_table, write_table
from commonweal.linkage.repeats.find import PAPER_A, Repeats, RepeatsReport, find_repeats
from commonweal.linkage.repeats.merging import merge
from commonweal.oversight.disclosure import Disclosure
from commonweal.records.repeat_spec import RepeatSpec
from commonweal.study.stages import Workshop, code_below

_CODE = "records.repeats"


@dataclass(frozen=True, slots=True)
class Made:
    """Sources, some of them replaced or new, and what is to be said about that.

    Parameters
    ----------
    made
        Source -> its events.
    stages
        The stages made.
    metrics, findings
        What is to be said.
    """

    made: dict[str, Artefact]
    stages: tuple[Artefact, ...] = ()
    metrics: tuple[Metric, ...] = ()
    findings: tuple[Finding, ...] = ()


def repeats(shop: Workshop, made: Mapping[str, Artefact]) -> Made:
    """Find repeated orders, and put every source's events under the ids of people.

    Stage ``repeats`` holds ``people.parquet``, ``orders.parquet`` and ``report.json``; stage
    ``people/SOURCE`` the source's ``events.parquet``, and ``report.json`` as it was.
    """
    spec = shop.study.agency.repeats
    if spec is None:
        message = "No source is declared to hold repeated orders."
        none = Finding(code=_CODE, severity=Severity.NOT_APPLICABLE, message=message)
        return Made(dict(made), findings=(none,))
    found = _found(shop, spec, made)
    merged = {name: _merged(shop, spec, name, made[name], found) for name in made}
    again = sum(int(_json(one, "merged.json")["listed_again"]) for one in merged.values())
    report, rule = _report(found), shop.study.disclosure
    return Made(
        merged, (found, *merged.values()), _metrics(spec, report, rule),
        tuple(_findings(spec, report, again, rule)),
    )  # fmt: skip


def _found(shop: Workshop, spec: RepeatSpec, made: Mapping[str, Artefact]) -> Artefact:
    source = shop.study.agency.sources[spec.history]
    parents = {name: made[name] for name in sorted({spec.orders, spec.history})}

    def write(folder: Path) -> None:
        orders, history = (
            read_table(made[name].file("events.parquet")) for name in (spec.orders, spec.history)
        )
        got = find_repeats(spec, orders, history, source)
        write_table(got.people, folder / "people.parquet")
        write_table(got.orders, folder / "orders.parquet")
        write_json(folder / "report.json", got.report)

    return shop.make("repeats", _code(), [spec, source], parents, write)


def _merged(
    shop: Workshop, spec: RepeatSpec, name: str, raw: Artefact, found: Artefact
) -> Artefact:
    source = shop.study.agency.sources[name]

    def write(folder: Path) -> None:
        got = Repeats(
            read_table(found.file("people.parquet")), read_table(found.file("orders.parquet")),
            _report(found),
        )  # fmt: skip
        merged = merge(name, read_table(raw.file("events.parquet")), spec, source, got)
        write_table(merged.events, folder / "events.parquet")
        write_json(folder / "merged.json", {"listed_again": merged.listed_again})
        shutil.copyfile(raw.file("report.json"), folder / "report.json")

    parents = {"records": raw, "repeats": found}
    return shop.make(f"people/{name}", _code(), [spec, source], parents, write)


def _code() -> str:
    return code_below("records", "linkage", "study/repeats.py")


def _json(artefact: Artefact, name: str) -> dict[str, Any]:
    found: Any = artefact.json(name)
    return dict(found)


def _report(found: Artefact) -> RepeatsReport:
    return RepeatsReport(**_json(found, "report.json"))


def _shown(report: RepeatsReport, rule: Disclosure) -> bool:
    return rule.safe(report.repeats, report.orders - report.repeats, report.ids - report.people)


def _metrics(spec: RepeatSpec, report: RepeatsReport, rule: Disclosure) -> tuple[Metric, ...]:
    if not _shown(report, rule):
        return ()
    where = f"source={spec.orders}"
    return (Metric(metric=_CODE, value=report.share, n=report.orders, group=where),)


def _findings(
    spec: RepeatSpec, report: RepeatsReport, again: int, rule: Disclosure
) -> list[Finding]:
    """Say how many orders are repeats, and what could not be compared."""
    said = "Orders that a later one for the same case supersedes"
    if _shown(report, rule):
        said += f": {report.share:.1%} of {report.orders:,} (paper A: {PAPER_A:.1%})"
    said += "; they are marked from the day the later one was known."
    if again and rule.safe(again):
        said += f" {again:,} items of histories that stood under two ids of one person count once."
    count = report.repeats if _shown(report, rule) else None
    found = Finding(
        code=_CODE, severity=Severity.PASS, message=said, where=spec.orders, count=count
    )
    return [found, _oversized(spec, report, rule)]


def _oversized(spec: RepeatSpec, report: RepeatsReport, rule: Disclosure) -> Finding:
    """Say what the cap on blocks left out."""
    code = "records.repeats-oversized"
    if not report.oversized:
        message = f"No item of a history stands under more than {spec.largest_block:,} ids."
        return Finding(code=code, severity=Severity.PASS, message=message, where=spec.history)
    message = f"Ids not compared: all of their items stand under more than {spec.largest_block:,}"
    if rule.safe(report.oversized):
        message += f" (so do {report.oversized:,} items)"
    count = report.never if rule.safe(report.never) else None
    severity = Severity.WARN
    return Finding(
        code=code, severity=severity, message=f"{message}.", where=spec.history, count=count
    )
