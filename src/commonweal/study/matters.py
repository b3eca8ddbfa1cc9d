"""The stages that ask what matters: selection, proxies and the learning curve, where asked."""

from __future__ import annotations

from collections.abc import Mapping

from commonweal.core.results import Finding, Metric
from commonweal.core.store import Artefact
from commonweal.study.evaluate import Evaluated, evaluated
from commonweal.study.learning import learning_stages
from commonweal.study.proxies import proxies
from commonweal.study.selection import (
    selected,
    selection,
    selection_finding,
    selection_metrics,
)
from commonweal.study.stages import Workshop


def matters(
    shop: Workshop, made: Mapping[str, Artefact], people: Artefact, labelled: Artefact,
    grouped: Artefact, blocks: Mapping[str, Artefact],
) -> tuple[list[Artefact], Evaluated]:  # fmt: skip
    """Make the stages that the study asks for; return them, and what they publish."""
    spec, rule = shop.study.spec, shop.study.disclosure
    headline = spec.evaluation.headline
    stages: list[Artefact] = []
    metrics: list[Metric] = []
    findings: list[Finding] = []
    if spec.selection is not None:
        stages.append(selection(shop, people, labelled, blocks, spec.models[headline]))
        found = selected(stages[-1])
        metrics += selection_metrics(found, headline, rule)
        findings.append(selection_finding(found, headline))
    measured: list[Artefact] = []
    if spec.proxies is not None:
        measured.append(proxies(shop, made, people, grouped, blocks))
        stages.append(measured[-1])
    if spec.learning_curve is not None:
        stages += learning_stages(shop, made, people, labelled, blocks)
        measured.append(stages[-1])
    for artefact in measured:
        said = evaluated(artefact)
        metrics += said.metrics
        findings += said.findings
    return stages, Evaluated(tuple(metrics), tuple(findings))
