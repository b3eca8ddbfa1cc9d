"""The stages of models: which rows and columns each may see, and one artefact a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from commonweal.core.errors import CommonwealError, Problem, StudyError
from commonweal.core.parallel import each
from commonweal.core.store import Artefact, write_json
from commonweal.core.tables import read_table
from commonweal.features.matrix import FeatureMatrix
from commonweal.models.data import Sample, TrainingData
from commonweal.models.registry import fit
from commonweal.models.spec import ModelSpec, blocks_seen
from commonweal.study.matrix import matrix
from commonweal.study.stages import Workshop, code_below


def seen(spec: ModelSpec, blocks: Mapping[str, Artefact]) -> dict[str, Artefact]:
    """Return the blocks a model sees, in the order of the study."""
    return {name: blocks[name] for name in blocks_seen(spec, tuple(blocks))}


def models(
    shop: Workshop, people: Artefact, labelled: Artefact, blocks: Mapping[str, Artefact]
) -> dict[str, Artefact]:
    """Fit every model on training and validation dates: the model and ``importance.json``."""
    specs = shop.study.spec.models
    made = each(
        lambda name: _model(shop, name, people, labelled, seen(specs[name], blocks)),
        list(specs),
        shop.threads,
    )
    return dict(zip(specs, made, strict=True))


def _model(
    shop: Workshop, name: str, people: Artefact, labelled: Artefact, blocks: Mapping[str, Artefact]
) -> Artefact:
    spec, seed = shop.study.spec.models[name], shop.study.spec.study.seed

    def write(folder: Path) -> None:
        data = training_data(shop, people, labelled, matrix(blocks))
        try:
            fitted = fit(spec, data, seed, shop.threads)
        except StudyError as error:
            where = f"{shop.study.path.name}: models.{name}"
            raise StudyError([replace(p, where=where) for p in error.problems]) from error
        fitted.save(folder)
        weights = zip(data.names, fitted.importance(), strict=True)
        write_json(folder / "importance.json", {column: float(x) for column, x in weights})

    # Columns are told by their place: blocks in another order make another model.
    dates = [shop.dates("train"), shop.dates("validation")]
    settings = [spec, seed, *dates, list(blocks)]
    parents = {**blocks, "__cohort": people, "__labels": labelled}
    return shop.make(f"models/{name}", code_below("models"), settings, parents, write)


def row_places(
    shop: Workshop, people: Artefact, *roles: str
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return the cohort rows of the as-of dates of some roles, ascending."""
    as_of = read_table(people.file("cohort.parquet"), ["as_of"])["as_of"]
    wanted = pa.array([s.as_of for s in shop.splits if s.role in roles], pa.date32())
    return np.flatnonzero(pc.is_in(as_of, wanted).to_numpy())


def training_data(
    shop: Workshop, people: Artefact, labelled: Artefact, features_: FeatureMatrix
) -> TrainingData:
    """Name the rows of training and validation dates whose label is known."""
    observed = read_table(labelled.file("labels.parquet"))["label"]
    known = observed.is_valid().to_numpy()
    values = observed.fill_null(0).to_numpy().astype(np.int8)
    parts = {}
    for role in ("train", "validation"):
        rows = row_places(shop, people, role)
        rows = rows[known[rows]]
        positives = int(values[rows].sum())
        if positives == 0 or positives == len(rows):
            what = f"the {role} rows hold {positives} positives among {len(rows)}"
            raise CommonwealError([Problem("outcome", what, "check the outcome and the cohort")])
        parts[role] = Sample(features_, rows, values[rows])
    return TrainingData(parts["train"], parts["validation"])
