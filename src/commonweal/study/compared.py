"""The stage that measures a study's variants beside what it declares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path

from commonweal.core.parallel import each
from commonweal.core.results import Finding, Metric, Severity
from commonweal.core.seeds import stream
from commonweal.core.store import Artefact
from commonweal.evaluation.compare import paired
from commonweal.evaluation.overall import Subject
from commonweal.study.beside import Beside, Measured, everything, safely
from commonweal.study.chain import Chain
from commonweal.study.evaluate import scored_by
from commonweal.study.evaluated import evaluated, write_evaluated
from commonweal.study.examine.comparison import rounded
from commonweal.study.stages import Workshop, code_below
from commonweal.study.tested import Tested, measured, tested, wanted
from commonweal.study.variants import Variant

DECLARED = "declared"
"""What differences of a variant are against: the study as its file declares it."""
_TOLD = frozenset({"base_rate", "auc", "precision", "recall", "total_recall"})


def compared(
    shop: Workshop, main: Chain, published: Artefact, others: Sequence[tuple[Variant, Chain]],
    more: Mapping[str, Artefact],
) -> Artefact:  # fmt: skip
    """Measure every variant on the test dates: ``metrics.json`` and ``findings.json``.

    Figures of a variant are those of its own people and its own outcome. Where the outcome is the
    declared one, differences are paired: people are drawn once for both.
    """
    spec = shop.study.spec

    def write(folder: Path) -> None:
        metrics: list[Metric] = []
        findings: list[Finding] = []
        for test in tested(shop, main.people, main.labelled):
            found, said = _dated(shop, main, test, published, others, more)
            metrics += found
            findings += said
        write_evaluated(folder, metrics, findings)

    settings = [
        spec.evaluation, spec.capacity, spec.study.seed, shop.study.disclosure, spec.models,
        spec.outcome, spec.outcomes, spec.units, shop.dates("test"),
        [(v.name, v.kind, v.spec.outcome, v.spec.models) for v, _ in others],
    ]  # fmt: skip
    parents = {f"declared/{a.stage}": a for a in (*main.stages(), published)}
    parents |= {f"extras/{name}": artefact for name, artefact in more.items()}
    for variant, made in others:
        own = f"variants/{variant.name}/"
        parents |= {f"{own}{a.stage.removeprefix(own)}": a for a in made.stages()}
    files = [f"study/{n}.py" for n in ("beside", "compared", "evaluate", "evaluated", "tested")]
    files.append("study/examine")
    code = code_below("models", "evaluation", "oversight", *files)
    return shop.opening("variants", code, settings, parents, write)


def _dated(
    shop: Workshop, main: Chain, test: Tested, published: Artefact,
    others: Sequence[tuple[Variant, Chain]], more: Mapping[str, Artefact],
) -> tuple[list[Metric], list[Finding]]:  # fmt: skip
    """Measure every variant on one test date."""
    if not test.measurable(shop):
        return [], []
    scored = {name: found for name, found, _ in scored_by(shop, test, main.blocks, main.fitted)}
    beside = Beside.of(main, test, scored, evaluated(published).metrics, more)
    first = scored[shop.study.spec.evaluation.headline]
    declared = Measured(shop, test, first, *beside.rankings[0])
    found = [_measured(made, test.as_of) for _, made in others]
    choose = everything if shop.study.disclosure.exempt else safely
    shown = list(zip((v for v, _ in others), choose(declared, beside, found), strict=True))
    findings = [_said(variant, test.as_of, one) for variant, one in shown]
    work = [partial(_figures, variant, one, declared) for variant, one in shown if one is not None]
    return [m for found in each(lambda do: do(), work, shop.threads) for m in found], findings


def _measured(made: Chain, as_of: date) -> Measured | None:
    """Rank a variant's people; None where nothing may be shown."""
    shop = made.shop
    mine = next((t for t in tested(shop, made.people, made.labelled) if t.as_of == as_of), None)
    if mine is None or not len(mine.rows) or not mine.measurable(shop):
        return None
    _, scores, _ = next(scored_by(shop, mine, made.blocks, made.fitted))
    return Measured(shop, mine, scores, mine.ranking(scores))


def _figures(variant: Variant, one: Measured, declared: Measured) -> list[Metric]:
    """Measure a variant, and its difference from what is declared."""
    shop, test = one.shop, one.test
    model = shop.study.spec.evaluation.headline
    # Of all with the outcome, cohort or not, two outcomes or cohorts are not held to each other.
    same = one.same_people(declared) and test.everyone == declared.test.everyone
    everyone = test.outside(shop) if same or shop.study.disclosure.exempt else None
    subject = Subject(model, test.as_of, False, everyone)
    found = measured(shop, (one.ranking, one.cutoffs), subject, "variant", variant.name)
    kept = [m for m in found if m.metric in _TOLD and (m.k is None or m.k in wanted(shop))]
    kept += [m for m in found if m.metric in _TOLD and m.k == one.at(shop.study.spec.capacity.k)]
    metrics = [replace(m, variant=variant.name) for m in dict.fromkeys(kept)]
    n = len(test.rows)
    metrics += [
        Metric(metric=name, value=count, n=n, model=model, as_of=test.as_of, variant=variant.name)
        for name, count in (("people", n), ("positives", test.positives))
    ]
    return metrics + _differences(variant, one, declared)


def _differences(variant: Variant, one: Measured, declared: Measured) -> list[Metric]:
    """Compare a variant with what is declared, people drawn once for both."""
    spec, rule = one.shop.study.spec, one.shop.study.disclosure
    seeded = stream(spec.study.seed, "bootstrap", str(one.test.as_of), "variant", variant.name)
    same = spec.outcome == declared.shop.study.spec.outcome
    decimals = min(rule.areas(v.ranking, v.cutoffs) for v in (one, declared))
    found = paired(one.ranked(), declared.ranked(), one.shared, spec.evaluation.draws, seeded)
    return [
        replace(
            rounded(m, decimals) if m.metric == "difference.auc" else m,
            model=spec.evaluation.headline, as_of=one.test.as_of, variant=variant.name,
            against=DECLARED,
        )
        for m in found
        if m.metric == "overlap" or (same and (m.metric != "difference.auc" or decimals))
    ]  # fmt: skip


def _said(variant: Variant, as_of: date, found: Measured | None) -> Finding:
    code = "evaluation.variant"
    if found is None:
        message = (
            f"The figures of variant {variant.name} are not shown: nobody is in it, or they would "
            "show, or let someone derive, a number between 1 and 10."
        )
        return Finding(code=code, severity=Severity.SKIPPED, message=message, where=str(as_of))
    message = f"Variant {variant.name} was measured beside what is declared."
    hidden = [
        what for what, at in (("its list", found.cutoffs), ("what it shares with the declared list",
        found.shared)) if not at
    ]  # fmt: skip
    if hidden:
        message += (
            f" Not shown is {' and '.join(hidden)}: near capacity it would show, or let someone "
            "derive, a number between 1 and 10."
        )
    return Finding(code=code, severity=Severity.PASS, message=message, where=str(as_of))
