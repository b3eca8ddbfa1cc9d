"""The stage that measures a study's variants beside what it declares."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from commonweal.core.parallel import each
from commonweal.core.results import Finding, Metric, Severity
from commonweal.core.seeds import stream
from commonweal.core.store import Artefact
from commonweal.evaluation.compare import Ranked, paired
from commonweal.evaluation.overall import Subject
from commonweal.evaluation.ranking import Floats, Ranking
from commonweal.study.chain import Chain
from commonweal.study.evaluate import scored_by
from commonweal.study.evaluated import evaluated, write_evaluated
from commonweal.study.stages import Workshop, code_below
from commonweal.study.tested import Shown, Tested, measured, tested, wanted
from commonweal.study.variants import Variant

DECLARED = "declared"
"""What differences of a variant are against: the study as its file declares it."""
_TOLD = frozenset({"base_rate", "auc", "precision", "recall", "total_recall"})


@dataclass(frozen=True, slots=True)
class _Measured:
    """One version on one test date: its people, its ranking, and where it is published."""

    shop: Workshop
    test: Tested
    scores: Floats
    ranking: Ranking
    cutoffs: tuple[int, ...]

    @property
    def ids(self) -> NDArray[np.str_]:
        """Ids of the people, in the order of their rows."""
        return np.asarray(self.test.people["entity_id"].to_pylist(), dtype=np.str_)

    def ranked(self) -> Ranked:
        """Return the people with their ids, to be compared with others."""
        return Ranked(
            ids=self.ids, labels=self.test.labels, scores=self.scores, ties=self.test.ties,
            probability=False,
        )  # fmt: skip

    def at(self, k: int) -> int | None:
        """Return the published cut-off nearest to `k`, within a quarter of it."""
        near = min(self.cutoffs, key=lambda one: (abs(one - k), one), default=None)
        return near if near is not None and abs(near - k) <= k / 4 else None


def compared(
    shop: Workshop, main: Chain, published: Artefact, others: Sequence[tuple[Variant, Chain]]
) -> Artefact:
    """Measure every variant on the test dates: ``metrics.json`` and ``findings.json``.

    Figures of a variant are those of its own people and its own outcome. Where the outcome is the
    declared one, differences are paired: people are drawn once for both.
    """
    spec = shop.study.spec

    def write(folder: Path) -> None:
        metrics: list[Metric] = []
        findings: list[Finding] = []
        for test in tested(shop, main.people, main.labelled):
            found, said = _dated(shop, main, test, published, others)
            metrics += found
            findings += said
        write_evaluated(folder, metrics, findings)

    settings = [
        spec.evaluation, spec.capacity, spec.study.seed, shop.study.disclosure,
        [(v.name, v.kind, v.spec.outcome, v.spec.models) for v, _ in others],
    ]  # fmt: skip
    parents = {f"declared/{a.stage}": a for a in (*main.stages(), published)}
    for variant, made in others:
        own = f"variants/{variant.name}/"
        parents |= {f"{own}{a.stage.removeprefix(own)}": a for a in made.stages()}
    files = [f"study/{name}.py" for name in ("compared", "evaluate", "evaluated", "tested")]
    code = code_below("models", "evaluation", "oversight", *files)
    return shop.opening("variants", code, settings, parents, write)


def _dated(
    shop: Workshop, main: Chain, test: Tested, published: Artefact,
    others: Sequence[tuple[Variant, Chain]],
) -> tuple[list[Metric], list[Finding]]:  # fmt: skip
    """Measure every variant on one test date."""
    if not test.measurable(shop):
        return [], []
    scored = {name: found for name, found, _ in scored_by(shop, test, main.blocks, main.fitted)}
    beside = _published(test, scored, evaluated(published).metrics)
    first = scored[shop.study.spec.evaluation.headline]
    declared = _Measured(shop, test, first, *beside[0])
    measurable: list[tuple[Variant, _Measured]] = []
    findings = []
    for variant, made in others:
        found = _measured(variant, made, declared, beside)
        findings.append(_said(variant, test.as_of, found))
        if found is not None:
            measurable.append((variant, found))
            if _same_people(found, declared):
                beside.append((found.ranking, found.cutoffs))
    work = [partial(_figures, variant, one, declared) for variant, one in measurable]
    return [m for found in each(lambda do: do(), work, shop.threads) for m in found], findings


def _published(
    test: Tested, scored: Mapping[str, Floats], metrics: Iterable[Metric]
) -> list[Shown]:
    """Return the declared models' rankings, the headline's first, as they are published."""
    ks: dict[str | None, list[int]] = {}
    for m in metrics:
        if m.metric == "precision" and m.whole and m.as_of == test.as_of and m.k:
            ks.setdefault(m.model, []).append(m.k)
    return [
        (test.ranking(found), tuple(sorted(ks.get(name, ())))) for name, found in scored.items()
    ]


def _measured(
    variant: Variant, made: Chain, declared: _Measured, beside: Sequence[Shown]
) -> _Measured | None:
    """Rank a variant's people and choose its cut-offs; None where nothing may be shown."""
    mine = next((t for t in tested(made.shop, made.people, made.labelled)
                 if t.as_of == declared.test.as_of), None)  # fmt: skip
    if mine is None or not mine.measurable(made.shop):
        return None
    _, scores, _ = next(scored_by(made.shop, mine, made.blocks, made.fitted))
    rule, ranking = made.shop.study.disclosure, mine.ranking(scores)
    found = _Measured(made.shop, mine, scores, ranking, ())
    same = _same_people(found, declared)
    near = rule.cutoffs(ranking, None, wanted(made.shop), rankings=beside if same else ())
    found = replace(found, cutoffs=near)
    if same or rule.exempt:
        return found
    k = found.at(made.shop.study.spec.capacity.k)
    if not rule.safe(*_cells(found, declared, None)):
        return None
    safe = k is not None and rule.safe(*_cells(found, declared, k))
    return replace(found, cutoffs=(k,) if safe and k is not None else ())


