"""From artefacts to what the report may say; small counts are taken out here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from importlib.metadata import version
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from commonweal.cohorts.draw import Step
from commonweal.core.results import Finding, Metric, Severity
from commonweal.core.store import Artefact
from commonweal.core.tables import read_table
from commonweal.oversight.disclosure import Disclosure
from commonweal.records.checks import SourceReport
from commonweal.records.conditions import holds
from commonweal.reports.content import (
    BlockSummary,
    Content,
    FlowStep,
    SourceSummary,
    TreeSummary,
)
from commonweal.reports.rules import condition
from commonweal.study.blunt import blunted
from commonweal.study.cards import card_findings, summaries
from commonweal.study.chain import Chain
from commonweal.study.episodes import episode_findings, episode_metrics
from commonweal.study.evaluated import Evaluated
from commonweal.study.linkage import linkage_findings, linkage_metrics
from commonweal.study.stages import Workshop
from commonweal.study.trees import learned_metrics
from commonweal.study.variant_words import summary
from commonweal.study.variants import Variant

STUDY = "study.toml"
"""What a run's folder calls the study file, whatever it was called where it came from."""
_PACKAGES = (
    "commonweal", "altair", "duckdb", "ibis-framework", "jinja2", "lightgbm", "numpy", "pyarrow",
    "numba", "scikit-learn", "scipy", "splink", "vl-convert-python",
)  # fmt: skip


def versions() -> dict[str, str]:
    """Return package -> version of everything whose version may change a figure."""
    return {name: version(name) for name in _PACKAGES}


def content(
    shop: Workshop, digests: Mapping[str, str], main: Chain, found: Evaluated,
    recommendation: str | None, linkage: Artefact | None = None,
    varied: Sequence[tuple[Variant, Chain]] = (), told: Sequence[TreeSummary] = (),
) -> Content:  # fmt: skip
    """Gather everything the report may say."""
    spec, agency = shop.study.spec, shop.study.agency
    made, people, labelled, blocks = main.made, main.people, main.labelled, main.blocks
    rule = shop.study.disclosure
    reports = [_report(artefact) for name, artefact in made.items() if name in agency.sources]
    sources = tuple(_summary(r, rule, agency.sources[r.source].covers_from) for r in reports)
    windowed = all(one.within or spec.cohort.within for one in spec.cohort.include)
    flow = _flow(people, labelled, rule, windowed)
    findings = [*_exempt(shop), *(f for r in reports for f in _source_findings(r, rule))]
    findings += [
        *linkage_findings(shop.study, linkage, rule),
        *episode_findings(agency, made, rule),
        *_oversized(blocks, rule),
        *_embargoed(shop),
    ]
    findings += found.findings
    findings += [*_protected_features(shop), *_filtered(shop)]
    findings += [*_undecided(shop, people, labelled, rule), *_empty(shop, made, people)]
    used, cards = _blocks(shop, blocks, main.fitted), summaries(shop, blocks, main.fitted)
    findings += card_findings(cards)
    return Content(
        about=spec.study, action=spec.action, review=spec.review, protected=spec.protected,
        cohort=spec.cohort, outcome=spec.outcome, models=spec.models, capacity=spec.capacity,
        evaluation=spec.evaluation, agency=agency.name, extracted_on=agency.extracted_on,
        simulated=shop.study.simulated, splits=shop.splits, sources=sources, flow=flow,
        blocks=used, findings=tuple(findings),
        metrics=(
            *blunted(shop.study, (*found.metrics, *_block_metrics(used))),
            *_flow_metrics(flow), *_source_metrics(sources),
            *linkage_metrics(linkage, rule), *episode_metrics(agency, made, rule),
            *learned_metrics(told),
        ),
        recommendation=recommendation, inputs=dict(digests), versions=versions(),
        variants=tuple(summary(shop.study, variant) for variant, _ in varied),
        study_file=STUDY, outcomes=spec.outcomes, costs=spec.costs,
        units=spec.units, stability=spec.stability, cards=cards, trees=tuple(told),
        interpretability=spec.interpretability,
    )  # fmt: skip


def _report(artefact: Artefact) -> SourceReport:
    raw: Any = artefact.json("report.json")
    raw["mistakes"] = tuple(tuple(m) for m in raw["mistakes"])
    return SourceReport(**{**raw, "checked": tuple(raw["checked"])})


