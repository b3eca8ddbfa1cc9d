"""The ``[models.NAME]`` sections of a study."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from commonweal.models.missing_spec import MissingSpec
from commonweal.models.tuning_spec import PermutationSpec, TuningSpec

Calibration = Literal["isotonic", "platt"]
PARTS = (0.5, 0.25, 0.25)
"""Shares of the validation rows for tuning, calibration and early stopping (paper C, A.4.1)."""


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
    trees
        Number of trees; chosen by early stopping where none is given.
    bags
        How many models of different seeds are averaged on the log-odds scale.
    tuning
        A search for settings: ``[models.NAME.tuning]``.
    calibration
        How predicted chances are mended: ``isotonic`` or ``platt``; not at all where not named.
        Rankings and headline figures stay those of the raw scores.
    cross_fitted
        Whether the calibration is learned on training rows, each scored by a model fitted on
        other people, instead of on the calibration part of the validation rows.
    parts
        Shares of the validation rows, by person, for tuning, calibration and early stopping,
        where the model is tuned or calibrated; a part nobody needs goes to early stopping.
    permutation
        How much worse the model is with a column shuffled: ``{ repeats, rows, columns }``.
    missing
        What the model sees where features are missing: ``{ columns, by }``.
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
    trees: int | None = None
    bags: int = 1
    tuning: TuningSpec | None = None
    calibration: Calibration | None = None
    cross_fitted: bool = False
    parts: tuple[float, float, float] = PARTS
    permutation: PermutationSpec | None = None
    missing: MissingSpec | None = None
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
    calibration
        How predicted chances are mended: ``isotonic`` or ``platt``; not at all where not named.
        Rankings and headline figures stay those of the raw scores.
    cross_fitted
        Whether the calibration is learned on training rows, each scored by a model fitted on
        other people, instead of on the calibration part of the validation rows.
    parts
        Shares of the validation rows, by person, for tuning, calibration and early stopping,
        where the model is tuned or calibrated; a part nobody needs goes to early stopping.
    permutation
        How much worse the model is with a column shuffled: ``{ repeats, rows, columns }``.
    missing
        What the model sees where features are missing: ``{ columns, by }``.
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
    calibration: Calibration | None = None
    cross_fitted: bool = False
    parts: tuple[float, float, float] = PARTS
    permutation: PermutationSpec | None = None
    missing: MissingSpec | None = None
    blocks: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    without_columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ForestSpec:
    """A random forest (scikit-learn): the mean of deep trees, each of other rows and columns.

    All rows are held at once, at 4 bytes a number: more than 2 GB are refused unless `rows` takes
    a sample of them.

    Parameters
    ----------
    trees, min_leaf
        scikit-learn's n_estimators and min_samples_leaf.
    max_depth
        Most splits from root to leaf; 0: no limit.
    column_fraction
        Share of the columns looked at for each split; 0: the square root of their number.
    row_fraction
        Rows drawn for each tree, with replacement, as a share of all.
    rows
        Most rows fitted on, drawn at random; all where not given.
    tuning
        A search for settings: ``[models.NAME.tuning]``.
    calibration
        How predicted chances are mended: ``isotonic`` or ``platt``; not at all where not named.
        Rankings and headline figures stay those of the raw scores.
    cross_fitted
        Whether the calibration is learned on training rows, each scored by a model fitted on
        other people, instead of on the calibration part of the validation rows.
    parts
        Shares of the validation rows, by person, for tuning, calibration and early stopping,
        where the model is tuned or calibrated; a part nobody needs goes to early stopping.
    permutation
        How much worse the model is with a column shuffled: ``{ repeats, rows, columns }``;
        measured with the usual numbers where it is not named.
    missing
        What the model sees where features are missing: ``{ columns, by }``.
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

    kind: Literal["forest"]
    trees: int = 500
    min_leaf: int = 10
    max_depth: int = 0
    column_fraction: float = 0.0
    row_fraction: float = 1.0
    rows: int | None = None
    tuning: TuningSpec | None = None
    calibration: Calibration | None = None
    cross_fitted: bool = False
    parts: tuple[float, float, float] = PARTS
    permutation: PermutationSpec | None = None
    missing: MissingSpec | None = None
    blocks: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    without_columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OlsSpec:
    """Ordinary least squares on the design of the logistic regression: a linear probability model.

    Its scores are not bounded by 0 and 1, so they rank people and are no chances, unless they are
    calibrated. Columns that say nothing of their own share a coefficient: of all solutions the
    one with the smallest coefficients is taken.

    Parameters
    ----------
    calibration
        How predicted chances are mended: ``isotonic`` or ``platt``; not at all where not named.
        Rankings and headline figures stay those of the raw scores.
    cross_fitted
        Whether the calibration is learned on training rows, each scored by a model fitted on
        other people, instead of on the calibration part of the validation rows.
    parts
        Shares of the validation rows, by person, for tuning, calibration and early stopping,
        where the model is tuned or calibrated; a part nobody needs goes to early stopping.
    permutation
        How much worse the model is with a column shuffled: ``{ repeats, rows, columns }``.
    missing
        What the model sees where features are missing: ``{ columns, by }``.
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

    kind: Literal["ols"]
    calibration: Calibration | None = None
    cross_fitted: bool = False
    parts: tuple[float, float, float] = PARTS
    permutation: PermutationSpec | None = None
    missing: MissingSpec | None = None
    blocks: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    without_columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeSpec:
    """One decision tree, near the best of its size: rules that can be read and followed by hand.

    It minimizes squared errors plus a penalty a leaf (paper A, section 4), from CART's tree on.

    Parameters
    ----------
    max_depth
        Most splits from root to leaf.
    min_leaf
        Fewest rows learned from in a leaf.
    alpha
        Penalty a leaf, as a share of the squared errors without a tree; chosen by
        cross-validation, people in one fold each, where none is given.
    folds
        Folds of that cross-validation.
    restarts
        How many searches, of which the best is kept.
    bins
        Most bins of a column of numbers: a split falls between two of them.
    calibration
        How predicted chances are mended: ``isotonic`` or ``platt``; not at all where not named.
        Rankings and headline figures stay those of the raw scores.
    cross_fitted
        Whether the calibration is learned on training rows, each scored by a model fitted on
        other people, instead of on the calibration part of the validation rows.
    parts
        Shares of the validation rows, by person, for tuning, calibration and early stopping,
        where the model is tuned or calibrated; a part nobody needs goes to early stopping.
    permutation
        How much worse the model is with a column shuffled: ``{ repeats, rows, columns }``.
    missing
        What the model sees where features are missing: ``{ columns, by }``.
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

    kind: Literal["tree"]
    max_depth: int = 4
    min_leaf: int = 20
    alpha: float | None = None
    folds: int = 5
    restarts: int = 4
    bins: int = 255
    calibration: Calibration | None = None
    cross_fitted: bool = False
    parts: tuple[float, float, float] = PARTS
    permutation: PermutationSpec | None = None
    missing: MissingSpec | None = None
    blocks: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    without_columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ScorecardSpec:
    """A card of a few yes-or-no items worth whole points, added up by hand.

    Items are selected one by one, weighed by a logistic regression, and rounded to whole points
    (select, regress, round: Jung et al. 2017). The chance of a score is logistic in it.

    Parameters
    ----------
    items
        Most items on the card.
    points
        Most points of an item, added or taken away.
    thresholds
        How many thresholds a column of numbers is offered at, by quantile.
    min_rows
        Fewest rows learned from in which an item is true, and in which it is not.
    ask_missing
        Whether an item may be that nothing is recorded.
    positive
        Features whose items may only add points: names, or patterns such as ``arrest.*``.
    negative
        Features whose items may only take points away, named likewise.
    calibration
        How predicted chances are mended: ``isotonic`` or ``platt``; not at all where not named.
        Rankings and headline figures stay those of the raw scores.
    cross_fitted
        Whether the calibration is learned on training rows, each scored by a model fitted on
        other people, instead of on the calibration part of the validation rows.
    parts
        Shares of the validation rows, by person, for tuning, calibration and early stopping,
        where the model is tuned or calibrated; a part nobody needs goes to early stopping.
    permutation
        How much worse the model is with a column shuffled: ``{ repeats, rows, columns }``.
    missing
        Not to be named: with features filled, points could not be added up by hand.
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

    kind: Literal["scorecard"]
    items: int = 10
    points: int = 5
    thresholds: int = 9
    min_rows: int = 100
    ask_missing: bool = True
    positive: tuple[str, ...] = ()
    negative: tuple[str, ...] = ()
    calibration: Calibration | None = None
    cross_fitted: bool = False
    parts: tuple[float, float, float] = PARTS
    permutation: PermutationSpec | None = None
    missing: MissingSpec | None = None
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


ModelSpec = (
    BoostedSpec
    | ForestSpec
    | LogisticSpec
    | OlsSpec
    | TreeSpec
    | ScorecardSpec
    | CountRankSpec
    | BaseRateSpec
)
Tunable = BoostedSpec | ForestSpec
"""Kinds with settings that can be searched for."""
Learned = BoostedSpec | ForestSpec | LogisticSpec | OlsSpec | TreeSpec | ScorecardSpec
"""Kinds that learn from columns: they can be calibrated, and their columns shuffled."""

Printed = ScorecardSpec
"""Kinds of which a report prints the chance of every score."""


def blocks_seen(spec: ModelSpec, blocks: Collection[str]) -> tuple[str, ...]:
    """Return the feature blocks a model sees, in the order of the study."""
    match spec:
        case BaseRateSpec():
            return ()
        case _:
            wanted = spec.blocks or tuple(blocks)
            return tuple(b for b in blocks if b in wanted and b not in spec.without)


def shuffles(spec: ModelSpec) -> PermutationSpec | None:
    """Return how columns are shuffled to measure a model; None where they are not."""
    if not isinstance(spec, Learned):
        return None
    usual = PermutationSpec() if isinstance(spec, ForestSpec) else None
    wanted = spec.permutation or usual
    return wanted if wanted and wanted.repeats else None
