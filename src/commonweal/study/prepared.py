"""What is made of the records before anybody is drawn into a cohort."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from commonweal.core.results import Finding, Metric
from commonweal.core.store import Artefact
from commonweal.records.computed import seen_sources
from commonweal.study.derived import derived
from commonweal.study.episodes import episodes
from commonweal.study.linkage import link
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
    linkage
        The stage that linked records, None where none did.
    """

    shop: Workshop
    made: dict[str, Artefact]
    stages: tuple[Artefact, ...]
    metrics: tuple[Metric, ...]
    findings: tuple[Finding, ...]
    linkage: Artefact | None


def prepare(
    shop: Workshop, records: Mapping[str, Artefact], digests: Mapping[str, str]
) -> Prepared:
    """Find out whose the records are, derive dates, and make windows, as the agency declares.

    Records without an entity are linked; orders repeated under several ids are put under one id
    a person; dates that no record holds are derived; overlapping records become windows.

    Parameters
    ----------
    shop
        Where stages are made.
    records
        Source -> its events.
    digests
        Hashes of the inputs.
    """
    agency = shop.study.agency
    linked = link(shop, records, digests)
    people = repeats(shop, linked.records)
    sources = seen_sources(agency.sources, agency.repeats, agency.derived)
    shop = replace(shop, study=replace(shop.study, agency=replace(agency, sources=sources)))
    dates = derived(shop, people.made)
    made = episodes(shop, dates.made)
    new = [made[name] for name in sorted(agency.episodes)]
    return Prepared(
        shop=shop, made=made,
        stages=(*records.values(), *linked.stages, *people.stages, *dates.stages, *new),
        metrics=people.metrics + dates.metrics, findings=people.findings + dates.findings,
        linkage=linked.linkage,
    )  # fmt: skip
