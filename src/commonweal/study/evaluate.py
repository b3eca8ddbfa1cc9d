"""The evaluation stage: rank the test people, publish only what may be shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from commonweal.core.parallel import each
from commonweal.core.results import Finding, Metric, Severity
from commonweal.core.seeds import stream
from commonweal.core.store import Artefact
from commonweal.core.tables import read_table
from commonweal.evaluation.groups import Grouping, audit
from commonweal.evaluation.overall import Subject, bins_from
from commonweal.evaluation.ranking import Floats, Ranking
from commonweal.models.calibration import load_calibrator
from commonweal.models.fitted import scores
from commonweal.models.registry import load
from commonweal.models.spec import Printed, TreeSpec
from commonweal.models.trees.tree import Tree
from commonweal.study.chain import Chain
from commonweal.study.evaluated import Evaluated, write_evaluated
from commonweal.study.examine.examined import Examined
from commonweal.study.examine.registry import EXAMINATIONS
from commonweal.study.matrix import seen_matrix
from commonweal.study.regions import read_tree
from commonweal.study.spec import StudySpec
from commonweal.study.stages import Workshop, code_below
from commonweal.study.tested import Shown, Tested, measured, published, tested, wanted


def evaluation(shop: Workshop, main: Chain, more: Mapping[str, Artefact]) -> Artefact:
    """Evaluate every model on the test dates: ``metrics.json`` and ``findings.json``.

    Scores live in memory only; no artefact of this stage holds one.
    """
    spec = shop.study.spec

    def write(folder: Path) -> None:
        metrics: list[Metric] = []
        findings: list[Finding] = []
        for test in tested(shop, main.people, main.labelled):
            found = _evaluate(shop, test, main, more)
            metrics += found.metrics
            findings += found.findings
        write_evaluated(folder, metrics, findings)

    settings = [
        spec.evaluation, spec.capacity, spec.study.seed, spec.models, shop.study.disclosure,
        shop.dates("test"), spec.costs, spec.units,
    ]  # fmt: skip
    parents = {f"blocks/{n}": a for n, a in main.blocks.items()}
    parents |= {f"models/{n}": a for n, a in main.fitted.items()}
    parents |= {f"extras/{n}": a for n, a in more.items()}
    parents |= {"cohort": main.people, "labels": main.labelled, "groups": main.grouped}
    files = [f"study/{name}.py" for name in ("evaluate", "evaluated", "tested", "regions")]
    code = code_below("models", "evaluation", "oversight", *files, "study/examine")
    return shop.opening("evaluation", code, settings, parents, write)


def _evaluate(shop: Workshop, test: Tested, main: Chain, more: Mapping[str, Artefact]) -> Evaluated:
    spec, rule = shop.study.spec, shop.study.disclosure
    everyone = test.outside(shop)
    metrics: list[Metric] = []
    findings: list[Finding] = [_total_recall(test.as_of, everyone)]
    scored: dict[str, Floats] = {}
    shown: dict[str, Shown] = {}
    subjects: dict[str, Subject] = {}
    for name, values, probability in scored_by(shop, test, main.blocks, main.fitted):
        ranking = test.ranking(values)
        cutoffs = rule.cutoffs(ranking, None, wanted(shop), rankings=list(shown.values()))
        scored[name], shown[name] = values, (ranking, cutoffs)
        mended = load_calibrator(main.fitted[name].path)
        if isinstance(spec.models[name], Printed):
            open_ = rule.levels(ranking, cutoffs)
            findings.append(_printed(name, open_))
            probability, mended = probability and open_, mended if open_ else None
        subjects[name] = Subject(name, test.as_of, probability, everyone, mended)
        findings.append(_moved(subjects[name], spec.capacity.k, cutoffs))
    if test.measurable(shop):
        work = [partial(measured, shop, shown[name], who) for name, who in subjects.items()]
        first, who = shown[spec.evaluation.headline], subjects[spec.evaluation.headline]
        pooled, said = pooled_groups(shop, test, main.grouped)
        groupings = groupings_of(shop, pooled, *first)
        findings += said
        work += [partial(_audited, shop, first, who, g) for g in groupings]
        metrics += [m for found in each(lambda do: do(), work, shop.threads) for m in found]
        kept = {f"models/{name}": artefact for name, artefact in main.fitted.items()}
        seen_by = Examined(
            shop, test, scored, shown, subjects, pooled, tuple(groupings), {**more, **kept},
            _trees(main),
        )  # fmt: skip
        for examined in each(lambda look: look(seen_by), EXAMINATIONS, shop.threads):
            metrics += examined.metrics
            findings += examined.findings
    findings += [_calibrated(metrics, spec.evaluation.headline), _beaten(metrics, spec)]
    return Evaluated(tuple(metrics), tuple(findings))


def _trees(main: Chain) -> dict[str, Tree]:
    """Return the decision trees among the models."""
    return {
        name: read_tree(spec, main.fitted[name], seen_matrix(spec, main.blocks).names)[0].tree
        for name, spec in main.shop.study.spec.models.items()
        if isinstance(spec, TreeSpec)
    }


def scored_by(
    shop: Workshop, test: Tested, blocks: Mapping[str, Artefact], fitted: Mapping[str, Artefact]
) -> Iterator[tuple[str, Floats, bool]]:
    """Score the people by every model: its name, the scores, whether they are probabilities.

    The headline model comes first. The scores live in memory only.
    """
    spec = shop.study.spec
    for name in sorted(fitted, key=lambda name: name != spec.evaluation.headline):
        features = seen_matrix(spec.models[name], blocks)
        model = load(spec.models[name], fitted[name].path, features.names)
        yield name, scores(model, features, test.rows), model.probability


def rankings(
    shop: Workshop, test: Tested, blocks: Mapping[str, Artefact], fitted: Mapping[str, Artefact]
) -> Iterator[tuple[str, Ranking]]:
    """Rank the people by every model, the headline model first."""
    for name, values, _ in scored_by(shop, test, blocks, fitted):
        yield name, test.ranking(values)


def _calibrated(metrics: Sequence[Metric], headline: str) -> Finding:
    """Compare what the headline model predicted on average with what happened."""
    code = "evaluation.calibration"
    found = {m.metric: m for m in metrics if m.model == headline and m.whole}
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
    """Say against which rankings it is not shown that the headline model finds more.

    By paired differences near capacity: the same people drawn for both. Where none could be
    published, by the figures at capacity alone.
    """
    code, headline = "evaluation.headline-not-better", spec.evaluation.headline
    found = [m for m in metrics if _near_capacity(m, spec)]
    if not found:
        return _beaten_at_capacity(metrics, spec)
    better = [m for m in found if m.low is not None and m.low > 0]
    said = [_beats(m) for m in found if m not in better]
    message = f"{headline} finds more than each ranking compared: {_list(better)}."
    if said:
        message = f"It is not shown that {headline} finds more: {'; '.join(said)}."
    if said and better:
        message += f" It finds more than {_list(better)}."
    left = sorted({*spec.models} - {headline, *(m.against for m in found)})
    if left:
        message += f" Not compared, because it may not be shown: {', '.join(left)}."
    severity = Severity.WARN if said else Severity.PASS
    return Finding(code=code, severity=severity, message=message, where=headline)


def _near_capacity(metric: Metric, spec: StudySpec) -> bool:
    """Return whether it is a difference in precision, at a cut-off no quarter off the capacity."""
    return (
        metric.metric == "difference.precision"
        and metric.model == spec.evaluation.headline
        and metric.group is metric.outcome is metric.variant is None
        and abs((metric.k or 0) - spec.capacity.k) <= spec.capacity.k / 4
    )


def _beats(metric: Metric) -> str:
    """Say how a difference in precision ended that is not above 0 beyond chance."""
    how = "it cannot be told apart from"
    if metric.high is not None and metric.high < 0:
        how = "it finds fewer than"
    elif metric.low == metric.high == 0:
        how = "it finds as many as"
    return f"{how} {_list([metric])}"


def _list(found: Sequence[Metric]) -> str:
    return ", ".join(
        f"{m.against} (precision at {m.k or 0:,} {100 * m.value:+.1f} points, 95% interval "
        f"{100 * (m.low or 0):+.1f} to {100 * (m.high or 0):+.1f})"
        for m in found
    )


def _beaten_at_capacity(metrics: Sequence[Metric], spec: StudySpec) -> Finding:
    """Say whether another ranking's precision at capacity is as high as the headline model's."""
    code, headline, k = "evaluation.headline-not-better", spec.evaluation.headline, spec.capacity.k
    found = {m.model: m.value for m in metrics
             if m.metric == "precision" and m.k == k and m.whole}  # fmt: skip
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


def _printed(model: str, open_: bool) -> Finding:
    """Say whether figures that are means of chances may be shown of a model whose chances are."""
    code = "oversight.card-chances"
    if open_:
        message = f"How many people have each score of {model} can be shown, and their chances too."
        return Finding(code=code, severity=Severity.PASS, message=message, where=model)
    message = (
        f"Means of the chances of {model} (Brier score, log loss, mean prediction) are not shown: "
        "its card says which chance goes with each score, so with a mean of them it could be "
        "worked out how many people have a score that between 1 and 10 have. Its calibration is "
        "shown by ranges of scores instead."
    )
    return Finding(code=code, severity=Severity.WARN, message=message, where=model)


def _audited(shop: Workshop, shown: Shown, subject: Subject, by: Grouping) -> list[Metric]:
    """Measure a ranking by one protected attribute."""
    spec = shop.study.spec
    seeded = stream(spec.study.seed, "bootstrap", str(subject.as_of), subject.model, by.attribute)
    found = audit(shown[0], subject, by, spec.evaluation.draws, seeded)
    return published(shop, shown, found)


def pooled_groups(
    shop: Workshop, test: Tested, grouped: Artefact
) -> tuple[dict[str, NDArray[np.str_]], list[Finding]]:
    """Pool the groups of every protected attribute until they can be shown."""
    rule = shop.study.disclosure
    findings: list[Finding] = []
    pooled: dict[str, NDArray[np.str_]] = {}
    attributes = read_table(grouped.file("groups.parquet")).drop_columns(["row"])
    attributes = attributes.take(pa.array(test.rows))
    for attribute in attributes.column_names:
        groups = attributes[attribute].to_pylist()
        found = rule.pooled(groups, test.labels, list(pooled.values()))
        shown = set(found.tolist())
        findings.append(_pooled(attribute, len(set(groups)), shown))
        if shown != {"all"}:
            pooled[attribute] = found
    return pooled, findings


def groupings_of(
    shop: Workshop, pooled: Mapping[str, NDArray[np.str_]], ranking: Ranking,
    cutoffs: tuple[int, ...],
) -> list[Grouping]:  # fmt: skip
    """Choose the cut-offs of every protected attribute that can be shown."""
    spec, rule = shop.study.spec, shop.study.disclosure
    groupings = []
    for attribute in pooled:
        ranked = pooled[attribute][ranking.order]
        others = [g[ranking.order] for name, g in pooled.items() if name != attribute]
        ks = rule.cutoffs(ranking, ranked, wanted(shop), among=cutoffs, attributes=others)
        bins = bins_from(ks, ranking.n, spec.evaluation.calibration_bins)
        groupings.append(Grouping(attribute, ranked, ks, bins))
    return groupings


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
