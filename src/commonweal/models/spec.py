"""The ``[models.NAME]`` sections of a study."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class BoostedSpec:
    """Gradient-boosted trees (LightGBM); the number of trees is chosen on the validation rows.

    Parameters
    ----------
    learning_rate, leaves, min_leaf, row_fraction, column_fraction, l2
        LightGBM's learning_rate, num_leaves, min_data_in_leaf, bagging_fraction (every tree),
        feature_fraction and lambda_l2.
    max_trees
        Most trees grown.
    patience
        Trees without a better validation log loss after which growing stops.
    bags
        How many models of different seeds are averaged on the log-odds scale.
    blocks
        Feature blocks the model sees; all where none is named.
    without
        Feature blocks it does not see, where it sees all others.
    columns
        Features of these blocks that the model sees: names, or patterns such as ``arrest.*``;
        all where none is named.
    without_columns
        Features that it does not see, named likewise.
    """

    kind: Literal["boosted"]
    learning_rate: float = 0.03
    leaves: int = 15
    min_leaf: int = 40
    row_fraction: float = 0.7
    column_fraction: float = 0.3
    l2: float = 5.0
    max_trees: int = 1500
    patience: int = 100
    bags: int = 1
    blocks: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    without_columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LogisticSpec:
    """Logistic regression with a ridge penalty on log-transformed, standardized features.

    A column of categories becomes an indicator of each. All rows are held at once, at 8 bytes a
    number: more than 2 GB are refused, so a large cohort needs few blocks.

    Parameters
    ----------
    penalties
        Ridge strengths tried; the one with the best validation log loss is kept.
    blocks
        Feature blocks the model sees; all where none is named.
    without
        Feature blocks it does not see, where it sees all others.
    columns
        Features of these blocks that the model sees: names, or patterns such as ``arrest.*``;
        all where none is named.
    without_columns
        Features that it does not see, named likewise.
    """

    kind: Literal["logistic"]
    penalties: tuple[float, ...] = (10.0, 100.0, 1000.0, 10000.0)
    blocks: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    without_columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CountRankSpec:
    """Rank by one past count: what an agency does without a model.

    Parameters
    ----------
    feature
        Name of the feature ranked by; a missing value ranks last.
    blocks
        Feature blocks the model sees; all where none is named.
    without
        Feature blocks it does not see, where it sees all others.
    columns
        Features of these blocks that the model sees: names, or patterns such as ``arrest.*``;
        all where none is named.
    without_columns
        Features that it does not see, named likewise.
    """

    kind: Literal["count_rank"]
    feature: str
    blocks: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    without_columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseRateSpec:
    """Everybody the base rate of the training rows; no feature is looked at."""

    kind: Literal["base_rate"]


ModelSpec = BoostedSpec | LogisticSpec | CountRankSpec | BaseRateSpec


def blocks_seen(spec: ModelSpec, blocks: Collection[str]) -> tuple[str, ...]:
    """Return the feature blocks a model sees, in the order of the study."""
    match spec:
        case BaseRateSpec():
            return ()
        case _:
            wanted = spec.blocks or tuple(blocks)
            return tuple(b for b in blocks if b in wanted and b not in spec.without)
