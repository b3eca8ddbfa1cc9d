"""What examinations need beside rankings: stages made for them alone."""

from __future__ import annotations

from collections.abc import Mapping

from commonweal.core.store import Artefact
from commonweal.study.everyone import everyone
from commonweal.study.other_outcomes import other_outcomes
from commonweal.study.stages import Records, Workshop
from commonweal.study.units import units


def extras(
    shop: Workshop, made: Records, people: Artefact, labelled: Artefact, grouped: Artefact
) -> Mapping[str, Artefact]:
    """Make the further artefacts that the study's sections ask for, by name."""
    found: dict[str, Artefact] = {}
    if shop.study.spec.protected:
        found["everyone"] = everyone(shop, made, people)
    if shop.study.spec.units is not None:
        found["units"] = units(shop, made, people)
    found.update(other_outcomes(shop, made, people))
    return found
