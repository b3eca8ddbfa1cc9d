"""The tree as a scikit-learn classifier."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import check_cv
from sklearn.utils import check_consistent_length, check_random_state
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from commonweal.core.progress import Progress as Shown
from commonweal.core.progress import progress
from commonweal.models.trees.bins import MOST
from commonweal.models.trees.fit import kinds_of
from commonweal.models.trees.found import Found
from commonweal.models.trees.grow import Data, Shape, chosen, grown
from commonweal.models.trees.path import usual_path
from commonweal.models.trees.search import Effort
from commonweal.models.trees.tree import Kind, Tree

_PRECISE = 1e12
"""Most weight of all rows, in weights of a smallest leaf: sums are exact to some 15 digits."""


class OptimalTree(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A decision tree near the best of its size, for an outcome that happens or does not.

    Minimizes, over trees, the squared errors of the predicted chances plus a penalty for each
    leaf (paper A, section 4; Bertsimas and Dunn 2017). Finding the best tree is hard; what is
    found is a local optimum, never worse than CART's with the same penalty, and usually within
    .5% of the best. `found_.words()` says how good it is; with `certify` it says so for certain
    where pystreed can prove the optimum.

    Parameters
    ----------
    max_depth : int
        Most splits from root to leaf.
    min_samples_leaf : float
        Least weight of the rows of a leaf: their number where they have no weights.
    alpha : float, sequence of float, or None
        Penalty a leaf, as a share of the squared errors of predicting the base rate. Of several
        the largest whose cross-validated log loss is within a standard error of the smallest; None
        tries .05, .025, ... down to the errors of two rows.
    cv : int, splitter or iterable
        Folds of that cross-validation, to which rows or groups are dealt at random; or splits as
        scikit-learn takes them, of which each row is in one test part: all others are learned from.
    n_restarts : int
        Searches of which the best is kept; the first takes no chances, the others do.
    width : int
        How many of the most promising splits are followed further at each node.
    max_bins : int
        Most bins of a column of numbers, 2 to 255. With no more different values than that every
        split is looked at.
    categorical_features : sequence of int or str, or None
        Columns that hold codes of categories: 0, 1, 2, or NaN. A split singles one out.
    time_limit : float or None
        Seconds after which the best tree so far is taken; half of them are for the folds where
        alpha is chosen. CART and the last polish are not cut short. What is found depends on the
        machine then; without a limit it depends on the arguments alone.
    certify : float or None
        Seconds given to pystreed to prove the optimum (extra ``certify``); none where None.
    n_jobs : int or None
        Threads, as in scikit-learn: None is one, -1 all. They change how fast, never what.
    random_state : int, RandomState or None
        Where chance comes from: folds, restarts, the order of rows. None is a fixed seed, so that
        the same rows give the same tree.
    verbose : bool
        Whether to show, on a terminal, which depth is being searched.

    Attributes
    ----------
    classes_ : ndarray
        The two values of the outcome, ascending; chances are those of the second.
    tree_ : Tree
        The tree, with its leaves, rules and rates.
    found_ : Found
        What the search came to.
    alpha_ : float
        The penalty, chosen or given.
    n_features_in_ : int
        Number of columns.

    Notes
    -----
    A missing value (NaN) goes to the side that a split says; where the rows learned from had none
    missing, with the larger part of them.
    """

    def __init__(
        self, max_depth: int = 4, *, min_samples_leaf: float = 1,
        alpha: float | Sequence[float] | None = None, cv: Any = 5, n_restarts: int = 4,
        width: int = 4, max_bins: int = MOST,
        categorical_features: Sequence[int | str] | None = None, time_limit: float | None = None,
        certify: float | None = None, n_jobs: int | None = None, random_state: Any = None,
        verbose: bool = False,
    ) -> None:  # fmt: skip
        self.max_depth = max_depth
        self.min_samples_leaf = min_samples_leaf
        self.alpha = alpha
        self.cv = cv
        self.n_restarts = n_restarts
        self.width = width
        self.max_bins = max_bins
        self.categorical_features = categorical_features
        self.time_limit = time_limit
        self.certify = certify
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose

    def fit(self, X: Any, y: Any, sample_weight: Any = None, groups: Any = None) -> OptimalTree:
        """Find a tree.

        Parameters
        ----------
        X : array-like of shape (rows, columns)
            Numbers, NaN where missing.
        y : array-like of shape (rows,)
            The outcome: two different values.
        sample_weight : array-like of shape (rows,), optional
            Weights of rows, not negative. A row of weight 2 counts as two, of weight 0 as none.
        groups : array-like of shape (rows,), optional
            Whose each row is: rows of one person are in one fold.

        Returns
        -------
        OptimalTree
            Itself.

        Raises
        ------
        ValueError
            If an argument is out of its range, or the outcome has more than two values; if folds
            do not fit the rows, or weights are so large that rounding outweighs a smallest leaf.
        """
        self._check()
        X, y = validate_data(self, X, y, dtype="numeric", ensure_all_finite="allow-nan")
        check_classification_targets(y)
        self.classes_, labels = np.unique(y, return_inverse=True)
        if len(self.classes_) > 2:
            kind = type_of_target(y, input_name="y")
            raise ValueError(
                f"Only binary classification is supported. The type of the target is {kind}."
            )
        weights = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
        random = 0 if self.random_state is None else self.random_state
        seed = int(check_random_state(random).randint(2**31 - 1))
        held = np.flatnonzero(weights > 0)
        if not len(held):
            raise ValueError("sample_weight: every row has weight 0")
        self._check_weights(weights)
        data = Data(X[held], labels[held].astype(np.int8), weights[held], self._names(),
                    self._kinds(X[held]))  # fmt: skip
        path = self._path(float(weights.sum()))
        folds = None if isinstance(path, float) else self._folds(X, y, groups, held, seed)
        self.tree_, self.found_ = self._found(data, path, folds, seed)
        self.alpha_ = self.found_.alpha
        return self

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Return the chance of each class, shape (rows, 2): the shares in each row's leaf."""
        values = self._values(X)
        chance = self.tree_.predict(values)
        if len(self.classes_) == 1:
            return np.ones((len(values), 1))
        return np.column_stack([1 - chance, chance])

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the likelier class of each row; the first where both are as likely."""
        chances = self.predict_proba(X)
        return np.asarray(self.classes_[np.argmax(chances, axis=1)])

    def apply(self, X: Any) -> NDArray[np.int64]:
        """Return the leaf each row falls into, as its node in `tree_`; shape (rows,)."""
        return self.tree_.apply(self._values(X))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.input_tags.allow_nan = True
        return tags

    def _values(self, X: Any) -> NDArray[Any]:
        check_is_fitted(self)
        return np.asarray(
            validate_data(self, X, dtype="numeric", ensure_all_finite="allow-nan", reset=False)
        )

    def _names(self) -> tuple[str, ...]:
        names = getattr(self, "feature_names_in_", None)
        if names is None:
            return tuple(f"x{place}" for place in range(self.n_features_in_))
        return tuple(str(name) for name in names)

    def _kinds(self, values: NDArray[Any]) -> tuple[Kind, ...]:
        names = self._names()
        places = []
        for column in () if self.categorical_features is None else self.categorical_features:
            if isinstance(column, (bool, np.bool_)):
                raise ValueError("categorical_features: give places or names, not True and False")
            if isinstance(column, str) and column not in names:
                raise ValueError(f"categorical_features: there is no column {column!r}")
            place = names.index(column) if isinstance(column, str) else int(column)
            if not 0 <= place < len(names):
                raise ValueError(f"categorical_features: there is no column {place}")
            places.append(place)
        return kinds_of(values, tuple(places))

    def _path(self, rows: float) -> float | tuple[float, ...]:
        """Return the penalty, or those that are tried."""
        if self.alpha is None:
            return usual_path(rows)
        given = np.asarray(self.alpha, np.float64)
        return float(given) if given.ndim == 0 else tuple(given.tolist())

    def _folds(
        self, X: Any, y: Any, groups: Any, held: NDArray[np.int64], seed: int
    ) -> NDArray[np.int64]:
        """Return the fold of each row held: dealt at random, or as splits are given."""
        check_consistent_length(X, groups)
        if isinstance(self.cv, (int, np.integer)):
            rows = held if groups is None else np.asarray(groups)[held]
            codes = np.unique(rows, return_inverse=True)[1]
            number = int(codes.max()) + 1
            if number < self.cv:
                raise ValueError(f"n_samples={number}: cv={self.cv} folds need as many")
            dealt = np.random.default_rng([seed, 1]).permutation(np.arange(number) % self.cv)
            return np.asarray(dealt[codes], np.int64)
        folds, times = np.full(len(y), -1, np.int64), np.zeros(len(y), np.int64)
        for fold, (_, test) in enumerate(check_cv(self.cv).split(X, y, groups)):
            folds[test] = fold
            times[test] += 1
        if (times != 1).any():
            raise ValueError("cv: each row must be in the test part of one split")
        if len(np.unique(folds[held])) < 2:
            raise ValueError("cv: the rows must be in the test parts of two splits or more")
        return folds[held]

    def _found(
        self, data: Data, path: float | tuple[float, ...], folds: NDArray[np.int64] | None,
        seed: int,
    ) -> tuple[Tree, Found]:  # fmt: skip
        from joblib import effective_n_jobs

        shape = Shape(int(self.max_depth), float(self.min_samples_leaf), int(self.max_bins))
        effort = Effort(
            restarts=int(self.n_restarts), width=int(self.width), seconds=self.time_limit,
            threads=effective_n_jobs(self.n_jobs), seed=seed, certify=self.certify,
        )  # fmt: skip
        with _shown(self.verbose) as shown, shown.step("searching for a tree") as tell:

            def told(depth: int, best: float) -> None:
                tell(f"searching for a tree: depth {depth} done, objective {best:,.6g}")

            if isinstance(path, float) or folds is None:
                assert isinstance(path, float)
                return grown(data, shape, path, effort, told)
            return chosen(data, shape, path, folds, effort, told)

    def _check(self) -> None:
        """Refuse arguments out of their range."""
        least = {"max_depth": 1, "n_restarts": 1, "width": 1, "max_bins": 2}
        if isinstance(self.cv, (int, np.integer)):
            least["cv"] = 2
        for name, smallest in least.items():
            given = getattr(self, name)
            if given is None or given < smallest:
                raise ValueError(f"{name} is {given}: it must be {smallest} or more")
        if self.max_bins > MOST:
            raise ValueError(f"max_bins is {self.max_bins}: it may be {MOST} at most")
        if not self.min_samples_leaf > 0:
            raise ValueError(f"min_samples_leaf is {self.min_samples_leaf}: it must be above 0")
        path = () if self.alpha is None else np.atleast_1d(np.asarray(self.alpha, np.float64))
        if self.alpha is not None and (not len(path) or not all(0 <= a <= 1 for a in path)):
            raise ValueError(f"alpha is {self.alpha}: penalties lie between 0 and 1")

    def _check_weights(self, weights: NDArray[np.float64]) -> None:
        """Refuse weights whose sums are rounded by more than a leaf may weigh."""
        total = float(weights.sum())
        if (weights != 1).any() and not total < _PRECISE * self.min_samples_leaf:
            raise ValueError(
                f"sample_weight: weights add up to {total:.3g}, so that rounding outweighs "
                f"min_samples_leaf={self.min_samples_leaf:g}: divide them by one number"
            )


def _shown(verbose: bool) -> Any:
    from contextlib import nullcontext

    return progress() if verbose else nullcontext(Shown())