def _rows(report: SourceReport, rule: Disclosure) -> tuple[int | None, int | None, int | None]:
    """Return the rows left out, set aside and kept.

    Hidden are counts of 1 to 10, and the largest other one, from which they would follow.
    """
    counts = [report.rows_left_out, report.rows_quarantined, report.rows_kept]
    shown = [i for i in range(3) if rule.safe(counts[i])]
    if 0 < len(shown) < 3:
        shown.remove(max(shown, key=lambda i: counts[i]))
    left_out, aside, kept = (counts[i] if i in shown else None for i in range(3))
    return left_out, aside, kept


def _summary(report: SourceReport, rule: Disclosure, covers_from: date | None) -> SourceSummary:
    """Say how many rows were read and kept, and the share missing, where that may be shown."""
    left_out, aside, kept = _rows(report, rule)
    # A share gives away how many rows it is a share of, unless it is none or all of them.
    missing = {
        column: count / max(1, report.rows_kept)
        if rule.safe(count, report.rows_kept - count) and (kept or count in (0, report.rows_kept))
        else None
        for column, count in report.missing.items()
    }
    return SourceSummary(
        name=report.source, table=report.table, rows_read=report.rows_read, rows_left_out=left_out,
        rows_quarantined=aside, rows_kept=kept, first=report.first, last=report.last,
        covers_from=covers_from, missing=missing,
    )  # fmt: skip


def _source_findings(report: SourceReport, rule: Disclosure) -> list[Finding]:
    """Take out the counts that show, or let someone derive, 1 to 10 rows.

    Rows set aside are those that failed any such check: all of them less those that failed one
    are those that failed only the others, so these counts are shown all or none.
    """
    hits = [m for code in report.checked for m in report.mistakes if m[0] == code]
    aside = [count for _, _, policy, count in hits if policy == "quarantine"]
    overlap = _beyond(sum(aside) - report.rows_quarantined, len(aside))
    safe = rule.safe(*aside, *(report.rows_quarantined - count for count in aside), overlap)
    safe &= _rows(report, rule)[1] is not None
    missing = report.missing.values()
    counted = iter(hits)
    found = []
    for finding in report.findings():
        if finding.count is None:
            found.append(finding)
            continue
        _, _, policy, count = next(counted)
        apart = [report.rows_read - count, *(abs(count - other) for other in missing)]
        shown = safe if policy == "quarantine" else rule.safe(count, *apart)
        found.append(finding if shown else _hidden(finding, rule))
    return found


def _hidden(finding: Finding, rule: Disclosure) -> Finding:
    """Take a finding's count out."""
    small = not rule.safe(finding.count or 0)
    words = "1 to 10 rows" if small else "a count from which a small one would follow"
    return replace(finding, count=None, message=f"{finding.message} ({words})")


def _exempt(shop: Workshop) -> list[Finding]:
    code = "oversight.simulated"
    if shop.study.simulated and not shop.study.disclosure.exempt:
        message = "Simulated tables, but the action burdens people: small cells are hidden."
        return [Finding(code=code, severity=Severity.PASS, message=message)]
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


def _filtered(shop: Workshop) -> list[Finding]:
    """Say what features do not see; rankings by a count do not see it either."""
    found = []
    for source, spec in shop.study.spec.filter.items():
        what = " or ".join(condition(test) for test in spec.leave_out)
        also = "nor do the cohort's rules" if spec.cohort else "the cohort's rules do"
        message = f"Features do not see events of {source.replace('_', ' ')} where {what}; {also}."
        found.append(Finding(code="features.filter", severity=Severity.WARN, message=message))
    return found


def _protected_features(shop: Workshop) -> list[Finding]:
    allowed = shop.study.spec.review.allows_features
    code = "oversight.protected-features"
    if allowed:
        message = f"The review allows protected attributes as features: {', '.join(allowed)}."
        return [Finding(code=code, severity=Severity.WARN, message=message)]
    message = "No protected attribute is a feature. Other columns may still stand in for one."
    return [Finding(code=code, severity=Severity.PASS, message=message)]


