"""The stages that derive dates no record holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from commonweal.core.errors import DataError, problem
from commonweal.core.results import Finding, Metric, Severity
from commonweal.core.store import Artefact, write_json
from commonweal.core.tables import read_table, write_table
from commonweal.oversight.disclosure import Disclosure
from commonweal.records.checks import SourceReport
from commonweal.records.derived import PAPER_A, DerivedReport, derive
from commonweal.records.derived_spec import DAYS, IMPUTED, DerivedSpec
from commonweal.records.lengths import HeldOut
from commonweal.study.repeats import Made
from commonweal.study.stages import Workshop, code_below

_OVER, _IMPUTED = "records.window-not-over", "records.imputed"


def derived(shop: Workshop, made: Mapping[str, Artefact]) -> Made:
    """Derive every declared source: ``events.parquet``, ``report.json``, ``derived.json``.

    Missing lengths are learned from what was known before the first test date.
    """
    declared = shop.study.agency.derived
    if not declared:
        message = "No date is derived."
        none = (
            Finding(code=code, severity=Severity.NOT_APPLICABLE, message=message)
            for code in (_OVER, _IMPUTED)
        )
        return Made(dict(made), findings=tuple(none))
    new = {name: _stage(shop, name, declared[name], made) for name in sorted(declared)}
    rule = shop.study.disclosure
    reports = [_report(artefact) for artefact in new.values()]
    return Made(
        {**made, **new}, tuple(new.values()),
        tuple(metric for report in reports for metric in _metrics(report, rule)),
        tuple(finding for report in reports for finding in _findings(report, rule)),
    )  # fmt: skip


def read(spec: DerivedSpec) -> list[str]:
    """Return the sources that deriving one reads."""
    named = [*spec.impute.by, *([spec.impute.born] if spec.impute.born else [])]
    return sorted({spec.of, *(name.partition(".")[0] for name in named if "." in name)})


def _stage(shop: Workshop, name: str, spec: DerivedSpec, made: Mapping[str, Artefact]) -> Artefact:
    names, agency = read(spec), shop.study.agency
    sources = {one: replace(agency.sources[one], groups={}) for one in names}
    before = min(date.fromisoformat(day) for day in shop.dates("test"))
    seed, extracted = shop.study.spec.study.seed, agency.extracted_on

    def write(folder: Path) -> None:
        events = {one: read_table(made[one].file("events.parquet")) for one in names}
        got = derive(name, spec, events, sources, extracted, before, seed)
        if not got.events.num_rows:
            what = "no event can be derived"
            raise problem(DataError, f"derived.{name}", what, "see `where`, `begins` and `days`")
        write_table(got.events, folder / "events.parquet")
        write_json(
            folder / "report.json", _as_source(got.report, sources[spec.of].table, got.events)
        )
        write_json(folder / "derived.json", got.report)

    settings = [spec, sources, extracted, before, seed]
    parents = {one: made[one] for one in names}
    code = code_below("records", "study/derived.py")
    return shop.make(f"derived/{name}", code, settings, parents, write)


def _as_source(report: DerivedReport, table: str, events: pa.Table) -> SourceReport:
    """Return what was counted in the form in which it is counted for other sources."""
    read_ = report.records + report.undated
    return SourceReport(
        source=report.name, table=table, rows_read=read_, rows_left_out=read_ - events.num_rows,
        rows_quarantined=0, rows_kept=events.num_rows, mistakes=(), checked=(),
        missing={DAYS: 0, IMPUTED: 0}, first=str(pc.min(events["occurred_on"])),
        last=str(pc.max(events["occurred_on"])),
    )  # fmt: skip


def _report(artefact: Artefact) -> DerivedReport:
    raw: Any = artefact.json("derived.json")
    held = raw["held_out"]
    return DerivedReport(**{**raw, "held_out": HeldOut(**held) if held else None})


def _shown(report: DerivedReport, rule: Disclosure) -> bool:
    over = report.projected - report.not_over
    rest = report.people - report.projected - report.dropped
    return rule.safe(report.not_over, over, report.dropped, rest)


def _metrics(report: DerivedReport, rule: Disclosure) -> list[Metric]:
    where, held, found = f"source={report.name}", report.held_out, []
    if _shown(report, rule):
        name = "records.window_not_over"
        found.append(Metric(metric=name, value=report.share, n=report.people, group=where))
    if held is not None and rule.safe(held.n, held.people):
        errors = {"records.imputed_error": held.error, "records.median_error": held.baseline}
        found += [Metric(metric=m, value=v, n=held.n, group=where) for m, v in errors.items()]
        found.append(
            Metric(metric="records.imputed_gain", value=held.gain, low=held.low, high=held.high,
                   n=held.n, group=where)
        )  # fmt: skip
    return found


def _findings(report: DerivedReport, rule: Disclosure) -> list[Finding]:
    """Say who is left out because the window is not over, and what missing lengths rest on."""
    said, count = "People left out because what is derived is not over", None
    if _shown(report, rule):
        said += f": {report.share:.1%} of {report.people:,} (paper A: {PAPER_A:.1%})"
        count = report.not_over
        if report.dropped:
            said += f"; {report.dropped:,} more have no length"
    over = Finding(
        code=_OVER, severity=Severity.PASS, message=f"{said}.", where=report.name, count=count
    )
    return [over, _imputed(report, rule)]


def _imputed(report: DerivedReport, rule: Disclosure) -> Finding:
    name, held = report.name, report.held_out
    shown = rule.safe(report.missing, report.records - report.missing)
    share = f" ({report.missing / max(1, report.records):.1%} of them)" if shown else ""
    count = report.missing if shown else None
    severity = Severity.PASS
    if not report.missing:
        message = "No length is missing."
    elif report.method == "drop":
        message = f"Records without a length are dropped{share}."
    elif held is None:
        message = f"Missing lengths{share} are the median known before the first test date."
    elif not rule.safe(held.n, held.people):
        message = f"Missing lengths{share} are predicted; too few are held out to say how well."
        severity = Severity.WARN
    else:
        message = (
            f"Missing lengths{share} are predicted; on {held.n:,} known ones held out the model is "
            f"off by {held.error:,.0f} days, the median by {held.baseline:,.0f}: {held.gain:.0%} "
            f"less ({held.low:.0%} to {held.high:.0%})."
        )
        severity = Severity.PASS if held.low > 0 else Severity.WARN
    return Finding(code=_IMPUTED, severity=severity, message=message, where=name, count=count)
