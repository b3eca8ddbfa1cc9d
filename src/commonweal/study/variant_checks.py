"""Whether the variants and feature sets of a study can be run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from commonweal.cohorts.splits import assign
from commonweal.core.errors import Problem
from commonweal.features.spec import BlockSpec
from commonweal.models.spec import BaseRateSpec, CountRankSpec
from commonweal.study.parts import Parts, filled, known, once, usable
from commonweal.study.sources import check_conditions
from commonweal.study.variant_spec import FeatureSetSpec, VariantSpec
from commonweal.study.variants import names


def check_variants(parts: Parts) -> Iterator[Problem]:
    """Check every variant and feature set against the study and the agency."""
    yield from _names(parts)
    for name, spec in (parts.study.get("feature_sets") or {}).items():
        yield from _feature_set(parts, parts.at(f"feature_sets.{name}"), spec)
    for name, spec in (parts.study.get("variants") or {}).items():
        yield from _variant(parts, parts.at(f"variants.{name}"), spec)


def _names(parts: Parts) -> Iterator[Problem]:
    """Check that names do for files, and that none stands for two."""
    sets, others = parts.study.get("feature_sets") or {}, parts.study.get("variants") or {}
    called = {f"feature_sets.{name}": names(name, spec) for name, spec in sets.items()}
    called |= {f"variants.{name}": (name,) for name in others}
    taken = {"declared": "the study itself", **_few(parts, sets)}
    for section, found in called.items():
        where = parts.at(section)
        yield from usable(section.partition(".")[2], where)
        for name in found:
            if name in taken:
                yield Problem(where, f"is called {name} like {taken[name]}", "rename one")
            taken[name] = section


def _few(parts: Parts, sets: Mapping[str, FeatureSetSpec]) -> dict[str, str]:
    """Return what the models on few features are called."""
    spec = parts.study.get("selection")
    if spec is None:
        return {}
    found = [f"{kind}_best_{size}" for kind in spec.kinds for size in spec.sizes]
    found += [
        f"{called}_{kind}_best_{size}" for one in spec.sets if one in sets
        for called in names(one, sets[one]) for kind in spec.kinds[:1] for size in spec.sizes
    ]  # fmt: skip
    return dict.fromkeys(found, "a model of selection")


def _tuned(parts: Parts, where: str, spec: FeatureSetSpec | VariantSpec) -> Iterator[Problem]:
    """Check that a model which is to be tuned anew is tuned at all."""
    evaluation, models = parts.study.get("evaluation"), parts.study.get("models") or {}
    model = models.get(evaluation.headline) if evaluation is not None else None
    if evaluation is None or model is None or not spec.retune:
        return
    if getattr(model, "tuning", None) is None:
        what = f"the headline model {evaluation.headline!r} is not tuned"
        mend = f"add [models.{evaluation.headline}.tuning], or drop it"
        yield Problem(f"{where}.retune", what, mend)


def _feature_set(parts: Parts, where: str, spec: Any) -> Iterator[Problem]:
    if not (spec.blocks or spec.without or spec.columns or spec.without_columns or spec.leave_out):
        yield Problem(where, "changes nothing", "say what it leaves out, or keeps alone")
    if spec.blocks and spec.without:
        yield Problem(f"{where}.without", "stands beside blocks", "name one of the two")
    if spec.cohort != "fixed" and not spec.leave_out:
        yield Problem(f"{where}.cohort", "asks for a cohort that nothing changes", "drop it")
    blocks: dict[str, BlockSpec] = parts.study.get("features") or {}
    for setting in ("blocks", "without"):
        named = getattr(spec, setting)
        yield from once(named, f"{where}.{setting}")
        for block in dict.fromkeys(named):
            if blocks:
                yield from known(block, blocks, f"{where}.{setting}", "feature block")
    if blocks and set(blocks) <= set(spec.without):
        yield Problem(f"{where}.without", "leaves no feature block", "take one out of the list")
    for source, conditions in spec.leave_out.items():
        yield from _left_out(parts, f"{where}.leave_out", source, conditions)
    yield from _model(parts, where)
    yield from _tuned(parts, where, spec)


def _left_out(parts: Parts, where: str, source: str, conditions: Any) -> Iterator[Problem]:
    if not conditions:
        yield Problem(f"{where}.{source}", "is empty", "name conditions")
    if not parts.sources:
        return
    yield from known(source, parts.sources, where, "source")
    if source in parts.sources:
        listed = [(f"{source}[{i + 1}]", c) for i, c in enumerate(conditions)]
        yield from check_conditions(where, listed, parts.sources[source].columns)


def _model(parts: Parts, where: str) -> Iterator[Problem]:
    """Check that the headline model looks at features that a set could change."""
    evaluation, models = parts.study.get("evaluation"), parts.study.get("models") or {}
    if evaluation is None:
        return
    spec = models.get(evaluation.headline)
    if isinstance(spec, (BaseRateSpec, CountRankSpec)):
        what = f"the headline model {evaluation.headline!r} learns from no features"
        yield Problem(where, what, "name a headline model that does")


def _variant(parts: Parts, where: str, spec: Any) -> Iterator[Problem]:
    yield from filled(spec.what, f"{where}.what", "say what it changes and why")
    if not _changes(parts, spec):
        yield Problem(where, "changes nothing", "name another outcome, cohort rule or treatment")
    yield from _tuned(parts, where, spec)
    derived = parts.agency.get("derived") or {}
    for name in spec.derived:
        yield from known(name, derived, f"{where}.derived", "derived date")
    if spec.missing is not None and not spec.missing.columns:
        yield Problem(f"{where}.missing.columns", "is empty", "name features")
    if not parts.sources:
        return
    for place, rules in (("include", spec.include), ("exclude", spec.exclude or ())):
        for number, rule in enumerate(rules, start=1):
            yield from _events(parts, f"{where}.{place}[{number}]", rule)
    if spec.outcome is not None:
        yield from _events(parts, f"{where}.outcome", spec.outcome)
        yield from _same_dates(parts, where, spec.outcome)
    for source, one in (spec.filter or {}).items():
        yield from _left_out(parts, f"{where}.filter", source, one.leave_out)


def _changes(parts: Parts, spec: Any) -> bool:
    """Whether a variant declares anything else than the study does."""
    cohort, outcome = parts.study.get("cohort"), parts.study.get("outcome")
    other = [spec.filter is not None, bool(spec.derived), spec.missing is not None, spec.retune]
    other.append(spec.outcome is not None and spec.outcome != outcome)
    if cohort is None:
        return True
    other.append(bool(spec.include) and spec.include != cohort.include)
    other.append(spec.exclude is not None and spec.exclude != cohort.exclude)
    other.append(spec.within is not None and spec.within != cohort.within)
    return any(other)


def _events(parts: Parts, where: str, rule: Any) -> Iterator[Problem]:
    yield from known(rule.event, parts.sources, f"{where}.event", "source")
    if rule.event in parts.sources:
        listed = [(f"where[{i + 1}]", c) for i, c in enumerate(rule.where)]
        yield from check_conditions(where, listed, parts.sources[rule.event].columns)


def _same_dates(parts: Parts, where: str, outcome: Any) -> Iterator[Problem]:
    """Check that another outcome leaves the test dates as they are, and some for training."""
    cohort, declared = parts.study.get("cohort"), parts.study.get("outcome")
    extracted = parts.agency.get("extracted_on")
    if cohort is None or declared is None or extracted is None:
        return
    roles = [
        {s.as_of: s.role for s in assign(cohort, one, extracted)} for one in (declared, outcome)
    ]
    tests = [[day for day, role in found.items() if role == "test"] for found in roles]
    if tests[0] != tests[1]:
        what = f"its window ({outcome.within}) would move the test dates"
        yield Problem(f"{where}.outcome.within", what, "use one that closes by the same dates")
    elif {"train", "validation"} - set(roles[1].values()):
        what = f"its window ({outcome.within}) leaves no date to train or validate on"
        yield Problem(f"{where}.outcome.within", what, "use a shorter one")
