"""The scorecard as a scikit-learn classifier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import Tags
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from commonweal.features.cells import Values
from commonweal.models.columns import columns_seen, unmatched
from commonweal.models.data import Places, Sample
from commonweal.models.scorecard.fit import fit_scorecard
from commonweal.models.scorecard.words import Words
from commonweal.models.spec import ScorecardSpec

if TYPE_CHECKING:
    from typing import Self

    from commonweal.models.scorecard.card import Card


_RANGES = {"items": (1, 30), "max_points": (1, 100), "thresholds": (1, 50), "min_rows": (1, 10**9)}
"""Those of a study; more items than bits of a number could not be told apart."""


@dataclass(frozen=True, slots=True)
class _Held:
    """Columns in memory."""

    values: Values
    names: tuple[str, ...]
    categorical: tuple[str, ...]

    def take(self, rows: Places) -> Values:
        return self.values[rows]


class Scorecard(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A card of a few yes-or-no items worth whole points, added up by hand.

    Select, regress, round (Jung, Concannon, Shroff, Goel and Goldstein 2017): items are picked one
    by one by the log loss of a logistic regression on them, then its coefficients are rounded to
    whole points. For two classes. Nothing is drawn at random, and no order of rows changes a card.

    Parameters
    ----------
    items
        Most items on the card.
    max_points
        Most points of an item, added or taken away.
    thresholds
        How many thresholds a column of numbers is offered at, by quantile.
    min_rows
        Fewest rows in which an item is true, and in which it is not.
    ask_missing
        Whether an item may be that a value is missing.
    positive, negative
        Columns whose items may only add points, or only take points away: names, or patterns
        such as ``arrest.*``. Columns of a plain array are called ``x0``, ``x1`` and so on.
    columns, without_columns
        Columns that may be on the card, and columns that may not, named likewise; all where none
        is named.
    categorical
        Names of the columns that hold categories, as whole numbers from 0.
    threads
        Threads used; no card depends on them.

    Attributes
    ----------
    card_
        The card; ``card_.text()`` prints it.
    classes_
        The two classes; points add to the chance of the second.
    n_features_in_, feature_names_in_
        As everywhere in scikit-learn.
    """

    def __init__(
        self, items: int = 10, max_points: int = 5, thresholds: int = 9, min_rows: int = 20,
        ask_missing: bool = True, positive: Sequence[str] = (), negative: Sequence[str] = (),
        columns: Sequence[str] = (), without_columns: Sequence[str] = (),
        categorical: Sequence[str] = (), threads: int = 1,
    ) -> None:  # fmt: skip
        self.items = items
        self.max_points = max_points
        self.thresholds = thresholds
        self.min_rows = min_rows
        self.ask_missing = ask_missing
        self.positive = positive
        self.negative = negative
        self.columns = columns
        self.without_columns = without_columns
        self.categorical = categorical
        self.threads = threads

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Learn a card.

        Parameters
        ----------
        X
            Numbers, shape (rows, columns), NaN where missing; compared as float32.
        y
            One of two classes for each row.
        sample_weight
            Weight of each row: 2 is the same as the row twice.

        Raises
        ------
        ValueError
            If an argument is out of its range or names no column, a number is larger than 32 bits
            hold, or there is one class only.
        """
        self._check()
        held, labels = validate_data(
            self, X, y, dtype="numeric", ensure_all_finite="allow-nan"
        )  # fmt: skip
        check_classification_targets(labels)
        if (kind := type_of_target(labels, input_name="y")) not in ("binary", "multiclass"):
            raise ValueError(f"Unknown label type: {kind}")
        self.classes_, place = np.unique(labels, return_inverse=True)
        if len(self.classes_) > 2:
            what = "Only binary classification is supported. The type of the target is multiclass."
            raise ValueError(what)
        weights = _check_sample_weight(
            sample_weight, held, dtype=np.float64, ensure_non_negative=True
        )
        present = np.bincount(place, weights, minlength=2)
        if not (present > 0).all():
            raise ValueError("a scorecard needs rows of two classes: there is one class only")
        if float(np.nanmax(np.abs(held), initial=0)) > float(np.finfo(np.float32).max):
            raise ValueError("X holds numbers larger than 32 bits hold: divide them")
        values = held.astype(np.float32)
        names = self._names()
        for setting in ("positive", "negative", "columns", "without_columns"):
            for pattern in unmatched(getattr(self, setting), names):
                raise ValueError(f"{setting} names {pattern!r}, which is no column")
        unknown = sorted(set(self.categorical) - set(names))
        if unknown:
            raise ValueError(f"categorical names {unknown[0]!r}, which is no column")
        spec = self._spec()
        seen = set(columns_seen(spec, names))
        kept = [i for i, name in enumerate(names) if name in seen]
        if not kept:
            raise ValueError("columns and without_columns leave no column")
        shown = tuple(names[i] for i in kept)
        categories = tuple(i for i, name in enumerate(shown) if name in set(self.categorical))
        matrix = _Held(values[:, kept], shown, tuple(self.categorical))
        sample = Sample(matrix, np.arange(len(values)), place.astype(np.int8))
        self._kept = kept
        self.card_: Card = fit_scorecard(spec, sample, categories, self.threads, weights).card
        return self

    def points(self, X: ArrayLike) -> NDArray[np.int64]:
        """Return the score of each row: its sum of points."""
        values = self._read(X)
        return self.card_.points(values)

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return the chance of either class, shape (rows, 2)."""
        values = self._read(X)
        chance = self.card_.predict(values)
        return np.column_stack([1 - chance, chance])

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Return the likelier class of each row."""
        values = self._read(X)
        chance = self.card_.predict(values)
        found: NDArray[Any] = self.classes_[(chance > 0.5).astype(np.int64)]
        return found

    def text(self, words: Words | None = None, title: str = "Scorecard") -> str:
        """Return the card as plain text, to be printed and used by hand."""
        check_is_fitted(self)
        return self.card_.text(words, title)

    def _read(self, X: ArrayLike) -> Values:
        check_is_fitted(self)
        held = validate_data(self, X, dtype="numeric", ensure_all_finite="allow-nan", reset=False)
        values: Values = held.astype(np.float32)[:, self._kept]
        return values

    def _names(self) -> tuple[str, ...]:
        named = getattr(self, "feature_names_in_", None)
        if named is None:
            return tuple(f"x{i}" for i in range(self.n_features_in_))
        return tuple(str(name) for name in named)

    def _check(self) -> None:
        """Refuse arguments out of their range."""
        for name, (least, most) in _RANGES.items():
            given = getattr(self, name)
            if given is None or not least <= given <= most:
                raise ValueError(f"{name} is {given}: it lies between {least} and {most:,}")

    def _spec(self) -> ScorecardSpec:
        return ScorecardSpec(
            kind="scorecard", items=self.items, points=self.max_points,
            thresholds=self.thresholds, min_rows=self.min_rows, ask_missing=self.ask_missing,
            positive=tuple(self.positive), negative=tuple(self.negative),
            columns=tuple(self.columns), without_columns=tuple(self.without_columns),
        )  # fmt: skip

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.input_tags.allow_nan = True
        return tags