def _undecided(
    shop: Workshop, people: Artefact, labelled: Artefact, rule: Disclosure
) -> list[Finding]:
    """Say at which observed dates people are left out because nothing was decided about them."""
    code = "labels.undecided"
    source = shop.study.agency.events[shop.study.spec.outcome.event]
    decided = [c for c in shop.study.spec.outcome.where if source.columns[c.column].decided_on]
    if not decided:
        message = "The outcome rests on nothing that is decided later."
        return [Finding(code=code, severity=Severity.NOT_APPLICABLE, message=message)]
    as_of = read_table(people.file("cohort.parquet"), ["as_of"])["as_of"]
    labels = read_table(labelled.file("labels.parquet"), ["label"])["label"]
    found = []
    for split in (s for s in shop.splits if s.role in ("train", "validation", "test")):
        count = labels.filter(pc.equal(as_of, pa.scalar(split.as_of, pa.date32()))).null_count
        if count:
            message = (
                "An outcome still undecided leaves these out, and decisions that come early may "
                "differ from late ones: set outcome.decided_within."
            )
            shown = count if rule.safe(count) else None
            found.append(Finding(code=code, severity=Severity.WARN, message=message, count=shown,
                                 where=split.as_of.isoformat()))  # fmt: skip
    message = "Nobody is left out because a decision is still open."
    return found or [Finding(code=code, severity=Severity.PASS, message=message)]


def _empty(shop: Workshop, made: Mapping[str, Artefact], people: Artefact) -> list[Finding]:
    """Name dates without anybody and groups of events without any event."""
    there = set(read_table(people.file("cohort.parquet"), ["as_of"])["as_of"].to_pylist())
    dates = [s.as_of.isoformat() for s in shop.splits if s.as_of not in there]
    message = "Somebody is in the cohort at every as-of date."
    severity = Severity.PASS
    if dates:
        severity = Severity.WARN
        message = f"Nobody is in the cohort at {', '.join(dates)}: these dates add nothing."
    found = [Finding(code="cohorts.empty-date", severity=severity, message=message)]
    for name, artefact in made.items():
        groups = shop.study.agency.events[name].groups
        if not groups:
            continue
        events = read_table(artefact.file("events.parquet"))
        empty = [
            group for group, condition in groups.items()
            if not holds(condition, events[condition.column].combine_chunks()).any()
        ]  # fmt: skip
        severity, message = Severity.PASS, "Every group of events holds some."
        if empty:
            severity = Severity.WARN
            message = f"No event is in {', '.join(empty)}: check the condition's spelling."
        found.append(
            Finding(code="records.empty-group", severity=severity, message=message, where=name)
        )
    return found


def _flow(
    people: Artefact, labelled: Artefact, rule: Disclosure, windowed: bool
) -> tuple[FlowStep, ...]:
    """Count people rule by rule, date by date, without any number that gives a small one away.

    `windowed` says whether every rule that includes people has a lookback.
    """
    raw: Any = people.json("flow.json")
    steps = [Step(**{**s, "as_of": date.fromisoformat(s["as_of"])}) for s in raw]
    by_date: dict[date, list[Step]] = defaultdict(list)
    for step in steps:
        by_date[step.as_of].append(step)
    as_of = read_table(people.file("cohort.parquet"), ["as_of"])["as_of"]
    labels = read_table(labelled.file("labels.parquet"), ["label"])["label"]
    flow: list[FlowStep] = []
    earlier: dict[tuple[str, int], list[int]] = defaultdict(list)
    for day in sorted(by_date):
        here = labels.filter(pc.equal(as_of, day))
        known, positives = len(here) - here.null_count, int(pc.sum(here).as_py() or 0)
        found = _safe_steps(by_date[day], known, positives, rule, earlier)
        for shown in found:
            if shown.people is not None:
                earlier[shown.kind, shown.rule].append(shown.people)
        # Without a lookback a later cohort holds the earlier ones: only the last is counted.
        grows = not windowed and day != max(by_date)
        flow += (
            [replace(step, people=None) for step in found] if grows and not rule.exempt else found
        )
    return tuple(flow)


