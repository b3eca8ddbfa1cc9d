"""What examinations need beside rankings: stages made for them alone."""

from __future__ import annotations

from collections.abc import Mapping

from commonweal.core.store import Artefact
from commonweal.study.stages import Records, Workshop
from commonweal.study.units import units


def extras(
    shop: Workshop, made: Records, people: Artefact, labelled: Artefact, grouped: Artefact
) -> Mapping[str, Artefact]:
    """Make the further artefacts that the study's sections ask for, by name."""
    return {} if shop.study.spec.units is None else {"units": units(shop, made, people)}
