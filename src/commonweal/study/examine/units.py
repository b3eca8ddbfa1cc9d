"""Outcomes of the agency's units against the difficulty of their cases."""

from __future__ import annotations

from collections import Counter

import numpy as np

from commonweal.core.results import Finding, Metric, Severity
from commonweal.core.tables import read_table
from commonweal.evaluation.people import Groups
from commonweal.evaluation.spec import UnitsSpec
from commonweal.evaluation.units import Unit, Units, units
from commonweal.features.needs import columns_of
from commonweal.models.spec import blocks_seen
from commonweal.study.evaluated import Evaluated
from commonweal.study.examine.examined import Examined

OTHER = "other units"
_EDGE = 1e-9
_CODE = "units.beyond-chance"


def difficulty(seen: Examined) -> Evaluated:
    """Compare observed with expected outcomes by unit, where that may be shown."""
    spec = seen.shop.study.spec.units
    if spec is None:
        return Evaluated()
    model = spec.model or seen.headline
    if not seen.subjects[model].probability:
        message = f"{model} gives no chances, so nothing says how difficult a unit's cases are."
        return Evaluated((), (_said(Severity.NOT_APPLICABLE, message),))
    held = units_of(seen)
    shown = together(seen, held, spec.smallest)
    if len(np.unique(shown)) < 2:
        message = f"Nothing is shown by {spec.noun}: too few are large enough."
        return Evaluated((), (_said(Severity.SKIPPED, message), _alone(seen, spec, model)))
    chances = np.clip(seen.scores[model], _EDGE, 1 - _EDGE)
    found = units(seen.test.labels, chances, shown, overdispersion=spec.overdispersion)
    metrics = [m for row in found.rows for m in _figures(seen, model, row)]
    metrics += _overall(seen, model, found)
    findings = (_named(spec, found), _pooled(spec, held, shown), _alone(seen, spec, model))
    return Evaluated(tuple(metrics), findings)


def units_of(seen: Examined) -> Groups:
    """Return the unit of each person, in the order of the test's rows."""
    table = read_table(seen.extras["units"].file("units.parquet"))
    rows = table["row"].to_numpy()
    names = np.asarray(table["unit"].to_pylist(), dtype=np.str_)
    return names[np.searchsorted(rows, seen.test.rows)]


def together(seen: Examined, held: Groups, smallest: int) -> Groups:
    """Put units together that are too small, until what is shown gives nobody away.

    Beside a unit's counts stand those of the groups of every protected attribute: units are put
    with the others, the smallest first, until no set that can be told apart is small.
    """
    rule = seen.shop.study.disclosure
    size = Counter(held.tolist())
    hits = Counter(held[seen.test.labels == 1].tolist())
    order = sorted(size, key=lambda name: (size[name], name))
    kept = [
        name for name in order
        if size[name] >= smallest and rule.safe(hits[name], size[name] - hits[name])
    ]  # fmt: skip
    while True:
        shown = np.where(np.isin(held, kept), held, OTHER).astype(np.str_)
        if not kept or rule.safe_groups(shown, seen.test.labels, list(seen.pooled.values())):
            return shown
        kept = kept[1:]


def _figures(seen: Examined, model: str, row: Unit) -> list[Metric]:
    lines: list[tuple[str, float, float | None, float | None]] = [
        ("people", row.people, None, None),
        ("observed", row.observed, None, None),
        ("expected", row.expected, None, None),
        ("ratio", row.ratio, row.ratio_low, row.ratio_high),
        ("shrunken", row.shrunken, row.shrunken_low, row.shrunken_high),
        ("limits_95", 1.0, row.inner_low, row.inner_high),
        ("limits_998", 1.0, row.outer_low, row.outer_high),
        ("beyond_chance", float(row.holm), None, None),
    ]
    return [
        Metric(metric=f"units.{name}", value=float(value), low=low, high=high, n=row.people,
               model=model, as_of=seen.test.as_of, group=f"unit={row.name}")
        for name, value, low, high in lines
    ]  # fmt: skip


def _overall(seen: Examined, model: str, found: Units) -> list[Metric]:
    lines: list[tuple[str, float, float | None, float | None]] = [
        ("spread", found.spread, found.spread_low, found.spread_high),
        ("predicted", found.predicted, None, None),
        ("count", float(len(found.rows)), None, None),
        ("outside_95", float(found.outside), None, None),
        ("dispersion", found.dispersion, None, None),
    ]
    return [
        Metric(metric=f"units.{name}", value=value, low=low, high=high, n=found.n, model=model,
               as_of=seen.test.as_of)
        for name, value, low, high in lines
    ]  # fmt: skip


def _named(spec: UnitsSpec, found: Units) -> Finding:
    named = [row.name for row in found.rows if row.holm]
    if not named:
        message = f"No {spec.noun} differs from the others beyond chance, its cases considered."
        return _said(Severity.PASS, message)
    message = (
        f"Beyond chance, their cases considered: {', '.join(named)}. Something to look into, for "
        "better or worse: records, cases no record describes, or practice. It is no ranking."
    )
    return _said(Severity.WARN, message)


def _pooled(spec: UnitsSpec, held: Groups, shown: Groups) -> Finding:
    code = "units.pooled"
    if OTHER in shown.tolist():
        kept = len(np.unique(shown)) - 1
        message = (
            f"{kept:,} of {len(np.unique(held)):,} are shown by themselves ({spec.noun}); those "
            f"with few people, or whose counts would give some away, are “{OTHER}”."
        )
        return Finding(code=code, severity=Severity.WARN, message=message)
    message = f"Every {spec.noun} is large enough to be shown."
    return Finding(code=code, severity=Severity.PASS, message=message)


def _alone(seen: Examined, spec: UnitsSpec, model: str) -> Finding:
    """Say whether the model sees the unit, and so adjusts away what is looked for."""
    code, study = "units.seen", seen.shop.study.spec
    blocks = blocks_seen(study.models[model], tuple(study.features))
    guilty = [b for b in blocks if (spec.event, spec.column) in columns_of(study.features[b])]
    if guilty:
        message = (
            f"{model} sees the {spec.noun} ({', '.join(guilty)}): differences between them are "
            "partly taken for difficulty. Name a model in [units] that is fitted without."
        )
        return Finding(code=code, severity=Severity.WARN, message=message, where=model)
    message = f"{model} does not see the {spec.noun}. Other columns may still stand in for it."
    return Finding(code=code, severity=Severity.PASS, message=message, where=model)


def _said(severity: Severity, message: str) -> Finding:
    return Finding(code=_CODE, severity=severity, message=message)
