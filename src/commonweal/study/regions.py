"""The leaves of a run's tree as regions: into which one each row of the cohort falls."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from commonweal.core.store import Artefact
from commonweal.evaluation.ranking import Ints
from commonweal.features.cells import Values
from commonweal.models.data import Matrix, Places, chunks
from commonweal.models.missing import FilledModel, Fills
from commonweal.models.registry import load
from commonweal.models.spec import TreeSpec
from commonweal.models.trees.fitted import TreeModel
from commonweal.study.matrix import seen_matrix


def regions(
    spec: TreeSpec, fitted: Artefact, blocks: Mapping[str, Artefact], rows: Places
) -> Ints:  # fmt: skip
    """Return the region of each row, reading the rows a chunk at a time.

    Regions are made without looking at a test outcome, so a decision may be studied within each.

    Parameters
    ----------
    spec
        The tree's settings.
    fitted
        Its artefact.
    blocks
        All feature blocks of the study, by name.
    rows
        Rows of the cohort.

    Returns
    -------
    array of int
        The leaf of each row: 0 for the leftmost, then 1; shape (rows,).
    """
    features = seen_matrix(spec, blocks)
    model, fills = read_tree(spec, fitted, features.names)
    return regions_in(model, fills, features, rows)


def regions_in(model: TreeModel, fills: Fills | None, features: Matrix, rows: Places) -> Ints:
    """Return the region of each row of a matrix of the columns the tree sees."""

    def seen(values: Values) -> Values:
        return values if fills is None else fills.fill(values)

    parts = [model.regions(seen(values)) for values in chunks(features, rows)]
    return np.concatenate([np.zeros(0, np.int64), *parts])


def read_tree(
    spec: TreeSpec, fitted: Artefact, names: tuple[str, ...]
) -> tuple[TreeModel, Fills | None]:
    """Read a tree, and what fills its columns if anything does."""
    model = load(spec, fitted.path, names)
    fills = model.fills if isinstance(model, FilledModel) else None
    inner = model.model if isinstance(model, FilledModel) else model
    assert isinstance(inner, TreeModel)
    return inner, fills
