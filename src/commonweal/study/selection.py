"""The selection stage: the few features that carry the most, and models of these alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from commonweal.core.results import Finding, Metric, Severity
from commonweal.core.store import Artefact, write_json
from commonweal.evaluation.matters import Kind
from commonweal.evaluation.selection import Selection, Step, select
from commonweal.models.columns import columns_seen
from commonweal.models.spec import (
    BaseRateSpec,
    BoostedSpec,
    LogisticSpec,
    ModelSpec,
    OlsSpec,
    ScorecardSpec,
)
from commonweal.oversight.disclosure import SMALL, Disclosure
from commonweal.study.matrix import columns_of, seen_matrix
from commonweal.study.models import seen, training_data
from commonweal.study.stages import Workshop, code_below

CHOSEN = "selection.json"
_DECIMALS = 3


def selection(
    shop: Workshop, people: Artefact, labelled: Artefact, blocks: Mapping[str, Artefact],
    of: ModelSpec,
) -> Artefact:  # fmt: skip
    """Choose features on the training rows: ``selection.json``.

    Parameters
    ----------
    shop, people, labelled, blocks
        As for the models.
    of
        The model among whose columns is chosen.
    """
    spec = shop.study.spec.selection
    assert spec is not None
    mine, least = seen(of, blocks), _least(shop)

    def write(folder: Path) -> None:
        features = seen_matrix(of, mine)
        sample = training_data(shop, people, labelled, features).train
        found = select(sample, spec.features, shop.threads, least)
        told = {feature.name: feature for feature in features.features}
        steps = [
            replace(s, block=f.block, meaning=f.meaning, window=f.window)
            for s, f in ((s, told[s.column]) for s in found.steps)
        ]
        write_json(folder / CHOSEN, asdict(replace(found, steps=tuple(steps))))

    columns = columns_seen(of, columns_of(mine))
    settings = [spec.features, least, shop.dates("train"), shop.dates("validation"), columns]
    parents = {**mine, "__cohort": people, "__labels": labelled}
    files = (
        "evaluation/gram.py",
        "evaluation/selection.py",
        "study/models.py",
        "study/selection.py",
    )
    code = code_below("models", *files)
    return shop.make("selection", code, settings, parents, write)


def _least(shop: Workshop) -> int:
    """Return the fewest rows that a correlation may rest on: more than 10 people at any rate."""
    return 0 if shop.study.disclosure.exempt else SMALL * len(shop.dates("train")) + 1


def selected(artefact: Artefact) -> Selection:
    """Read what `selection` chose."""
    read: Any = artefact.json(CHOSEN)
    steps = tuple(Step(**step) for step in read["steps"])
    lists = {name: tuple(read[name]) for name in ("collinear", "few")}
    return Selection(**{**read, "steps": steps, **lists})


def limited(
    headline: ModelSpec, chosen: Sequence[str], sizes: Sequence[int], kinds: Sequence[Kind]
) -> dict[str, ModelSpec]:
    """Return models that see the first so many of the chosen features, and nothing else.

    Parameters
    ----------
    headline
        The study's headline model, whose settings a model of its kind takes.
    chosen
        The features, in the order chosen.
    sizes
        How many of them; a size above the number chosen makes no model.
    kinds
        Kinds of model.

    Returns
    -------
    dict
        Name -> model, in the order of kinds and sizes: ``boosted_best_5``.
    """
    return {
        f"{kind}_best_{size}": _seeing(_of_kind(kind, headline), chosen[:size])
        for kind in kinds
        for size in sizes
        if size <= len(chosen)
    }


def _of_kind(kind: Kind, headline: ModelSpec) -> ModelSpec:
    if headline.kind == kind:
        return headline
    match kind:
        case "boosted":
            return BoostedSpec(kind="boosted")
        case "logistic":
            return LogisticSpec(kind="logistic")
        case "ols":
            return OlsSpec(kind="ols")
        case "scorecard":
            return ScorecardSpec(kind="scorecard")


def _seeing(spec: ModelSpec, columns: Sequence[str]) -> ModelSpec:
    assert not isinstance(spec, BaseRateSpec)
    return replace(spec, blocks=(), without=(), columns=tuple(columns), without_columns=())


def selection_metrics(found: Selection, model: str, rule: Disclosure) -> list[Metric]:
    """Return both correlations of every chosen feature; `k` is its place in the order."""
    metrics = []
    for place, step in enumerate(found.steps, start=1):
        for name, value in (("residualized", step.residualized), ("original", step.original)):
            shown = value if rule.exempt else round(value, _DECIMALS)
            metrics.append(
                Metric(metric=f"selection.{name}", value=shown, n=found.rows, k=place, model=model,
                       group=f"feature={step.column}")
            )  # fmt: skip
    return metrics


def selection_finding(found: Selection, model: str) -> Finding:
    """Say which feature leads, and how much the last one adds."""
    code, message = "evaluation.selection", found.sentence()
    if found.few:
        message += f" Left out because few people differ in them: {len(found.few):,} features."
    severity = Severity.PASS if found.steps else Severity.WARN
    return Finding(code=code, severity=severity, message=message, where=model)
