"""The stages that ask what matters, where asked, and what a model that can be read gives up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from commonweal.core.results import Finding, Metric
from commonweal.core.store import Artefact
from commonweal.models.spec import Learned, Tunable
from commonweal.study.chain import Chain
from commonweal.study.evaluated import Evaluated, evaluated
from commonweal.study.interpretability import interpretability
from commonweal.study.learning import learning_stages
from commonweal.study.proxies import proxies
from commonweal.study.selection import (
    selected,
    selection_finding,
    selection_metrics,
)
from commonweal.study.stages import Workshop


def matters(
    shop: Workshop, main: Chain, chosen: Sequence[Artefact]
) -> tuple[list[Artefact], Evaluated]:
    """Make the stages that the study asks for; return them, and what they publish."""
    made, people, labelled = main.made, main.people, main.labelled
    grouped, blocks = main.grouped, main.blocks
    spec, rule = shop.study.spec, shop.study.disclosure
    headline = spec.evaluation.headline
    stages: list[Artefact] = []
    metrics: list[Metric] = []
    findings: list[Finding] = []
    if spec.selection is not None:
        stages += chosen
        found = selected(chosen[0])
        metrics += selection_metrics(found, headline, rule)
        findings.append(selection_finding(found, headline))
    measured: list[Artefact] = []
    if spec.proxies is not None:
        measured.append(proxies(shop, made, people, grouped, blocks))
        stages.append(measured[-1])
    if spec.learning_curve is not None:
        stages += learning_stages(_plain(shop, main), made, people, labelled, blocks)
        measured.append(stages[-1])
    measured.append(interpretability(shop, main))
    stages.append(measured[-1])
    for artefact in measured:
        said = evaluated(artefact)
        metrics += said.metrics
        findings += said.findings
    return stages, Evaluated(tuple(metrics), tuple(findings))


def _plain(shop: Workshop, main: Chain) -> Workshop:
    """Return a workshop whose headline model has the settings found, to be fitted on any share."""
    headline = shop.study.spec.evaluation.headline
    model = main.search.elsewhere()[headline]
    if isinstance(model, Learned):
        model = replace(model, calibration=None, cross_fitted=False)
    if isinstance(model, Tunable):
        model = replace(model, tuning=None)
    study = replace(shop.study, spec=replace(shop.study.spec, models={headline: model}))
    return replace(shop, study=study)
