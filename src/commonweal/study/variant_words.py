"""What a variant changes, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from commonweal.cohorts.spec import CohortSpec
from commonweal.models.spec import BaseRateSpec, Learned, ModelSpec
from commonweal.reports import rules
from commonweal.reports.content import VariantSummary
from commonweal.reports.words import counted, listed, spaced
from commonweal.study.spec import Study, StudySpec
from commonweal.study.variants import Variant

_METHODS = {
    "model": "predicted", "drop": "left out", "indicator": "replaced by the median, and told so",
}  # fmt: skip


def summary(study: Study, variant: Variant) -> VariantSummary:
    """Say what a variant is, and how it differs from the study as declared."""
    declared, name = study.spec, variant.name
    sets, others = declared.feature_sets, declared.variants
    named = name.removesuffix("_fixed").removesuffix("_redrawn")
    spec = others.get(name) or sets.get(name) or sets.get(named)
    return VariantSummary(
        name=name, kind=variant.kind, what=" ".join(spec.what.split()) if spec else "",
        changes=tuple(_changes(study, variant)),
    )  # fmt: skip


def _changes(study: Study, variant: Variant) -> Iterator[str]:
    before, after = study.spec, variant.spec
    if before.outcome != after.outcome:
        yield f"Outcome: {rules.outcome(after.outcome)}"
    yield from _cohort(before.cohort, after.cohort)
    yield from _filters(before, after)
    for name, spec in variant.study.agency.derived.items():
        method = spec.impute.method
        if method != study.agency.derived[name].impute.method:
            yield f"Missing lengths of {spaced(name)} are {_METHODS[method]}."
    headline = before.evaluation.headline
    yield from _seen(before.models[headline], after.models[headline])


def _cohort(before: CohortSpec, after: CohortSpec) -> Iterator[str]:
    if (before.include, before.within) != (after.include, after.within):
        held = [rules.rule(rule, after.within) for rule in after.include]
        yield f"In the cohort with {listed(held, 'or')}."
    if before.exclude != after.exclude:
        held = [rules.rule(rule, None) for rule in after.exclude]
        yield f"Left out with {listed(held, 'or')}." if held else "Nobody is left out by a rule."


def _filters(before: StudySpec, after: StudySpec) -> Iterator[str]:
    for source in sorted({*before.filter, *after.filter}):
        old, new = before.filter.get(source), after.filter.get(source)
        if old == new:
            continue
        if new is None:
            yield f"Features see every event of {spaced(source)}."
            continue
        what = listed([rules.condition(test) for test in new.leave_out], "or")
        also = "the cohort is drawn without them too" if new.cohort else "the cohort is the same"
        yield f"Features do not see events of {spaced(source)} where {what}; {also}."


def _seen(before: ModelSpec, after: ModelSpec) -> Iterator[str]:
    if isinstance(before, BaseRateSpec) or isinstance(after, BaseRateSpec):
        return
    if after.kind != before.kind:
        yield f"Another model: {rules.model(after)}."
    if after.blocks != before.blocks:
        yield f"The model sees only the features of {listed([spaced(b) for b in after.blocks])}."
    if isinstance(after, Learned) and after.missing is not None:
        how = "predicted from the others" if after.missing.by == "model" else "typical values"
        yield f"Where {listed(after.missing.columns)} are missing the model sees {how}."
    gone = [spaced(block) for block in after.without if block not in before.without]
    if gone:
        yield f"The model does not see the features of {listed(gone)}."
    if after.columns != before.columns:
        few = counted(len(after.columns), "feature")
        yield f"The model sees {few} only: {_some(after.columns)}."
    gone = [name for name in after.without_columns if name not in before.without_columns]
    if gone:
        yield f"The model does not see the features {listed(gone)}."


def _some(columns: Sequence[str]) -> str:
    """List a few names, and say how many more there are."""
    if len(columns) <= 4:
        return listed(columns)
    return listed([*columns[:3], f"{len(columns) - 3} others"])
