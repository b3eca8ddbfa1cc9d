"""What examinations need beside rankings: stages made for them alone."""

from __future__ import annotations

from collections.abc import Mapping

from commonweal.core.store import Artefact
from commonweal.study.stages import Records, Workshop


def extras(
    shop: Workshop, made: Records, people: Artefact, labelled: Artefact, grouped: Artefact
) -> Mapping[str, Artefact]:
    """Make the further artefacts that the study's sections ask for, by name."""
    return {}
