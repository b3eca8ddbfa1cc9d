"""What is made of the records before anybody is drawn into a cohort."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from commonweal.core.results import Finding, Metric
from commonweal.core.store import Artefact
from commonweal.records.computed import seen_sources
from commonweal.study.derived import derived
from commonweal.study.repeats import repeats
from commonweal.study.stages import Workshop


@dataclass(frozen=True, slots=True)
class Prepared:
    """Sources as the stages after the records see them.

    Parameters
    ----------
    shop
        Where stages are made; its study declares the computed columns and sources too.
    made
        Source -> its events.
    stages
        Every stage made on the way, those of the records included.
    metrics, findings
        What is to be said about it.
    """

    shop: Workshop
    made: dict[str, Artefact]
    stages: tuple[Artefact, ...]
    metrics: tuple[Metric, ...]
    findings: tuple[Finding, ...]


def prepare(shop: Workshop, made: Mapping[str, Artefact]) -> Prepared:
    """Put repeated orders under one id a person, then derive dates, as the agency declares."""
    agency = shop.study.agency
    people = repeats(shop, made)
    sources = seen_sources(agency.sources, agency.repeats, agency.derived)
    shop = replace(shop, study=replace(shop.study, agency=replace(agency, sources=sources)))
    dates = derived(shop, people.made)
    return Prepared(
        shop=shop, made=dates.made, stages=(*made.values(), *people.stages, *dates.stages),
        metrics=people.metrics + dates.metrics, findings=people.findings + dates.findings,
    )  # fmt: skip
