"""From artefacts to what the report may say; small counts are taken out here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from importlib.metadata import version
from typing import Any

import pyarrow.compute as pc

from commonweal.cohorts.draw import Step
from commonweal.core.results import Finding, Metric, Severity
from commonweal.core.store import Artefact
from commonweal.core.tables import read_table
from commonweal.oversight.disclosure import Disclosure
from commonweal.records.checks import SourceReport
from commonweal.reports.content import BlockSummary, Content, FlowStep, SourceSummary
from commonweal.study.evaluate import Evaluated
from commonweal.study.stages import Workshop

_PACKAGES = (
    "commonweal", "altair", "duckdb", "ibis-framework", "jinja2", "lightgbm", "numpy", "pyarrow",
    "scikit-learn", "scipy", "vl-convert-python",
)  # fmt: skip


def versions() -> dict[str, str]:
    """Return package -> version of everything whose version may change a figure."""
    return {name: version(name) for name in _PACKAGES}


def content(
    shop: Workshop, digests: Mapping[str, str], made: Mapping[str, Artefact], people: Artefact,
    labelled: Artefact, blocks: Mapping[str, Artefact], fitted: Mapping[str, Artefact],
    found: Evaluated, recommendation: str | None,
) -> Content:  # fmt: skip
    """Gather everything the report may say."""
    spec, agency = shop.study.spec, shop.study.agency
    rule = Disclosure(shop.study.simulated)
    reports = [_report(artefact) for artefact in made.values()]
    sources = tuple(_summary(r, rule, agency.sources[r.source].covers_from) for r in reports)
    flow = _flow(people, labelled, rule)
    findings = [*_exempt(shop), *(_hidden(f, rule) for r in reports for f in r.findings())]
    findings += [*_oversized(blocks, rule), *_embargoed(shop), *found.findings]
    findings += _protected_features(shop)
    return Content(
        about=spec.study, action=spec.action, review=spec.review, protected=spec.protected,
        cohort=spec.cohort, outcome=spec.outcome, models=spec.models, capacity=spec.capacity,
        evaluation=spec.evaluation, agency=agency.name, extracted_on=agency.extracted_on,
        simulated=shop.study.simulated, splits=shop.splits, sources=sources, flow=flow,
        blocks=_blocks(shop, blocks, fitted), findings=tuple(findings),
        metrics=(*found.metrics, *_flow_metrics(flow), *_source_metrics(sources)),
        recommendation=recommendation, inputs=dict(digests), versions=versions(),
        study_file=shop.study.path.name,
    )  # fmt: skip


def _report(artefact: Artefact) -> SourceReport:
    raw: Any = artefact.json("report.json")
    raw["mistakes"] = tuple(tuple(m) for m in raw["mistakes"])
    return SourceReport(**{**raw, "checked": tuple(raw["checked"])})


def _summary(report: SourceReport, rule: Disclosure, covers_from: date | None) -> SourceSummary:
    """Hide counts of 1 to 10 rows, and the remainder from which they would follow."""
    aside = rule.count(report.rows_quarantined)
    left_out = rule.count(report.rows_left_out)
    removed = report.rows_quarantined + report.rows_left_out
    kept = rule.count(report.rows_kept, removed)
    if aside is None or left_out is None:
        kept = None
    missing = {
        column: count / report.rows_kept if rule.safe(count, report.rows_kept - count) else None
        for column, count in report.missing.items()
    }
    return SourceSummary(
        name=report.source, table=report.table, rows_read=report.rows_read, rows_left_out=left_out,
        rows_quarantined=aside, rows_kept=kept, first=report.first, last=report.last,
        covers_from=covers_from, missing=missing,
    )  # fmt: skip


def _hidden(finding: Finding, rule: Disclosure) -> Finding:
    if finding.count is None or rule.safe(finding.count):
        return finding
    return replace(finding, count=None, message=f"{finding.message} (1 to 10 rows)")


def _exempt(shop: Workshop) -> list[Finding]:
    code = "oversight.simulated"
    if shop.study.simulated:
        message = "Every table matches the seal of a simulation: small cells are shown."
        return [Finding(code=code, severity=Severity.PASS, message=message)]
    if shop.study.agency.simulated is not None:
        message = "The tables do not match the simulation's seal: they are treated as real."
        return [Finding(code=code, severity=Severity.WARN, message=message)]
    message = "Real records: nothing between 1 and 10 people is shown or derivable."
    return [Finding(code=code, severity=Severity.NOT_APPLICABLE, message=message)]


def _oversized(blocks: Mapping[str, Artefact], rule: Disclosure) -> list[Finding]:
    found = []
    for name, artefact in blocks.items():
        described: Any = artefact.json("features.json")
        count = described["notes"].get("oversized")
        if count is None:
            continue
        limit = described["notes"]["oversized_above"]
        severity = Severity.WARN if count else Severity.PASS
        message = f"Rows of people linked to more than {limit:,} others; a bad id looks like this."
        shown = count if rule.safe(count) else None
        found.append(Finding(code="features.oversized-id", severity=severity, message=message,
                             where=name, count=shown))  # fmt: skip
    return found


def _embargoed(shop: Workshop) -> list[Finding]:
    late = [s.as_of.isoformat() for s in shop.splits if s.role == "embargoed"]
    code = "cohorts.embargo"
    if late:
        message = f"Not trained on, because outcomes close too late: {', '.join(late)}."
        return [Finding(code=code, severity=Severity.WARN, message=message)]
    message = "Every training outcome closed before the first test date."
    return [Finding(code=code, severity=Severity.PASS, message=message)]


def _protected_features(shop: Workshop) -> list[Finding]:
    allowed = shop.study.spec.review.allows_features
    code = "oversight.protected-features"
    if allowed:
        message = f"The review allows protected attributes as features: {', '.join(allowed)}."
        return [Finding(code=code, severity=Severity.WARN, message=message)]
    message = "No protected attribute is a feature. Other columns may still stand in for one."
    return [Finding(code=code, severity=Severity.PASS, message=message)]


def _flow(people: Artefact, labelled: Artefact, rule: Disclosure) -> tuple[FlowStep, ...]:
    """Count people rule by rule, date by date, without any number that gives a small one away."""
    raw: Any = people.json("flow.json")
    steps = [Step(**{**s, "as_of": date.fromisoformat(s["as_of"])}) for s in raw]
    by_date: dict[date, list[Step]] = defaultdict(list)
    for step in steps:
        by_date[step.as_of].append(step)
    as_of = read_table(people.file("cohort.parquet"), ["as_of"])["as_of"]
    labels = read_table(labelled.file("labels.parquet"), ["label"])["label"]
    flow: list[FlowStep] = []
    for day in sorted(by_date):
        here = labels.filter(pc.equal(as_of, day))
        known, positives = len(here) - here.null_count, int(pc.sum(here).as_py() or 0)
        flow += _safe_steps(by_date[day], known, positives, rule)
    return tuple(flow)


def _safe_steps(
    steps: Sequence[Step], known: int, positives: int, rule: Disclosure
) -> list[FlowStep]:
    """Hide the counts of one date whose differences are small."""
    day = steps[0].as_of
    cohort = next(s.people for s in steps if s.kind == "cohort")
    everyone = next(s.people for s in steps if s.kind == "known")
    includes = [s.people for s in steps if s.kind == "include"]
    excludes = [s.people for s in steps if s.kind == "exclude"]
    # With one rule that includes people, its count less the cohort is who was excluded.
    union = includes[0] if len(includes) == 1 else None
    safe_out = all(rule.safe(x) for x in excludes)
    if union is not None:
        removed = union - cohort
        safe_out &= rule.safe(removed, *(removed - x for x in excludes))
        safe_in = rule.safe(union, everyone - union, removed)
    else:
        pairs = [abs(a - b) for i, a in enumerate(includes) for b in includes[i + 1 :]]
        safe_in = rule.safe(*includes, *(everyone - x for x in includes), *pairs,
                            *(abs(x - cohort) for x in includes))  # fmt: skip
    shown = {
        "known": rule.count(everyone, everyone - cohort),
        "cohort": rule.count(cohort),
        "labelled": rule.count(known, cohort - known),
        "positives": rule.count(positives, known - positives),
    }
    flow = []
    for step in steps:
        people = shown.get(step.kind)
        if step.kind == "include":
            people = step.people if safe_in else None
        elif step.kind == "exclude":
            people = step.people if safe_out else None
        flow.append(FlowStep(as_of=day, kind=step.kind, words=step.step, people=people))
    if known == 0:
        return flow
    flow.append(
        FlowStep(as_of=day, kind="labelled", words="outcome known", people=shown["labelled"])
    )
    flow.append(FlowStep(as_of=day, kind="positives", words="had the outcome",
                         people=shown["positives"]))  # fmt: skip
    return flow


def _flow_metrics(flow: Sequence[FlowStep]) -> list[Metric]:
    return [
        Metric(metric=f"flow.{step.kind}", value=step.people, n=step.people, as_of=step.as_of,
               group=step.words)
        for step in flow if step.people is not None
    ]  # fmt: skip


def _source_metrics(sources: Sequence[SourceSummary]) -> list[Metric]:
    metrics = []
    for source in sources:
        counts = {
            "read": source.rows_read, "left_out": source.rows_left_out,
            "quarantined": source.rows_quarantined, "kept": source.rows_kept,
        }  # fmt: skip
        metrics += [
            Metric(metric=f"records.{name}", value=count, n=source.rows_read, group=source.name)
            for name, count in counts.items() if count is not None
        ]  # fmt: skip
        metrics += [
            Metric(metric="records.missing", value=share, n=source.rows_read,
                   group=f"{source.name}.{column}")
            for column, share in source.missing.items() if share is not None
        ]  # fmt: skip
    return metrics


def _blocks(
    shop: Workshop, blocks: Mapping[str, Artefact], fitted: Mapping[str, Artefact]
) -> tuple[BlockSummary, ...]:
    spec = shop.study.spec
    weights: Any = fitted[spec.evaluation.headline].json("importance.json")
    summaries, start = [], 0
    for name, artefact in blocks.items():
        described: Any = artefact.json("features.json")
        features = described["features"]
        mine = weights[start : start + len(features)]
        start += len(features)
        order = sorted(range(len(features)), key=lambda i: (-mine[i], i))[:5]  # noqa: B023
        examples = tuple((features[i]["name"], features[i]["meaning"]) for i in order)
        summaries.append(
            BlockSummary(name=name, kind=spec.features[name].kind, columns=len(features),
                         share=float(sum(mine)), examples=examples)
        )  # fmt: skip
    return tuple(summaries)
