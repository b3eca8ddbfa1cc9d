"""People as arrays: outcomes, scores and groups, checked and put in one order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from commonweal.core.errors import DataError, problem
from commonweal.core.seeds import tie_break
from commonweal.evaluation.ranking import Floats, Ranking

Labels = NDArray[np.int8]
Groups = NDArray[np.str_]
AND = " & "
"""Between the parts of a crossing's name: ``race=Black & gender=Male``."""


@dataclass(frozen=True, slots=True)
class People:
    """People with an outcome and a score; made by `of`.

    Parameters
    ----------
    labels
        0 or 1, shape (n,).
    scores
        A higher score is a higher predicted chance, shape (n,).
    ranking
        The people in order of their scores.
    """

    labels: Labels
    scores: Floats
    ranking: Ranking

    @classmethod
    def of(
        cls, labels: Any, scores: Any, ids: Iterable[Any] | None = None, seed: int = 0
    ) -> People:
        """Check outcomes and scores, and rank the people.

        Parameters
        ----------
        labels
            0 or 1 (or false and true), shape (n,): a list, an array or a column of a data frame.
        scores
            Numbers, shape (n,).
        ids
            An id a person, by which equal scores are put in an order that no row order changes;
            places where none are given.
        seed
            Decides, with the ids, between equal scores.

        Raises
        ------
        DataError
            If a label is not 0 or 1, a score is missing, or the lengths differ.
        """
        outcomes, numbers = labels_of(labels), scores_of(scores)
        same_length(len(outcomes), scores=len(numbers))
        known = range(len(outcomes)) if ids is None else ids
        ties = tie_break(seed, (str(one) for one in known))
        same_length(len(outcomes), ids=len(ties))
        return cls(outcomes, numbers, Ranking.of(numbers, outcomes, ties))


def labels_of(labels: Any, name: str = "labels") -> Labels:
    """Return outcomes as 0 and 1, shape (n,).

    Raises
    ------
    DataError
        If one is missing, or is neither 0 nor 1.
    """
    found = _numbers(labels, name)
    wrong = np.flatnonzero((found != 0) & (found != 1))
    if len(wrong):
        what = f"is {found[wrong[0]]:g} in row {wrong[0] + 1}, neither 0 nor 1"
        raise problem(DataError, name, what, "give 1 to those who had the outcome, 0 to others")
    return found.astype(np.int8)


def scores_of(scores: Any, name: str = "scores") -> Floats:
    """Return scores as numbers, shape (n,).

    Raises
    ------
    DataError
        If one is missing or infinite.
    """
    found = _numbers(scores, name)
    wrong = np.flatnonzero(~np.isfinite(found))
    if len(wrong):
        what = f"is {found[wrong[0]]} in row {wrong[0] + 1}"
        raise problem(DataError, name, what, "leave out those without a score, or score them")
    return found


def groups_of(groups: Any, n: int) -> Mapping[str, Groups]:
    """Return attribute -> group of each person, shape (n,).

    Parameters
    ----------
    groups
        A column of groups, or attribute -> column (a mapping or a data frame); a column without
        a name is called ``group``. What is missing becomes ``not recorded``.
    n
        Number of people.
    """
    if isinstance(groups, Mapping):
        named = dict(groups)
    elif hasattr(groups, "columns"):
        named = {str(name): groups[name] for name in groups.columns}
    else:
        named = {str(getattr(groups, "name", None) or "group"): groups}
    found = {str(name): _words(column) for name, column in named.items()}
    same_length(n, **{f"groups of {name}": len(column) for name, column in found.items()})
    return found


def crossed(attributes: Mapping[str, Groups]) -> Groups:
    """Name each person's group by several attributes: ``race=Black & gender=Male``."""
    parts = [[f"{name}={group}" for group in groups] for name, groups in attributes.items()]
    return np.array([AND.join(one) for one in zip(*parts, strict=True)], dtype=np.str_)


def same_length(n: int, **lengths: int) -> None:
    """Refuse columns of another length than `n`."""
    for name, length in lengths.items():
        if length != n:
            what = f"hold {length:,} values for {n:,} people"
            raise problem(DataError, name, what, "give one value a person, in one order")


def _numbers(values: Any, name: str) -> Floats:
    try:
        found = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise problem(DataError, name, "are not numbers", "convert them to numbers") from error
    if found.ndim != 1:
        what = f"have {found.ndim} dimensions"
        raise problem(DataError, name, what, "give one value a person")
    return found


def _words(column: Any) -> Groups:
    missing = {None, "", "nan", "NaN", "None", "<NA>"}
    return np.array(
        ["not recorded" if value is None or str(value) in missing else str(value)
         for value in column],
        dtype=np.str_,
    )  # fmt: skip
