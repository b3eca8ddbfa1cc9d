"""The evaluation stage: rank the test people, publish only what may be shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from commonweal.core.parallel import each
from commonweal.core.results import Finding, Metric, Severity
from commonweal.core.seeds import stream, tie_break
from commonweal.core.store import Artefact, write_json
from commonweal.core.tables import read_table
from commonweal.evaluation.groups import Grouping, audit
from commonweal.evaluation.overall import Subject, bins_from, measure
from commonweal.evaluation.ranking import Ranking
from commonweal.features.columns import Values
from commonweal.models.registry import load
from commonweal.study.spec import StudySpec
from commonweal.study.stages import Workshop, code_below, matrix


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What the evaluation stage publishes.

    Parameters
    ----------
    metrics
        Every figure.
    findings
        Every check.
    """

    metrics: tuple[Metric, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class _Test:
    """The people of one test date."""

    as_of: date
    values: Values
    labels: NDArray[np.int8]
    ties: NDArray[np.uint64]
    groups: Mapping[str, NDArray[np.str_]]
    everyone: int


def evaluation(
    shop: Workshop, people: Artefact, labelled: Artefact, grouped: Artefact,
    blocks: Mapping[str, Artefact], fitted: Mapping[str, Artefact],
) -> Artefact:  # fmt: skip
    """Evaluate every model on the test dates: ``metrics.json`` and ``findings.json``.

    Scores live in memory only; no artefact of this stage holds one.
    """
    spec = shop.study.spec

    def write(folder: Path) -> None:
        metrics: list[Metric] = []
        findings: list[Finding] = []
        for test in _tests(shop, people, labelled, grouped, blocks):
            found = _evaluate(shop, test, blocks, fitted)
            metrics += found.metrics
            findings += found.findings
        write_json(folder / "metrics.json", [_stored(m) for m in metrics])
        write_json(folder / "findings.json", findings)

    settings = [
        spec.evaluation, spec.capacity, spec.study.seed, spec.models, shop.study.disclosure,
        shop.dates("test"),
    ]  # fmt: skip
    parents = {f"blocks/{n}": a for n, a in blocks.items()}
    parents |= {f"models/{n}": a for n, a in fitted.items()}
    parents |= {"cohort": people, "labels": labelled, "groups": grouped}
    code = code_below("models", "evaluation", "oversight", "study/evaluate.py")
    return shop.make("evaluation", code, settings, parents, write)


def _stored(metric: Metric) -> dict[str, Any]:
    return {f.name: getattr(metric, f.name) for f in fields(metric)}


def evaluated(artefact: Artefact) -> Evaluated:
    """Read what the evaluation stage published."""
    metrics, findings = artefact.json("metrics.json"), artefact.json("findings.json")
    assert isinstance(metrics, list)
    assert isinstance(findings, list)
    return Evaluated(
        tuple(
            Metric(**{**m, "as_of": date.fromisoformat(m["as_of"]) if m["as_of"] else None})
            for m in metrics
        ),
        tuple(Finding(**{**f, "severity": Severity(f["severity"])}) for f in findings),
    )


def _tests(
    shop: Workshop, people: Artefact, labelled: Artefact, grouped: Artefact,
    blocks: Mapping[str, Artefact],
) -> list[_Test]:  # fmt: skip
    """Read the people of each test date whose outcome is known."""
    table = read_table(people.file("cohort.parquet"))
    observed = read_table(labelled.file("labels.parquet"))["label"]
    attributes = read_table(grouped.file("groups.parquet"))
    everyone = labelled.json("everyone.json")
    assert isinstance(everyone, dict)
    tests = []
    for split in (s for s in shop.splits if s.role == "test"):
        here = pc.equal(table["as_of"], pa.scalar(split.as_of, pa.date32()))
        rows = np.flatnonzero(pc.and_(here, observed.is_valid()).to_numpy())
        ids = table["entity_id"].take(pa.array(rows)).to_pylist()
        named = {
            name: np.asarray(attributes[name].to_pylist(), dtype=np.str_)[rows]
            for name in attributes.column_names
            if name != "row"
        }
        tests.append(
            _Test(
                as_of=split.as_of,
                values=matrix(blocks).values(rows),
                labels=observed.fill_null(0).to_numpy().astype(np.int8)[rows],
                ties=tie_break(shop.study.spec.study.seed, ids),
                groups=named,
                everyone=int(everyone[split.as_of.isoformat()]),
            )
        )
    return tests


def _evaluate(
    shop: Workshop, test: _Test, blocks: Mapping[str, Artefact], fitted: Mapping[str, Artefact]
) -> Evaluated:
    spec, rule = shop.study.spec, shop.study.disclosure
    names = tuple(feature.name for feature in matrix(blocks).features)
    positives = int(test.labels.sum())
    everyone = test.everyone if rule.safe(test.everyone - positives, test.everyone) else None
    metrics: list[Metric] = []
    findings: list[Finding] = [_total_recall(test.as_of, everyone)]
    wanted = [spec.capacity.k, *spec.evaluation.cutoffs]
    shown: list[tuple[Ranking, tuple[int, ...]]] = []
    subjects: list[Subject] = []
    for name in sorted(fitted, key=lambda name: name != spec.evaluation.headline):
        model = load(spec.models[name], fitted[name].path, names)
        ranking = Ranking.of(model.predict(test.values), test.labels, test.ties)
        subject = Subject(name, test.as_of, model.probability, everyone)
        cutoffs = rule.cutoffs(ranking, None, wanted, rankings=shown)
        shown.append((ranking, cutoffs))
        subjects.append(subject)
        findings.append(_moved(subject, spec.capacity.k, cutoffs))
    if rule.safe(positives, len(test.labels) - positives):
        work = [
            partial(_measured, shop, *one, who) for one, who in zip(shown, subjects, strict=True)
        ]
        groupings, said = _groupings(shop, test, *shown[0])
        findings += said
        work += [partial(_audited, shop, *shown[0], subjects[0], g) for g in groupings]
        metrics += [m for found in each(lambda do: do(), work, shop.threads) for m in found]
    findings += [_calibrated(metrics, spec.evaluation.headline), _beaten(metrics, spec)]
    return Evaluated(tuple(metrics), tuple(findings))


def _rounded(metric: Metric, decimals: int) -> Metric:
    low, high = (None if x is None else round(x, decimals) for x in (metric.low, metric.high))
    return replace(metric, value=round(metric.value, decimals), low=low, high=high)


def _calibrated(metrics: Sequence[Metric], headline: str) -> Finding:
    """Compare what the headline model predicted on average with what happened."""
    code = "evaluation.calibration"
    found = {m.metric: m for m in metrics if m.model == headline and m.group is None}
    rate, mean = found.get("base_rate"), found.get("mean_prediction")
    if rate is None or mean is None or rate.low is None or rate.high is None:
        message = f"{headline} gives no probabilities, or its rates are not shown."
        return Finding(code=code, severity=Severity.NOT_APPLICABLE, message=message)
    message = (
        f"{headline} predicted {mean.value:.1%} on average; {rate.value:.1%} had the outcome "
        f"(95% interval {rate.low:.1%} to {rate.high:.1%}, n = {rate.n:,})."
    )
    inside = rate.low <= mean.value <= rate.high
    severity = Severity.PASS if inside else Severity.WARN
    return Finding(code=code, severity=severity, message=message, where=headline)


def _beaten(metrics: Sequence[Metric], spec: StudySpec) -> Finding:
    """Say whether another ranking finds as many at capacity as the headline model."""
    code, headline, k = "evaluation.headline-not-better", spec.evaluation.headline, spec.capacity.k
    found = {m.model: m.value for m in metrics
             if m.metric == "precision" and m.k == k and m.group is None}  # fmt: skip
    if headline not in found or len(found) < 2:
        message = "Precision at capacity can be shown for one ranking at most."
        return Finding(code=code, severity=Severity.SKIPPED, message=message)
    best, value = max(((str(m), v) for m, v in found.items() if m != headline), key=lambda x: x[1])
    message = (
        f"Precision at capacity ({k:,}): {headline} {found[headline]:.1%}, {best} {value:.1%}."
    )
    severity = Severity.WARN if value >= found[headline] else Severity.PASS
    return Finding(code=code, severity=severity, message=message, where=headline)


def _total_recall(as_of: date, everyone: int | None) -> Finding:
    if everyone is None:
        return Finding(
            code="oversight.total-recall-hidden", severity=Severity.SKIPPED, where=str(as_of),
            message="Total recall is not shown: few people outside the cohort had the outcome.",
        )  # fmt: skip
    return Finding(
        code="oversight.total-recall-hidden", severity=Severity.PASS, where=str(as_of),
        message="Total recall can be shown.",
    )  # fmt: skip


def _moved(subject: Subject, k: int, cutoffs: tuple[int, ...]) -> Finding:
    """Say whether the figures at capacity could be shown."""
    code = "oversight.capacity-cutoff"
    if k in cutoffs:
        message = f"The figures of {subject.model} at capacity ({k:,}) can be shown."
        return Finding(code=code, severity=Severity.PASS, message=message, where=subject.model)
    message = (
        f"The figures of {subject.model} at capacity ({k:,}) are not shown: they would show, or "
        "let someone derive, a number between 1 and 10. The nearest cut-off is shown instead."
    )
    return Finding(code=code, severity=Severity.WARN, message=message, where=subject.model)


def _measured(
    shop: Workshop, ranking: Ranking, cutoffs: tuple[int, ...], subject: Subject
) -> list[Metric]:
    """Measure a ranking as a whole."""
    spec = shop.study.spec
    bins = bins_from(cutoffs, ranking.n, spec.evaluation.calibration_bins)
    seeded = stream(spec.study.seed, "bootstrap", str(subject.as_of), subject.model)
    found = measure(ranking, subject, cutoffs, bins, spec.evaluation.draws, seeded)
    return _published(shop, ranking, cutoffs, found)


def _audited(
    shop: Workshop, ranking: Ranking, cutoffs: tuple[int, ...], subject: Subject, by: Grouping
) -> list[Metric]:
    """Measure a ranking by one protected attribute."""
    spec = shop.study.spec
    seeded = stream(spec.study.seed, "bootstrap", str(subject.as_of), subject.model, by.attribute)
    found = audit(ranking, subject, by, spec.evaluation.draws, seeded)
    return _published(shop, ranking, cutoffs, found)


def _published(
    shop: Workshop, ranking: Ranking, cutoffs: tuple[int, ...], found: Sequence[Metric]
) -> list[Metric]:
    """Round or leave out the areas that would give ties away."""
    decimals = shop.study.disclosure.areas(ranking, cutoffs)
    kept = [m for m in found if m.metric != "auc"]
    return kept + [_rounded(m, decimals) for m in found if m.metric == "auc" and decimals]


def _groupings(
    shop: Workshop, test: _Test, ranking: Ranking, cutoffs: tuple[int, ...]
) -> tuple[list[Grouping], list[Finding]]:
    """Choose groups and cut-offs of every protected attribute that can be shown."""
    spec, rule = shop.study.spec, shop.study.disclosure
    findings: list[Finding] = []
    wanted = [spec.capacity.k, *spec.evaluation.cutoffs]
    pooled: dict[str, NDArray[np.str_]] = {}
    for attribute, groups in test.groups.items():
        found = rule.pooled(groups.tolist(), test.labels, list(pooled.values()))
        shown = set(found.tolist())
        findings.append(_pooled(attribute, len(set(groups.tolist())), shown))
        if shown != {"all"}:
            pooled[attribute] = found
    groupings = []
    for attribute in pooled:
        ranked = pooled[attribute][ranking.order]
        others = [g[ranking.order] for name, g in pooled.items() if name != attribute]
        ks = rule.cutoffs(ranking, ranked, wanted, among=cutoffs, attributes=others)
        bins = bins_from(ks, ranking.n, spec.evaluation.calibration_bins)
        groupings.append(Grouping(attribute, ranked, ks, bins))
    return groupings, findings


def _pooled(attribute: str, before: int, shown: set[str]) -> Finding:
    code = "oversight.small-groups"
    if shown == {"all"}:
        message = "Figures by this attribute are not shown: its groups are too small."
        return Finding(code=code, severity=Severity.WARN, message=message, where=attribute)
    if len(shown) < before:
        message = "Groups too small to be shown are pooled with the next smallest."
        return Finding(code=code, severity=Severity.WARN, message=message, where=attribute)
    message = "All groups are large enough to be shown."
    return Finding(code=code, severity=Severity.PASS, message=message, where=attribute)