def _same_people(one: _Measured, other: _Measured) -> bool:
    """Whether two versions are about the same people with the same outcomes."""
    return (
        len(one.test.rows) == len(other.test.rows)
        and bool((one.test.labels == other.test.labels).all())
        and bool((one.ids == other.ids).all())
    )


def _cells(one: _Measured, other: _Measured, k: int | None) -> list[int]:
    """Count people by version, outcome in each, and place on either list at `k`."""
    codes: dict[str, list[int]] = {}
    for place, version in enumerate((one, other)):
        at = version.at(k) if k else None
        top = set(version.ranking.order[: at or 0].tolist())
        for row, (person, label) in enumerate(zip(version.ids, version.test.labels, strict=True)):
            codes.setdefault(str(person), [0, 0])[place] = 1 + int(label) + 2 * (row in top)
    cells: dict[tuple[int, ...], int] = {}
    for code in codes.values():
        cells[tuple(code)] = cells.get(tuple(code), 0) + 1
    return list(cells.values())


def _figures(variant: Variant, one: _Measured, declared: _Measured) -> list[Metric]:
    """Measure a variant, and its difference from what is declared."""
    shop, test = one.shop, one.test
    model = shop.study.spec.evaluation.headline
    subject = Subject(model, test.as_of, False, test.outside(shop))
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


def _differences(variant: Variant, one: _Measured, declared: _Measured) -> list[Metric]:
    """Compare a variant with what is declared, people drawn once for both."""
    spec = one.shop.study.spec
    ks = tuple(k for k in wanted(one.shop) if k in one.cutoffs and k in declared.cutoffs)
    near = one.at(spec.capacity.k)
    if near in declared.cutoffs and near is not None:
        ks = tuple(sorted({*ks, near}))
    seeded = stream(spec.study.seed, "bootstrap", str(one.test.as_of), "variant", variant.name)
    same = spec.outcome == declared.shop.study.spec.outcome
    rule = one.shop.study.disclosure
    told = {k for k in ks if rule.exempt or rule.safe(*_cells(one, declared, k))}
    found = paired(one.ranked(), declared.ranked(), ks, spec.evaluation.draws, seeded)
    return [
        replace(
            m, model=spec.evaluation.headline, as_of=one.test.as_of, variant=variant.name,
            against=DECLARED,
        )
        for m in found
        if (m.k in told if m.metric == "overlap" else same)
    ]  # fmt: skip


def _said(variant: Variant, as_of: date, found: _Measured | None) -> Finding:
    code = "evaluation.variant"
    if found is None:
        message = (
            f"The figures of variant {variant.name} are not shown: nobody is in it, or they would "
            "show, or let someone derive, a number between 1 and 10."
        )
        return Finding(code=code, severity=Severity.SKIPPED, message=message, where=str(as_of))
    message = f"Variant {variant.name} was measured beside what is declared."
    return Finding(code=code, severity=Severity.PASS, message=message, where=str(as_of))
