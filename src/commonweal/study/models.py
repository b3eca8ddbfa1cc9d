"""The stages of models: which rows and columns each may see, and one artefact a model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
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
from commonweal.models.columns import columns_seen
from commonweal.models.complete import complete
from commonweal.models.data import Places, Sample, TrainingData
from commonweal.models.parts import FOLDS, folded, fractions, needs_parts, parted
from commonweal.models.spec import Learned, ModelSpec, TreeSpec, blocks_seen
from commonweal.study.matrix import columns_of, seen_matrix
from commonweal.study.stages import Workshop, code_below


def seen(spec: ModelSpec, blocks: Mapping[str, Artefact]) -> dict[str, Artefact]:
    """Return the blocks of which a model sees a column, in the order of the study."""
    mine = {name: blocks[name] for name in blocks_seen(spec, tuple(blocks))}
    wanted = set(columns_seen(spec, columns_of(mine)))
    return {name: one for name, one in mine.items() if wanted & set(columns_of({name: one}))}


def models(
    shop: Workshop, people: Artefact, labelled: Artefact, blocks: Mapping[str, Artefact],
    specs: Mapping[str, ModelSpec] | None = None,
) -> dict[str, Artefact]:  # fmt: skip
    """Fit every model on training and validation dates.

    Writes the model, ``importance.json``, and where they are asked for ``calibrator.json`` and
    ``permutation.json``.

    Parameters
    ----------
    shop
        Where stages are made.
    people, labelled, blocks
        The cohort, its outcomes, its features.
    specs
        Settings of the models, where they are not those of the study: `tuning.tuned` finds some.
    """
    wanted = shop.study.spec.models if specs is None else specs
    made = each(
        lambda name: _model(shop, name, wanted[name], people, labelled, seen(wanted[name], blocks)),
        list(wanted),
        shop.threads,
    )
    return dict(zip(wanted, made, strict=True))


def _model(
    shop: Workshop, name: str, spec: ModelSpec, people: Artefact, labelled: Artefact,
    blocks: Mapping[str, Artefact],
) -> Artefact:  # fmt: skip
    seed = shop.study.spec.study.seed

    def write(folder: Path) -> None:
        data = training_data(shop, people, labelled, seen_matrix(spec, blocks), spec)
        with placed(shop, name):
            made = complete(spec, data, seed, shop.threads)
        made.save(folder)
        weights = zip(data.names, made.model.importance(), strict=True)
        write_json(folder / "importance.json", {column: float(x) for column, x in weights})

    # Columns are told by their place: blocks in another order make another model.
    dates = [shop.dates("train"), shop.dates("validation")]
    settings = [spec, seed, *dates, list(blocks), columns_seen(spec, columns_of(blocks))]
    parents = {**blocks, "__cohort": people, "__labels": labelled}
    return shop.make(
        f"models/{name}", code_below("models", "study/models.py"), settings, parents, write
    )


@contextmanager
def placed(shop: Workshop, name: str) -> Iterator[None]:
    """Say of a mistake that it is about this model."""
    try:
        yield
    except StudyError as error:
        where = f"{shop.study.path.name}: models.{name}"
        raise StudyError([replace(p, where=where) for p in error.problems]) from error


def row_places(shop: Workshop, people: Artefact, *roles: str) -> Places:
    """Return the cohort rows of the as-of dates of some roles, ascending."""
    as_of = read_table(people.file("cohort.parquet"), ["as_of"])["as_of"]
    wanted = pa.array([s.as_of for s in shop.splits if s.role in roles], pa.date32())
    return np.flatnonzero(pc.is_in(as_of, wanted).to_numpy())


def training_data(
    shop: Workshop, people: Artefact, labelled: Artefact, features_: FeatureMatrix,
    spec: ModelSpec | None = None,
) -> TrainingData:  # fmt: skip
    """Name the rows of training and validation dates whose label is known.

    For a model that is tuned or calibrated, where it is given, the validation rows are taken apart
    by person.
    """
    observed = read_table(labelled.file("labels.parquet"))["label"]
    known = observed.is_valid().to_numpy()
    values = observed.fill_null(0).to_numpy().astype(np.int8)
    numbers = _people(people) if isinstance(spec, TreeSpec) and spec.alpha is None else None
    parts = {}
    for role in ("train", "validation"):
        rows = row_places(shop, people, role)
        rows = rows[known[rows]]
        theirs = None if numbers is None else numbers[rows]
        parts[role] = Sample(features_, rows, values[rows], theirs)
        _check_both(f"the {role} rows", parts[role])
    data = TrainingData(parts["train"], parts["validation"])
    if spec is None or not needs_parts(spec):
        return data
    ids = read_table(people.file("cohort.parquet"), ["entity_id"])["entity_id"]
    return _divided(data, ids, spec, shop.study.spec.study.seed)


def _people(people: Artefact) -> Places:
    """Return whose each cohort row is: the place of the id among all ids, ascending."""
    ids = read_table(people.file("cohort.parquet"), ["entity_id"])["entity_id"]
    codes = ids.combine_chunks().dictionary_encode()
    place = np.argsort(np.argsort(codes.dictionary.to_numpy(zero_copy_only=False)))
    return np.asarray(place[codes.indices.to_numpy()], np.int64)


def _divided(data: TrainingData, ids: pa.ChunkedArray, spec: ModelSpec, seed: int) -> TrainingData:
    """Take validation rows apart, and put training rows into folds where that is asked for."""
    assert isinstance(spec, Learned)
    shares = fractions(spec)
    theirs = ids.take(pa.array(data.validation.rows)).to_pylist()
    parts = parted(data.validation, theirs, shares, seed)
    for name, share in zip(("tuning", "calibration", "stopping"), shares, strict=True):
        if share:
            _check_both(f"the {name} part of the validation rows", getattr(parts, name))
    folds = None
    if spec.cross_fitted and spec.calibration is not None:
        folds = folded(ids.take(pa.array(data.train.rows)).to_pylist(), seed)
        for fold in range(FOLDS):
            _check_both(
                "a fold of the training rows", data.train.some(np.flatnonzero(folds != fold))
            )
    return replace(data, parts=parts, folds=folds)


def _check_both(name: str, sample: Sample) -> None:
    """Refuse rows from which nothing can be learned."""
    positives = int(sample.labels.sum())
    if positives == 0 or positives == len(sample.rows):
        what = f"{name} hold {positives} positives among {len(sample.rows)}"
        raise CommonwealError([Problem("outcome", what, "check the outcome and the cohort")])
