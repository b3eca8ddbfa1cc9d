"""Feature blocks of a run side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from commonweal.core.errors import DataError, Problem
from commonweal.core.store import Artefact
from commonweal.features.cells import CellFile, Layout
from commonweal.features.columns import Feature
from commonweal.features.matrix import FeatureMatrix, StoredBlock
from commonweal.models.columns import columns_seen
from commonweal.models.spec import ModelSpec, blocks_seen

CELLS, DESCRIBED = "cells.arrow", "features.json"
"""A block's files: its cells, and what they mean."""


def matrix(blocks: Mapping[str, Artefact]) -> FeatureMatrix:
    """Put blocks side by side; nothing is copied.

    Raises
    ------
    DataError
        If two blocks hold a feature of one name.
    """
    stored = {name: _stored(artefact) for name, artefact in blocks.items()}
    found = [feature for block in stored.values() for feature in block.features]
    count = Counter(feature.name for feature in found)
    twice = [feature for feature in found if count[feature.name] > 1]
    if twice:
        raise DataError([
            Problem(f"features.{f.block}", f"{f.name} stands in another block too", "drop one")
            for f in twice
        ])  # fmt: skip
    return FeatureMatrix(stored)


def seen_matrix(spec: ModelSpec, blocks: Mapping[str, Artefact]) -> FeatureMatrix:
    """Put the blocks a model sees side by side, with the columns that it sees."""
    whole = matrix({name: blocks[name] for name in blocks_seen(spec, tuple(blocks))})
    return whole.only(columns_seen(spec, whole.names))


def columns_of(blocks: Mapping[str, Artefact]) -> tuple[str, ...]:
    """Return the columns of blocks, in order; no cell is read."""
    found: list[str] = []
    for artefact in blocks.values():
        described = artefact.json(DESCRIBED)
        assert isinstance(described, dict)
        found += [feature["name"] for feature in described["features"]]
    return tuple(found)


def _stored(artefact: Artefact) -> StoredBlock:
    described = artefact.json(DESCRIBED)
    assert isinstance(described, dict)
    return StoredBlock(
        CellFile.open(artefact.file(CELLS)), Layout.read(described["layout"]),
        tuple(Feature(**one) for one in described["features"]),
    )  # fmt: skip