def _safe_steps(
    steps: Sequence[Step], labelled: int, positives: int, rule: Disclosure,
    earlier: Mapping[tuple[str, int], Sequence[int]],
) -> list[FlowStep]:  # fmt: skip
    """Hide the counts of one date whose differences are small.

    Who has a known outcome, and who had it, is published with every figure of the evaluation;
    the other counts are shown where that leaves them safe. People with any record before are
    shown only where their number is not close to that of an earlier date: who was known stays
    known, so the difference is who is new.
    """
    around = _derivable(steps, labelled)
    safe = {kind: rule.safe(*counts) for kind, counts in around.items()}
    for s in (s for s in steps if s.kind == "known"):
        before = earlier.get((s.kind, s.rule), ())
        safe[s.kind] &= rule.safe(*(abs(s.people - x) for x in before))
    day = steps[0].as_of
    flow = [
        FlowStep(as_of=day, kind=s.kind, rule=s.rule, people=s.people if safe[s.kind] else None)
        for s in steps if s.kind in safe
    ]  # fmt: skip
    if labelled:
        outcomes = (
            ("labelled", rule.count(labelled)),
            ("positives", rule.count(positives, labelled - positives)),
        )
        flow += [FlowStep(as_of=day, kind=kind, rule=0, people=n) for kind, n in outcomes]
    return flow


def _derivable(steps: Sequence[Step], labelled: int) -> dict[str, list[int]]:
    """Return, for each kind of step, its counts and those that follow with the others'.

    Kinds are shown whole or not at all. The labelled are part of the cohort, the cohort of the
    union of those the rules include, the union of the known; the excluded are the others of
    the union.
    """
    people: dict[str, list[int]] = defaultdict(list)
    for step in steps:
        people[step.kind].append(step.people)
    (known,), (union,), (cohort,) = people["known"], people["union"], people["cohort"]
    includes, excludes = people["include"], people["exclude"]
    removed, outside = union - cohort, known - cohort
    return {
        "known": [known, outside, known - labelled],
        "include": [
            *includes, *(known - x for x in includes), *(union - x for x in includes),
            known - union, removed, union - labelled, _beyond(sum(includes) - union, len(includes)),
        ],
        "exclude": [
            *excludes, *(removed - x for x in excludes), *(outside - x for x in excludes),
            _beyond(sum(excludes) - removed, len(excludes)), cohort, cohort - labelled,
        ],
        "cohort": [cohort, cohort - labelled],
    }  # fmt: skip


def _beyond(overlap: int, sets: int) -> int:
    """Return the fewest that can be in more than one set: sizes less union is `overlap`."""
    return -(-overlap // (sets - 1)) if sets > 1 else 0


def _flow_metrics(flow: Sequence[FlowStep]) -> list[Metric]:
    ruled = ("include", "exclude")
    return [
        Metric(
            metric=f"flow.{s.kind}.{s.rule + 1}" if s.kind in ruled else f"flow.{s.kind}",
            value=s.people, n=s.people, as_of=s.as_of,
        )
        for s in flow if s.people is not None
    ]  # fmt: skip


def _source_metrics(sources: Sequence[SourceSummary]) -> list[Metric]:
    metrics = []
    for source in sources:
        counts = {
            "read": source.rows_read, "left_out": source.rows_left_out,
            "quarantined": source.rows_quarantined, "kept": source.rows_kept,
        }  # fmt: skip
        where = f"source={source.name}"
        metrics += [
            Metric(metric=f"records.{name}", value=count, n=source.rows_read, group=where)
            for name, count in counts.items() if count is not None
        ]  # fmt: skip
        metrics += [
            Metric(metric="records.missing", value=share, n=source.rows_kept,
                   group=f"column={source.name}.{column}")
            for column, share in source.missing.items()
            if share is not None and source.rows_kept is not None
        ]  # fmt: skip
    return metrics


def _block_metrics(blocks: Sequence[BlockSummary]) -> list[Metric]:
    return [
        Metric(metric="features.share", value=b.share, n=b.columns, group=f"block={b.name}")
        for b in blocks
    ]


def _blocks(
    shop: Workshop, blocks: Mapping[str, Artefact], fitted: Mapping[str, Artefact]
) -> tuple[BlockSummary, ...]:
    spec = shop.study.spec
    weights: Any = fitted[spec.evaluation.headline].json("importance.json")
    summaries = []
    for name, artefact in blocks.items():
        described: Any = artefact.json("features.json")
        features = described["features"]
        # A model may see fewer blocks than the study has.
        mine = [weights.get(feature["name"], 0.0) for feature in features]
        order = sorted(range(len(features)), key=lambda i: (-mine[i], i))[:5]
        examples = tuple((features[i]["name"], features[i]["meaning"]) for i in order)
        summaries.append(
            BlockSummary(name=name, kind=spec.features[name].kind, columns=len(features),
                         share=float(sum(mine)), examples=examples)
        )  # fmt: skip
    return tuple(summaries)
