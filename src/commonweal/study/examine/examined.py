"""One test date as the examinations see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from commonweal.core.store import Artefact
from commonweal.evaluation.groups import Grouping
from commonweal.evaluation.overall import Subject
from commonweal.evaluation.ranking import Floats, Ranking
from commonweal.models.trees.tree import Tree
from commonweal.study.evaluated import Evaluated
from commonweal.study.stages import Workshop
from commonweal.study.tested import Shown, Tested


@dataclass(frozen=True, slots=True)
class Examined:
    """The people of one test date, their rankings, and what of them is published.

    Parameters
    ----------
    shop
        Where stages are made.
    test
        The people; their outcomes are in the order of `test.rows`.
    scores
        Model -> score of each person, in the same order; the headline model first. They live in
        memory only.
    shown
        Model -> its ranking and the cut-offs at which it is published.
    subjects
        Model -> whose figures they are.
    pooled
        Protected attribute -> group of each person, in the order of `test.rows`, groups pooled
        until they may be shown. Attributes that may not be shown are not there.
    groupings
        The same in order of the headline's rank, with the cut-offs published by attribute.
    extras
        Further artefacts of the run, by name: see `study.extras`; and the models, each under
        ``models/NAME``.
    trees
        Model -> its tree, of those that are one decision tree.
    """

    shop: Workshop
    test: Tested
    scores: Mapping[str, Floats]
    shown: Mapping[str, Shown]
    subjects: Mapping[str, Subject]
    pooled: Mapping[str, NDArray[np.str_]]
    groupings: tuple[Grouping, ...]
    extras: Mapping[str, Artefact]
    trees: Mapping[str, Tree] = field(default_factory=dict)

    @property
    def headline(self) -> str:
        """Name of the model that leads the report."""
        return self.shop.study.spec.evaluation.headline

    @property
    def subject(self) -> Subject:
        """Whose figures those of the headline model are."""
        return self.subjects[self.headline]

    @property
    def ranking(self) -> Ranking:
        """The headline model's ranking."""
        return self.shown[self.headline][0]

    @property
    def cutoffs(self) -> tuple[int, ...]:
        """The cut-offs at which the headline model's ranking is published."""
        return self.shown[self.headline][1]

    @property
    def k(self) -> int | None:
        """The published cut-off nearest to the capacity, the smaller of two equally near."""
        k = self.shop.study.spec.capacity.k
        return min(self.cutoffs, key=lambda one: (abs(one - k), one), default=None)


Examination = Callable[[Examined], Evaluated]
