"""Other outcomes of the people of the test dates; no model is trained on them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from commonweal.core.store import Artefact
from commonweal.study.stages import Records, Workshop, labelled_as


def stage_of(name: str) -> str:
    """Return the name of the artefact that holds another outcome's labels."""
    return f"outcomes/{name}"


def other_outcomes(shop: Workshop, made: Records, people: Artefact) -> Mapping[str, Artefact]:
    """Label the test dates with every other outcome of the study.

    The dates are those of the study; whether a window was wholly observed depends on the
    outcome's own length and delays.
    """
    tests = [split for split in shop.splits if split.role == "test"]
    found = {}
    for name, spec in shop.study.spec.outcomes.items():
        splits = [replace(split, closes=spec.closes(split.as_of)) for split in tests]
        found[stage_of(name)] = labelled_as(shop, made, people, stage_of(name), spec, splits)
    return found
