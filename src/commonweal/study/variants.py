"""Variants of a study: each is a study of its own, declared by what it changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from commonweal.cohorts.spec import FilterSpec
from commonweal.models.spec import Learned, ModelSpec
from commonweal.records.condition import Condition
from commonweal.study.spec import Study, StudySpec
from commonweal.study.variant_spec import FeatureSetSpec, VariantSpec

Kind = Literal["feature set", "variant", "few features"]


@dataclass(frozen=True, slots=True)
class Variant:
    """One variant, as the study it would have been.

    Parameters
    ----------
    name
        Its name.
    kind
        Where it was declared.
    study
        The study; its headline model is its only one.
    """

    name: str
    kind: Kind
    study: Study

    @property
    def spec(self) -> StudySpec:
        """The sections of the study it would have been."""
        return self.study.spec


def variants(study: Study, model: ModelSpec) -> tuple[Variant, ...]:
    """Return every variant a study declares: feature sets first, in their order.

    Parameters
    ----------
    study
        The study as declared.
    model
        Settings of the headline model, as tuned; those that are tuned again take the declared.
    """
    headline = study.spec.evaluation.headline

    def base(retune: bool) -> Study:
        taken = study.spec.models[headline] if retune else model
        alone = replace(study.spec, models={headline: taken}, feature_sets={}, variants={})
        return replace(study, spec=alone)

    sets, others = study.spec.feature_sets, study.spec.variants
    found = [v for n, spec in sets.items() for v in _feature_set(base(spec.retune), n, spec)]
    return (*found, *(_variant(base(spec.retune), n, spec) for n, spec in others.items()))


def names(name: str, spec: FeatureSetSpec) -> tuple[str, ...]:
    """Return what the variants of a feature set are called: two where the cohort is both."""
    both = spec.cohort == "both" and spec.leave_out
    return (f"{name}_fixed", f"{name}_redrawn") if both else (name,)


def _feature_set(study: Study, name: str, spec: FeatureSetSpec) -> Iterator[Variant]:
    headline = study.spec.evaluation.headline
    changed = _seeing(study.spec.models[headline], spec)
    base = replace(study.spec, models={headline: changed})
    if not spec.leave_out:
        yield Variant(name, "feature set", replace(study, spec=base))
        return
    ways = ("fixed", "redrawn") if spec.cohort == "both" else (spec.cohort,)
    for way, called in zip(ways, names(name, spec), strict=True):
        left = _without(base.filter, spec.leave_out, redrawn=way == "redrawn")
        made = replace(study, spec=replace(base, filter=left))
        yield Variant(called, "feature set", made)


def _seeing(model: Any, spec: FeatureSetSpec) -> Any:
    """Return a model's settings, seeing the blocks and columns of a feature set."""
    changed = {
        name: getattr(spec, name)
        for name in ("blocks", "without", "columns", "without_columns")
        if getattr(spec, name)
    }
    if "blocks" in changed:
        changed["without"] = ()
    if "without" in changed and model.blocks:
        gone = changed.pop("without")
        changed["blocks"] = tuple(b for b in model.blocks if b not in gone)
    elif "without" in changed:
        changed["without"] = tuple(dict.fromkeys((*model.without, *changed["without"])))
    return replace(model, **changed)


def _without(
    declared: Mapping[str, FilterSpec], more: Mapping[str, tuple[Condition, ...]], *, redrawn: bool
) -> dict[str, FilterSpec]:
    """Return the study's filters with further events left out."""
    found = dict(declared)
    for source, conditions in more.items():
        before = declared.get(source)
        seen_by_cohort = redrawn or bool(before and before.cohort)
        earlier = before.leave_out if before else ()
        found[source] = FilterSpec(leave_out=(*earlier, *conditions), cohort=seen_by_cohort)
    return found


def _variant(study: Study, name: str, spec: VariantSpec) -> Variant:
    declared, agency = study.spec, study.agency
    cohort = declared.cohort
    cohort = replace(
        cohort,
        include=spec.include or cohort.include,
        exclude=cohort.exclude if spec.exclude is None else spec.exclude,
        within=spec.within or cohort.within,
    )
    changed = replace(
        declared, cohort=cohort, outcome=spec.outcome or declared.outcome,
        filter=declared.filter if spec.filter is None else spec.filter,
    )  # fmt: skip
    headline = declared.evaluation.headline
    model = declared.models[headline]
    if spec.missing is not None and isinstance(model, Learned):
        changed = replace(changed, models={headline: replace(model, missing=spec.missing)})
    derived = dict(agency.derived)
    for date, method in spec.derived.items():
        impute = replace(derived[date].impute, method=method)
        derived[date] = replace(derived[date], impute=impute)
    made = replace(study, spec=changed, agency=replace(agency, derived=derived))
    return Variant(name, "variant", made)
