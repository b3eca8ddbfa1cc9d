"""One configuration of a model: fitted on training rows, measured on the tuning part."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from commonweal.core.parallel import once
from commonweal.core.store import Artefact, write_json
from commonweal.evaluation.choice import figures
from commonweal.evaluation.ranking import Ranking
from commonweal.models.boosted import BoostedModel
from commonweal.models.columns import columns_seen
from commonweal.models.data import TrainingData
from commonweal.models.fitted import scores
from commonweal.models.forest import ForestModel
from commonweal.models.registry import trainer
from commonweal.models.space import Values, bare, with_values
from commonweal.models.spec import BoostedSpec, Tunable
from commonweal.models.tuning_spec import TuningSpec
from commonweal.study.costs import Clock, Costs, timed
from commonweal.study.matrix import columns_of, seen_matrix
from commonweal.study.models import placed, training_data
from commonweal.study.stages import Workshop, code_below

Model = BoostedModel | ForestModel


@dataclass(frozen=True, slots=True)
class Search:
    """What all trials of one model share; rows are read when the first trial is missing.

    Parameters
    ----------
    shop
        Where stages are made.
    name, spec
        Name and settings of the model.
    parents
        What trials are made from, and ``features``: names of the blocks in their order.
    features
        Feature blocks and columns the model sees, in their order.
    data
        Gives the rows.
    train
        Gives what fits a configuration.
    costs
        Costs of the run.
    """

    shop: Workshop
    name: str
    spec: Tunable
    parents: Mapping[str, Artefact]
    features: tuple[tuple[str, ...], tuple[str, ...]]
    data: Callable[[], TrainingData]
    train: Callable[[], Callable[[Any], Model]]
    costs: Costs

    @property
    def tuning(self) -> TuningSpec:
        """How it is searched."""
        assert self.spec.tuning is not None
        return self.spec.tuning

    @property
    def seed(self) -> int:
        """The study's seed."""
        return self.shop.study.spec.study.seed

    @property
    def at_once(self) -> int:
        """How many trials are made at once: one where each rests on those before it."""
        return self.shop.threads if self.tuning.sampler == "random" else 1

    def configured(self, values: Values) -> Tunable:
        """Return the settings of a trial."""
        return with_values(bare(self.spec), values)

    def ranks(self, ranking: Ranking) -> tuple[int, int]:
        """Return as many ranks as there are positives, and the capacity of the part's share."""
        whole = len(self.data().validation.rows)
        dates = len(self.shop.dates("validation"))
        k = round(self.shop.study.spec.capacity.k * dates * ranking.n / whole)
        return ranking.positives, min(max(k, 1), ranking.n - 1)

    def ranked(self, values: Values) -> tuple[Model, Ranking]:
        """Fit one configuration and rank the people of the tuning part by it.

        Ties need no order: every figure counts them in expectation.
        """
        parts = self.data().parts
        assert parts is not None
        model = self.train()(self.configured(values))
        found = scores(model, parts.tuning.matrix, parts.tuning.rows)
        nobody_first = np.zeros(len(found), dtype=np.uint64)
        return model, Ranking.of(found, parts.tuning.labels, nobody_first)


def search(
    shop: Workshop, name: str, spec: Tunable, people: Artefact, labelled: Artefact,
    blocks: Mapping[str, Artefact],
) -> Search:  # fmt: skip
    """Prepare the search for one model's settings; `blocks` are those it sees."""
    data = once(lambda: training_data(shop, people, labelled, seen_matrix(spec, blocks), spec))
    # Several trials at once on one thread each take no longer, and never wait for each other.
    random = spec.tuning is not None and spec.tuning.sampler == "random"
    threads = 1 if random else shop.threads
    seed = shop.study.spec.study.seed
    train = once(lambda: trainer(bare(spec), data(), seed, threads))
    parents = {**blocks, "__cohort": people, "__labels": labelled}
    seen = (tuple(blocks), tuple(columns_seen(spec, columns_of(blocks))))
    return Search(shop, name, spec, parents, seen, data, train, Costs.of(shop.store))


def stage(one: Search, place: int) -> str:
    """Name the stage of a trial."""
    return f"tuning/{one.name}/{place:03}"


def settings(one: Search, values: Values) -> list[object]:
    """Return all that a trial depends on besides what it is made from."""
    shop = one.shop
    dates = [shop.dates("train"), shop.dates("validation")]
    return [
        one.configured(values), values, one.seed, *dates, *one.features,
        shop.study.spec.capacity.k, shop.study.disclosure,
    ]  # fmt: skip


def code() -> str:
    """Return the fingerprint of the code that makes trials."""
    return code_below("models", "evaluation", "oversight", "study/trial.py", "study/models.py")


def trial(one: Search, place: int, values: Values) -> Artefact:
    """Make one trial: ``trial.json``."""
    clock, shop = Clock(), one.shop

    def write(folder: Path) -> None:
        with timed(clock, alone=one.at_once == 1), placed(shop, one.name):
            model, ranking = one.ranked(values)
            ks = one.ranks(ranking)
            said = {
                "settings": values, "trees": model.trees, "figures": figures(ranking, ks),
                "ranks": ks, "rows": ranking.n, "cells": _cells(one, values, model),
                "shown": shown(one, ranking, ks),
            }  # fmt: skip
            write_json(folder / "trial.json", said)

    made = shop.make(stage(one, place), code(), settings(one, values), one.parents, write)
    one.costs.add(made, clock, threads=1 if one.at_once > 1 else shop.threads)
    return made


def _cells(one: Search, values: Values, model: Model) -> float:
    """Return the rows by columns offered to all trees that were grown."""
    spec, rows = one.configured(values), one.data().train
    grown = model.trees
    if isinstance(spec, BoostedSpec) and spec.trees is None:
        grown = min(grown + spec.patience, spec.max_trees)
    columns = len(rows.matrix.names)
    share = spec.column_fraction or columns**-0.5
    return float(f"{grown * len(rows.rows) * spec.row_fraction * columns * share:.6g}")


def shown(one: Search, ranking: Ranking, ks: tuple[int, int]) -> dict[str, object]:
    """Return what of a trial's figures may be shown: at which ranks, areas to how many decimals.

    The figures of the whole validation date are shown too, so what is left of it must be safe.
    """
    rule, whole = one.shop.study.disclosure, one.data().validation
    positives, n = ranking.positives, ranking.n
    rest = int(whole.labels.sum()) - positives
    left = len(whole.labels) - n - rest
    if not rule.safe(positives, n - positives, rest, left):
        return {"any": False, "ranks": [], "decimals": 0}
    cutoffs = rule.cutoffs(ranking, None, ks, among=sorted(set(ks)))
    return {"any": True, "ranks": list(cutoffs), "decimals": rule.areas(ranking, cutoffs)}
